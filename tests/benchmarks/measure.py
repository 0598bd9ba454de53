"""Measuring honestly: warm up, alternate the two sides, take the median of the pairs' ratios."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

Side = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as its opponent something is, over several pairs of measurements.

    Attributes:
        ratios: One a pair, the opponent's seconds divided by ours.
        ours: Our median seconds.
        theirs: The opponent's.
    """

    ratios: Sequence[float]
    ours: float
    theirs: float

    def __str__(self) -> str:
        return f"{statistics.median(self.ratios):.2f} ({min(self.ratios):.2f}–{max(self.ratios):.2f})"


def against(ours: Side, theirs: Side, pairs: int) -> Ratio:
    """Measure both sides in turn, the first time for nothing; each side returns its own seconds."""
    ours(), theirs()
    measured = [(ours(), theirs()) if pair % 2 else (theirs(), ours())[::-1] for pair in range(pairs)]
    return Ratio(
        [them / us for us, them in measured],
        statistics.median(us for us, _ in measured),
        statistics.median(them for _, them in measured),
    )


def machine() -> str:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    cpu = f"{len(models)} cores of {models[0]}" if models else platform.processor()
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "lightning"))
    return f"{cpu}; Python {platform.python_version()}, {packages}"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (heads, rule, *rows))
