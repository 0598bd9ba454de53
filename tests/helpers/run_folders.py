"""Run folders written as files, as a finished training leaves them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from rnnlab.records.folder import COMPLETE, FAILED, RunFolder, add_to_plan, csv_text
from rnnlab.records.metrics import Metric, ranking_loss, share

LANGUAGE_MODEL = [
    ranking_loss("nats per token", comparable_at=("data.level", "data.tokenizer")),
    Metric("perplexity", "test perplexity", shown="results"),
    share("accuracy", "test accuracy", shown="summary"),
]


def config_of(cell: str, hidden_size: int, seed: int, sweep: str, changes: dict[str, Any]) -> dict[str, Any]:
    """A resolved configuration as `rnnlab train` writes it, with top-level nodes updated by `changes`."""
    config: dict[str, Any] = {
        "cell": {"name": cell, "_target_": f"rnnlab.nn.cells.kernels.{cell.upper()}"},
        "model": {"embedding_size": 96, "hidden_size": hidden_size, "num_layers": 1, "dropout": 0.0},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.005, "weight_decay": 0.01},
        "scheduler": {"_target_": "rnnlab.training.schedules.one_cycle", "warmup": 0.25},
        "trainer": {"max_epochs": 4, "threads": None},
        "callbacks": {
            "early_stopping": {"_target_": "lightning.EarlyStopping", "enabled": False, "patience": 3},
            "samples": {"_target_": "rnnlab.tensorboard.samples.SampleText", "changes_result": False, "enabled": True},
        },
        "logger": {"tensorboard": {"_target_": "rnnlab.training.loggers.RunTensorBoard"}},
        "data": {
            "name": "names",
            "files": {"_target_": "rnnlab.data.sources.files.packaged", "path": "data/babynames.parquet"},
            "reader": {"_target_": "rnnlab.data.sources.names.read_us_names", "year": 2017},
            "batch_size": 64,
            "sequence_length": 64,
        },
        "task": {"name": "names"},
        "split": {"seed": 2017, "deduplicate": True},
        "seed": seed,
        "sweep": sweep,
    }
    for key, change in changes.items():
        config[key] = {**config.get(key, {}), **change} if isinstance(change, dict) else change
    return config


def summary_of(config: dict[str, Any], loss: float) -> dict[str, Any]:
    hidden, cell = config["model"]["hidden_size"], config["cell"]["name"]
    parameters = {"rnn": 1, "gru": 3, "lstm": 4}.get(cell, 1) * hidden * (hidden + 98)
    return {
        "status": COMPLETE,
        "objective": loss,
        "metrics": {
            "best": {"train/loss": loss - 0.1, "val/loss": loss, "val/perplexity": math.exp(loss)},
            "test": {"test/loss": loss + 0.01, "test/accuracy": 0.35},
        },
        "epochs": config["trainer"]["max_epochs"],
        "best_epoch": config["trainer"]["max_epochs"] - 1,
        "hparams": {
            "task": config["task"]["name"],
            "data": config["data"]["name"],
            "cell": cell,
            **{key: config["model"][key] for key in ("hidden_size", "num_layers", "embedding_size", "dropout")},
            "sequence_length": config["data"]["sequence_length"],
            "lr": config["optimizer"]["lr"],
            "batch_size": config["data"]["batch_size"],
            "seed": config["seed"],
            "parameters": parameters,
        },
        "parameters": parameters,
        "measures": [metric.to_json() for metric in LANGUAGE_MODEL],
        "seconds": 10.0 + config["seed"],
        "data": {"name": config["data"]["name"], "sha256": "5f" * 32},
        "versions": {"python": "3.11.7", "torch": "2.9.0"},
        "git": {"commit": "0123456789abcdef", "dirty": False},
    }


def write_run_folder(
    cell: str = "gru",
    loss: float | None = 2.0,
    seed: int = 0,
    hidden_size: int = 64,
    sweep: str = "first-look",
    under: Path = Path("runs"),
    failed: str | None = None,
    changes: dict[str, Any] | None = None,
    suffix: str = "",
) -> Path:
    """Write one run folder; `loss=None` leaves it unfinished, `failed` gives the reason of a failure."""
    config = config_of(cell, hidden_size, seed, sweep, changes or {})
    folder = RunFolder(under / sweep / f"{cell}-h{hidden_size}-s{seed}{suffix}")
    folder.write_config(config)
    if failed is not None:
        folder.write_summary({"status": FAILED, "reason": failed, "git": None})
    elif loss is not None:
        rows = [
            {"epoch": e, "step": 374 * (e + 1), "train/loss": loss, "val/loss": loss + 0.5 * (0.5**e - 0.125)}
            for e in range(config["trainer"]["max_epochs"])
        ]
        folder.metrics.write_text(csv_text(rows, rows[0]), encoding="utf-8")
        folder.write_summary(summary_of(config, loss))
    return folder.path


def _write_seeds(cell: str, losses: Iterable[float], **more: Any) -> list[Path]:
    return [write_run_folder(cell, loss, seed, **more) for seed, loss in enumerate(losses)]


@pytest.fixture(scope="session")
def write_run() -> Callable[..., Path]:
    """Writes one run folder, `runs/first-look/CELL-hSIZE-sSEED` if not told otherwise."""
    return write_run_folder


@pytest.fixture(scope="session")
def write_seeds() -> Callable[..., list[Path]]:
    """Writes one run folder a loss, with seeds 0, 1, 2, …"""
    return _write_seeds


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder with `runs/` to come."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def first_look(workplace: Path) -> Path:
    """A finished sweep: gru is best and separated from lstm, which is not separated from rnn."""
    names = [
        *_write_seeds("gru", (2.030, 2.032, 2.034)),
        *_write_seeds("lstm", (2.050, 2.060, 2.070)),
        *_write_seeds("rnn", (2.055, 2.065, 2.075)),
    ]
    sweep = Path("runs/first-look")
    add_to_plan(sweep, [folder.name for folder in names])
    return sweep
