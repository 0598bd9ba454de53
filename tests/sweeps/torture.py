"""Kills a sweep again and again, lets it end, and compares it with one that nobody disturbed; then a search likewise.

    python tests/sweeps/torture.py 100 7    # a hundred moments, drawn with seed 7

After every twenty kills of a sweep, a search with a sampler that is drawn is killed at five moments. Both run in a
process that is forked from this one, so that what is killed is training, not importing.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

import rnnlab.training.run  # noqa: F401  (imported here, so that no child has to)
from rnnlab.cli import main
from rnnlab.data.prepared import Prepared, data_key
from rnnlab.sweeps import plan

CASES = ",".join(
    [
        "{task:names,data.limit:2000,data.batch_size:8,cell:'gru,lstm'}",
        "{task:chars,data.limit:60000,data.batch_size:4,data.sequence_length:32,seed:'0,1'}",
        "{task:sentiment,data:word_order,data.limit:1000,data.batch_size:8,seed:'0,1'}",
    ]
)
SWEEP = [
    "train",
    "-m",
    f"hydra.sweeper.cases=[{CASES}]",
    "sweep=killed",
    "hydra/launcher=basic",
    "trainer.threads=1",
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.dropout=0.3",
    "trainer.max_epochs=3",
    "callbacks.last_checkpoint.minutes=0.002",
    "trainer.val_check_interval=0.5",
]
SAMPLERS = ("tpe", "random", "qmc", "grid", "cma-es", "gp")
SEARCH = [
    "train",
    "-m",
    "hydra/sweeper=optuna",
    "hydra/launcher=basic",
    "sweep=killed",
    "task=names",
    "data.limit=2000",
    "data.batch_size=8",
    "trainer.threads=1",
    "trainer.max_epochs=2",
    "callbacks.last_checkpoint.minutes=0.002",
    "model.embedding_size=8",
    "model.hidden_size=range(4,12)",
    "model.num_layers=range(1,3)",
    "hydra.sweeper.n_trials=6",
]
SEARCH_KILLS = 5
RUNS = 6
LONGEST = 0.6  # seconds of training until a sweep is killed
KILLS = 20  # of one sweep; the next ones are another's


def start(folder: Path, words: list[str]) -> int:
    """The process ID of a child that works a command off in a folder."""
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(main(words))
    return child


def finish(folder: Path, words: list[str]) -> None:
    """The command, undisturbed to its end."""
    _, status = os.waitpid(start(folder, words), 0)
    assert os.waitstatus_to_exitcode(status) == 0


def outcomes(folder: Path) -> dict[str, Any]:
    """What must not differ, by run: weights, optimizer, metrics.csv and the metrics of summary.json."""
    results = {}
    for run in sorted((folder / "runs" / "killed").glob("*/summary.json")):
        summary = json.loads(run.read_text())
        last, best = (torch.load(run.parent / f"checkpoints/{n}.ckpt", weights_only=True) for n in ("last", "best"))
        results[run.parent.name] = (
            {key: summary[key] for key in ("status", "objective", "metrics", "epochs", "best_epoch")},
            (run.parent / "metrics.csv").read_bytes(),
            last["state_dict"],
            best["state_dict"],
            last["optimizer_states"],
            last["lr_schedulers"],
        )
    return results


def same(one: Any, other: Any) -> bool:
    """Equality to the bit, through containers."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def training(folder: Path) -> bool:
    """Whether a run has begun that has not ended."""
    return any(not (file.parent / "summary.json").exists() for file in folder.glob("runs/*/*/config.yaml"))


def kill_one(folder: Path, words: list[str], delay: float) -> bool:
    """Start the command and kill it so many seconds after a run is in its training; False where it ended before."""
    child, left = start(folder, words), True
    while left and not training(folder):
        time.sleep(0.01)
        left = os.waitpid(child, os.WNOHANG) == (0, 0)
    if not left:
        return False
    time.sleep(delay)
    met = training(folder)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return met


def torture(moments: int, seed: int) -> int:
    """Kill sweeps at that many moments; how many of those met a run in its training."""
    draw, hit = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        plan.prepare = cache_of(plan.prepare)  # type: ignore[attr-defined]
        main([*SWEEP, "dry_run=true"])  # reads and imports here what the children then have
        whole = Path(place, "whole")
        whole.mkdir()
        finish(whole, SWEEP)
        expected = outcomes(whole)
        assert len(expected) == RUNS
        for first in range(0, moments, KILLS):
            folder = Path(place, f"killed-{first}")
            folder.mkdir()
            kills = range(min(KILLS, moments - first))
            hit += sum(kill_one(folder, SWEEP, draw.uniform(0, LONGEST)) for _ in kills)
            finish(folder, SWEEP)
            results = outcomes(folder)
            different = [name for name in expected if not same(expected[name], results.get(name))]
            assert different == [], f"seed {seed}, moments from {first}: {different}"
            torture_search(Path(place, f"search-{first}"), draw)
    return hit


def torture_search(place: Path, draw: random.Random) -> None:
    """Kill a search at random moments; its trials must be those of one that nobody disturbed."""
    sampler = draw.choice(SAMPLERS)
    words = [*SEARCH, f"hydra/sweeper/sampler={sampler}"]
    whole, killed = place / "whole", place / "killed"
    for folder in (whole, killed):
        folder.mkdir(parents=True)
    for _ in range(SEARCH_KILLS):
        kill_one(killed, words, draw.uniform(0, LONGEST))
    for folder in (whole, killed):
        finish(folder, words)
    assert trials_of(killed) == trials_of(whole), f"{sampler}: {trials_of(killed)} instead of {trials_of(whole)}"


def trials_of(folder: Path) -> list[Any]:
    """What must not differ of the trials of a search, in their order."""
    journal = JournalStorage(JournalFileBackend(str(folder / "runs" / "killed" / "search.journal")))
    trials = optuna.load_study(study_name="killed", storage=journal).trials
    return [(trial.number, trial.state.name, trial.params, trial.value) for trial in trials]


def cache_of(prepare: Callable[[Mapping[str, Any]], Prepared]) -> Callable[[Mapping[str, Any]], Prepared]:
    """Data that this process has prepared is not prepared again by its children."""
    known: dict[str, Prepared] = {}

    def prepared(config: Mapping[str, Any]) -> Prepared:
        key = data_key(config)
        if key not in known:
            known[key] = prepare(config)
        return known[key]

    return prepared


if __name__ == "__main__":
    torch.set_num_threads(1)
    count, number = int(sys.argv[1]), int(sys.argv[2])
    print(f"{torture(count, number)} of {count} kills met a run in its training; every sweep ended with the same bits")
