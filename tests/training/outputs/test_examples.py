"""What a run leaves for a report: the command that repeats it, and what its model does."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import rnnlab as package
from rnnlab.charts.examples import Examples
from rnnlab.records.reading import read_run
from rnnlab.report.sections.examples import read_examples
from support import Answer


def test_the_command_that_repeats_a_run_of_a_sweep_leads_to_the_same_folder(
    rnnlab: Callable[..., Answer], workdir: Path, sweep_folder: Path
) -> None:
    shutil.copytree(sweep_folder / "runs", workdir / "runs")
    for file in workdir.glob("runs/small/*/summary.json"):
        program, *words = shlex.split(json.loads(file.read_text())["repeat"])
        answer = rnnlab(*words)
        assert program == "rnnlab" and "-m" not in words
        assert f"{file.parent.relative_to(workdir)} is complete already" in answer.out


def test_a_model_that_makes_up_leaves_what_it_makes_up(sweep_folder: Path) -> None:
    run = next(iter(sorted(sweep_folder.glob("runs/small/*/summary.json")))).parent
    samples = read_examples(read_run(run)).samples
    assert len(samples) == 10
    assert list(samples) == package.load(run).generate(samples=10), "of the best checkpoint"


def test_a_classifier_leaves_the_confusion_matrix_of_its_test(sentiment_folder: Path) -> None:
    run = next(iter(sorted(sentiment_folder.glob("runs/tone/*/summary.json")))).parent
    examples = read_examples(read_run(run))
    assert examples.labels == ("negative", "positive") and examples.samples == ()
    tested = sum(map(sum, examples.confusion))
    right = sum(examples.confusion[index][index] for index in range(2)) / tested
    assert abs(right - json.loads((run / "summary.json").read_text())["metrics"]["test"]["test/accuracy"]) < 1e-6


def test_a_run_without_examples_has_nothing_to_show(tmp_path: Path) -> None:
    assert read_examples(read_run(tmp_path)) == Examples()
    (tmp_path / "examples.json").write_text("[1, 2")
    assert read_examples(read_run(tmp_path)) == Examples()
