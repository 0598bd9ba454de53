"""The next step: the command that would decide what is open, and about how many seeds that takes."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtri, stdtrit

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.inference.contrasts import ERROR, Contrast
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.enumeration import joined
from rnnlab.records.reading import Run
from rnnlab.report.answer.headline import spoken, tested

POWER = 0.8  # the chance with which the planned seeds decide
FIRST = 3  # seeds where there is one so far
MOST = 50  # seeds beyond which a difference is not worth the training
MOST_COMMANDS = 3
MOST_SAID = 3  # levels that a sentence names
MOST_LISTED = 8  # seeds that a command lists
RACE = "hydra/sweeper=race"
BEGINS_A_RACE = (RACE, "hydra/sweeper=tune", "rnnlab study ")
WIDER = 3.0  # times beyond the edge of a range


@dataclass(frozen=True)
class NextStep:
    """The next step towards an answer where one is open.

    Attributes:
        why: In one sentence.
        command: The command; None where nothing is open, or no reasonable number of seeds would do.
    """

    why: str
    command: str | None


def next_step(answer: Answer) -> NextStep:
    """Return what would decide the question, by the variance that was seen."""
    if not answer.question.by:
        return NextStep("", None)
    if wider := _wider(answer):
        return wider
    group = _most_open(answer)
    if _is_raced_on(answer):
        command = _raced_by(answer)
        return NextStep(f"The race goes on with the command that began it{':' if command else '.'}", command)
    return NextStep("The question is decided.", None) if group is None else _more_seeds(answer, group)


def _more_seeds(answer: Answer, group: Group) -> NextStep:
    """Return the runs that would decide which level of a group is the best."""
    names = list(group.candidates) if tested(group.contrasts) else [level.name for level in group.levels]
    known = _seeds(answer, group, names)
    seeds = max(FIRST, _needed(group, names, answer.judgement.worth, _error(answer, group)))
    more = seeds - len(known)
    named = _some(answer, names)
    if seeds > MOST:
        why = f"More than {MOST} seeds each would be needed to tell {named} apart"
        return NextStep(f"{why}: take {'either' if len(names) < 3 else 'any'}, or ask with a larger worth=.", None)
    more = max(1, more)
    if answer.raced:
        return _raced_anew(answer, group, names, seeds)
    first = max([seed for seed in known if isinstance(seed, int)], default=-1) + 1
    command = _command(answer, group, names, range(first, first + more))
    end = ":" if command else "."
    return NextStep(f"About {seeds} seeds of {named} would decide it, {more} more than there are{end}", command)


def _is_raced_on(answer: Answer) -> bool:
    return answer.raced is not None and any(not standing.ending for standing in answer.raced.standings)


def _error(answer: Answer, group: Group) -> float:
    """Return the error that the intervals of a group's contrasts are held to, shared by every two."""
    standings = answer.raced.standings if answer.raced else ()
    return next((one.error for one in standings if one.group.within == group.within), ERROR)


def _raced_by(answer: Answer) -> str | None:
    """Return the command that began a race, also behind a tuning or in a study; None where its runs do not say it."""
    command = str(answer.all_runs[0].summary.get("command") or "")
    return command if any(words in command for words in BEGINS_A_RACE) else None


def _raced_anew(answer: Answer, group: Group, names: Sequence[str], seeds: int) -> NextStep:
    """Return a race of the levels that one left open: with fresh seeds, since the old ones have spent their error."""
    assert answer.raced is not None
    why = f"About {seeds} seeds of {_some(answer, names)} would decide it, in a race of fresh ones"
    words = [_words(answer.runs[group.within, name][0]) for name in names]
    merged = _merged(words) if all(words) else []
    if len(merged) != 1:
        return NextStep(f"{why}.", None)
    race = answer.raced.race
    sweep = f"sweep={answer.all_runs[0].config.get('sweep')}-anew"
    options = [RACE, f"hydra.sweeper.seed={race.seeds[-1] + 1}", f"hydra.sweeper.most={max(seeds, len(race.seeds))}"]
    command = [word for word in merged[0] if not word.startswith("sweep=")]
    return NextStep(f"{why}:", shlex.join(["rnnlab", "train", "-m", *options, *command, sweep]))


def _wider(answer: Answer) -> NextStep | None:
    """Return the runs beyond the edge of the range at which the best level of a group was best."""
    for group, level, key in _edges(answer):
        number = _beyond(answer, group, level.name, key)
        if number is None:
            continue
        alike = [
            (at, one)
            for at, one, other in _edges(answer)
            if other == key and _chosen(one, key) == _chosen(level, key) and (at is group or one.name == level.name)
        ]
        runs = [answer.runs[at.within, one.name][0] for at, one in alike]
        words = [_replaced(_words(run), f"{answer.question.keys[key]}={number:g}") for run in runs]
        if not all(words):
            return None
        seeds = _seeds(answer, group, [level.name])
        edge = f"{key} {in_short(_chosen(level, key))}"
        best = spoken(answer, level.name)
        why = f"{best} is best at the edge of what was tried, {edge}; beyond it may lie something better"
        if _is_of_a_study_in_rounds(answer, words[0]):
            return NextStep(f"{why}, which a wider range in study.yaml would show.", None)
        return NextStep(f"{why}:", _joined(words, f"seed={','.join(map(str, seeds))}"))
    return None


def _is_of_a_study_in_rounds(answer: Answer, words: Sequence[str]) -> bool:
    """Return True for a run of a study whose sweeper gives seeds itself, and refuses any in a command."""
    in_rounds = answer.raced is not None or any(run.draw is not None for run in answer.all_runs)
    return in_rounds and words[0] in ("-cd", "--config-dir")


def _chosen(level: Level, key: str) -> object:
    return dict(level.choice.setting)[key]


def _edges(answer: Answer) -> list[tuple[Group, Level, str]]:
    """Return every edge at which a level is best, those of the best levels first."""
    ranked = [(place, group, level) for group in answer.groups for place, level in enumerate(group.levels)]
    return [(group, level, key) for _, group, level in sorted(ranked, key=lambda one: one[0]) for key in level.at_edge]


def _beyond(answer: Answer, group: Group, level: str, key: str) -> float | None:
    """Return a number as far beyond the edge as three times; None for a key that cannot be scaled."""
    chosen = float(dict(next(one for one in group.levels if one.name == level).choice.setting)[key])
    tried = {
        float(value)
        for run in answer.all_runs
        if answer.question.at(run) == group.within and (run.draw is None or answer.question.level(run) == level)
        for name, value in answer.question.tuned(run)
        if name == key and isinstance(value, int | float)
    }
    if chosen <= 0 or (max(tried) <= 1 and "dropout" in key):
        return None
    # A drawn number at the edge of its range need not be the largest or smallest one of those that were drawn.
    wider = chosen * WIDER if chosen**2 >= max(tried) * min(tried) else chosen / WIDER
    if not all(isinstance(run.config.get(answer.question.keys[key]), int) for run in answer.all_runs):
        return wider
    return None if (whole := max(1, round(wider))) == chosen else float(whole)


def _replaced(words: list[str], option: str) -> list[str]:
    key = option.partition("=")[0]
    rest = [word for word in words if not word.startswith(f"{key}=")]
    return [*rest, option] if words else []


def _some(answer: Answer, names: Sequence[str]) -> str:
    return joined([spoken(answer, name) for name in names]) if len(names) <= MOST_SAID else f"{len(names)} levels"


def _most_open(answer: Answer) -> Group | None:
    """Return the group whose best is the least certain; None where every best is alone or equal to its rivals."""
    main = [answer.groups[0]] if len(answer.groups) == 1 else list(answer.groups)
    if (
        answer.overall is not None
        and len(answer.groups) > 1
        and _is_closed(answer.overall.candidates, answer.overall.contrasts)
    ):
        return None
    open_ = [group for group in main if len(group.levels) > 1 and not _is_closed(group.candidates, group.contrasts)]
    return max(open_, key=lambda group: len(group.candidates), default=None)


def _is_closed(candidates: Sequence[str], contrasts: Sequence[Contrast]) -> bool:
    rivals = [one for one in contrasts if one.first in candidates and one.second in candidates]
    return tested(contrasts) and all(one.verdict != "undecided" for one in rivals)


def _seeds(answer: Answer, group: Group, names: Sequence[str]) -> list[object]:
    return sorted({run.seed for name in names for run in answer.runs[group.within, name]}, key=str)


def _needed(group: Group, names: Sequence[str], worth: float, error: float) -> int:
    """Return about how many seeds tell the best from its nearest rival, or show that they are practically equal."""
    rivals = [one for one in group.contrasts if one.first in names and one.second in names and math.isfinite(one.p)]
    if not rivals:
        return FIRST
    nearest = min(rivals, key=lambda one: abs(one.difference))
    counts = {level.name: level.seeds for level in group.levels}
    count = min(counts[nearest.first], counts[nearest.second])
    pairs = max(1, len(names) * (len(names) - 1) // 2)
    factor = float(-stdtrit(max(count * 2 - 2, 1), error / 2 / pairs))
    deviation = (nearest.high - nearest.low) / 2 / factor * math.sqrt(count)  # of the difference, from one seed each
    gap = max(abs(nearest.difference), worth - abs(nearest.difference), 1e-12)
    wanted = float(-ndtri(ERROR / 2 / pairs) + ndtri(POWER))
    return min(MOST + 1, max(2, math.ceil((wanted * deviation / gap) ** 2) + 1))


def _command(answer: Answer, group: Group, names: Sequence[str], seeds: range) -> str | None:
    """Return the commands that train further seeds of levels at their tuned settings; None where a run has none."""
    runs = [answer.runs[group.within, name][0] for name in names]
    words = [_words(run) for run in runs]
    if not all(words):
        return None
    return _joined(words, f"seed={_listed(seeds)}")


def _listed(seeds: range) -> str:
    return ",".join(map(str, seeds)) if len(seeds) <= MOST_LISTED else f"range({seeds.start},{seeds.stop})"


def _joined(words: Sequence[Sequence[str]], seeds: str) -> str:
    """Return the commands, as one where they differ in one key only; of many the first few."""
    commands = _merged(words)[:MOST_COMMANDS]
    return " && ".join(shlex.join(["rnnlab", "train", "-m", *command, seeds]) for command in commands)


def _words(run: Run) -> list[str]:
    """Return the overrides of a run, without its seed, its question and what makes it a single one.

    There are none where its summary does not say them.
    """
    try:
        words = shlex.split(str(run.summary.get("repeat") or ""))
    except ValueError:
        return []
    return [word for word in words[2:] if not word.startswith(("seed=", "hydra.mode=", "compare."))]


def _merged(commands: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the commands as one where they differ in one key only, else as they are."""
    first = [word.partition("=") for word in commands[0]]
    tables = [{key: value for key, _, value in (word.partition("=") for word in command)} for command in commands]
    keys = [key for key, _, _ in first]
    if any(list(table) != keys for table in tables):
        return [list(command) for command in commands]
    differing = [key for key in keys if len({table[key] for table in tables}) > 1]
    if len(differing) > 1:
        return [list(command) for command in commands]
    together = {key: ",".join(dict.fromkeys(table[key] for table in tables)) for key in keys}
    return [
        [
            f"{key}={value}" if value or "=" in word else word
            for word, (key, value) in zip(commands[0], together.items(), strict=True)
        ]
    ]
