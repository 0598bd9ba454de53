"""Sentences of a report on a race: how often it looked, how it stands, and which levels left it for a failed run."""

from __future__ import annotations

from typing import Any

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.inference.observations import Setting
from rnnlab.analysis.inference.race import Standing
from rnnlab.analysis.races import Raced
from rnnlab.enumeration import joined
from rnnlab.report.answer.headline import place, some, spoken

MOST_GROUPS = 3
ENDINGS = {
    "": "it goes on with {names}",
    "best": "{names} won",
    "equal": "{names} are practically equal",
    "decided": "every pair is decided",
    "alone": "too few are left without a failed run",
    "most": "{names} are still open after the last seed",
}


def race_lines(answer: Answer) -> list[str]:
    """Say how often a race looked and how it stands, in a line for each of the first few groups."""
    raced = answer.raced
    if raced is None:
        return []
    if not raced.standings:
        return [_otherwise(raced)]
    lines = [_stands(answer, raced, standing) for standing in raced.standings[:MOST_GROUPS]]
    left = len(raced.standings) - MOST_GROUPS
    return [*lines, *([f"The races of {left} other settings are in answer.json."] if left > 0 else [])]


def failures_line(answer: Answer) -> str:
    """Say which levels got no further seeds as a run of theirs failed; '' where none did."""
    standings = answer.raced.standings if answer.raced else ()
    failed = [
        f"{spoken(answer, name)}{_where(standing.group.within, len(standings))}"
        for standing in standings
        for name in standing.failed
    ]
    return f"Out of the race, since a run failed or diverged: {some(failed)}." if failed else ""


def race_values(answer: Answer) -> dict[str, Any] | None:
    """Return a race as values of answer.json; None where all seeds were given at once."""
    raced = answer.raced
    if raced is None:
        return None
    return {
        "first": raced.race.first,
        "most": len(raced.race.seeds),
        "question": "all" if raced.race.all_pairs else "best",
        "left_out": raced.left_out,
        "common": raced.common or None,
        "groups": [
            {
                "within": dict(standing.group.within),
                "looks": standing.looks,
                "seeds": dict(standing.counted),
                "ending": standing.ending or None,
                "open": [] if standing.ending else list(standing.contenders),
                "failed": list(standing.failed),
            }
            for standing in raced.standings
        ],
    }


def _stands(answer: Answer, raced: Raced, standing: Standing) -> str:
    head = f"Raced{_where(standing.group.within, len(raced.standings))}"
    if not standing.looks:
        return f"{head}: nothing is decided before every level has {raced.race.first} seeds."
    names = some([spoken(answer, name) for name in standing.contenders or standing.group.candidates])
    looks = f"{standing.looks} looks so far" if not standing.ending else f"{standing.looks} looks"
    looks = looks.replace("1 looks", "1 look") if standing.looks == 1 else looks
    ending = ENDINGS[standing.ending].format(names=names)
    most = max(standing.counted.values())
    seeds = f"{raced.race.first} to {most} seeds" if most > raced.race.first else f"{most} seeds"
    early = "1 run" if raced.left_out == 1 else f"{raced.left_out} runs"
    ahead = f" ({early} ahead of the next look not counted yet)" if raced.left_out else ""
    return f"{head} on {seeds}{ahead}: {ending}. Verdicts share their error among the {looks}."


def _otherwise(raced: Raced) -> str:
    keys = joined(list(raced.race.by))
    left = f"; of {raced.left_out} more nothing counts" if raced.left_out else ""
    return (
        f"A race on {keys} gave the seeds, so this question is answered from the first {raced.common} of every"
        f" configuration, at the error of that look{left}."
    )


def _where(at: Setting, groups: int) -> str:
    return f" at {place(at)}" if groups > 1 else ""
