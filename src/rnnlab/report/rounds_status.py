"""The lines of `rnnlab status` on a sweep that proceeds in rounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.text import Text

from rnnlab.durations import duration
from rnnlab.records.folder import COMPLETE, FAILED, PRUNED, RUNNING
from rnnlab.records.identity import hash_in
from rnnlab.records.progress import Progress
from rnnlab.records.rounds import RecordedRound, RecordedRounds, read_rounds

MOST_NAMED = 12  # labels in a line


def show_rounds(sweep: Path, progress: Sequence[Progress], console: Console) -> None:
    """Print which round a sweep is in, what is decided, and about how long the round takes; nothing for other sweeps.

    Args:
        sweep: The folder of the sweep.
        progress: The progress of its runs, and perhaps of others.
        console: Prints the lines.

    Raises:
        UserError: The sweep's rounds.json is damaged.
    """
    rounds = read_rounds(sweep)
    for line in [] if rounds is None or not rounds.rounds else _lines(rounds, _by_hash(sweep, progress)):
        console.print(Text(line), soft_wrap=True)


def _by_hash(sweep: Path, progress: Sequence[Progress]) -> dict[str, Progress]:
    return {_key(entry.run.folder.name): entry for entry in progress if entry.run.folder.parent == sweep}


def _lines(rounds: RecordedRounds, progress: Mapping[str, Progress]) -> Iterator[str]:
    if rounds.done:
        yield f"{rounds.sweeper}: done after {_rounds(len(rounds.rounds))}: {rounds.done}"
        return
    present = rounds.rounds[-1]
    names = list(dict.fromkeys(map(_key, present.runs)))
    ended = sum(name in progress and progress[name].state in (COMPLETE, FAILED, PRUNED) for name in names)
    left = duration(_seconds_left(names, progress, rounds.workers))
    yield (
        f"{rounds.sweeper}: round {len(rounds.rounds)}, {present.name}: {ended} of {len(names)} runs have ended"
        f"{f', about {left} left' if left else ''}{_following(present)}"
    )
    for heading, labels in (("still open", present.open), ("out", present.out)):
        if labels:
            yield f"  {heading}: {_named(labels)}"


def _following(present: RecordedRound) -> str:
    if present.at_most is None:
        return ""
    return f"; at most {present.at_most} more may follow" if present.at_most else "; it is the last"


def _seconds_left(names: Sequence[str], progress: Mapping[str, Progress], workers: int) -> float:
    """Estimate the seconds until the round ends; NaN before the first run of the sweep is complete."""
    complete = [entry.seconds for entry in progress.values() if entry.state == COMPLETE]
    if not complete:
        return math.nan
    usual, left = fmean(complete), list[float]()
    for name in names:
        state = progress[name].state if name in progress else ""
        if state in (COMPLETE, FAILED, PRUNED):
            continue
        remaining = progress[name].seconds_left if state == RUNNING else usual
        left.append(usual if math.isnan(remaining) else remaining)
    return max(sum(left) / max(1, min(workers or len(left), len(left))), max(left)) if left else math.nan


def _named(labels: Sequence[str]) -> str:
    more = len(labels) - MOST_NAMED
    return ", ".join(labels[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _rounds(count: int) -> str:
    return f"{count} round{'s' if count != 1 else ''}"


def _key(folder: str) -> str:
    """The hash in a folder's name, whose other part people may change; the name where there is none."""
    return hash_in(folder) or folder
