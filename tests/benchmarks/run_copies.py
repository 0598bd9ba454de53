"""Folders of runs by the thousand, copied from one that was trained, for what is measured on large sweeps."""

from __future__ import annotations

import copy
import json
import random
from itertools import islice, product
from pathlib import Path
from typing import Any

import yaml

from rnnlab.config.plain_files import read_yaml
from rnnlab.records.identity import run_name

CELLS, SIZES = ("rnn", "gru", "lstm"), (16, 32, 64, 128)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def make_runs(trained: Path, sweep: Path, count: int, seeds: int = 10) -> list[Path]:
    """Write the folders of that many runs, and return them: three cells and four sizes at different learning rates.

    Args:
        trained: The folder of a complete run.
        sweep: The folder that the others are written into.
        count: How many.
        seeds: How many of them differ in their seed alone.
    """
    config, summary = read_yaml(trained / "config.yaml"), json.loads((trained / "summary.json").read_text("utf-8"))
    metrics, timing = ((trained / name).read_text("utf-8") for name in ("metrics.csv", "timing.csv"))
    rates = -(-count // (len(CELLS) * len(SIZES) * seeds))
    settings = product(range(seeds), range(rates), CELLS, SIZES)
    folders = []
    for seed, rate, cell, size in islice(settings, count):
        drawn = random.Random(f"{seed} {rate} {cell} {size}")
        loss = (
            2.5
            - 0.1 * CELLS.index(cell)
            - 0.05 * SIZES.index(size)
            + 0.02 * abs(rate - rates / 3)
            + 0.02 * drawn.random()
        )
        run = copy.deepcopy(config)
        run |= {"seed": seed, "sweep": sweep.name}
        run["cell"]["name"], run["model"]["hidden_size"], run["optimizer"]["lr"] = cell, size, 1e-4 * (rate + 1)
        folder = sweep / run_name(run, summary["data"]["sha256"], varied=("model.hidden_size", "optimizer.lr"))
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.dump(run, Dumper=DUMPER, sort_keys=False, allow_unicode=True))
        (folder / "summary.json").write_text(json.dumps(_summary(summary, run, loss), indent=2))
        (folder / "metrics.csv").write_text(metrics)
        (folder / "timing.csv").write_text(timing)
        folders.append(folder)
    return folders


def _summary(summary: dict[str, Any], run: dict[str, Any], loss: float) -> dict[str, Any]:
    own = copy.deepcopy(summary)
    hparams = {"cell": run["cell"]["name"], "hidden_size": run["model"]["hidden_size"], "seed": run["seed"]}
    own["hparams"] |= hparams | {"lr": run["optimizer"]["lr"]}
    own["metrics"]["best"]["val/loss"] = own["objective"] = loss
    own["metrics"]["test"]["test/loss"] = loss + 0.01
    return own
