"""The classifier of texts: its size, its figures, what it cannot see, and what it learns from real sentences."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

import made
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.encoded_texts import encode
from rnnlab.data.prepared import Part
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.tasks.base import parameters_of
from rnnlab.tasks.sentiment import SentimentClassifier
from rnnlab.training.trained import Trained
from support import Answer, real_data, trained

CELLS = {
    "rnn": "rnnlab.nn.cells.kernels.RNN",
    "gru": "rnnlab.nn.cells.kernels.GRU",
    "lstm": "rnnlab.nn.cells.kernels.LSTM",
    "scratch_rnn": "rnnlab.reference.cells.ScratchRNN",
    "scratch_gru": "rnnlab.reference.cells.ScratchGRU",
    "scratch_lstm": "rnnlab.reference.cells.ScratchLSTM",
    "bag": "rnnlab.nn.baselines.bag.Bag",
}
WORDS = ("bad", "film", "good", "not", "very")
VOCABULARY = Vocabulary((*WORDS, UNKNOWN, PAD), "word")
TEXTS = st.lists(st.lists(st.sampled_from([*WORDS, "unheard"]), max_size=8), min_size=1, max_size=5)


def classifier(
    cell: str = "gru", classes: int = 2, vocabulary: Vocabulary = VOCABULARY, **model: Any
) -> SentimentClassifier:
    shape = {
        "embedding_size": 6,
        "hidden_size": 5,
        "num_layers": 1,
        "dropout": 0.0,
        "bidirectional": False,
        "word_dropout": 0.0,
        "pooling": "last",
    }
    data = {"labels": [f"class {label}" for label in range(classes)], "sequence_length": 20}
    torch.manual_seed(0)
    nodes: dict[str, Any] = {
        "cell": {"name": cell, "_target_": CELLS[cell]},
        "model": {**shape, **model},
        "optimizer": {},
        "scheduler": {},
    }
    return SentimentClassifier(vocabulary, data, **nodes)


def batch_of(texts: list[list[str]], labels: list[int]) -> Batch:
    part = Part(encode(texts, VOCABULARY, 20), labels=np.array(labels))
    return Collation(part, VOCABULARY.pad)(np.arange(len(texts)))


def padded(batch: Batch, more: int, symbol: int) -> Batch:
    """The batch with `more` columns of padding, and `symbol` for whatever stood in the padding."""
    wide = nn.functional.pad(batch.inputs, (0, more))
    inside = torch.arange(wide.shape[1]) < batch.lengths[:, None]
    return batch._replace(inputs=wide.where(inside, symbol))


@pytest.mark.parametrize(
    ("words", "classes", "model", "parameters"),
    [(1_000, 4, {"embedding_size": 64}, 89_348), (5_000, 2, {"embedding_size": 100}, 529_698)],
    ids=["C5", "E7"],
)
def test_models_have_the_parameters_of_the_documents(
    words: int, classes: int, model: dict[str, int], parameters: int
) -> None:
    """SYSTEMS C5 and E7."""
    vocabulary = Vocabulary(tuple(map(str, range(words))), "word")
    task = classifier("rnn", classes, vocabulary, hidden_size=128, **model)
    assert parameters_of(task) == parameters
    assert task(torch.randint(words, (8, 50)), torch.full((8,), 50)).shape == (8, classes)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
@settings(max_examples=8)
@given(texts=TEXTS, data=st.data())
def test_a_padded_batch_gives_every_text_what_it_gets_alone(
    cell: str, pooling: str, texts: list[list[str]], data: st.DataObject
) -> None:
    """Loss and prediction, in one or two layers and directions."""
    labels = data.draw(st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)))
    more, symbol = data.draw(st.integers(0, 4)), data.draw(st.integers(0, len(VOCABULARY) - 1))
    batch = padded(batch_of(texts, labels), more, symbol)
    for layers, bidirectional in ((1, False), (2, False), (1, True), (2, True)):
        task = classifier(cell, 3, pooling=pooling, num_layers=layers, bidirectional=bidirectional).eval()
        logits = task.outputs(batch)
        losses = []
        for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
            alone = batch_of([text], [label])
            assert torch.allclose(logits[row], task.outputs(alone)[0], atol=1e-6)
            losses.append(task.loss(task.outputs(alone), alone).item())
        assert task.loss(logits, batch).item() == pytest.approx(np.mean(losses), abs=1e-6)
        assert int(task.count(batch)) == len(texts)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
def test_a_bag_takes_not_good_and_good_not_for_the_same_and_a_gru_does_not(pooling: str) -> None:
    """SYSTEMS C1."""
    for cell, same in (("bag", True), ("gru", False)):
        one, other = classifier(cell, pooling=pooling).classify(["not good", "good not"])
        assert (one.probabilities == pytest.approx(other.probabilities, abs=1e-7)) is same, cell


def test_a_text_of_unknown_words_or_of_none_gets_no_label() -> None:
    task = classifier()
    known, unheard, empty = task.classify(["A very GOOD film!", "zzz", " "])
    assert known.label in task.labels and known.probability == max(known.probabilities.values())
    assert sum(known.probabilities.values()) == pytest.approx(1)
    assert (unheard.label, unheard.note) == (None, "none of its words is known")
    assert (empty.label, empty.note) == (None, "the text is empty")
    assert task.classify([]) == [] and task.training  # asking leaves the mode as it was


def test_a_count_lies_on_the_device_of_its_batch() -> None:
    """The mean training loss multiplies it with losses that lie there."""
    batch = batch_of([["good"]], [1])
    assert classifier().count(batch) == len(batch.targets)


def test_words_are_hidden_in_training_only() -> None:
    task = classifier(word_dropout=0.3)
    seen: list[Tensor] = []
    task.embedding.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    batch = batch_of([["good"] * 20] * 500, [1] * 500)
    task.train().outputs(batch)
    task.eval().outputs(batch)
    hidden = (seen[0] == VOCABULARY.unknown).float().mean().item()
    assert abs(hidden - 0.3) < 5 * (0.3 * 0.7 / 10_000) ** 0.5  # five standard deviations
    assert torch.equal(seen[0][seen[0] != VOCABULARY.unknown].unique(), batch.inputs.unique())
    assert torch.equal(seen[1], batch.inputs)


def test_dropout_acts_in_training_only() -> None:
    task, batch = classifier(dropout=0.5), batch_of([["good", "film"]], [1])
    assert not torch.equal(task.train().outputs(batch), task.outputs(batch))
    assert torch.equal(task.eval().outputs(batch), task.outputs(batch))


def measured(task: SentimentClassifier, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, float]:
    """The metrics after batches of 3, 3, 3, … texts."""
    metrics = task.metrics_of("val")
    for begin in range(0, len(labels), 3):
        targets = torch.from_numpy(labels[begin : begin + 3])
        batch = Batch(torch.zeros(len(targets), 1).long(), torch.ones(len(targets)).long(), targets)
        task.update(metrics, torch.from_numpy(logits[begin : begin + 3]), batch)
    return {name: value.item() for name, value in metrics.compute().items()}


def f1(predicted: NDArray[np.int64], labels: NDArray[np.int64], label: int) -> float:
    hits = ((predicted == label) & (labels == label)).sum()
    return float(2 * hits / ((predicted == label).sum() + (labels == label).sum()))


def area(shares: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    """How often a text of the class ranks above one of another class; equal ones count half."""
    pairs = shares[inside][:, None] - shares[~inside]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("occurring", [2, 3])
def test_metrics_are_those_of_a_plain_computation(classes: int, occurring: int) -> None:
    """Also where a class does not occur among 50 texts, and where texts are equal."""
    random = np.random.default_rng(0)
    labels = random.integers(0, min(classes, occurring), 50)
    logits = random.normal(size=(50, classes)).astype(np.float32)
    logits[np.arange(50), labels] += 1
    logits[40:] = logits[:10]  # as equal texts have them
    values = measured(classifier(classes=classes), logits, labels)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    predicted, present = logits.argmax(axis=1), np.unique(labels)
    met = np.union1d(predicted, present)
    assert values["val/accuracy"] == pytest.approx((predicted == labels).mean(), abs=1e-6)
    assert values["val/f1"] == pytest.approx(np.mean([f1(predicted, labels, label) for label in met]), abs=1e-6)
    assert values["val/loss"] == pytest.approx(-np.log(shares[np.arange(50), labels]).mean(), abs=1e-5)
    areas = [area(shares[:, label], labels == label) for label in present]
    assert values["val/auroc"] == pytest.approx(np.mean(areas), abs=1e-6)


def test_one_class_alone_has_no_area_under_its_curve() -> None:
    values = measured(classifier(), np.eye(2, dtype=np.float32)[[0, 1, 1, 1]], np.array([1, 1, 1, 1]))
    assert math.isnan(values["val/auroc"]) and values["val/accuracy"] == 0.75


SMALL = ("task=sentiment", "cell=bag", "model.embedding_size=32", "optimizer.lr=0.02", "data.batch_size=100")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of little size, trained on 600 made-up reviews."""
    folder = tmp_path_factory.mktemp("reviews")
    data = ("data=file", f"data.path={made.reviews(folder / 'reviews.csv')}")
    trained(folder, *SMALL, *data, "trainer.max_epochs=2")
    return next((folder / "runs" / "sentiment").glob("bag*"))


@pytest.mark.data
def test_it_learns_what_people_praise_and_what_they_do_not(tmp_path: Path) -> None:
    """SYSTEMS A10, on real sentences."""
    real_data("rt_polarity")
    run = next(trained(tmp_path, *SMALL, "data=rt_polarity", "trainer.max_epochs=4").glob("runs/sentiment/bag*"))
    wonderful, boring = Trained(run).predict(["this film was absolutely wonderful", "this film was painfully boring"])
    assert wonderful.label == "positive" and boring.label == "negative"
    test = json.loads((run / "summary.json").read_text())["metrics"]["test"]
    assert test["test/accuracy"] > 0.72 and test["test/f1"] > 0.72 and test["test/auroc"] > 0.8
    assert test["test/loss"] < 0.55 < math.log(2)


def test_a_run_reports_how_many_texts_of_each_class_there_are(run: Path) -> None:
    counts = {"train": 240, "val": 30, "test": 30}
    expected = {part: {"negative": count, "positive": count} for part, count in counts.items()}
    summary = json.loads((run / "summary.json").read_text())
    assert summary["data"]["classes"] == expected and summary["unit"] == "nats per text"
    assert "train: 240 negative, 240 positive" in (run / "run.log").read_text()


def test_evaluating_repeats_what_the_run_found(run: Path) -> None:
    evaluation = Trained(run).evaluate()
    test = json.loads((run / "summary.json").read_text())["metrics"]["test"]
    assert evaluation.metrics == pytest.approx(test, abs=1e-6)
    assert evaluation.balance == {"negative": 30, "positive": 30} and evaluation.predictions == 60


def test_texts_of_one_class_are_measured_without_what_takes_two(
    rnnlab: Callable[..., Answer], workdir: Path, run: Path
) -> None:
    (workdir / "praise.csv").write_text("text,label\na wonderful film,positive\nboring,positive\n")
    answer = rnnlab("evaluate", f"checkpoint={run}", "data.path=praise.csv", "format=json")
    assert answer.code == 0 and answer.err == "text, label of praise.csv: 2 rows, 2 positive\n"
    assert "NaN" not in answer.out
    metrics = json.loads(answer.out)["metrics"]
    assert metrics["test/auroc"] is None and metrics["test/accuracy"] == 0.5
