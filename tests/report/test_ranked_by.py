"""A comparison by another metric than the loss: everything follows it, in the direction that its task declares."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.analysis.best_run import choose_checkpoint
from rnnlab.analysis.comparison import compare
from rnnlab.analysis.question import Asked
from rnnlab.charts.values import IntervalChart, Lines, Scatter
from rnnlab.commands.compare import main
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder
from rnnlab.records.metrics import ranking_loss, share
from rnnlab.report.figures.options import report_charts
from rnnlab.report.page import page

SWEEP = Path("runs/first-look")
CLASSIFIER = [ranking_loss("nats per text"), share("accuracy", "test accuracy"), share("f1", "test macro F1")]

ASKS = {"compare": {"metric": "val/accuracy"}}
Tones = Callable[..., None]


@pytest.fixture
def tones(write_run: Callable[..., Path]) -> Tones:
    """Writes the runs of classifiers: the gru has the lower loss, the bag more accuracy."""

    def write(**more: object) -> None:
        for cell, loss, scores in (("gru", 0.48, (0.76, 0.78, 0.77)), ("bag", 0.51, (0.89, 0.91, 0.90))):
            for seed, score in enumerate(scores):
                folder = RunFolder(write_run(cell, loss + 0.001 * seed, seed, **more))
                summary = json.loads(folder.summary.read_text())
                summary["measures"] = [metric.to_json() for metric in CLASSIFIER]
                summary["metrics"]["best"] |= {"val/accuracy": score, "val/f1": score}
                summary["metrics"]["test"] |= {"test/accuracy": score, "test/f1": score - 0.01 * seed}
                summary["chance"] = {"val/accuracy": 0.5, "test/accuracy": 0.5, "test/f1": 0.4, "val/loss": 0.69}
                folder.summary.write_text(json.dumps(summary))
                folder.checkpoints.mkdir()
                folder.best_checkpoint.write_bytes(b"weights")

    return write


def test_tables_figures_headline_and_best_run_follow_the_metric(tones: Tones, capsys: pytest.CaptureFixture[str]):
    tones()
    assert main(["sweep=first-look", "metric=val/accuracy"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("Use bag: validation accuracy 0.90")
    assert "Ranked by validation accuracy, highest first." in shown
    report = SWEEP / "report"
    answer = json.loads((report / "answer.json").read_text())
    assert (answer["question"]["direction"], answer["groups"][0]["best"]) == ("max", "bag")
    assert (report / "summary.csv").read_text().splitlines()[1].startswith("1,bag,")
    assert (report / "accuracy-and-parameters.png").is_file() and not (report / "loss-and-parameters.png").exists()


def test_every_figure_says_what_it_shows(tones: Tones):
    tones()
    compared = compare([SWEEP], asked=Asked(metric="test/f1"))
    charts = {chart.name: chart for chart in report_charts(compared)}
    answer, curves, front = (charts[name] for name in ("answer", "learning-curves", "f1-and-parameters"))
    assert isinstance(answer, IntervalChart) and answer.title == "Test macro F1 of each cell"
    assert isinstance(curves, Lines) and curves.y.label == "validation macro F1", "no test after each epoch"
    assert isinstance(front, Scatter) and front.y.label == "test macro F1" and "above and left" in front.caption
    assert {point.label: point.on_front for point in front.points} == {"bag": True, "gru": False}
    assert "validation accuracy" not in page(compared, [])


def test_loss_or_accuracy_decide_which_run_a_sweep_stands_for(tones: Tones):
    tones()
    assert choose_checkpoint(SWEEP).file == SWEEP / "gru-h64-s0/checkpoints/best.ckpt"
    main(["sweep=first-look", "metric=val/accuracy"])
    chosen = choose_checkpoint(SWEEP)
    assert chosen.file == SWEEP / "bag-h64-s1/checkpoints/best.ckpt", "as its last report asks"
    assert "bag has the highest validation accuracy; of its 3 seeds the highest validation accuracy" in chosen.reason
    assert compare([SWEEP], asked=Asked(metric="val/accuracy")).best.folder == SWEEP / "bag-h64-s1"


def test_runs_are_ranked_by_the_metric_that_they_were_trained_for(tones: Tones):
    tones(changes=ASKS)
    assert compare([SWEEP]).answer.question.name == "val/accuracy"
    assert choose_checkpoint(SWEEP).file.parts[2].startswith("bag")
    assert compare([SWEEP], asked=Asked(metric="val/loss")).best.folder.name.startswith("gru")


def test_a_metric_that_some_runs_lack_or_that_is_not_comparable_is_refused(
    tones: Tones, write_run: Callable[..., Path]
):
    tones()
    write_run("lstm", 0.4)
    with pytest.raises(UserError, match=r"losses in|metric=test/f1: 1 of 7 runs have none"):
        compare([SWEEP], asked=Asked(metric="test/f1"))


def test_a_folder_of_runs_that_are_no_rivals_has_no_best_run(write_run: Callable[..., Path]):
    write_run("gru", 2.0)
    write_run("gru", 1.0, seed=1, changes={"task": {"name": "tone"}})
    with pytest.raises(UserError, match=r"checkpoint: runs/first-look has runs of different tasks \(names, tone"):
        choose_checkpoint("runs/first-look")


def test_the_best_run_is_of_a_level_that_could_be_best_and_a_lost_checkpoint_is_said(
    write_seeds: Callable[..., object],
):
    for size, shift in ((16, 0.2), (64, 0.0)):
        write_seeds("gru", (2.0 + shift, 2.001 + shift, 2.002 + shift), hidden_size=size)
        write_seeds("rnn", (2.3 + shift, 2.301 + shift, 2.302 + shift), hidden_size=size)
    compared = compare([SWEEP])
    assert compared.best.folder.name == "gru-h64-s0"
    with pytest.raises(UserError, match=r"gru-h64-s0/checkpoints/best.ckpt of the best run is gone"):
        choose_checkpoint(SWEEP)
