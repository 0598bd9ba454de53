"""What a network reads of signals: scaled by training alone, and never changed by padding, by others or by masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.preparation.signal_inputs import SignalInputs
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.signals import Signals
from rnnlab.errors import UserError
from rnnlab.tasks.asked_signals.arrays import Recording, batch_of
from rnnlab.tasks.signals import SignalClassifier, balanced_weights
from rnnlab.training.checkpoints import new_task


def made(sizes: list[int], seed: int = 0, missing: float = 0.0) -> Signals:
    random = np.random.default_rng(seed)
    values = random.normal(5, 3, (sum(sizes), 2))
    values[random.random(values.shape) < missing] = np.nan
    times = np.cumsum(random.uniform(0.5, 2, sum(sizes)))
    answers = np.zeros(len(sizes), dtype=np.int64)
    return Signals(values, np.array(sizes), answers, "class", ("u", "v"), generated=False, times=times)


def piece(signals: Signals, row: int) -> Signals:
    begin, size = int(signals.offsets[row]), int(signals.sizes[row])
    values, times = signals.values[begin : begin + size], signals.times
    assert times is not None
    return Signals(
        values, np.array([size]), np.zeros(1, np.int64), "class", ("u", "v"), times=times[begin : begin + size]
    )


SETTINGS = st.fixed_dictionaries(
    {
        "normalise": st.sampled_from(["channel", "sequence", "none"]),
        "missing": st.sampled_from(["forward", "mask"]),
        "time_input": st.booleans(),
    }
)


@given(SETTINGS, st.lists(st.integers(1, 6), min_size=2, max_size=6), st.integers(0, 99))
def test_a_sequence_is_read_as_if_there_were_no_other(settings: dict[str, object], sizes: list[int], seed: int) -> None:
    signals = made(sizes, seed, missing=0.3)
    if np.isnan(signals.values[: sizes[0]]).all(axis=0).any():
        signals.values[0] = 1.0
    inputs = SignalInputs.fitted(signals, [0], settings, "data")
    whole = inputs(signals)
    assert np.isfinite(whole).all()
    assert whole.shape[1] == len(inputs.names(signals.channels))
    for row, size in enumerate(sizes):
        begin = int(signals.offsets[row])
        assert np.allclose(inputs(piece(signals, row)), whole[begin : begin + size], atol=1e-6)
    again = SignalInputs.from_card({"inputs": inputs.card}, 2)
    assert np.array_equal(again(signals), whole)


def test_channels_are_scaled_by_the_training_part_alone() -> None:
    signals = made([4, 4, 4])
    inputs = SignalInputs.fitted(signals, [0, 1], {"normalise": "channel"}, "data")
    scaled = inputs(signals)
    assert np.allclose(scaled[:8].mean(axis=0), 0, atol=1e-6) and np.allclose(scaled[:8].std(axis=0), 1, atol=1e-6)
    signals.values[8:] *= 1000
    other = SignalInputs.fitted(signals, [0, 1], {"normalise": "channel"}, "data")
    assert np.array_equal(other.mean, inputs.mean) and np.array_equal(other(signals)[:8], scaled[:8])
    each = SignalInputs.fitted(signals, [0, 1], {"normalise": "sequence"}, "data")(signals).reshape(3, 4, 2)
    assert np.allclose(each.mean(axis=1), 0, atol=1e-5) and np.allclose(each.std(axis=1), 1, atol=1e-5)


def test_missing_numbers_are_the_last_ones_and_a_mask_says_so() -> None:
    values = np.array([[np.nan], [1.0], [np.nan], [np.nan], [4.0]])
    signals = Signals(values, np.array([3, 2]), np.zeros(2, np.int64), "class", ("u",), generated=False)
    inputs = SignalInputs.fitted(signals, [0, 1], {"normalise": "none", "missing": "mask"}, "data")
    assert inputs(signals).tolist() == [[2.5, 0], [1, 1], [1, 0], [2.5, 0], [4, 1]]
    assert inputs.names(["u"]) == ["u", "u observed"]
    values[1] = np.nan
    with pytest.raises(UserError, match="the channel u has no number in the training part"):
        SignalInputs.fitted(signals, [0], {"missing": "mask"}, "data")
    with pytest.raises(UserError, match=r"data\.time_input=true needs times"):
        SignalInputs.fitted(signals, [0, 1], {"time_input": True}, "data")


def table(file: Path, count: int = 40) -> Path:
    rows = [
        f"{n},{t},{n * t % 7 - n % 2},{'' if (n + t) % 5 == 0 else t},s{n % 5},{'ab'[n % 2 if n % 3 else 0]}"
        for n in range(count)
        for t in range(2 + n % 4)
    ]
    file.write_text("id,t,x,y,subject,label\n" + "\n".join(rows) + "\n")
    return file


def ready(file: Path, *words: str) -> tuple[dict[str, object], Prepared]:
    config = plain(compose_train(["task=signals", "data=file", f"data.path={file}", "model.hidden_size=5", *words])[1])
    return config, prepare(config)


def test_padding_changes_no_answer_of_a_model_with_masks_and_times(tmp_path: Path) -> None:
    words = ["data.missing=mask", "data.time_input=true", "task.class_weights=balanced", "data.group_column=subject"]
    config, prepared = ready(table(tmp_path / "long.csv"), *words)
    torch.manual_seed(0)
    task = new_task(config, prepared).eval()
    assert isinstance(task, SignalClassifier) and len(prepared.vocabulary) == 5
    random = np.random.default_rng(0)
    given = [Recording(random.normal(size=(n, 2)), str(n), np.arange(n) * 1.0) for n in (1, 5, 3, 9)]
    together = task.shares(batch_of(task, given))
    alone = [task.shares(batch_of(task, [recording]))[0] for recording in given]
    assert np.allclose(together, alone, atol=1e-6)


def test_groups_stay_in_one_part_and_classes_weigh_alike(tmp_path: Path) -> None:
    _, prepared = ready(table(tmp_path / "long.csv"), "data.missing=forward", "data.group_column=subject")
    assert any("groups stay whole" in note for note in prepared.notes)
    sizes = {part: len(inner.sequences) for part, inner in prepared.parts.items()}
    assert sizes == {"train": 24, "val": 8, "test": 8}  # of five groups with eight sequences each
    assert balanced_weights([30, 10, 0]).tolist() == pytest.approx([2 / 3, 2, 0])
    with pytest.raises(UserError, match=r"row 1, column y: '' is no number; data\.missing=forward"):
        ready(tmp_path / "long.csv")
