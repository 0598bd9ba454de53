"""Which classes a classifier takes for which: the picture in TensorBoard."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from rnnlab.tasks.confusion import ConfusionCounts
from rnnlab.tensorboard.confusion import confusion_figure
from support import Answer


def test_a_run_draws_it_at_every_validation_and_at_the_test(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """Also where the font of figures has no letter for a class, or a class looks like a formula."""
    rows = [
        f"{word} film {number},{label}"
        for word, label in (("bad", "坏"), ("fair", "$x^$"), ("good", "好"))
        for number in range(40)
    ]
    (workdir / "films.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    answer = rnnlab("train", "task=sentiment", "data=file", "data.path=films.csv", "cell=bag", "trainer.max_epochs=2")
    assert answer.code == 0, answer.err
    (run,) = workdir.glob("runs/sentiment/[!.]*")
    events = EventAccumulator(str(run)).Reload()
    assert set(events.Tags()["images"]) == {"confusion_matrix/val", "confusion_matrix/test"}
    assert [picture.step for picture in events.Images("confusion_matrix/val")] == [1, 2]  # epochs
    (picture,) = events.Images("confusion_matrix/test")
    assert picture.encoded_image_string.startswith(b"\x89PNG") and min(picture.width, picture.height) > 300
    assert "WARNING" not in (run / "run.log").read_text()


def test_it_can_be_switched_off(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (workdir / "films.csv").write_text("text,label\n" + "good,a\nbad,b\nfair,a\nweak,b\nfine,a\ndull,b\n")
    arguments = ["task=sentiment", "data=file", "data.path=films.csv", "cell=bag", "trainer.max_epochs=1"]
    answer = rnnlab("train", *arguments, "callbacks.confusion_matrix.enabled=false")
    assert answer.code == 0, answer.err
    (run,) = workdir.glob("runs/sentiment/[!.]*")
    assert EventAccumulator(str(run)).Reload().Tags()["images"] == []


def counts_of(classes: int) -> Tensor:
    return torch.arange(classes * classes).reshape(classes, classes) * 37


@pytest.mark.parametrize(
    ("classes", "name", "width", "height"),
    [
        (2, "positive", range(350, 500), range(280, 400)),
        (3, "neither satisfied nor dissatisfied", range(500, 750), range(450, 700)),
        (10, "class", range(1_100, 1_400), range(900, 1_200)),
        (60, "neither satisfied nor dissatisfied", range(1_400, 1_701), range(1_200, 1_501)),
    ],
)
def test_the_picture_fits_a_screen_and_every_cell_and_name_has_room(
    classes: int, name: str, width: range, height: range
) -> None:
    figure = confusion_figure(counts_of(classes), [f"{name} {label}" for label in range(classes)])
    figure.savefig(io.BytesIO())  # lays it out
    assert int(figure.bbox.width) in width and int(figure.bbox.height) in height
    axes = figure.axes[0]
    assert axes.bbox.width > 0.5 * figure.bbox.width and axes.bbox.height > 0.5 * figure.bbox.height
    names = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(names))
    for text in axes.texts:
        box = text.get_window_extent()
        assert box.width < axes.bbox.width / classes and box.height < axes.bbox.height / classes


def test_a_row_is_a_true_class_with_its_counts_and_shares() -> None:
    figure = confusion_figure(torch.tensor([[30, 10], [0, 0]]), ["negative", "positive"])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["30\n75.0%", "10\n25.0%", "0\n0.0%", "0\n0.0%"]
    assert axes.get_ylabel() == "true" and axes.get_xlabel() == "predicted"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["negative", "positive"]


def test_a_single_class_has_a_picture_too() -> None:
    task = ConfusionCounts({}, {})
    task.count_confusion(["X"])
    task.confusion.update(torch.zeros(3, dtype=torch.long), torch.zeros(3, dtype=torch.long))
    assert task.confusion_matrix().tolist() == [[3]]
    (axes,) = confusion_figure(task.confusion_matrix(), task.labels).axes
    assert [text.get_text() for text in axes.texts] == ["3\n100.0%"]


def test_of_many_classes_the_title_says_which_are_confused_most() -> None:
    counts = torch.eye(60, dtype=torch.long) * 90
    counts[7, 3], counts[3, 7] = 30, 10
    figure = confusion_figure(counts, [f"class {label}" for label in range(60)])
    assert figure.axes[0].get_title("left").splitlines() == [
        "Most often confused",
        "class 7 taken for class 3: 25%",
        "class 3 taken for class 7: 10%",
    ]
    none = confusion_figure(torch.eye(60, dtype=torch.long), [f"class {label}" for label in range(60)])
    assert none.axes[0].get_title("left") == "No class is taken for another"
