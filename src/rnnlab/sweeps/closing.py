"""The last lines of a run in the terminal: what it reaches, beside chance, and which commands may follow."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from rnnlab.charts.number_format import three_digits
from rnnlab.control_characters import in_one_line
from rnnlab.data.source import OWN
from rnnlab.data.text.vocabulary import CHANNEL, Vocabulary
from rnnlab.records.metrics import SHARE, Metric, shown_in_tables
from rnnlab.records.reading import Run

if TYPE_CHECKING:
    from rnnlab.tasks.base import SequenceTask


def result_of(run: Run) -> str:
    """Say what a complete run reaches on the test, such as `test: accuracy 0.904 (most frequent class: 0.63), …`.

    Metrics with a column in every table come first, and the loss last; without any, the loss comes first.
    """
    return f"test: {', '.join(_phrases(run)) or 'no metric is a number'}"


def print_result(run: Run, console: Console) -> None:
    """Print what a run reaches: whole words in the lines of a terminal, one line elsewhere."""
    console.print(result_of(run), soft_wrap=not console.is_terminal)


def data_of(run: Run) -> str:
    """Say what was read of the user's own files, and what of the data was left out or changed; '' for nothing."""
    data = run.part("data")
    notes = data.get("notes")
    said = [data.get("description"), *(notes if isinstance(notes, list) else ())]
    lines = [in_one_line(str(line)) for line in said if line]
    return f"data: {'; '.join(lines)}" if lines else ""


def print_data(run: Run, console: Console) -> None:
    """Print what was read and left out, if there is anything to say: after a long training it is out of sight."""
    if line := data_of(run):
        console.print(line, soft_wrap=not console.is_terminal)


def _phrases(run: Run) -> Iterator[str]:
    said: set[tuple[float, float]] = set()
    models = {""}
    for metric in _in_order(run.declared):
        value, chance = run.value(metric.test), run.chance(metric.test)
        if not math.isfinite(value) or (value, chance) in said:
            continue
        if metric.kind != SHARE:  # such as the loss per token, which is that per character where every token is one
            said.add((value, chance))
        model = "chance" if metric.chance in models else metric.chance  # in words the first time
        models.add(metric.chance)
        beside = _baselines(run, metric) or ([f"{model}: {three_digits(chance)}"] if math.isfinite(chance) else [])
        yield _phrase(metric, value) + (f" ({', '.join(beside)})" if beside else "")


def _baselines(run: Run, metric: Metric) -> list[str]:
    """Return what simple models reach in a metric, such as `last season: 1.8`."""
    values = [(one.title, run.value(one.test)) for one in run.declared if one.baseline_of == metric.key]
    return [f"{title}: {three_digits(value)}" for title, value in values if math.isfinite(value)]


def _in_order(declared: Sequence[Metric]) -> list[Metric]:
    own = [metric for metric in declared if not metric.baseline_of]
    losses, shown = [metric for metric in own if metric.ranks], shown_in_tables(own)
    others = [metric for metric in own if metric not in (*losses, *shown)]
    return [*shown, *others, *losses] if shown else [*losses, *others]


def _phrase(metric: Metric, value: float) -> str:
    number = f"{value:.3f}" if metric.kind == SHARE else f"{value:.4g}"
    unit = f" {metric.unit}" if metric.ranks else ""
    return f"{metric.title.removeprefix('test ')} {number}{unit}"


def next_commands(run: Run, task: SequenceTask) -> list[str]:
    """Return the commands that may follow a run, ready to be typed in the current folder.

    Args:
        run: A complete run.
        task: Its network.
    """
    from rnnlab.tasks.capabilities import EncodesText, Generates, Predicts

    checkpoint, sweep = _argument("checkpoint", run.folder), _argument("sweep", run.config["sweep"])
    commands = [["compare", sweep], ["tensorboard", sweep]]
    if isinstance(task, Predicts):
        vocabulary = getattr(task, "vocabulary", None)
        of_numbers = isinstance(vocabulary, Vocabulary) and vocabulary.level == CHANNEL
        is_text = isinstance(task, EncodesText) and not (of_numbers and _is_own(run))
        file = run.config.get("data.path") or "FILE"
        asked = _argument("text", _example(run)) if is_text else _argument("file", file)
        commands.insert(0, ["predict", checkpoint, asked])
    if isinstance(task, Generates):
        commands.insert(0, ["generate", checkpoint, "samples=10"])
    return [" ".join(["rnnlab", *words]) for words in commands]


def _argument(key: str, value: object) -> str:
    return f"{key}={shlex.quote(str(value))}"


def _example(run: Run) -> str:
    """Return a text that the model could be asked about: of rnnlab's data the first that the task shows."""
    shown = run.config.get("task.shown")
    return str(shown[0]) if shown and not _is_own(run) else "…"


def _is_own(run: Run) -> bool:
    return bool(run.config["data.name"] == OWN)
