"""rnnlab as it is measured: whole runs, as `rnnlab train` does them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import Prepared
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training.blocks import block_loop
from rnnlab.training.run import TrainingRun


def config_of(*arguments: str) -> dict[str, Any]:
    """`rnnlab train ARGUMENTS` with one thread on the CPU, unless the arguments say otherwise."""
    return plain(compose_train(["trainer.threads=1", "trainer.accelerator=cpu", *arguments])[1])


def brief(*arguments: str, batches: int) -> dict[str, Any]:
    """One epoch of so many batches, and next to no validation."""
    limits = (f"trainer.limit_train_batches={batches}", "trainer.limit_val_batches=1", "trainer.limit_test_batches=1")
    return config_of(*arguments, "trainer.max_epochs=1", *limits)


def train(config: dict[str, Any], prepared: Prepared, folder: Path) -> TrainingRun:
    """The run, trained from its beginning."""
    shutil.rmtree(folder, ignore_errors=True)
    run = TrainingRun(config, RunFolder(folder), prepared, Origin(""))
    summary = run.execute()
    assert summary["status"] == "complete", summary
    return run


def epoch_seconds(config: dict[str, Any], prepared: Prepared, folder: Path) -> float:
    """Seconds of training in a run of one epoch, without validation and start-up."""
    run = train(config, prepared, folder)
    with (folder / "timing.csv").open(newline="") as stream:
        speed = float(next(csv.DictReader(stream))["tokens_per_second"])
    return block_loop(run.trainer).epoch.predictions / speed


def items_of(prepared: Prepared, part: str = "train") -> list[list[int]]:
    """A part as lists of symbols, as hand-written scripts hold it."""
    sequences = prepared.parts[part].sequences
    rows = np.arange(len(sequences))
    return [
        sequences.symbols[a : a + n].tolist()
        for a, n in zip(sequences.starts(rows), sequences.lengths(rows), strict=True)
    ]
