"""rounds.json: how far a sweep is that proceeds in rounds, for `rnnlab status` and for reports.

It is written from the runs' folders and never read by the sweep itself: without it the same command goes on as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from rnnlab.config.plain_files import read_json
from rnnlab.control_characters import to_json
from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically

ROUNDS = "rounds.json"  # in the sweep's folder


@dataclass(frozen=True)
class RecordedRound:
    """A round of a sweep.

    Attributes:
        name: What the round is for, such as `confirmation`.
        runs: The folder names of its runs, in the order in which they were asked for.
        open: What is still open, such as the labels of configurations that could be the best.
        out: What is decided against.
        at_most: How many runs can follow after this round; None where that is not known.
        record: What the planner notes for reports.
    """

    name: str
    runs: Sequence[str]
    open: Sequence[str] = ()
    out: Sequence[str] = ()
    at_most: int | None = None
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordedRounds:
    """The rounds of a sweep so far.

    Attributes:
        sweeper: Such as `tune`.
        workers: How many runs are trained at a time; 0 where a cluster decides.
        rounds: The rounds, the present one last.
        done: Why no further round comes; empty while one may.
        record: What the planner notes for reports at the end.
    """

    sweeper: str
    workers: int
    rounds: Sequence[RecordedRound]
    done: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draw:
    """The record of a tuning on a run that tried a setting.

    Attributes:
        group: What was tuned, such as `cell=gru`.
        stage: How often the range had grown from which the setting was drawn.
        at_edge: The keys whose values lie at the edge of that range.
        random: True if it was drawn independently of the others.
        times: How often the same setting was drawn from that range.
    """

    group: str
    stage: int
    at_edge: tuple[str, ...] = ()
    random: bool = False
    times: int = 1


def draws_of(rounds: RecordedRounds) -> dict[str, Draw]:
    """Return what a tuning says of its runs, by the names of their folders; of a run in two stages that of the last.

    Raises:
        UserError: A note of a round is not one of a tuning.
    """
    draws: dict[str, Draw] = {}
    try:
        for entry in rounds.rounds:
            for note in entry.record.get("tuning", ()):
                for place, edges in zip(note["runs"], note["at_edge"], strict=True):
                    draw = Draw(str(note["group"]), int(note["stage"]), tuple(edges), bool(note["random"]))
                    name = entry.runs[place]
                    again = name in draws and draws[name].stage == draw.stage
                    draws[name] = replace(draw, times=draws[name].times + 1) if again else draw
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UserError(f"{ROUNDS}: damaged ({error!r}); remove it, and the sweep writes it anew") from error
    return draws


def write_rounds(sweep: Path, rounds: RecordedRounds) -> None:
    """Write rounds.json into a sweep's folder."""
    write_atomically(sweep / ROUNDS, to_json(asdict(rounds), indent=1, ensure_ascii=False) + "\n")


def read_rounds(sweep: Path) -> RecordedRounds | None:
    """Return what rounds.json of a sweep's folder says; None where there is none.

    Raises:
        UserError: It is damaged.
    """
    try:
        return rounds_from_json(read_json(sweep / ROUNDS))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{(sweep / ROUNDS).as_posix()}: damaged; remove it, and the command that trains the sweep writes it anew"
        ) from error


def rounds_from_json(values: Any) -> RecordedRounds:
    """Return the rounds that plain values describe.

    Raises:
        ValueError: The values are no rounds. Also KeyError and TypeError are raised.
    """
    rounds = tuple(RecordedRound(**{**given, "runs": tuple(_texts(given["runs"]))}) for given in values["rounds"])
    recorded = RecordedRounds(**{**values, "rounds": rounds})
    texts = (recorded.sweeper, recorded.done, *(entry.name for entry in rounds))
    words = (word for entry in rounds for word in (*_texts(entry.open), *_texts(entry.out)))
    counts = (recorded.workers, *(entry.at_most or 0 for entry in rounds))
    notes = (recorded.record, *(entry.record for entry in rounds))
    if not (
        all(isinstance(text, str) for text in (*texts, *words))
        and all(isinstance(count, int) for count in counts)
        and all(isinstance(note, Mapping) for note in notes)
    ):
        raise ValueError("no rounds")
    return recorded


def _texts(values: Any) -> Iterator[str]:
    if not isinstance(values, list | tuple):
        raise TypeError("a list is expected")
    return (str(value) for value in values)
