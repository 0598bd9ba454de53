"""Figure 7: how many threads a run takes."""

from __future__ import annotations

import functools
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch

from measure import in_turn, table
from rnnlab.cores import available_cores
from rnnlab.data.prepared import prepare
from rnnlab.training.trainer import thread_count
from subject import brief, epoch_seconds

MODELS = {
    "names, GRU 96, batch 64": ("cell=gru",),
    "text, LSTM 256, batch 64, length 64": ("task=chars", "data=shakespeare"),
    "text, GRU 512, batch 64, length 64": ("task=chars", "data=shakespeare", "cell=gru", "model.hidden_size=512"),
}
BATCHES = {"names, GRU 96, batch 64": 374}


def threads(quick: bool) -> str:
    """The default number of threads against the better of one and all; 1 is as fast."""
    if quick:
        return "Left out: it takes a minute."
    cores = available_cores()
    rows: list[list[object]] = []
    for name, arguments in MODELS.items():
        config = brief(*arguments, batches=BATCHES.get(name, 16))
        default = thread_count({**config, "trainer": {**config["trainer"], "threads": None}})
        seconds = _seconds(config, cores, rounds=2)
        best, chosen = min(seconds.values()), seconds[default]
        one, every = (f"{seconds[count]:.2f}" for count in (1, cores))
        rows.append([name, one, every, default, f"{best / chosen:.2f}"])
    torch.set_num_threads(1)
    return table(["", "seconds with 1", f"with {cores}", "default", "best / default"], rows)


def _seconds(config: dict[str, Any], cores: int, rounds: int) -> dict[int, float]:
    prepared = prepare(config)
    with tempfile.TemporaryDirectory() as folder:

        def side(count: int) -> float:
            trainer = {**config["trainer"], "threads": count}
            return epoch_seconds({**config, "trainer": trainer}, prepared, Path(folder) / "run")

        counts = sorted({1, cores})
        durations = in_turn({str(count): functools.partial(side, count) for count in counts}, rounds)
    return {int(count): statistics.median(times) for count, times in durations.items()}
