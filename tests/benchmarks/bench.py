"""`make bench`: what the framework costs, as ratios in one run; `make bench-quick`: the main ones, in two minutes."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import time
import warnings
from pathlib import Path

import torch

from corpus import corpus
from measure import machine, on_one_core
from rnnlab.studies.readme import END, fill_in
from sections.answer import answer
from sections.batches import data
from sections.blocks import blocks
from sections.comparing import comparing
from sections.generation import generation
from sections.gpu import gpu
from sections.many import many_runs
from sections.quality import quality
from sections.startup import start_up
from sections.sweep import sweep
from sections.threads import threads
from sections.training import training

REPORT = Path(__file__).resolve().parents[2] / "experiments" / "speed" / "README.md"
SECTIONS = {
    "Training": training,
    "Blocks": blocks,
    "Time to quality": quality,
    "Data": data,
    "A large corpus": corpus,
    "Generation": generation,
    "Start-up": start_up,
    "Comparing": comparing,
    "Many runs": many_runs,
    "A sweep": sweep,
    "Speed of an answer": answer,
    "Threads": threads,
    "On a GPU": gpu,
}
OF_ALL_CORES = ("A sweep", "Speed of an answer", "Threads", "On a GPU")


def main() -> None:
    """Measure, print, and write what was measured into the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the main ratios, nothing written")
    parser.add_argument("--only", choices=SECTIONS, help="one section; the report keeps the others as they are")
    flags = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    started, results = time.perf_counter(), _recorded()
    for title, section in SECTIONS.items():
        if flags.only in (None, title):
            place = contextlib.nullcontext() if title in OF_ALL_CORES else on_one_core()
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()), place:
                figures = section(flags.quick)
            results[title] = f"{' '.join((section.__doc__ or '').split())}\n\n{figures}"
            print(f"## {title}\n\n{results[title]}", end="\n\n", flush=True)
    print(f"{time.perf_counter() - started:.0f} seconds")
    if not flags.quick:
        blocks = [f"## {title}\n\n{results[title]}" for title in SECTIONS if title in results]
        head = f"Measured on {machine()}. Everything computes with one thread on one core, but for sweeps and threads."
        fill_in(REPORT, "How fast is it?", "\n\n".join([head, *blocks]))
        print(f"Written to {REPORT}")


def _recorded() -> dict[str, str]:
    """The report's sections, by title."""
    text = REPORT.read_text(encoding="utf-8").partition(END)[0] if REPORT.is_file() else ""
    sections = (block.partition("\n") for block in text.split("\n## ")[1:])
    return {title: body.strip() for title, _, body in sections}


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = str(os.cpu_count())
    main()
