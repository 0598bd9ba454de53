"""The notes of a race in rounds.json, so that a report judges it by the looks that were taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rnnlab.errors import UserError
from rnnlab.records.rounds import ROUNDS, RecordedRounds

RACE = "race"  # the key of a round's record
DAMAGED = f"{ROUNDS}: its race is damaged; remove the file, and the command that trains the sweep writes it anew"


@dataclass(frozen=True)
class RecordedRace:
    """The plan of a race.

    Attributes:
        first: The number of seeds of every configuration before the first look.
        seeds: All seeds, in the order in which they are given.
        all_pairs: True if every pair is to be decided; otherwise the best alone.
        by: The keys that are compared.
        tune: The keys whose values earlier trials have chosen.
        within: The keys at whose values the question is asked again.
        worth: The smallest difference worth having; None for the default.
        metric: What is compared; None for the loss that runs are ranked by.
    """

    first: int
    seeds: tuple[int, ...]
    all_pairs: bool
    by: tuple[str, ...]
    tune: tuple[str, ...]
    within: tuple[str, ...]
    worth: float | None
    metric: str | None


def record_of(race: RecordedRace) -> Mapping[str, Any]:
    """Return a race as the record of a round."""
    return {RACE: asdict(race)}


def race_in(rounds: RecordedRounds | None) -> RecordedRace | None:
    """Return the race that the rounds of a sweep are or end in; None where they do not.

    Raises:
        UserError: Its record is damaged.
    """
    noted = [entry.record[RACE] for entry in (rounds.rounds if rounds else ()) if RACE in entry.record]
    return _race(noted[-1]) if noted else None


def first_runs_of(rounds: RecordedRounds) -> tuple[str, ...]:
    """Return the folder names of the runs that a race began with: some of every configuration."""
    return tuple(next((entry.runs for entry in rounds.rounds if RACE in entry.record), ()))


def _race(values: Any) -> RecordedRace:
    try:
        lists: dict[str, Any] = {key: tuple(values[key]) for key in ("seeds", "by", "tune", "within")}
        race = RecordedRace(**{**values, **lists})
        numbers = 2 <= race.first <= len(race.seeds) and all(isinstance(seed, int) for seed in race.seeds)
        names = all(isinstance(name, str) for name in (*race.by, *race.tune, *race.within))
    except (KeyError, TypeError) as error:
        raise UserError(DAMAGED) from error
    if not (numbers and names and isinstance(race.worth, int | float | None) and isinstance(race.metric, str | None)):
        raise UserError(DAMAGED)
    return race
