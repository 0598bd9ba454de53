"""A run that was interrupted goes on to the very bits that it would have reached."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import prepare
from rnnlab.training.folder import RunFolder
from rnnlab.training.run import Run

SMALL = ("model.embedding_size=8", "model.hidden_size=8", "model.dropout=0.3", "trainer.max_epochs=3")
TASKS = {
    "names": ("task=names", "cell=gru", "data.limit=3000", "data.batch_size=8"),
    "shuffled": ("task=names", "data.limit=1200", "data.bucketing=false", "trainer.val_check_interval=0.4"),
    "streams": ("task=chars", "data.limit=60000", "data.batch_size=4", "data.sequence_length=32"),
    "steps": ("task=chars", "cell=rnn", "data.limit=60000", "data.batch_size=4", "trainer.max_steps=500"),
    "sentiment": ("task=sentiment", "data=rt_polarity", "data.limit=1200", "data.batch_size=4"),
    "stopped": ("task=names", "data.limit=1200", "optimizer.lr=1e-9", "callbacks.early_stopping.enabled=true",
                "callbacks.early_stopping.patience=1", "trainer.max_epochs=6"),
}  # fmt: skip
HOOKS = ("on_train_batch_end", "on_validation_end", "on_train_epoch_end", "on_train_epoch_start")


class Interruption(pl.Callback):
    """Stops a training as Ctrl-C would, when a hook is called for the nth time."""

    def __init__(self, hook: str, calls: int) -> None:
        self.left = calls
        setattr(self, hook, self._count)

    def _count(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


prepared = cache(lambda text: prepare(json.loads(text)))


def run(config: dict[str, Any], folder: Path, interruption: Interruption | None = None) -> None:
    ready = Run(config, RunFolder(folder), prepared(json.dumps(config)))
    if interruption is not None:
        ready.trainer.callbacks.insert(0, interruption)  # type: ignore[attr-defined]
    try:
        ready.execute()
    except KeyboardInterrupt:
        assert interruption is not None
        assert json.loads((folder / "summary.json").read_text())["status"] == "interrupted"


def outcome(folder: Path) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What must not differ: the last weights and the optimizer's state, metrics.csv, the metrics of summary.json."""
    last = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    best = torch.load(folder / "checkpoints/best.ckpt", weights_only=True)
    summary = json.loads((folder / "summary.json").read_text())
    tensors = {
        "last": last["state_dict"],
        "best": best["state_dict"],
        "optimizer": last["optimizer_states"][0]["state"],
    }
    figures = {key: summary[key] for key in ("status", "objective", "metrics", "epochs", "best_epoch")}
    return tensors, (folder / "metrics.csv").read_text(), figures


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


@pytest.mark.parametrize("task", TASKS)
def test_interrupted_anywhere_a_run_ends_with_the_same_bits(tmp_path: Path, task: str) -> None:
    config = plain(compose_train([*TASKS[task], *SMALL, "callbacks.last_checkpoint.minutes=0"])[1])
    config["trainer"]["max_epochs"] = 6 if task == "stopped" else 3
    run(config, tmp_path / "whole")
    expected = outcome(tmp_path / "whole")
    for hook in HOOKS:
        for calls in (1, 3):
            folder = tmp_path / f"{hook}-{calls}"
            run(config, folder, Interruption(hook, calls))
            run(config, folder, Interruption(hook, calls))  # and once more, from where it went on
            run(config, folder)
            found = outcome(folder)
            assert found[1:] == expected[1:], (hook, calls)
            assert same(found[0], expected[0]), (hook, calls)


def test_a_damaged_checkpoint_is_not_gone_on_from(tmp_path: Path) -> None:
    config = plain(compose_train([*TASKS["shuffled"], *SMALL])[1])
    run(config, tmp_path / "whole")
    run(config, tmp_path / "run", Interruption("on_train_epoch_end", 2))
    last = tmp_path / "run/checkpoints/last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    run(config, tmp_path / "run")
    assert outcome(tmp_path / "run")[1:] == outcome(tmp_path / "whole")[1:]


def test_seconds_are_summed_over_the_parts_of_a_run(tmp_path: Path) -> None:
    config = plain(compose_train([*TASKS["shuffled"], *SMALL])[1])
    run(config, tmp_path / "run", Interruption("on_train_epoch_start", 3))
    first = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)["callbacks"]["TimingFile"]["seconds"]
    run(config, tmp_path / "run")
    assert json.loads((tmp_path / "run/summary.json").read_text())["seconds"] > first > 0
    assert len((tmp_path / "run/timing.csv").read_text().splitlines()) == 4
