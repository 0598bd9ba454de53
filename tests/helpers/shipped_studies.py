"""The studies that ship, and what they have recorded: all in their READMEs, some in runs.jsonl.gz as well."""

from __future__ import annotations

import itertools

from rnnlab.records.reading import Run
from rnnlab.records.recording import read_recording
from rnnlab.studies.readme import BEGIN, END
from rnnlab.studies.study import Study
from support import ROOT

FILES = {path.parent.name: path.read_text() for path in sorted((ROOT / "experiments").glob("*/study.yaml"))}
COMPUTED = [name for name, text in FILES.items() if "\nreference:" in text]  # they train nothing
STUDIES = [name for name in FILES if name not in COMPUTED]
RECORDED = [name for name in STUDIES if Study(ROOT / "experiments" / name).recording.is_file()]


def complete_runs(study: str) -> list[Run]:
    """Return the recorded runs of a study that came to their end."""
    runs = read_recording(Study(ROOT / "experiments" / study).recording).runs
    return [run for run in runs if run.is_complete]


def recorded(study: str) -> str:
    """What the study's README says between its two marks."""
    text = (ROOT / "experiments" / study / "README.md").read_text(encoding="utf-8")
    return text.partition(BEGIN)[2].partition(END)[0]


def table(study: str, head: str) -> list[list[str]]:
    """The first table whose heads have one with this beginning: heads and rows; of a mean ± its error, the mean."""
    lines = recorded(study).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|") and f"| {head}" in line)
    heads, _, *rows = [
        [cell.strip().strip("*").partition(" ± ")[0] for cell in line.split("|")[1:-1]]
        for line in itertools.takewhile(lambda line: line.startswith("|"), lines[first:])
    ]
    return [heads, *rows]


def ranked(study: str) -> list[dict[str, str]]:
    """The rows of a study's ranking by the heads of its columns, the best first."""
    heads, *rows = table(study, "validation loss")
    return [dict(zip(heads, row, strict=True)) for row in rows]


def losses(study: str, by: str = "cell") -> dict[str, float]:
    """The mean validation losses of a study, of each cell or level of something else the lowest."""
    return {row[by]: float(row["validation loss"]) for row in reversed(ranked(study))}


def held(study: str, factor: str) -> dict[str, dict[str, float]]:
    """The mean of what a study asks to hold, by cell and level of a factor of numbers."""
    heads, *rows = table(study, f"{factor} ")
    levels = [head.removeprefix(f"{factor} ") for head in heads[1:]]
    return {cell: dict(zip(levels, map(float, means), strict=True)) for cell, *means in rows}
