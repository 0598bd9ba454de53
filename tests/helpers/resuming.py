"""Runs that are interrupted on purpose, and what must not differ when they went on."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import prepare
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training.run import TrainingRun


class Interruption(pl.Callback):
    """Stops a training as Ctrl-C would, when a hook is called for the nth time."""

    def __init__(self, hook: str, calls: int, before: Callable[[], object] = lambda: None) -> None:
        self.left, self.before = calls, before
        setattr(self, hook, self._count)

    def _count(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.before()
            raise KeyboardInterrupt


prepared = cache(lambda text: prepare(json.loads(text)))


def config_of(*words: str) -> dict[str, Any]:
    """The configuration of `rnnlab train WORDS`."""
    return plain(compose_train(list(words))[1])


def run(config: dict[str, Any], folder: Path, interruption: Interruption | None = None) -> bool:
    """Train, from a last checkpoint on if there is one, and say whether the run was interrupted."""
    data = {**config, "trainer": {**config["trainer"], "block_size": 0}}  # the same for every size
    ready = TrainingRun(config, RunFolder(folder), prepared(json.dumps(data)), Origin(""))
    if interruption is not None:
        ready.trainer.callbacks.insert(0, interruption)  # type: ignore[attr-defined]
    try:
        ready.execute()
    except KeyboardInterrupt:
        assert json.loads((folder / "summary.json").read_text())["status"] == "interrupted"
        return True
    return False


def outcome(folder: Path) -> tuple[dict[str, Any], tuple[str, str], dict[str, Any]]:
    """What must not differ: the last weights and the optimizer's state, the two CSVs, the metrics of summary.json."""
    last = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    best = torch.load(folder / "checkpoints/best.ckpt", weights_only=True)
    summary = json.loads((folder / "summary.json").read_text())
    tensors = {
        "last": last["state_dict"],
        "best": best["state_dict"],
        "optimizer": last["optimizer_states"][0]["state"],
        "random": last["progress"]["random"],
    }
    figures = {key: summary[key] for key in ("status", "objective", "metrics", "epochs", "best_epoch")}
    tables = (folder / "metrics.csv").read_text(), (folder / "test_items.csv").read_text()
    return tensors, tables, figures


def flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
