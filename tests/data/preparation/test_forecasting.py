"""A series as windows: what is read, what is forecast, which part it belongs to, and how errors are scaled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.forecasting import naive_error, prepare_series
from rnnlab.data.prepared import Known, Prepared
from rnnlab.data.source import Source
from rnnlab.data.sources.series import Series, read_series
from rnnlab.errors import UserError

KEYS = {"sequence_length": 4, "horizon": 2, "season": 2, "stride": 1, "normalise": "series"}


def prepared(
    values: NDArray[np.float64], known: Known | None = None, limit: int | None = None, **keys: Any
) -> Prepared:
    source = Source("series", [], {}, limit)
    columns = values.reshape(len(values), -1)
    source.__dict__["content"] = Series(columns, ("y", "z")[: columns.shape[1]])
    return prepare_series(source, {}, {**KEYS, **keys}, known)


def whole(actual: Prepared, part: str) -> Batch:
    """All windows of a part as one batch, in the series' own units."""
    batch = Collation(actual.parts[part], 0)(np.arange(len(actual.parts[part].sequences)))
    mean, deviation = (torch.from_numpy(actual.card[name]) for name in ("mean", "deviation"))
    return batch._replace(inputs=batch.inputs * deviation + mean, targets=batch.targets * deviation + mean)


def random_walk(length: int, columns: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(length).normal(size=(length, columns)).cumsum(axis=0)


def test_the_naive_error_by_hand() -> None:
    assert naive_error(np.array([[1.0], [2.0], [4.0], [3.0]]), season=1) == pytest.approx((1 + 2 + 1) / 3)
    assert naive_error(np.array([[1.0], [2.0], [4.0], [3.0]]), season=2) == pytest.approx((3 + 1) / 2)


@given(
    count=st.integers(60, 90),
    length=st.integers(2, 12),
    horizon=st.integers(1, 5),
    stride=st.integers(1, 3),
    columns=st.integers(1, 2),
)
def test_every_window_is_a_slice_and_no_evaluation_is_told_what_training_was(
    count: int, length: int, horizon: int, stride: int, columns: int
) -> None:
    values = random_walk(count, columns)
    actual = prepared(values, sequence_length=length, horizon=horizon, stride=stride)
    first, second = int(0.8 * count), int(0.9 * count)
    bounds = {"train": (length, first, stride), "val": (first, second, 1), "test": (second, count, 1)}
    for part, (begin, end, step) in bounds.items():
        batch, starts = whole(actual, part), range(begin, end - horizon + 1, step)  # where targets begin
        assert batch.lengths.tolist() == [length] * len(starts)
        assert np.allclose(batch.inputs, [values[at - length : at] for at in starts], atol=1e-5)
        assert np.allclose(batch.targets, [values[at : at + horizon] for at in starts], atol=1e-5)
        assert actual.parts[part].predictions == len(starts) * horizon * columns


def test_the_scales_are_those_of_the_training_part_alone() -> None:
    values = random_walk(100)
    changed = values.copy()
    changed[80:] += 1000
    one, other = (prepared(case).card for case in (values, changed))
    assert all(np.array_equal(one[name], other[name]) for name in ("mean", "deviation", "naive_error", "change"))
    assert one["mean"] == pytest.approx(values[:80].mean()) and one["deviation"] == pytest.approx(values[:80].std())
    assert one["naive_error"] == pytest.approx(naive_error(values[:80], 2))
    squares = [(values[at + ahead] - values[at - 1]) ** 2 for at in range(4, 79) for ahead in range(2)]
    assert one["change"] == pytest.approx(np.sqrt(np.mean(squares)))


def test_a_limit_keeps_the_latest_values() -> None:
    values = random_walk(100)
    last = whole(prepared(values, limit=50), "test").targets[-1]
    assert np.allclose(last, values[-2:], atol=1e-5)
    assert prepared(values, limit=50).card["mean"] == pytest.approx(values[50:90].mean())


def test_other_data_is_scaled_as_that_of_training_and_all_of_it_is_tested_on() -> None:
    trained = prepared(random_walk(100))
    other = prepared(random_walk(30) + 5, Known(trained.vocabulary, trained.card))
    assert set(other.parts) == {"test"} and len(other.parts["test"].sequences) == 30 - 4 - 2 + 1
    first = Collation(other.parts["test"], 0)(np.arange(1)).inputs[0, 0].numpy()
    assert first == pytest.approx((random_walk(30)[0] + 5 - trained.card["mean"]) / trained.card["deviation"])
    assert "scaled by the naive error of the data of training" in other.notes[0]
    with pytest.raises(UserError, match="has 2 columns of numbers; the model knows 1"):
        prepared(random_walk(30, 2), Known(trained.vocabulary, trained.card))


@pytest.mark.parametrize(
    ("values", "keys", "said"),
    [
        (random_walk(100), {"season": 5}, r"data\.season=5 is longer than data\.sequence_length=4"),
        (random_walk(9), {}, "9 values are too few to split 80/10/10; at least 10"),
        (random_walk(30), {"horizon": 4}, r"val has 7 values, not enough .*sequence_length=4 and data\.horizon=4"),
        (random_walk(30), {"sequence_length": 40}, "train has 24 values, not enough"),
        (np.tile([1.0, 2.0], 50), {}, r"repeats itself exactly every data\.season=2"),
        (np.full(100, 7.0), {}, "repeats itself exactly"),
    ],
)
def test_a_series_that_cannot_be_learned_from_is_refused(
    values: NDArray[np.float64], keys: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        prepared(values, **keys)


@pytest.mark.parametrize("names", [("train", "valid", "test"), ("train", "test")])
def test_files_named_for_parts_follow_in_time_and_are_the_parts(tmp_path: Path, names: tuple[str, ...]) -> None:
    sizes = {"train": 50, "valid": 20, "test": 30}
    walk, written = random_walk(100)[:, 0], 0
    for name in names:
        numbers = walk[written : written + sizes[name]]
        (tmp_path / f"{name}.csv").write_text("\n".join(map(repr, numbers.tolist())), encoding="utf-8")
        written += sizes[name]
    source = Source("series", [], {})
    source.__dict__["content"] = read_series(sorted(tmp_path.iterdir()), None)
    actual = prepare_series(source, {}, KEYS)
    last = {part: whole(actual, part).targets[-1, -1].item() for part in ("train", "val", "test")}
    ends = (50, 70, 100) if "valid" in names else (45, 50, 80)
    assert list(last.values()) == pytest.approx([walk[end - 1] for end in ends], abs=1e-4)
    assert bool(actual.notes) == ("valid" not in names)


def test_a_series_in_files_for_training_and_validation_alone_is_refused(tmp_path: Path) -> None:
    for name in ("train", "dev"):
        (tmp_path / f"{name}.csv").write_text("\n".join(map(str, range(40))), encoding="utf-8")
    source = Source("series", [], {})
    source.__dict__["content"] = read_series(sorted(tmp_path.iterdir()), None)
    with pytest.raises(UserError, match="files are named for train and val and none for test"):
        prepare_series(source, {}, KEYS)
