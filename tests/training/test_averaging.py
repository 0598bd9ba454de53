"""Averaged weights are what is validated, kept as the best, and tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

from resuming import prepared
from rnnlab.config.compose import compose_train, plain
from rnnlab.data import batching
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training.run import Run

DECAY = 0.9


class Weights(pl.Callback):
    """What the weights of training were behind every block, and those with which a validation ended."""

    def __init__(self) -> None:
        self.trained: list[tuple[int, Tensor]] = []  # behind which step
        self.validated: list[Tensor] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.trained.append((trainer.global_step, flat(pl_module)))

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.validated.append(flat(pl_module))


def flat(module: torch.nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in module.parameters()]).clone()


def test_the_best_checkpoint_holds_the_moving_average(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "BLOCK", 8)
    words = [
        "task=names",
        "data.limit=300",
        "data.batch_size=6",
        "model.embedding_size=4",
        "model.hidden_size=4",
        "trainer.max_epochs=1",
        "callbacks.averaging.enabled=true",
        f"callbacks.averaging.decay={DECAY}",
    ]
    config, weights = plain(compose_train(words)[1]), Weights()
    run = Run(config, RunFolder(tmp_path / "run"), prepared(json.dumps(config)), Origin(""), callbacks=[weights])
    run.execute()
    (seen, average), *later = weights.trained
    assert len(later) >= 3
    for step, now in later:
        kept = min(DECAY ** (step - seen), seen / step)
        average, seen = kept * average + (1 - kept) * now, step
    best = torch.load(tmp_path / "run/checkpoints/best.ckpt", weights_only=True)["state_dict"]
    names = [name for name, _ in run.task.named_parameters()]
    torch.testing.assert_close(torch.cat([best[name].flatten() for name in names]), average)
    torch.testing.assert_close(weights.validated[0], average)
    torch.testing.assert_close(flat(run.task), average)  # with which it was tested
    assert not torch.allclose(average, weights.trained[-1][1])
