"""`make bench`: what the framework costs, as ratios within one run. `make bench-quick`: the main ones.

Everything computes with one thread. A ratio above 1 means that rnnlab is the faster one; it is the median over pairs
of measurements that were taken in turn, with the lowest and the highest in brackets.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import io
import os
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import Ratio, against, machine, table
from opponents import LectureModel, bare_loop, lecture_epoch, one_at_a_time, plain_lightning

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.report.readme import fill_in
from rnnlab.tasks.abilities import Sampling
from rnnlab.training.checkpoints import new_task
from rnnlab.training.folder import RunFolder
from rnnlab.training.run import Run

REPORT = Path(__file__).resolve().parents[2] / "experiments" / "speed" / "README.md"
CELLS, HIDDEN = ("rnn", "gru", "lstm"), 96
BATCHES = {16: 512, 64: 256}  # batch size: how many batches are trained on at a time
NAMES = 10_000  # that are made up


def config_of(cell: str, batch_size: int) -> dict[str, Any]:
    """`rnnlab train` at its defaults, for some batches, with one thread."""
    arguments = [f"cell={cell}", f"data.batch_size={batch_size}", f"trainer.limit_train_batches={BATCHES[batch_size]}"]
    return plain(compose_train([*arguments, "trainer.max_epochs=1", "trainer.threads=1", "trainer.accelerator=cpu"])[1])


def rnnlab_epoch(config: dict[str, Any], prepared: Prepared, folder: Path) -> float:
    """Seconds of training in a run with everything at its default, validation excluded."""
    run = Run(config, RunFolder(folder), prepared)
    assert run.execute()["status"] == "complete"
    with (folder / "timing.csv").open(newline="") as stream:
        speed = float(next(csv.DictReader(stream))["tokens_per_second"])
    return run.task.epoch.predictions / speed


def items_of(prepared: Prepared) -> list[list[int]]:
    """The training part as lists of symbols, as hand-written scripts hold it."""
    its = prepared.parts["train"].sequences
    rows = np.arange(len(its))
    return [its.symbols[a : a + n].tolist() for a, n in zip(its.starts(rows), its.lengths(rows), strict=True)]


def framework(pairs: int) -> str:
    """Training names on so many batches, against the bare loop, plain Lightning and the lecture's script."""
    rows = [_training(cell, size, pairs) for cell in CELLS for size in BATCHES]
    return table(["", "tokens/s", "bare loop", "plain Lightning", "lecture's script"], rows)


def _training(cell: str, size: int, pairs: int) -> list[object]:
    config = config_of(cell, size)
    prepared = prepare(config)
    count, symbols = BATCHES[size], len(prepared.vocabulary)
    batches: list[Batch] = list(islice(SequenceDataModule(prepared, size, seed=0).train_batches(), count))
    items = items_of(prepared)[: count * size]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)

        def ours() -> float:
            return rnnlab_epoch(config, prepared, place / "run")

        bare = against(ours, lambda: bare_loop(batches, cell, symbols, HIDDEN), pairs)
        lightning = against(ours, lambda: plain_lightning(items, size, cell, symbols, HIDDEN, place), (pairs + 1) // 2)
    speed = sum(int(batch.lengths.sum()) for batch in batches) / bare.ours
    return [f"{cell}, batch {size}", f"{speed:,.0f}", bare, lightning, _lecture(items, cell, size, bare)]


def _lecture(items: list[list[int]], cell: str, size: int, bare: Ratio) -> str:
    """The lecture has one model, an Elman network at batch 16."""
    if (cell, size) != ("rnn", 16):
        return ""
    model = LectureModel()
    seconds = lecture_epoch(model, items, torch.optim.Adam(model.parameters(), lr=1e-3), size)
    return f"{seconds / bare.ours:.2f}"


def data(pairs: int) -> str:
    """Encoding a corpus, and batches of names without any training."""
    config = config_of("gru", 64)
    prepared = prepare(config)
    text = "".join(prepared.vocabulary.alphabet) * 2_000_000
    letters = Vocabulary.of_characters([text])
    started = time.perf_counter()
    letters.encode(text)
    encoding = len(text) / (time.perf_counter() - started) / 1e6
    rows = [["encoding a text of 52 million characters", f"{encoding:,.0f} MB/s"]]
    for bucketing in (False, True):
        module = SequenceDataModule(prepared, 64, seed=0, bucketing=bucketing)
        started = time.perf_counter()
        cut = [batch for _ in range(pairs) for block in module.train_dataloader() for batch in block]
        seconds = time.perf_counter() - started
        tokens = sum(int(batch.lengths.sum()) for batch in cut)
        places = sum(batch.inputs.numel() for batch in cut)
        name = "shuffled, bucketed, padded" if bucketing else "shuffled, padded"
        million = tokens / seconds / 1e6
        rows.append([f"{name} batches of names", f"{million:.1f} M tokens/s, {1 - tokens / places:.1%} padding"])
    return table(["", ""], rows)


def generation(pairs: int) -> str:
    """Names at once against one at a time, the latter measured on fewer of them."""
    config = config_of("rnn", 64)
    torch.manual_seed(0)
    task, lecture = new_task(config, prepare(config)), LectureModel()
    few = NAMES // 50

    def at_once() -> float:
        started = time.perf_counter()
        task.sample(NAMES, Sampling())  # type: ignore[operator]
        return time.perf_counter() - started

    ratio = against(at_once, lambda: one_at_a_time(lecture, few) * NAMES / few, pairs)
    return table(["", "seconds", "one at a time"], [[f"{NAMES:,} names", f"{ratio.ours:.2f}", ratio]])


def start_up(pairs: int) -> str:
    """Commands against the imports that a script cannot do without."""
    rows = []
    for name, words in {"`rnnlab --help`": ["--help"], "a mistyped key": ["train", "modl.hidden_size=3"]}.items():
        command = functools.partial(_process, "-m", "rnnlab", *words)
        ratio = against(command, functools.partial(_process, "-c", "import torch"), pairs)
        rows.append([name, f"{ratio.ours:.2f}", ratio])
    return table(["", "seconds", "`import torch`"], rows)


def _process(*words: str) -> float:
    """Seconds of a Python process, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=False, cwd=folder)
        return time.perf_counter() - started


SECTIONS = {
    "Training": framework,
    "Data": data,
    "Generation": generation,
    "Start-up": start_up,
}


def main() -> None:
    """Measure, print, and write the report unless it was the quick way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs, nothing written")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    blocks = [f"Measured on {machine()}."]
    for title, section in SECTIONS.items():
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            found = section(1 if quick else 5)
        blocks.append(f"## {title}\n\n{(section.__doc__ or '').strip()}\n\n{found}")
        print(blocks[-1], end="\n\n", flush=True)
    if not quick:
        fill_in(REPORT, "How fast is it?", "\n\n".join(blocks))
        print(f"Written to {REPORT}")


if __name__ == "__main__":
    main()
