"""Batches are trained on in blocks: the steps are those of a plain PyTorch loop, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training.checkpoints import new_task
from rnnlab.training.run import Run
from support import table

SMALL = ("data.limit=2000", "model.hidden_size=16", "trainer.max_epochs=2", "data.batch_size=8")


def config_of(*arguments: str) -> dict[str, Any]:
    return plain(compose_train([*SMALL, *arguments])[1])


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
            loss = task.loss(task.predict(batch), batch)
            loss.backward(batch.weight)
            torch.nn.utils.clip_grad_norm_(task.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append((loss.item(), task.count(batch)))
    return task.state_dict(), losses


@pytest.mark.parametrize("steps", [400, 150])
def test_weights_and_losses_are_those_of_a_bare_loop(workdir: Path, steps: int) -> None:
    """An epoch has 200 batches here: two whole epochs, and an end in the middle of a block of the first."""
    config = config_of("model.dropout=0.2", "trainer.log_every_n_steps=1", f"trainer.max_steps={steps}")
    run = Run(config, RunFolder(workdir / "run"), prepare(config), Origin(""))
    assert run.execute()["status"] == "complete"
    weights, losses = bare_loop(config, steps)
    trained = torch.load(workdir / "run/checkpoints/last.ckpt", weights_only=True)
    assert trained["global_step"] == steps
    for name, weight in weights.items():
        if not name.startswith(("val_metrics", "test_metrics")):
            assert torch.equal(weight, trained["state_dict"][name]), name
    rows = table(workdir / "run/metrics.csv")
    assert [int(row["step"]) for row in rows] == list(dict.fromkeys([min(200, steps), steps]))
    for row in rows:  # the mean is over predictions, not over batches
        epoch = losses[int(row["epoch"]) * 200 : int(row["step"])]
        mean = sum(loss * count for loss, count in epoch) / sum(count for _, count in epoch)
        assert float(row["train/loss"]) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "validated"),
    [
        (["trainer.val_check_interval=90"], [90, 180, 290, 380]),
        (["trainer.val_check_interval=0.25", "trainer.limit_train_batches=40"], [10, 20, 30, 40, 50, 60, 70, 80]),
        (["trainer.val_check_interval=64", "trainer.max_steps=130"], [64, 128, 130]),
    ],
)
def test_validations_and_limits_count_batches(workdir: Path, arguments: list[str], validated: list[int]) -> None:
    config = config_of(*arguments)
    Run(config, RunFolder(workdir / "run"), prepare(config), Origin("")).execute()
    rows = [row for row in table(workdir / "run/metrics.csv") if row["val/loss"]]
    assert [int(row["step"]) for row in rows] == validated
