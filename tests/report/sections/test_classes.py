"""The classes of the best run's test, the data behind a report, and what a loss in nats means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.analysis.findings.classes import class_results
from rnnlab.charts.examples import Examples
from rnnlab.report.page import page
from rnnlab.report.render import markdown
from rnnlab.report.sections.classes import class_table

SWEEP = Path("runs/first-look")


def test_precision_recall_and_f1_are_those_of_the_confusion_matrix():
    cat, dog, cow = class_results(("dog", "cat", "cow"), ((3, 1, 0), (2, 6, 0), (1, 1, 0)))
    assert (cat.label, cat.support, cat.precision, cat.recall) == ("cat", 8, 6 / 8, 6 / 8)
    assert (dog.precision, dog.recall, dog.f1) == pytest.approx((3 / 6, 3 / 4, 0.6))
    assert (cow.support, cow.predicted, cow.recall, cow.f1) == (2, 0, 0.0, 0.0)
    assert class_results(("a", "b"), ((1,), (2, 3))) == []


def test_a_class_that_is_never_found_is_said_in_words():
    said = class_table(
        Examples(
            labels=("dog", "cat", "cow", "ant"), confusion=((3, 1, 0, 0), (2, 6, 0, 0), (1, 1, 0, 0), (0, 0, 0, 0))
        )
    )
    assert said.sentences[0] == "Never found: cow (2 in the test part)."
    assert said.sentences[1] == "Not in the test part: ant."
    assert "cat taken for dog (2 of 8)" in said.sentences[2]


def _with_examples(folder: Path, classes: int) -> None:
    labels = [f"class {number}" for number in range(classes)]
    counts = [[9 if row == column else 1 for column in range(classes)] for row in range(classes)]
    (folder / "examples.json").write_text(json.dumps({"labels": labels, "confusion": counts}))
    summary = json.loads((folder / "summary.json").read_text())
    summary["data"] |= {
        "description": "read pets.csv: 1,200 rows",
        "notes": ["3 rows without a label were left out", "99 texts that repeat another were left out"],
        "train_count": 960,
        "validation_count": 120,
        "test_count": 120,
        "classes": {part: dict.fromkeys(labels, 10) for part in ("train", "val", "test")},
    }
    (folder / "summary.json").write_text(json.dumps(summary))


@pytest.mark.parametrize("classes", [2, 60])
def test_a_report_has_the_classes_of_the_best_run_and_the_data(write_run: Callable[..., Path], classes: int):
    _with_examples(write_run("gru", 2.0), classes)
    write_run("lstm", 2.1)
    compared = compare([SWEEP])
    text, shown = markdown(compared, []), page(compared, [])
    for content in (text, shown):
        assert "class 1" in content and "F1" in content and "support" in content
        assert "99 texts that repeat another were left out." in content
        assert "3 rows without a label were left out." in content and "960 for training" in content
    assert ("The confusion matrix of 60 classes" in shown) == (classes == 60)
    assert len(text) < 20_000, "a page of sixty classes can still be read"


def test_a_loss_in_nats_is_explained_once(write_run: Callable[..., Path]):
    write_run("gru", 2.0)
    compared = compare([SWEEP])
    for content in (markdown(compared, []), page(compared, [])):
        assert content.count("0.01 nats per token less is about 1% lower perplexity") == 1
