"""The best run of a sweep: the one that a report shows, and that `checkpoint=SWEEP` and `rnnlab.load` stand for.

It is of the level with the best result among those that could still be the best, at its tuned setting: where one level
is shown to be better than the others, of that one. Of the seeds there it is the one with the best value on validation,
also where levels are compared on the test part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.analysis.answer import Answer, answer
from rnnlab.analysis.configurations import configurations, in_short
from rnnlab.analysis.criterion import Criterion
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.analysis.measure import comparable, declared_metrics
from rnnlab.analysis.question import Asked, asked, asked_by, question
from rnnlab.config.plain_files import read_json
from rnnlab.enumeration import joined
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder, checkpoint_of
from rnnlab.records.reading import Run, find_runs, run_folders

MOST_NAMED = 3  # tasks or data sets in a message


@dataclass(frozen=True)
class BestRun:
    """The best run of an answer.

    Attributes:
        run: The run.
        level: The level that it is of, such as `gru`.
        reason: Why it is this one, in one sentence without an end.
    """

    run: Run
    level: str
    reason: str


@dataclass(frozen=True)
class ChosenCheckpoint:
    """A checkpoint, and why it is this one.

    Attributes:
        file: The file.
        reason: Which run of a sweep it is of, and why; empty where a file or a run was named.
    """

    file: Path
    reason: str = ""


def best_run(answer: Answer) -> BestRun:
    """Return the best run of an answer; see the head of this module."""
    by = answer.question.criterion
    candidates = answer.overall.candidates if answer.overall and len(answer.groups) > 1 else ()
    places = [
        (group, level)
        for group in answer.groups
        for level in group.levels
        if (level.name in candidates if candidates else level is group.levels[0])
    ]
    if not places:  # no run has a value on validation
        runs = [run for run in answer.all_runs if run.is_complete]
        return BestRun(min(runs, key=by.place), "", f"no run has a validation {by.noun}")
    group, level = min(places, key=lambda place: _value(by, place[1]))
    runs = [run for run in answer.runs[group.within, level.name] if run.is_complete]
    return BestRun(min(runs, key=by.place), level.name, _reason(answer, group, level, len(runs)))


def _value(by: Criterion, level: Level) -> float:
    value = by.sign * level.value.value
    return math.inf if math.isnan(value) else value


def _reason(answer: Answer, group: Group, level: Level, seeds: int) -> str:
    by = answer.question.criterion
    setting = [f"{name} {in_short(value)}" for name, value in (*level.choice.setting, *group.within)]
    at = f", at {joined(setting)}" if setting else ""
    validation = f"{by.best} validation {by.noun}"
    if not answer.question.by or len(group.levels) < 2:
        return f"the {validation} of {seeds} {'run' if seeds == 1 else 'runs'}{at}"
    name = level.name if answer.question.base else f"{answer.question.compared} {level.name}"
    leads = f"{name} has the {by.best} {by.title}"
    return f"{leads}{at}" + (f"; of its {seeds} seeds the {validation}" if seeds > 1 else "")


def find_checkpoint(given: str | Path, key: str = "checkpoint") -> Path:
    """Return the checkpoint file that a path stands for; see `choose_checkpoint`."""
    return choose_checkpoint(given, key).file


def choose_checkpoint(given: str | Path, key: str = "checkpoint") -> ChosenCheckpoint:
    """Return the checkpoint that a path stands for: the file itself, or that of a run's or of a sweep's best run.

    Of a sweep, the question is that of its last report, or the one that its runs were trained for.

    Args:
        given: The path as the user gave it.
        key: The key that it was given for; messages begin with it.

    Raises:
        UserError: There is none, or the runs of the folder are no rivals.
    """
    path = Path(given)
    if file := checkpoint_of(path, key):
        return ChosenCheckpoint(file)
    if damaged := [file.summary for file in map(RunFolder, run_folders(path)) if file.is_damaged()]:
        raise UserError(f"{key}: {damaged[0]} is damaged; `rnnlab train` writes it anew, or name a checkpoint file")
    runs = [run for run in find_runs([path]) if run.is_complete]
    if not runs:
        raise UserError(f"{key}: {path} is neither a complete run nor a sweep with one")
    _check_rivals(path, key, runs)
    try:
        best = best_run(_answered(path, comparable(runs)))
    except UserError as error:
        raise UserError(f"{key}: {path} has no best run by config.yaml and summary.json: {error}") from error
    file = RunFolder(best.run.folder).best_checkpoint
    if not file.is_file():
        raise UserError(f"{key}: {file} of the best run is gone; train it again, or name another run's folder")
    return ChosenCheckpoint(file, f"{best.run.folder.as_posix()}: {best.reason}" if len(runs) > 1 else "")


def _answered(path: Path, runs: list[Run]) -> Answer:
    grouped, metrics = configurations(runs), declared_metrics(runs)
    return answer(question(grouped, metrics, asked_by(runs, _reported(path))), runs)


def _reported(path: Path) -> Asked:
    """Return the question of the report that lies in a sweep's folder; the default without one."""
    try:
        values: Any = read_json(path / "report" / "answer.json")
        words = values["asked"]
        return asked(words) if isinstance(words, dict) else Asked()
    except (OSError, ValueError, KeyError, TypeError, UserError):
        return Asked()


def _check_rivals(path: Path, key: str, runs: list[Run]) -> None:
    """Raise UserError where runs are of several tasks or data sets, since no run is then the best of all."""
    tasks = {str(run.config.get("task.name")) for run in runs}
    data = {(str(run.part("data").get("name")), str(run.part("data").get("sha256"))): run for run in runs}
    if len(tasks) < 2 and len(data) < 2:
        return
    names = sorted(tasks if len(tasks) > 1 else {name for name, _ in data})
    kind, where = ("tasks", "config.yaml") if len(tasks) > 1 else ("data", "summary.json")
    what = f"different {kind} ({', '.join(names[:MOST_NAMED])}, by {where})"
    raise UserError(
        f"{key}: {path} has runs of {what}, of which none is the best; name a run's folder, such as {runs[0].folder}"
    )
