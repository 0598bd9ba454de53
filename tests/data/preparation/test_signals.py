"""Signals: what is generated is what the papers and the documents say, and cut into parts as a user asks."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import Known, Prepared, prepare, prepare_other
from rnnlab.data.signals import Signals
from rnnlab.data.sources import generated
from rnnlab.data.sources.signals import read_signals
from rnnlab.errors import UserError

GENERATED: dict[str, dict[str, Any]] = {
    "half_sums": {"channels": 5},
    "count_above": {"threshold": 1.5, "more_than": 3},
    "first_sign": {},
    "adding": {"tolerance": 0.08},
    "copying": {},
}
every_generator = pytest.mark.parametrize("name", GENERATED)


def make(name: str, sequences: int, length: int, seed: int = 0) -> Signals:
    made = getattr(generated, name)(sequences, length, seed, **GENERATED[name])
    assert isinstance(made, Signals)
    return made


@cache
def config(*words: str) -> dict[str, Any]:
    return plain(compose_train(["task=signals", *words])[1])


@cache
def ready(*words: str) -> Prepared:
    return prepare(config(*words))


def rows(signals: Signals) -> np.ndarray:
    """`(N, T, D)`."""
    return signals.values.reshape(len(signals), -1, len(signals.channels))


@every_generator
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(name: str) -> None:
    first, again, other = make(name, 30, 40), make(name, 30, 40), make(name, 30, 40, seed=1)
    assert first.sha256 == again.sha256 != other.sha256
    assert first.values.dtype == np.float32 and rows(first).shape == (30, 40, len(first.channels))
    assert len({first.sha256, make(name, 29, 40).sha256, make(name, 30, 41).sha256}) == 3


@given(st.integers(2, 9), st.integers(0, 99))
def test_half_sums_labels_the_half_with_the_larger_sum(length: int, seed: int) -> None:
    signals = make("half_sums", 20, length, seed)
    for values, label in zip(rows(signals).astype(np.float64), signals.answers, strict=True):
        first, second = values[: length // 2].sum(), values[length // 2 :].sum()
        assert signals.classes[label] == ("first" if first > second else "second")


def test_count_above_labels_many_as_rarely_as_the_binomial_distribution_says() -> None:
    signals = make("count_above", 100_000, 20)
    counts = (rows(signals)[:, :, 0] > 1.5).sum(axis=1)
    assert np.array_equal(signals.answers == 1, counts > 3)
    share = binom.sf(3, 20, norm.sf(1.5))
    assert share == pytest.approx(0.0408, abs=1e-4) and signals.answers.mean() == pytest.approx(share, abs=0.002)


def test_first_sign_labels_the_first_number_and_the_rest_is_noise() -> None:
    signals = make("first_sign", 50_000, 3)
    values = rows(signals)[:, :, 0]
    assert np.array_equal(signals.answers == 1, values[:, 0] > 0)
    correlations = np.corrcoef(np.column_stack([signals.answers, values]).T)[0, 1:]
    assert correlations[0] > 0.75 and np.abs(correlations[1:]).max() < 0.02


@given(st.integers(2, 12))
def test_adding_marks_one_number_of_each_half_and_asks_for_their_sum(length: int) -> None:
    signals = make("adding", 50, length)
    numbers, markers = rows(signals)[..., 0], rows(signals)[..., 1]
    assert numbers.min() >= 0 and numbers.max() < 1 and np.isin(markers, (0, 1)).all()
    assert (markers[:, : length // 2].sum(axis=1) == 1).all() and (markers[:, length // 2 :].sum(axis=1) == 1).all()
    assert np.allclose(signals.answers, (numbers * markers).sum(axis=1), atol=1e-6)


def test_who_always_answers_1_to_adding_is_off_by_a_sixth() -> None:
    signals = make("adding", 100_000, 10)
    assert float(((signals.answers - 1) ** 2).mean()) == pytest.approx(1 / 6, abs=0.002)
    assert "0.1667" in signals.notes[0]


@given(st.integers(21, 50))
def test_copying_asks_for_the_first_symbols_behind_the_delimiter(length: int) -> None:
    signals = make("copying", 20, length)
    one_hot = rows(signals)
    assert one_hot.shape[2] == 10 and (one_hot.sum(axis=2) == 1).all()
    read = one_hot.argmax(axis=2)
    assert read[:, :10].max() < 8 and (read[:, -11] == 9).all()
    assert (read[:, 10:-11] == 8).all() and (read[:, -10:] == 8).all()
    assert np.array_equal(signals.answers[:, -10:], read[:, :10]) and (signals.answers[:, :-10] == 8).all()


def test_who_knows_only_when_to_answer_copying_has_the_loss_that_the_paper_says() -> None:
    """Arjovsky, Shah and Bengio (2016): 10 ln 8 / (T + 20); a blank is certain, each of eight symbols as likely."""
    delay, signals = 100, make("copying", 500, 120)
    chances = np.where(np.arange(120) < 110, 1.0, 1 / 8)
    symbols = np.where(signals.answers == signals.silent, 0, 1)
    assert np.array_equal(symbols, np.broadcast_to(np.arange(120) >= 110, symbols.shape))
    assert -np.log(chances).mean() == pytest.approx(10 * math.log(8) / (delay + 20))
    assert f"{-np.log(chances).mean():.4f}" in signals.notes[0]


def test_parts_are_cut_80_10_10_and_no_training_seed_changes_them() -> None:
    first, other = ready(), ready("seed=5")
    assert {part: len(piece.sequences) for part, piece in first.parts.items()} == {
        "train": 1600,
        "val": 200,
        "test": 200,
    }
    assert first.sha256 == other.sha256 != ready("split.seed=5").sha256
    assert first.balance["train"]["first"] + first.balance["train"]["second"] == 1600
    assert len(first.vocabulary) == 5 and first.vocabulary.level == "channel"
    assert len(ready("data.limit=50").parts["train"].sequences) == 40


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("data=half_sums", "data.sequence_length=1"), r"data\.sequence_length must be at least 2"),
        (("data=copying", "data.sequence_length=20"), r"data\.sequence_length must be at least 21"),
        (("data.sequences=9",), "9 sequences are too few"),
        (("data.limit=3",), "3 sequences are too few"),
        (("data=names",), "data=names has no signals.*data=half_sums"),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...], named: str) -> None:
    with pytest.raises(UserError, match=named):
        ready(*words)


TABLE = "t1,label,t2,t3\n" + "".join(
    f"{n},{'up' if n % 2 else 'down'},{n}.5,{'' if n % 4 else -n}\n" for n in range(40)
)


def test_a_table_has_a_sequence_a_row_with_empty_cells_behind_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    signals = read_signals([tmp_path / "a.csv"], "label")
    assert signals.classes == ("down", "up") and signals.answers[:2].tolist() == [0, 1]
    assert signals.sizes[:5].tolist() == [3, 2, 2, 2, 3]
    assert signals.values[:5, 0].tolist() == [0, 0.5, 0, 1, 1.5]
    prepared = ready("data=file", f"data.path={tmp_path}/a.csv", "data.sequence_length=2")
    assert {part: len(piece.sequences) for part, piece in prepared.parts.items()} == {"train": 32, "val": 4, "test": 4}
    assert prepared.balance["test"] == {"down": 2, "up": 2} and "of 3 steps" in prepared.notes[0]


def test_other_data_is_read_with_the_classes_of_training(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text("label\tt1\nup\t1\n".replace("\t", ","))
    trained = ready("data=file", f"data.path={tmp_path}/a.csv")
    known = Known(trained.vocabulary, trained.card)
    card = {**trained.card, "channels": None}  # as of generated data
    other = prepare_other(config("data=file", f"data.path={tmp_path}/b.csv"), known)
    assert other.parts["test"].labels is not None and other.parts["test"].labels.tolist() == [1]
    with pytest.raises(UserError, match="what it asks"):
        prepare_other(config("data=adding"), Known(ready("data=adding").vocabulary, card))
    with pytest.raises(UserError, match="knows no label 'first'"):
        prepare_other(config(), Known(ready().vocabulary, card))
    with pytest.raises(UserError, match="its steps have 5 numbers, those of training 1"):
        prepare_other(config(), known)


EQUAL = "t1,t2,label\n" + "".join(f"{n},{n}.5,{'up' if n % 2 else 'down'}\n" for n in range(40))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("t1,t2,t3,label\n1,2,3,up\n", r"other\.csv has 3 steps, and every sequence of training 2: .* from t3 on"),
        ("t1,t2,label\n1,2,up\n1,,up\n", r"other\.csv: row 2 has 1 step, and every sequence of training 2"),
        ("t1,label\n1,up\n", r"other\.csv: row 1 has 1 step, and every sequence of training 2"),
        ("t1,t3,label\n1,2,up\n", r"other\.csv: step 2 is the column t3, where it was t2 before"),
    ],
)
def test_steps_that_training_did_not_have_are_refused(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "equal.csv").write_text(EQUAL)
    (tmp_path / "other.csv").write_text(text)
    trained = ready("data=file", f"data.path={tmp_path}/equal.csv")
    with pytest.raises(UserError, match=named):
        prepare_other(config("data=file", f"data.path={tmp_path}/other.csv"), Known(trained.vocabulary, trained.card))


def test_where_sequences_of_training_differ_in_length_further_steps_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.csv").write_text("t1,t2,t3,t4,label\n1,2,3,4,up\n1,,,,up\n")
    trained = ready("data=file", f"data.path={tmp_path}/a.csv")
    assert "40 sequences of 2 to 3 steps, 1 channel (value), 2 classes from a.csv, a row each" in trained.description
    known = Known(trained.vocabulary, trained.card)
    (note,) = prepare_other(config("data=file", f"data.path={tmp_path}/b.csv"), known).notes
    assert note == "training had no step behind t3; here are 1 more, from t4 on"


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("a.csv", "label,x\nup,1\ndown,one\n", "row 2, column x: 'one' is no number"),
        ("a.csv", "label,x,y\nup,,2\n", "row 1, column x: '' is no number"),
        ("a.csv", "label,x\nup,\n", "row 1, column x: '' is no number"),
        ("a.csv", "label,x\nup,inf\n", "'inf' is no number"),
        ("a.csv", "class,x\nup,1\n", "no such column.*class, x"),
        ("a.csv", "label,x\n,1\n", "row 1 has no label"),
        ("a.csv", "label,x\n", "no sequence below"),
        ("a.csv", "label\nup\n", "no column of numbers"),
        ("a.txt", "1 2 3\n", "no table of signals"),
    ],
)
def test_a_table_that_is_none_of_signals_is_refused(tmp_path: Path, name: str, text: str, named: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=named):
        read_signals([tmp_path / name], "label")


def test_tables_named_for_parts_are_the_parts_and_a_missing_label_is_no_class(tmp_path: Path) -> None:
    for number, name in enumerate(("X_TRAIN", "X_VAL", "X_TEST")):
        rows = "".join(f"{label},{number},{row}\n" for row in range(4) for label in "ab")
        (tmp_path / f"{name}.csv").write_text(f"label,x,y\n{rows}", encoding="utf-8")
    composed = config("data=file", "data.path=FILE", "data.normalise=none")
    files = {**composed["data"]["files"], "path": str(tmp_path)}
    data = prepare({**composed, "data": {**composed["data"], "files": files}})
    firsts = {part: {float(p.sequences.symbols[i, 0]) for i in p.sequences.offsets} for part, p in data.parts.items()}
    assert firsts == {"train": {0.0}, "val": {1.0}, "test": {2.0}} and not data.notes
    file = tmp_path / "X_TRAIN.csv"
    file.write_text("label,x\na,1\nNaN,2\nb,3\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"X_TRAIN\.csv, row 2: the label 'NaN' may be none"):
        read_signals([file], "label")
    assert read_signals([file], "label", missing_labels="skip").values.tolist() == [[1.0], [3.0]]
