"""report.html in a real browser: complete, calm, and silent on the network."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.charts.values import Chart
from rnnlab.records.folder import RunFolder, add_to_plan
from rnnlab.report.figures.options import report_charts
from rnnlab.report.findings import findings, verdict
from rnnlab.report.page import page
from rnnlab.report.provenance import provenance

HOSTILE = "<script>alert(1)</script>"
RANKS = "#configurations > tbody > tr:not(.runs) > td:first-child"


@pytest.fixture
def opened(browser: Browser, workplace: Path) -> Iterator[Callable[..., Page]]:
    """Writes a page, opens it and waits for its figures, if any; at the end nothing may have gone wrong."""
    wrong: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("dialog", lambda dialog: wrong.append(dialog.message))
    tab.on("request", lambda request: asked.append(request.url))

    def open_page(comparison: Comparison, drawn: Sequence[Chart] = ()) -> Page:
        file = workplace / "report.html"
        file.write_text(page(comparison, drawn), encoding="utf-8")
        tab.goto(file.as_uri())
        expect(tab.locator(".chart[data-drawn] svg.main-svg:first-of-type")).to_have_count(len(drawn))
        return tab

    yield open_page
    context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file://", "data:", "blob:"))] == []


def examples(comparison: Comparison, content: dict[str, Any]) -> None:
    RunFolder(comparison.best.folder).examples.write_text(json.dumps(content), encoding="utf-8")


def ranks(report: Page) -> list[str]:
    return report.locator(RANKS).all_inner_texts()


def test_a_finished_sweep_opens_with_its_answer_and_every_figure_drawn(
    first_look: Path, opened: Callable[..., Page]
) -> None:
    comparison = compare([first_look])
    report = opened(comparison, report_charts(comparison))
    expect(report.get_by_role("heading", level=1)).to_have_text("Comparison of first-look")
    expect(report.locator(".answer")).to_have_text(verdict(comparison))
    expect(report.locator(".findings li")).to_have_text(list(findings(comparison)))
    expect(report.locator(".provenance li")).to_have_text(list(provenance(comparison.complete)))
    assert report.locator(".modebar-btn[data-title*=Share], .modebar-btn[data-title*=loud]").count() == 0
    report.set_viewport_size({"width": 400, "height": 800})  # a telephone's, where tables scroll in their boxes
    assert report.evaluate("() => document.documentElement.scrollWidth") == 400


def test_a_click_on_a_head_sorts_by_numbers_and_another_reverses(
    first_look: Path, write_seeds: Callable[..., list[Path]], opened: Callable[..., Page]
) -> None:
    write_seeds("gru", (2.2, 2.21), hidden_size=8)  # rank 4, 2,544 parameters: as text, the most of all
    report = opened(compare([first_look]))
    head = report.locator("#configurations th", has_text="parameters")
    assert ranks(report) == ["1", "2", "3", "4"]
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert ranks(report) == ["4", "3", "1", "2"]
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert ranks(report) == ["2", "1", "3", "4"]
    expect(report.locator("th[aria-sort]")).to_have_count(1)


def test_a_configuration_unfolds_its_runs_which_stay_with_it_when_the_table_is_sorted(
    first_look: Path, opened: Callable[..., Page]
) -> None:
    report = opened(compare([first_look]))
    button = report.get_by_role("button", name="runs of lstm")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    unfolded = report.locator("tr.runs")
    expect(unfolded.locator("code")).to_have_text([f"runs/first-look/lstm-h64-s{seed}" for seed in range(3)])
    expect(unfolded).to_contain_text("0.005")  # the learning rate
    report.locator("#configurations th", has_text="rank").get_by_role("button").click()
    assert ranks(report) == ["3", "2", "1"]
    assert report.locator("#configurations > tbody > tr").nth(2).get_attribute("class") == "runs"
    button.click()
    expect(unfolded).to_be_hidden()


def test_what_failed_is_told_and_nothing_in_it_is_run(
    first_look: Path, write_run: Callable[..., Path], opened: Callable[..., Page]
) -> None:
    write_run("rnn", seed=9, failed=f"loss is NaN {HOSTILE}")
    write_run("gru", 2.0, 7, changes={"data": {"name": HOSTILE}})
    add_to_plan(first_look, ["gru-h64-s8"])
    comparison = compare([first_look])
    examples(comparison, {"samples": [f"</script>{HOSTILE}", ""]})
    report = opened(comparison, report_charts(comparison))
    failed = report.locator("#missing .failed tbody tr")
    expect(failed.locator("td")).to_have_text(["runs/first-look/rnn-h64-s9", f"loss is NaN {HOSTILE}"])
    expect(report.locator("#missing .folders li")).to_have_text(["runs/first-look/gru-h64-s8"])
    expect(report.locator("#configurations")).to_contain_text(HOSTILE)
    expect(report.locator(".samples li")).to_have_text([f"</script>{HOSTILE}", "(empty)"])
    expect(report.locator(".legendtext", has_text=HOSTILE).first).to_be_visible()
    assert report.locator("script").count() == 3  # the data, plotly and the page's own


def test_the_best_run_can_be_repeated_and_a_classifier_shows_which_classes_it_takes_for_which(
    first_look: Path, opened: Callable[..., Page]
) -> None:
    folder = RunFolder(compare([first_look]).best.folder)
    summary = folder.read_summary()
    assert summary is not None
    folder.write_summary({**summary, "repeat": "rnnlab train cell=gru"})
    comparison = compare([first_look])
    examples(comparison, {"labels": ["bad", "good"], "confusion": [[4, 26], [1, 30]]})
    report = opened(comparison)
    expect(report.locator("#repeat")).to_have_text("rnnlab train cell=gru rerun=true")
    report.get_by_text("Its configuration").click()
    assert report.locator(".config").inner_text() == folder.config.read_text(encoding="utf-8")
    cells = report.locator(".confusion tbody tr").first.locator("th, td")
    expect(cells).to_have_text(["bad", "4\n13%", "26\n87%"], use_inner_text=True)


def test_many_configurations_can_be_narrowed_down(write_run: Callable[..., Path], opened: Callable[..., Page]) -> None:
    for size in range(8, 20):
        write_run("gru", 2 + size / 100, hidden_size=size)
    report = opened(compare([Path("runs/first-look")]))
    report.get_by_label("Show only").fill("size 12")
    expect(report.locator("#shown")).to_have_text("1 of 12")
    expect(report.locator(RANKS).locator("visible=true")).to_have_text(["5"])


def test_the_same_comparison_gives_the_same_page_which_may_ask_no_host(first_look: Path) -> None:
    comparison = compare([first_look])
    text = page(comparison, report_charts(comparison))
    assert text == page(comparison, report_charts(comparison))
    head = html.unescape(text.partition("<style>")[0])
    assert "default-src 'none'" in head and "http" not in head.replace("http-equiv", "")


def test_a_damaged_examples_file_is_no_reason_to_have_no_page(first_look: Path) -> None:
    comparison = compare([first_look])
    for damaged in ({"labels": ["a"], "confusion": [[1, 2]]}, {"samples": None}, {}):
        examples(comparison, damaged)
        assert "</html>" in page(comparison, report_charts(comparison))
