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
from batches import data
from generation import generation
from gpu import gpu
from measure import machine
from quality import quality
from startup import start_up
from sweep import sweep
from threads import threads

from rnnlab.report.readme import fill_in
from training import training

REPORT = Path(__file__).resolve().parents[2] / "experiments" / "speed" / "README.md"
SECTIONS = {
    "Training": training,
    "Time to quality": quality,
    "Data": data,
    "Generation": generation,
    "Start-up": start_up,
    "A sweep": sweep,
    "Threads": threads,
    "On a GPU": gpu,
}


def main() -> None:
    """Measure, print, and write the report where all of it was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the main ratios, nothing written")
    parser.add_argument("--only", choices=SECTIONS, help="one section, nothing written")
    flags = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    started, blocks = time.perf_counter(), [f"Measured on {machine()}. Everything computes with one thread."]
    for title, section in SECTIONS.items():
        if flags.only not in (None, title):
            continue
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            found = section(flags.quick)
        blocks.append(f"## {title}\n\n{' '.join((section.__doc__ or '').split())}\n\n{found}")
        print(blocks[-1], end="\n\n", flush=True)
    print(f"{time.perf_counter() - started:.0f} seconds")
    if not (flags.quick or flags.only):
        fill_in(REPORT, "How fast is it?", "\n\n".join(blocks))
        print(f"Written to {REPORT}")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = str(os.cpu_count())
    main()
