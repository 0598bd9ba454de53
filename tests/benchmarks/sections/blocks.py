"""Figure 9: what is gained by handing Lightning blocks of batches."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from measure import in_turn, ratio, table
from rnnlab.data.prepared import prepare
from subject import brief, epoch_seconds

BATCHES = {16: 768, 64: 280}  # batch size: how many batches are trained on at a time


def blocks(quick: bool) -> str:
    """Training a GRU on names with `trainer.block_size=64`, the default, against `trainer.block_size=1`, with which
    Lightning is handed every batch by itself. Ratios of time; above 1, blocks are the faster way."""
    sizes = [16] if quick else list(BATCHES)
    rows = [_row(size, rounds=1 if quick else 5) for size in sizes]
    return table(["", "seconds in blocks", "seconds one by one", "one by one / in blocks"], rows)


def _row(size: int, rounds: int) -> list[object]:
    config = brief("cell=gru", f"data.batch_size={size}", batches=BATCHES[size])
    single = {**config, "trainer": {**config["trainer"], "block_size": 1}}
    prepared = prepare(config)
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "blocks": lambda: epoch_seconds(config, prepared, Path(folder) / "run"),
            "single": lambda: epoch_seconds(single, prepared, Path(folder) / "run"),
        }
        seconds = in_turn(sides, rounds)
    medians = (f"{statistics.median(seconds[name]):.2f}" for name in ("blocks", "single"))
    return [f"gru, batch {size}", *medians, ratio(seconds["single"], seconds["blocks"])]
