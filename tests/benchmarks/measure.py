"""Measuring honestly: warm up, take turns, and take the median of the ratios of what was measured side by side."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

Side = Callable[[], float]
"""Does its work once and returns its own seconds."""


def in_turn(sides: Mapping[str, Side], rounds: int, warm_up: bool = True) -> dict[str, list[float]]:
    """The seconds of each side in each round; every other round goes backwards, and the first of all is for nothing."""
    if warm_up:
        for side in sides.values():
            side()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides) if number % 2 else reversed(list(sides)):
            seconds[name].append(sides[name]())
    return seconds


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> str:
    """How many times as long theirs took: the median over the rounds, the lowest and the highest behind it."""
    ratios = [them / us for them, us in zip(theirs, ours, strict=True)]
    spread = f" ({min(ratios):.2f}–{max(ratios):.2f})" if len(ratios) > 1 else ""
    return f"{statistics.median(ratios):.2f}{spread}"


@contextmanager
def on_one_core() -> Iterator[None]:
    """Keep this process on one core, where the system can: moved about, it finds its caches cold."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    cpu = f"{len(models)} cores of {models[0]}" if models else platform.processor()
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "lightning", "hydra-core"))
    return f"{cpu}; Python {platform.python_version()}, {packages}"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (heads, rule, *rows))
