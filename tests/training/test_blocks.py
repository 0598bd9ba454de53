"""Batches are trained on in blocks: the steps are those of a plain PyTorch loop to the bit, whatever a block's size."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from resuming import Interruption, config_of, outcome, run, same
from rnnlab.data.batching import Batches, InOrder
from rnnlab.data.collation import Collation
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Part, prepare
from rnnlab.data.sequences import Windows
from rnnlab.records.folder import RunFolder
from rnnlab.records.identity import run_name
from rnnlab.records.provenance import Origin
from rnnlab.training.blocks import Blocks, EpochRecord, block_loop
from rnnlab.training.checkpoints import new_task
from rnnlab.training.run import TrainingRun
from support import table

SMALL = ("data.limit=2000", "model.hidden_size=16", "trainer.max_epochs=2", "data.batch_size=8")


def blocks_of(count: int, limit: int, interval: int, size: int) -> Blocks:
    sequences = Windows(np.arange(count + 1, dtype=np.uint16), length=1, stride=1)
    return Blocks(Batches(InOrder(count, 1), Collation(Part(sequences), pad=0)), limit, interval, size)


NUMBER = st.integers(1, 400)


@given(count=NUMBER, limit=NUMBER, interval=NUMBER, size=st.sampled_from([1, 7, 64, 500]))
def test_blocks_hold_every_batch_once_and_end_where_validation_is_due(
    count: int, limit: int, interval: int, size: int
) -> None:
    limit, interval = min(limit, count), min(interval, limit, count)
    blocks = blocks_of(count, limit, interval, size)
    cut = list(blocks)
    assert [batch.inputs.item() for block in cut for batch in block] == list(range(limit))
    assert len(blocks) == len(cut) and max(map(len, cut)) <= max(1, 2 * size)
    # Lightning validates behind every `per_interval`th block of an epoch.
    ends = list(itertools.accumulate(map(len, cut)))
    assert ends[blocks.per_interval - 1 :: blocks.per_interval] == list(range(interval, limit + 1, interval))


@given(limit=NUMBER, size=st.integers(1, 70), other=st.integers(1, 70), taken=st.integers(1, 400))
def test_an_epoch_goes_on_at_the_same_batch_with_blocks_of_another_size(
    limit: int, size: int, other: int, taken: int
) -> None:
    before, after = blocks_of(limit, limit, limit, size), blocks_of(limit, limit, limit, other)
    seen = [batch.inputs.item() for block in itertools.islice(before, taken) for batch in block]
    after.load_state_dict(before.state_dict())
    rest = [batch.inputs.item() for block in after for batch in block]
    assert rest == list(range(len(seen) % limit, limit))
    assert after.whole_blocks(limit) == len(after) == len(list(after))


@given(st.lists(st.tuples(st.floats(0, 100, width=32), st.integers(1, 10_000)), min_size=1, max_size=200))
def test_an_epochs_loss_is_the_mean_over_its_predictions(batches: list[tuple[float, int]]) -> None:
    record = EpochRecord()
    for loss, count in batches:
        record.add(loss, count)
    total, predictions = sum(loss * count for loss, count in batches), sum(count for _, count in batches)
    assert record.mean_loss == pytest.approx(total / predictions, rel=1e-12)
    assert (record.batches, record.predictions) == (len(batches), predictions)


def bare_loop(config: dict[str, Any], steps: int) -> tuple[dict[str, Tensor], list[tuple[float, int]]]:
    """The weights of as many steps of the same training, and each one's loss and predictions; no Trainer is in it."""
    prepared = prepare(config)
    pl.seed_everything(config["seed"], verbose=False)
    task = new_task(config, prepared).train()
    batches = SequenceDataModule(prepared, config["data"]["batch_size"], config["seed"], bucketing=True).train_batches()
    optimizer = torch.optim.AdamW(task.parameters(), lr=0.007, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.007, total_steps=steps, pct_start=0.25, cycle_momentum=False
    )
    losses: list[tuple[float, int]] = []
    for epoch in range(config["trainer"]["max_epochs"]):
        batches.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        for batch in batches:
            if len(losses) == steps:
                break
            optimizer.zero_grad()
            loss = task.loss(task.outputs(batch), batch)
            loss.backward(batch.weight)
            torch.nn.utils.clip_grad_norm_(task.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append((loss.item(), task.count(batch)))
    return task.state_dict(), losses


@pytest.mark.parametrize("steps", [400, 150])
def test_weights_and_losses_are_those_of_a_bare_loop(workdir: Path, steps: int) -> None:
    """An epoch has 200 batches here: two whole epochs, and an end in the middle of a block of the first."""
    config = config_of(*SMALL, "model.dropout=0.2", "trainer.log_every_n_steps=1", f"trainer.max_steps={steps}")
    ready = TrainingRun(config, RunFolder(workdir / "run"), prepare(config), Origin(""))
    assert ready.execute()["status"] == "complete"
    weights, losses = bare_loop(config, steps)
    trained = torch.load(workdir / "run/checkpoints/last.ckpt", weights_only=True)
    assert trained["global_step"] == steps
    for name, weight in weights.items():
        if not name.startswith(("val_metrics", "test_metrics")):
            assert torch.equal(weight, trained["state_dict"][name]), name
    last = block_loop(ready.trainer).steps
    assert last[-1].number == steps and [step.loss for step in last] == [loss for loss, _ in losses[-len(last) :]]
    rows = table(workdir / "run/metrics.csv")
    assert [int(row["step"]) for row in rows] == list(dict.fromkeys([min(200, steps), steps]))
    for row in rows:  # the mean is over predictions, not over batches
        epoch = losses[int(row["epoch"]) * 200 : int(row["step"])]
        mean = sum(loss * count for loss, count in epoch) / sum(count for _, count in epoch)
        assert float(row["train/loss"]) == pytest.approx(mean, rel=1e-6)


TASKS = {
    "bucketed names": ("task=names", "data.bucketing=true", "data.limit=760"),
    "a text with a carried state": (
        "task=chars",
        "cell=lstm",
        "data.windows=streams",
        "data.limit=12000",
        "data.sequence_length=16",
        "callbacks.averaging.enabled=true",
        "callbacks.averaging.decay=0.9",
    ),
    "vectors": ("task=signals", "data.limit=760"),
}
CUT = (
    "model.hidden_size=8",
    "data.batch_size=8",
    "trainer.val_check_interval=0.5",
    "trainer.max_steps=100",
    "model.dropout=0.2",
    "callbacks.last_checkpoint.minutes=0",
)


@pytest.mark.parametrize("task", TASKS)
def test_no_bit_hangs_on_the_size_of_a_block(tmp_path: Path, task: str) -> None:
    """Epochs of 75 batches, validated twice each; the training ends with step 100, in the middle of a block.

    It is also interrupted, and goes on with blocks of the same size or of another one.
    """

    def config(size: int) -> dict[str, Any]:
        return config_of(*TASKS[task], *CUT, f"trainer.block_size={size}")

    run(config(64), tmp_path / "whole")
    expected = outcome(tmp_path / "whole")
    steps = [int(row["step"]) for row in table(tmp_path / "whole/metrics.csv")]
    assert len(steps) >= 3 and steps[-1] == 100
    for name, sizes in {"alone": [1], "goes on with many": [1, 64], "goes on with one": [10, 1]}.items():
        for size in sizes[:-1]:
            assert run(config(size), tmp_path / name, Interruption("on_train_batch_end", 4))
        run(config(sizes[-1]), tmp_path / name)
        result = outcome(tmp_path / name)
        assert result[1:] == expected[1:], name
        assert same(result[0], expected[0]), name


def test_the_size_of_a_block_is_no_part_of_a_runs_identity() -> None:
    names = {run_name(config_of(f"trainer.block_size={size}"), "0" * 64) for size in (1, 64, 500)}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("arguments", "validated"),
    [
        (["trainer.val_check_interval=90"], [90, 180, 290, 380]),
        (["trainer.val_check_interval=0.25", "trainer.limit_train_batches=40"], [10, 20, 30, 40, 50, 60, 70, 80]),
        (["trainer.val_check_interval=64", "trainer.max_steps=130"], [64, 128, 130]),
    ],
)
def test_validations_and_limits_count_batches(workdir: Path, arguments: list[str], validated: list[int]) -> None:
    config = config_of(*SMALL, *arguments)
    TrainingRun(config, RunFolder(workdir / "run"), prepare(config), Origin("")).execute()
    rows = [row for row in table(workdir / "run/metrics.csv") if row["val/loss"]]
    assert [int(row["step"]) for row in rows] == validated
