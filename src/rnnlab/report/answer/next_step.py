"""The next step: the command that would decide what is open, and about how many seeds that takes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.analysis.open_verdict import OpenVerdict, Place, open_verdict
from rnnlab.analysis.planned_seeds import MOST
from rnnlab.enumeration import joined
from rnnlab.report.answer.commands import differing, merged, replaced, with_seeds, words_of
from rnnlab.report.answer.headline import place, some, spoken

FIRST = 3  # seeds where there is one so far
MOST_SAID = 3  # levels that a sentence names
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
    if _is_raced_on(answer):
        command = _raced_by(answer)
        return NextStep(f"The race goes on with the command that began it{':' if command else '.'}", command)
    verdict = open_verdict(answer)
    if verdict is None:
        return _untried(answer) or NextStep("The question is decided.", None)
    return _more_seeds(answer, verdict)


def _more_seeds(answer: Answer, verdict: OpenVerdict) -> NextStep:
    """Return the runs that would decide which level is the best."""
    needed = verdict.seeds(answer.judgement.worth) if verdict.rivals else FIRST
    fewest = min(verdict.counts.values())
    where = f" at {place(verdict.groups[0].within)}" if len(verdict.groups) < len(answer.groups) else ""
    named = f"{_some(answer, verdict.names)}{where}"
    if needed > MOST:
        why = f"More than {MOST} seeds each would be needed to tell {named} apart"
        if len(verdict.names) < 3:
            return NextStep(f"{why}: take either, or ask with a larger worth=.", None)
        race = "" if answer.raced else f", or let a race drop those that fall behind ({RACE})"
        return NextStep(f"{why}: take any, or ask with a larger worth={race}.", None)
    if needed <= fewest and (accidents := _accidents(answer, verdict)):
        return accidents
    seeds = max(FIRST, needed, fewest + 1)
    if answer.raced:
        return _raced_anew(answer, verdict, named, seeds)
    lacking = verdict.lacking(answer, seeds)
    command = _command(answer, lacking)
    end = ":" if command else "."
    return NextStep(f"About {seeds} seeds of {named} would decide it, {_said(answer, verdict, lacking)}{end}", command)


def _accidents(answer: Answer, verdict: OpenVerdict) -> NextStep | None:
    """Return what to do where runs that diverged keep a verdict open, and no lack of seeds."""
    lost: dict[str, int] = {}
    for _, level in verdict.places:
        lost[level.name] = lost.get(level.name, 0) + level.diverged
    counted = [f"{count} of {spoken(answer, name)}" for name, count in lost.items() if count]
    if not counted:
        return None
    why = f"Runs that diverged keep it open ({joined(counted)}), and no lack of seeds"
    return NextStep(f"{why}: a lower learning rate or trainer.gradient_clip_val=1 may keep them from it.", None)


def _said(answer: Answer, verdict: OpenVerdict, lacking: Mapping[Place, Sequence[int]]) -> str:
    """Return how many seeds there are too few."""
    most: dict[str, int] = {}
    for (_, name), seeds in lacking.items():
        most[name] = max(most.get(name, 0), len(seeds))
    if len(lacking) == len(verdict.places) and len({*map(len, lacking.values())}) == 1:
        return f"{next(iter(most.values()))} more than there are"
    return joined([f"{count} more of {spoken(answer, name)}" for name, count in most.items()])


def _untried(answer: Answer) -> NextStep | None:
    """Return the runs of levels that could be best where they were tried, at the settings where they were not."""
    if answer.overall is not None:
        return None
    candidates = sorted({name for group in answer.groups for name in group.candidates})
    lacking = [
        (group, name)
        for group in answer.groups
        for name in candidates
        if name not in {level.name for level in group.levels}
    ]
    if not lacking:
        return None
    commands = [
        (_moved(answer, group, name), _seeds(answer, group, *(one.name for one in group.levels)))
        for group, name in lacking
    ]
    listed = [f"{spoken(answer, name)} at {place(group.within)}" for group, name in lacking]
    why = f"Decided as far as they met; {some(listed)} {'was' if len(listed) == 1 else 'were'} not tried"
    if not all(words and seeds for words, seeds in commands):
        return NextStep(f"{why}.", None)
    return NextStep(f"{why}:", with_seeds(commands))


def _is_raced_on(answer: Answer) -> bool:
    return answer.raced is not None and any(not standing.ending for standing in answer.raced.standings)


def _raced_by(answer: Answer) -> str | None:
    """Return the command that began a race, also behind a tuning or in a study; None where its runs do not say it."""
    command = str(answer.all_runs[0].summary.get("command") or "")
    return command if any(words in command for words in BEGINS_A_RACE) else None


def _raced_anew(answer: Answer, verdict: OpenVerdict, named: str, seeds: int) -> NextStep:
    """Return a race of the levels that one left open: with fresh seeds, since the old ones have spent their error."""
    assert answer.raced is not None
    why = f"About {seeds} seeds of {named} would decide it, in a race of fresh ones"
    commands = [words_of(answer.runs[group.within, level.name][0]) for group, level in verdict.places]
    words = _in_one_sweep(commands) if all(commands) else []
    if not words:
        return NextStep(f"{why}.", None)
    race = answer.raced.race
    sweep = f"sweep={answer.all_runs[0].config.get('sweep')}-anew"
    options = [RACE, f"hydra.sweeper.seed={race.seeds[-1] + 1}", f"hydra.sweeper.most={max(seeds, len(race.seeds))}"]
    command = [word for word in words if not word.startswith("sweep=")]
    return NextStep(f"{why}:", shlex.join(["rnnlab", "train", "-m", *options, *command, sweep]))


def _in_one_sweep(commands: Sequence[Sequence[str]]) -> list[str]:
    """Return commands as one sweep, with cases where they are not every combination; nothing for odd values."""
    if len(together := merged(commands)) == 1:
        return together[0]
    unlike = differing(commands)
    if unlike is None or any(set(value) & set("{}[],:'\"") for values in unlike.values() for value in values):
        return []
    cases = [
        ",".join(word.replace("=", ":", 1) for word in one if word.partition("=")[0] in unlike) for one in commands
    ]
    alike = [word for word in commands[0] if word.partition("=")[0] not in unlike]
    own = ["hydra.sweeper.params=null"] if {"-cd", "--config-dir"} & {*alike} else []  # not what the study sweeps
    return [*alike, f"hydra.sweeper.cases=[{','.join(f'{{{case}}}' for case in cases)}]", *own]


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
        words = [replaced(words_of(run), f"{answer.question.keys[key]}={number:g}") for run in runs]
        if not all(words):
            return None
        seeds = _seeds(answer, group, level.name)
        edge = f"{key} {in_short(_chosen(level, key))}"
        best = spoken(answer, level.name)
        why = f"{best} is best at the edge of what was tried, {edge}; beyond it may lie something better"
        if _is_of_a_study_in_rounds(answer, words[0]):
            return NextStep(f"{why}, which a wider range in study.yaml would show.", None)
        return NextStep(f"{why}:", with_seeds([(one, seeds) for one in words]))
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
        return float(f"{wider:.3g}")
    return None if (whole := max(1, round(wider))) == chosen else float(whole)


def _some(answer: Answer, names: Sequence[str]) -> str:
    return joined([spoken(answer, name) for name in names]) if len(names) <= MOST_SAID else f"{len(names)} levels"


def _seeds(answer: Answer, group: Group, *names: str) -> list[int]:
    return sorted({run.seed for name in names for run in answer.runs[group.within, name] if isinstance(run.seed, int)})


def _command(answer: Answer, lacking: Mapping[Place, Sequence[int]]) -> str | None:
    """Return the commands that train further seeds of levels at their tuned settings; None where a run has none."""
    commands = [(words_of(answer.runs[at][0]), seeds) for at, seeds in lacking.items()]
    return with_seeds(commands) if all(words for words, _ in commands) else None


def _moved(answer: Answer, group: Group, name: str) -> list[str]:
    """Return the overrides of a level at a setting of `within` at which it was not tried; nothing for unknown ones."""
    words = next((words_of(runs[0]) for (_, level), runs in answer.runs.items() if level == name), [])
    for key, value in group.within:
        full = answer.question.keys[key]
        if not any(word.startswith(f"{full}=") for word in words):
            return []
        words = replaced(words, f"{full}={value}")
    return words
