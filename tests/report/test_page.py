"""report.html in a real browser: complete, calm, and silent on the network."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.charts.palette import CELLS, GROUND
from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    Dimension,
    HeatMap,
    Interval,
    IntervalChart,
    IntervalPanel,
    IntervalRow,
    Parallel,
)
from rnnlab.charts.words import in_words
from rnnlab.records.folder import RunFolder, add_to_plan
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.sentences import cautions, decides, sentences
from rnnlab.report.figures.options import report_charts
from rnnlab.report.page import page
from rnnlab.report.sections.provenance import provenance

HOSTILE = "<script>alert(1)</script>"
LOSS = Axis("validation loss", "nats per token")
LEVELS = tuple(IntervalRow(cell, Interval(2.0 + n, 1.9 + n, 2.2 + n), colour=cell) for n, cell in enumerate(CELLS))
# Of the kinds of charts that a sweep of one factor does not have.
MORE: tuple[Chart, ...] = (
    IntervalChart("levels", "Levels", "", LOSS, (IntervalPanel("64", LEVELS), IntervalPanel("8", LEVELS[:2]))),
    Changes("changes", "Changes", "", LOSS, ("a change that has a long name", "the base"), (1.9, 2), (0.1, 0.1), 2),
    HeatMap("heat", "Heat", "", "size", "cell", [*"12345678"], ["gru"], [[1.0, 2, 3, 4, 5, 6, 7, 8]], "loss"),
    Parallel("all", "All", "", (Dimension("lr", (0.1, 0.2)), Dimension("loss", (1, 2))), (1, 2), ("a", "b"), "loss"),
)
RANKS = "#configurations > tbody > tr:not(.runs) > td:first-child"

# Where a chart, what is drawn in it and its buttons end, and whether it is wider than its box and can be reached.
MEASURED = """(chart) => {
  const box = chart.closest(".box");
  const bottom = (element) => element.getBoundingClientRect().bottom;
  const legend = chart.querySelector(".legend");
  return {
    name: chart.dataset.name,
    drawn: legend ? bottom(legend) - chart.getBoundingClientRect().top : 0,
    height: chart._fullLayout.height,
    shown: box.clientHeight,
    buttons: bottom(chart.querySelector(".modebar")),
    plot: chart.getBoundingClientRect().top + chart._fullLayout._size.t,
    scrolls: box.scrollWidth > box.clientWidth,
    reachable: box.tabIndex === 0,
  };
}"""
PRINTED = """() => addEventListener("beforeprint", () => {
  window.printed = charts().map((chart) => [chart._fullLayout.paper_bgcolor, chart._fullLayout.width]);
})"""


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

    def open_page(
        comparison: Comparison, drawn: Sequence[Chart] = (), scheme: Literal["light", "dark"] = "light"
    ) -> Page:
        file = workplace / "report.html"
        file.write_text(page(comparison, drawn), encoding="utf-8")
        tab.emulate_media(color_scheme=scheme)
        tab.goto(file.as_uri())
        tab.evaluate("() => { window.charts = () => [...document.querySelectorAll('.chart')]; }")
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
    expect(report.locator(".answer")).to_have_text(headline(comparison.answer))
    expect(report.locator(".said p")).to_have_text([*sentences(comparison.answer), decides(comparison.answer).why])
    expect(report.locator(".notes li")).to_have_text(cautions(comparison.answer))
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


def test_of_a_long_table_the_first_twenty_rows_are_shown_in_whichever_order(
    write_run: Callable[..., Path], opened: Callable[..., Page]
) -> None:
    for size in range(8, 33):
        write_run("gru", 2 + size / 100, hidden_size=size)
    report = opened(compare([Path("runs/first-look")]))
    shown, more = report.locator(RANKS).locator("visible=true"), report.get_by_role("button", name="Show the other 5")
    expect(shown).to_have_text([str(rank) for rank in range(1, 21)])
    report.locator("#configurations th", has_text="rank").get_by_role("button").click()
    expect(shown).to_have_text([str(rank) for rank in range(25, 5, -1)])
    report.get_by_label("Show only").fill("size 8")
    expect(shown).to_have_text(["21", "11", "1"])  # of sizes 28, 18 and 8
    report.get_by_label("Show only").fill("")
    more.click()
    expect(shown).to_have_count(25)
    expect(more).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_either_scheme(
    first_look: Path, write_run: Callable[..., Path], opened: Callable[..., Page], scheme: Literal["light", "dark"]
) -> None:
    write_run("rnn", seed=9, failed="loss is NaN")
    comparison = compare([first_look])
    confusion = [[100, 0, 0], [20, 73, 7], [28, 0, 72]]
    examples(comparison, {"samples": ["ann", ""], "labels": [*"abc"], "confusion": confusion})
    report = opened(comparison, [*report_charts(comparison), *MORE], scheme)
    report.get_by_role("button", name="runs of lstm").click()
    for width in (1280, 390):
        report.set_viewport_size({"width": width, "height": 900})
        violations = Axe().run(report).response["violations"]
        assert [(wrong["id"], wrong["nodes"][0]["html"]) for wrong in violations if wrong["impact"] != "minor"] == []


def test_every_chart_stays_whole_while_a_window_shrinks_and_its_buttons_cover_nothing(
    first_look: Path, opened: Callable[..., Page]
) -> None:
    comparison = compare([first_look])
    report = opened(comparison, [*report_charts(comparison), *MORE])
    for width in (1280, 800, 390, 1280):
        report.set_viewport_size({"width": width, "height": 900})
        report.wait_for_function("() => charts().every((chart) => chart._fullLayout.width === chart.clientWidth)")
        assert report.evaluate("() => document.documentElement.scrollWidth") == width
        for chart in report.evaluate(f"() => charts().map({MEASURED})"):
            assert chart["drawn"] <= chart["height"] == chart["shown"], chart["name"]
            assert chart["buttons"] <= chart["plot"], chart["name"]
            assert chart["scrolls"] == chart["reachable"], chart["name"]


def test_charts_follow_the_scheme_and_print_as_on_white(first_look: Path, opened: Callable[..., Page]) -> None:
    comparison = compare([first_look])
    report = opened(comparison, [*report_charts(comparison), *MORE])

    def expect_colours(ground: str, gru: str) -> None:
        seen = "charts().map((chart) => chart._fullLayout.paper_bgcolor)"
        report.wait_for_function(f"() => {seen}.every((colour) => colour === '{ground}')")
        curves = "charts().find((chart) => chart.dataset.name === 'learning-curves')"
        traces = report.evaluate(f"() => {curves}._fullData.filter((trace) => trace.name === '1. gru')")
        assert [trace["line"]["color"] for trace in traces] == [gru]

    expect_colours(GROUND.light, CELLS["gru"].light)
    report.emulate_media(color_scheme="dark")
    expect_colours(GROUND.dark, CELLS["gru"].dark)
    ground = tuple(int(GROUND.dark[place : place + 2], 16) for place in (1, 3, 5))
    assert report.evaluate("() => getComputedStyle(document.body).backgroundColor") == f"rgb{ground}"
    report.evaluate(PRINTED)
    assert report.pdf().startswith(b"%PDF")
    assert report.evaluate("() => printed") == [[GROUND.light, 680]] * report.locator(".chart").count()
    report.wait_for_function("() => charts().every((chart) => chart._fullLayout.width === chart.clientWidth)")
    expect_colours(GROUND.dark, CELLS["gru"].dark)
    report.emulate_media(media="print")
    for hidden in ("nav", ".modebar >> nth=0", ".unfold >> nth=0"):
        expect(report.locator(hidden)).to_be_visible(visible=hidden.startswith(".unfold"))
    assert report.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_wide_table_scrolls_in_itself_and_its_first_column_stays(
    first_look: Path, opened: Callable[..., Page]
) -> None:
    report = opened(compare([first_look]))
    report.set_viewport_size({"width": 390, "height": 844})
    box = report.get_by_role("region", name="Ranking of configurations")
    first, second = (box.locator("tbody tr").first.locator("td").nth(number) for number in (0, 1))
    before = [cell.bounding_box() for cell in (first, second)]
    box.evaluate("(box) => { box.scrollLeft = 150; }")
    after = [cell.bounding_box() for cell in (first, second)]
    assert before[0] == after[0] and before[1] and after[1] and before[1]["x"] - after[1]["x"] == 150
    assert report.evaluate("() => document.documentElement.scrollWidth") == 390


def test_those_who_listen_hear_what_a_chart_shows(first_look: Path, opened: Callable[..., Page]) -> None:
    comparison = compare([first_look])
    charts = report_charts(comparison)
    report = opened(comparison, charts)
    figure = report.get_by_role("figure", name="Learning curves")
    (curves,) = (chart for chart in charts if chart.name == "learning-curves")
    expect(figure.locator(".unseen")).to_have_text(in_words(curves))
    expect(figure.locator("svg.main-svg[aria-hidden=true]").first).to_be_visible()
    assert figure.locator("svg.main-svg:not([aria-hidden])").count() == 0


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
