"""Figure 7: how soon a question is answered, and whether the answer is that of many more runs."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rnnlab
from measure import table

ROOT = Path(__file__).resolve().parents[3]
LOWEST, HIGHEST, RATES, SEEDS = 2e-3, 4e-2, 8, 5  # the range is that of `make sweep`


@dataclass(frozen=True)
class Answered:
    """What a sweep has cost and said.

    Attributes:
        runs: How many it trained.
        seconds: From the command to its headline.
        answer: The answer, as answer.json has it.
    """

    runs: int
    seconds: float
    answer: dict[str, Any]

    @property
    def verdicts(self) -> str:
        """The verdict on every pair of cells, each named once, in alphabetical order."""
        (group,) = self.answer["groups"]
        said = []
        for pair in group["contrasts"]:
            first, second, verdict = pair["first"], pair["second"], pair["verdict"]
            if verdict == "worse":
                first, second, verdict = second, first, "better"
            if verdict != "better":
                first, second = sorted((first, second))
            said.append(f"{first} {verdict} than {second}" if verdict == "better" else f"{first}, {second} {verdict}")
        return "; ".join(sorted(said))


def answer(quick: bool) -> str:
    """`make sweep` against a grid of the same three cells and epochs, at 8 learning rates from the same range with 5
    seeds each: seconds from the command to its headline, one behind the other on all cores. Where both say the same,
    the runs that the grid has more were for nothing."""
    if quick:
        return "Left out: it takes half an hour."
    sides = {"`make sweep`": _answered(sweep_words()), "the grid": _answered(grid_words())}
    whole = sides["the grid"].seconds
    rows: list[list[object]] = [
        [name, side.runs, f"{side.seconds:.0f}", f"{side.seconds / whole:.2f}", side.verdicts]
        for name, side in sides.items()
    ]
    headlines = [f"{name}: {side.answer['headline']}" for name, side in sides.items()]
    return "\n\n".join([table(["", "runs", "seconds", "of the grid's", "verdicts"], rows), *headlines])


def sweep_words() -> list[str]:
    """Return the arguments of the command that `make sweep` gives, without its name."""
    planned = ["make", "--dry-run", "--assume-old", "install", "sweep"]
    text = subprocess.run(planned, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in text.replace("\\\n", " ").splitlines() if "rnnlab train" in line]
    return shlex.split(line)[1:]


def grid_words() -> list[str]:
    """Return the arguments of a grid in place of that sweep's draws and races."""
    kept = [word for word in sweep_words() if not word.startswith(("hydra", "optimizer.lr=", "sweep="))]
    rates = [LOWEST * (HIGHEST / LOWEST) ** (number / (RATES - 1)) for number in range(RATES)]
    seeds = ",".join(map(str, range(SEEDS)))
    return [*kept, f"optimizer.lr={','.join(f'{rate:.3g}' for rate in rates)}", f"seed={seeds}", "sweep=grid"]


def _answered(words: Sequence[str]) -> Answered:
    """Carry out a sweep in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "rnnlab", *words], check=True, capture_output=True, cwd=folder)
        seconds = time.perf_counter() - started
        (sweep,) = Path(folder).glob("runs/*")
        return Answered(len(list(sweep.glob("*/summary.json"))), seconds, dict(rnnlab.compare(sweep).answer))
