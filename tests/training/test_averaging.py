"""Averaged weights are what is validated, kept as the best, and tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

from resuming import config_of, prepared
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training import averaging
from rnnlab.training.run import TrainingRun

DECAY = 0.9


class Weights(pl.Callback):
    """What the weights of training were behind every step, and those with which a validation ended."""

    def __init__(self) -> None:
        self.trained: dict[int, Tensor] = {}  # by the number of the step
        self.validated: list[Tensor] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.trained[trainer.global_step] = flat(pl_module)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.validated.append(flat(pl_module))


def flat(module: torch.nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in module.parameters()]).clone()


def test_the_best_checkpoint_holds_the_moving_average(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averaging, "EVERY", 8)
    words = [
        "task=names",
        "data.limit=300",
        "data.batch_size=6",
        "model.embedding_size=4",
        "model.hidden_size=4",
        "trainer.max_epochs=1",
        "trainer.block_size=1",
        "callbacks.averaging.enabled=true",
        f"callbacks.averaging.decay={DECAY}",
    ]
    config, weights = config_of(*words), Weights()
    ready = TrainingRun(
        config, RunFolder(tmp_path / "run"), prepared(json.dumps(config)), Origin(""), callbacks=[weights]
    )
    ready.execute()
    assert list(weights.trained) == list(range(1, 41))
    average, seen = weights.trained[8], 8
    for step in range(16, 41, 8):
        kept = min(DECAY**8, seen / step)
        average, seen = kept * average + (1 - kept) * weights.trained[step], step
    best = torch.load(tmp_path / "run/checkpoints/best.ckpt", weights_only=True)["state_dict"]
    names = [name for name, _ in ready.task.named_parameters()]
    torch.testing.assert_close(torch.cat([best[name].flatten() for name in names]), average)
    torch.testing.assert_close(weights.validated[0], average)
    torch.testing.assert_close(flat(ready.task), average)  # with which it was tested
    assert not torch.allclose(average, weights.trained[40])
