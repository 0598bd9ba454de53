"""Remarks in the terminal beside the results: what was read of the data, and the warnings of the runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rnnlab.control_characters import in_one_line
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.verbosity import note

# `2026-01-31 10:00:00,000 WARNING py.warnings: /a/file.py:12: UserWarning: the message`, as run.log has it.
WARNING = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ WARNING \S+: (?:\S+\.py:\d+: \w+: )?(.+)$")
LONGEST = 240  # characters of a warning


def print_remarks(planned: Sequence[PlannedRun]) -> None:
    """Print on stderr what there is to say about data and sizes of runs, once for all that share them."""
    for line in dict.fromkeys(run.sized for run in planned if run.sized):
        note(in_one_line(line))
    _print_counted((run.prepared.remarks for run in planned if run.prepared is not None), len(planned))


def print_warnings(planned: Sequence[PlannedRun]) -> None:
    """Print on stderr the warnings in the logs of runs, but what `print_remarks` has printed."""
    print_warnings_in([run.folder.log for run in planned], planned)


def print_warnings_in(logs: Sequence[Path], said_of: Iterable[PlannedRun]) -> None:
    """Print on stderr the warnings in logs, but what `print_remarks` has printed of some runs."""
    said = {remark for run in said_of if run.prepared is not None for remark in run.prepared.remarks}
    warnings = ([line for line in warnings_in(log) if line not in said] for log in logs)
    _print_counted((map("warning: {}".format, lines) for lines in warnings), len(logs))


def warnings_in(log: Path) -> list[str]:
    """Return the first line of every different warning in a run's log, shortened; none where there is no log."""
    if not log.is_file():
        return []
    matches = map(WARNING.match, log.read_text(encoding="utf-8", errors="replace").splitlines())
    return list(dict.fromkeys(match[1] for match in matches if match))


def _print_counted(lines_of_runs: Iterable[Iterable[str]], runs: int) -> None:
    """Print every line once, and how many of several runs have it where not all do."""
    counts = Counter(line for lines in lines_of_runs for line in dict.fromkeys(lines))
    for line, count in counts.items():
        shown = in_one_line(line if len(line) <= LONGEST else line[:LONGEST] + "…")
        note(shown if count == runs else f"{shown} ({count} of {runs} runs)")
