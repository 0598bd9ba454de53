"""The files that a comparison leaves, and what the terminal shows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.analysis.findings.curves import validations
from rnnlab.charts.paper import DPI, INCHES, png
from rnnlab.records.reading import read_run
from rnnlab.report.answer.headline import headline
from rnnlab.report.figures.learning_curves import learning_curves
from rnnlab.report.figures.lines import MOST_LINES
from rnnlab.report.render import markdown, terminal
from rnnlab.report.write import write_report

SWEEP = Path("runs/first-look")


def screen(comparison: Comparison, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    terminal(comparison, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_same_results_give_the_same_bytes(first_look):
    def written() -> dict[str, bytes]:
        write_report(compare([first_look]), first_look / "report")
        return {file.name: file.read_bytes() for file in (first_look / "report").iterdir()}

    first = written()
    charts = ("answer", "learning-curves", "loss-and-parameters")
    pictures = {f"{chart}.{suffix}" for chart in charts for suffix in ("png", "svg", "pdf")}
    assert set(first) == {
        *("answer.json", "results.csv", "summary.csv", "table.tex", "report.md", "report.html", "figures.json"),
        *pictures,
    }
    assert written() == first
    assert set(json.loads(first["figures.json"])) == pictures


def test_results_csv_has_a_row_for_every_run(first_look, write_run):
    write_run("gru", None, seed=7)
    write_report(compare([first_look]), first_look / "report")
    rows = list(csv.DictReader((first_look / "report/results.csv").read_text().splitlines()))
    assert len(rows) == 10
    best, last = rows[0], rows[-1]
    assert [row["seed"] for row in rows[:3]] == ["0", "1", "2"]
    hparams = json.loads((first_look / "gru-h64-s0/summary.json").read_text())["hparams"]
    assert {key: best[key] for key in hparams} == {key: str(value) for key, value in hparams.items()}
    assert (best["rank"], best["configuration"], best["status"]) == ("1", "gru", "complete")
    assert (best["val/loss"], best["test/accuracy"], best["epochs"], best["seconds"]) == (
        "2.03",
        "0.35",
        "4",
        "10.0",
    )
    assert best["folder"] == "runs/first-look/gru-h64-s0"
    assert (last["status"], last["seed"], last["cell"], last["val/loss"]) == ("not finished", "7", "gru", "")


def test_the_report_reads_from_the_headline_to_the_versions_and_the_differences(first_look):
    comparison = compare([first_look])
    text = write_report(comparison, first_look / "report")[0].read_text()
    order = [
        "# Comparison of first-look",
        f"**{headline(comparison.answer)}**",
        "![Validation loss of each cell](answer.png)",
        "Asked: Which cell has the lowest validation loss?",
        "| **gru** | **2.0320 ± 0.0050** | **3** | **31,104** | **2.0420** | **4** |",
        "![Learning curves](learning-curves.png)",
        "torch 2.9.0",
        "| first | second | difference | 95% interval | p | the first is |",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "commit 0123456789" in text


def test_markdown_without_a_figure_shows_none(first_look):
    assert "![" not in markdown(compare([first_look]), [])


def test_a_bar_in_a_value_does_not_break_the_table(write_run):
    write_run(loss=2.0, changes={"data": {"path": "a|b"}})
    write_run(loss=2.1, changes={"data": {"path": "c"}}, suffix="-c")
    assert "| **a\\|b** |" in markdown(compare([SWEEP]), [])


def test_the_figure_is_a_picture_of_the_expected_size(first_look):
    picture = Image.open(io.BytesIO(png(learning_curves(compare([first_look]))[0])))
    picture.load()
    assert picture.format == "PNG"
    assert picture.size == (round(INCHES[0] * DPI), round(INCHES[1] * DPI))
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 50  # something is drawn


def test_a_curve_is_the_mean_over_seeds_within_its_interval(first_look):
    best = learning_curves(compare([first_look]))[0].lines[0]
    assert best.label == "1. gru"
    assert list(best.x) == [1, 2, 3, 4]
    assert best.y[-1] == pytest.approx(2.032)
    half = 4.302653 * 0.002 / 3**0.5  # Student's t with 2 degrees of freedom times the standard error
    assert (best.low[-1], best.high[-1]) == pytest.approx((2.032 - half, 2.032 + half))


def test_a_curve_ends_where_the_shortest_run_ends(write_run):
    write_run("gru", 2.0, seed=0)
    short = write_run("gru", 2.0, seed=1) / "metrics.csv"
    short.write_text("".join(short.read_text().splitlines(keepends=True)[:3]))
    assert learning_curves(compare([SWEEP]))[0].lines[0].x == (1.0, 2.0)


def test_several_validations_in_an_epoch_are_spread_over_it(tmp_path):
    file = tmp_path / "metrics.csv"
    file.write_text("epoch,step,val/loss\n0,5,3.0\n0,10,2.5\n1,15,2.2\n1,20,\n1,20,2.0\n")
    assert validations(read_run(tmp_path)) == {0.5: 3.0, 1.0: 2.5, 1.5: 2.2, 2.0: 2.0}


def test_the_caption_says_how_many_configurations_are_left_out(write_run):
    for size in range(1, MOST_LINES + 3):
        write_run("gru", 2 + size / 10, hidden_size=size)
    chart = learning_curves(compare([SWEEP]))[0]
    assert len(chart.lines) == MOST_LINES
    assert chart.caption.endswith("The best 8 configurations are drawn, 2 left out.")


def test_runs_without_metrics_still_make_a_figure(write_run):
    (write_run() / "metrics.csv").unlink()
    assert png(learning_curves(compare([SWEEP]))[0]).startswith(b"\x89PNG")


@pytest.mark.parametrize("width", [200, 80, 72, 40])
def test_the_terminal_shows_every_figure_at_any_width(width, write_seeds):
    write_seeds("scratch_rnn", (2.031, 2.033), hidden_size=64)
    write_seeds("lstm", (2.051, 2.055), hidden_size=128)
    comparison = compare([SWEEP])
    text = screen(comparison, width)
    assert max(map(len, text.splitlines())) <= width
    for part in (
        "2.0320 ± 0.0127",
        "2.0530 ± 0.0254",
        "115,712",
        "2.0420",
        "epochs",
        "seeds",
    ):
        assert part in text
    assert " ".join(headline(comparison.answer).split()) in " ".join(text.split())
    best = next(line for line in text.splitlines() if line.startswith("* "))
    assert "scratch_rnn" in best


def test_brackets_in_a_value_are_shown_as_they_are(write_run):
    write_run(loss=2.0, changes={"data": {"path": "[red]a"}})
    write_run(loss=2.1, changes={"data": {"path": "$b$"}}, suffix="-b")
    comparison = compare([SWEEP])
    assert "[red]a" in screen(comparison, 80)
    assert png(learning_curves(comparison)[0])
