"""Chance: for every task it is what is counted by hand, and what a network reaches that only has biases."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import made
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Part, Prepared, prepare
from rnnlab.records.reading import read_run
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.chance import chance_of
from rnnlab.tasks.forecasting import Forecaster, seasonal_naive
from rnnlab.tasks.sentiment import SentimentClassifier
from rnnlab.training.checkpoints import new_task

SMALL = ("model.hidden_size=4", "model.num_layers=1")


def task_and_data(*words: str) -> tuple[Any, Prepared]:
    config = plain(compose_train([*SMALL, *words])[1])
    prepared = prepare(config)
    return new_task(config, prepared).eval(), prepared


def measured(task: SequenceTask, prepared: Prepared, outputs: Callable[[Batch], Tensor]) -> dict[str, float]:
    """The metrics of outputs for every batch, as validation and test measure them."""
    data = SequenceDataModule(prepared, batch_size=8, seed=0)
    values = {}
    for part, batches in (("val", data.val_dataloader()), ("test", data.test_dataloader())):
        metrics = task.metrics_of(part)
        with torch.no_grad():
            for batch in batches:
                task.update(metrics, outputs(batch), batch)
        values |= {name: float(value) for name, value in metrics.compute().items()}
    return values


def only_biases(task: Any, biases: Sequence[float] | np.ndarray) -> Callable[[Batch], Tensor]:
    """The outputs of the task's network without any weight but the biases of its last layer."""
    for weight in task.parameters():
        torch.nn.init.zeros_(weight)
    with torch.no_grad():
        task.head.bias.copy_(torch.as_tensor(biases))
    return lambda batch: task.outputs(batch)


def smoothed(counts: Counter[Any], of: Sequence[Any]) -> dict[Any, float]:
    """The share of each of these symbols or classes, each counted once more than it occurs."""
    return {one: (counts[one] + 1) / (sum(counts.values()) + len(of)) for one in of}


def by_hand(counts: Counter[Any], shares: dict[Any, float]) -> tuple[float, float]:
    """The cross entropy in nats, and the accuracy of the most probable one."""
    total = sum(counts.values())
    likeliest = max(shares, key=shares.__getitem__)
    return -sum(count * math.log(shares[one]) for one, count in counts.items()) / total, counts[likeliest] / total


def targets_of(prepared: Prepared, task: SequenceTask) -> dict[str, Counter[int]]:
    """How often each symbol of the vocabulary is a target of the batches, by part."""
    data = SequenceDataModule(prepared, batch_size=8, seed=0)
    parts = {"train": data.train_batches(), "val": data.val_dataloader(), "test": data.test_dataloader()}
    return {
        part: Counter(target for batch in batches for target in batch.targets.flatten().tolist() if target >= 0)
        for part, batches in parts.items()
    }


LANGUAGE_MODELS = {
    "names": ("task=names", "data.limit=60"),
    "names that are cut, with labels": ("task=names", "data.limit=60", "model.condition=sex", "data.sequence_length=3"),
    "names in sub-words": ("task=names", "data.limit=200", "data.level=bpe", "data.vocab_size=60"),
    "characters in streams": ("task=chars", "data=shakespeare", "data.limit=3000", "data.batch_size=2"),
    "words": ("task=chars", "data=shakespeare", "data.limit=9000", "data.level=word", "data.batch_size=2"),
    "sub-words": ("task=chars", "data=shakespeare", "data.limit=9000", "data.level=bpe", "data.vocab_size=120"),
}


@pytest.mark.parametrize("words", LANGUAGE_MODELS.values(), ids=LANGUAGE_MODELS)
def test_of_a_language_model_it_is_the_unigram_model_of_the_training_part(words: tuple[str, ...]) -> None:
    task, prepared = task_and_data(*words)
    names = task.vocabulary.symbols[: task.vocabulary.first_label]
    shares = smoothed(targets_of(prepared, task)["train"], [i for i, name in enumerate(names) if name != "[PAD]"])
    chance = chance_of(task, prepared.parts)
    for part, counts in targets_of(prepared, task).items():
        if part != "train":
            loss, accuracy = by_hand(counts, shares)
            assert (chance[f"{part}/loss"], chance[f"{part}/accuracy"]) == pytest.approx((loss, accuracy))
            assert chance[f"{part}/perplexity"] == pytest.approx(math.exp(loss))
    biases = [math.log(shares[index]) if index in shares else -1e9 for index in range(len(task.vocabulary))]
    assert chance == pytest.approx(measured(task, prepared, only_biases(task, biases)), rel=1e-5)


def test_of_names_the_end_is_a_symbol_and_one_that_training_lacks_is_finite(tmp_path: Path) -> None:
    """No name of training has a b, which the unigram model knows only because it counts every symbol once more."""
    train, val, test = Path("train.txt"), Path("val.txt"), Path("test.txt")
    for file, names in ((train, ["aa", "a"]), (val, ["ab"]), (test, ["b", "bb"])):
        (tmp_path / file).write_text("\n".join(names) + "\n")
    task, prepared = task_and_data("task=names", "data=file", f"data.path={tmp_path}", "split.deduplicate=false")
    a, b, end = 4 / 8, 1 / 8, 3 / 8  # of 3 a, no b and 2 ends, each counted once more
    assert chance_of(task, prepared.parts) == pytest.approx(
        {
            "val/loss": -(math.log(a) + math.log(b) + math.log(end)) / 3,
            "val/loss_per_char": -(math.log(a) + math.log(b) + math.log(end)) / 3,
            "val/perplexity": (a * b * end) ** (-1 / 3),
            "val/accuracy": 1 / 3,
            "test/loss": -(3 * math.log(b) + 2 * math.log(end)) / 5,
            "test/loss_per_char": -(3 * math.log(b) + 2 * math.log(end)) / 5,
            "test/perplexity": (b**3 * end**2) ** (-1 / 5),
            "test/accuracy": 0,
        }
    )


def test_overlapping_windows_count_a_symbol_once() -> None:
    streams = task_and_data("task=chars", "data=shakespeare", "data.limit=3000")
    sliding = task_and_data("task=chars", "data=shakespeare", "data.limit=3000", "data.windows=sliding")
    assert chance_of(streams[0], streams[1].parts) == chance_of(sliding[0], sliding[1].parts)


def labelled(folder: Path, counts: dict[str, tuple[int, int]]) -> str:
    """Write texts of two classes, so many of each in every part; return the folder."""
    for part, sizes in counts.items():
        rows = [
            f"{label} text {number} of {part},{label}"
            for label, n in zip("xy", sizes, strict=True)
            for number in range(n)
        ]
        (folder / f"{part}.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return str(folder)


def test_of_a_classifier_it_is_the_frequencies_of_the_classes_in_training(tmp_path: Path) -> None:
    path = labelled(tmp_path, {"train": (11, 5), "val": (2, 2), "test": (3, 1)})
    task, prepared = task_and_data("task=sentiment", "data=file", f"data.path={path}")
    x, y = 12 / 18, 6 / 18  # 11 and 5 of training, each counted once more
    chance = chance_of(task, prepared.parts)
    assert chance == pytest.approx(
        {
            "val/loss": -(2 * math.log(x) + 2 * math.log(y)) / 4,
            "val/accuracy": 2 / 4,
            "val/f1": (2 * 2 / (2 + 4) + 0) / 2,
            "val/auroc": 0.5,
            "test/loss": -(3 * math.log(x) + math.log(y)) / 4,
            "test/accuracy": 3 / 4,
            "test/f1": (2 * 3 / (3 + 4) + 0) / 2,
            "test/auroc": 0.5,
        }
    )
    assert chance == pytest.approx(measured(task, prepared, only_biases(task, np.log([x, y]))), rel=1e-5)


def test_of_two_classes_that_are_equally_frequent_it_is_a_coin(tmp_path: Path) -> None:
    path = labelled(tmp_path, {"train": (8, 8), "val": (3, 1), "test": (1, 3)})
    task, prepared = task_and_data("task=sentiment", "data=file", f"data.path={path}")
    chance = chance_of(task, prepared.parts)
    assert chance["val/loss"] == chance["test/loss"] == pytest.approx(math.log(2))


def test_of_a_tagger_it_is_the_frequencies_of_the_tags_in_training(tmp_path: Path) -> None:
    file = made.sentences(tmp_path / "made.conllu", 60)
    words = ("task=tagging", "data=file", f"data.path={file}", "data.sequence_length=5", "data.min_count=2")
    task, prepared = task_and_data(*words)
    counts = targets_of(prepared, task)
    shares = smoothed(counts["train"], range(len(task.labels)))
    chance = chance_of(task, prepared.parts)
    for part in ("val", "test"):
        assert (chance[f"{part}/loss"], chance[f"{part}/accuracy"]) == pytest.approx(by_hand(counts[part], shares))
    biases = [math.log(shares[tag]) for tag in range(len(task.labels))]
    assert chance == pytest.approx(measured(task, prepared, only_biases(task, biases)), rel=1e-5)
    assert set(chance) == {f"{part}/{metric.key}" for part in ("val", "test") for metric in task.declared}


SIGNALS = ("task=signals", "data.sequences=60", "data.sequence_length=24")


def test_of_numbers_it_is_the_mean_of_training() -> None:
    task, prepared = task_and_data(*SIGNALS, "data=adding")
    train, val = (prepared.parts[part].labels for part in ("train", "val"))
    mean = sum(train.tolist()) / len(train)
    chance = chance_of(task, prepared.parts)
    assert chance["val/loss"] == pytest.approx(sum((value - mean) ** 2 for value in val.tolist()) / len(val))
    assert chance == pytest.approx(measured(task, prepared, only_biases(task, [mean])), rel=1e-5)


def test_of_steps_it_is_their_frequencies_and_for_the_accuracy_those_of_steps_that_count() -> None:
    task, prepared = task_and_data(*SIGNALS, "data=copying")
    silent = task.silent
    counts = {part: Counter(prepared.parts[part].labels.flatten().tolist()) for part in ("train", "val", "test")}
    classes = range(task.head.out_features)
    shares = smoothed(counts["train"], classes)
    chance = chance_of(task, prepared.parts)
    assert chance["test/loss"] == pytest.approx(by_hand(counts["test"], shares)[0])
    del counts["test"][silent], counts["train"][silent]
    (most, _), *_ = sorted(counts["train"].items(), key=lambda pair: (-pair[1], pair[0]))
    assert chance["test/accuracy"] == pytest.approx(counts["test"][most] / sum(counts["test"].values()))
    frequencies = [math.log(shares[one]) for one in classes]
    network = measured(task, prepared, only_biases(task, frequencies))
    assert {name: network[name] for name in ("val/loss", "test/loss")} == pytest.approx(
        {name: chance[name] for name in ("val/loss", "test/loss")}, rel=1e-5
    )


@pytest.mark.parametrize("words", [(), ("data.normalise=window", "data.season=4", "data.horizon=3")])
def test_of_a_forecaster_it_repeats_the_last_value(words: tuple[str, ...], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f}" for a, b in np.cumsum(random.normal(size=(300, 2)), axis=0) * (1, 50)]
    (tmp_path / "walk.csv").write_text("\n".join(["a,b", *rows]) + "\n")
    columns = ("data=file", f"data.path={tmp_path / 'walk.csv'}", "data.value_column=[a,b]")
    task, prepared = task_and_data("task=forecasting", *columns, *words)
    assert isinstance(task, Forecaster)
    naive = measured(task, prepared, lambda batch: seasonal_naive(batch.inputs, task.horizon, 1))
    chance = chance_of(task, prepared.parts)
    assert chance == pytest.approx({name: naive[name] for name in chance}, rel=1e-5)
    assert {name for name in chance if name.startswith("val/")} == {"val/loss", "val/mase"}
    assert chance["test/mase"] == pytest.approx(naive["test/mase_last"], rel=1e-5)


class FocalLoss(SentimentClassifier):
    """A classifier with a loss of its own, of which the frequencies' cross entropy says nothing."""

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return super().loss(logits, batch) ** 2


class FocalLossWithChance(FocalLoss):
    def chance(self, train: Part, part: Part) -> dict[str, float]:
        return {"loss": super().chance(train, part)["loss"] ** 2, "unheard": 1.0, "accuracy": math.nan}


def test_a_task_with_another_loss_has_no_chance_until_it_says_one(tmp_path: Path) -> None:
    path = labelled(tmp_path, {"train": (8, 8), "val": (2, 2), "test": (2, 2)})
    task, prepared = task_and_data("task=sentiment", "data=file", f"data.path={path}")
    for other, expected in (
        (FocalLoss, {}),
        (FocalLossWithChance, {"val/loss": math.log(2) ** 2, "test/loss": math.log(2) ** 2}),
    ):
        task.__class__ = other
        assert chance_of(task, prepared.parts) == pytest.approx(expected)


def test_a_run_leaves_it_in_its_summary(sweep_folder: Path) -> None:
    folder = next((sweep_folder / "runs/small").glob("lstm*"))
    summary = json.loads((folder / "summary.json").read_text())
    run = read_run(folder)
    metrics = {name for part in ("best", "test") for name in summary["metrics"][part] if not name.startswith("train/")}
    assert set(summary["chance"]) == metrics
    assert summary["chance_model"] == "symbol frequencies of the training part"
    assert {metric.key: metric.chance for metric in run.declared} == {
        "loss": "symbol frequencies",
        "loss_per_char": "symbol frequencies",
        "perplexity": "symbol frequencies",
        "accuracy": "most frequent symbol",
    }
    assert run.loss < run.chance("val/loss") == summary["chance"]["val/loss"] < math.log(28)
    assert math.isnan(run.chance("train/loss"))
