"""`rnnlab probe`: looks inside a network, and what `rnnlab study` looks at inside the best runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from rnnlab.charts.paper import draw
from rnnlab.config.compose import compose
from rnnlab.config.literals import quote
from rnnlab.config.rules import check
from rnnlab.config.targets import build
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder, find_checkpoint, write_atomically
from rnnlab.reference.lesson import Beside, Curves, Grid, Lesson, Table
from rnnlab.studies import lesson as lessons
from rnnlab.studies.readme import INSIDE

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison
    from rnnlab.data.prepared import Part
    from rnnlab.probes.probe import Probe, Subject

PROBES = "probes"  # the folder in a run's folder
MOST = 8  # networks beside each other
PREFIX = "inside-"  # of the names of figures


def main(arguments: list[str]) -> int:
    """Look, write and print.

    Raises:
        UserError: A value is out of range, the checkpoint is none, there is nothing of that kind to see in such a
            network, or the text or the data cannot be read.
    """
    config = compose("probe", arguments)
    check(config)
    checkpoint = find_checkpoint(config["checkpoint"])
    if config["folder"] is None:
        beside = checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else checkpoint.parent
        folder = beside / PROBES / str(config["probe"]["name"])
    else:
        folder = Path(config["folder"])
    if folder.exists() and not folder.is_dir():
        raise UserError(f"folder: {folder} is a file; name a folder for the figures and numbers")
    lesson = look(probe_of(config), [subject_of(checkpoint, config)])
    written = _write(lesson, folder)
    console = Console(highlight=False)
    lessons.terminal(lesson, console)
    for file in written:
        console.print(str(file), soft_wrap=True)
    return 0


def probe_of(config: Mapping[str, Any]) -> Probe:
    """The probe of a command's configuration.

    Raises:
        UserError: It has a key that the probe does not know, or names something else.
    """
    from rnnlab.probes.probe import Probe  # imports torch, now that the arguments are right

    node = {key: value for key, value in config["probe"].items() if key != "name"}
    probe = build(node)
    if not isinstance(probe, Probe):
        raise UserError(f"probe._target_: {node['_target_']} does not derive from rnnlab.probes.probe.Probe")
    return probe


def look(probe: Probe, subjects: Sequence[Subject]) -> Lesson:
    """What a probe sees, with as many threads as the first network was trained with."""
    from rnnlab.training.trainer import threads_of

    with threads_of(subjects[0].task.card["config"]):
        return probe.look(subjects)


def subject_of(checkpoint: Path, config: Mapping[str, Any], label: str | None = None) -> Subject:
    """The network of a checkpoint, and what it reads according to the command's configuration.

    Args:
        checkpoint: The file.
        config: Of the command.
        label: What it is called beside others; None for its cell's name.

    Raises:
        UserError: The file is no checkpoint, or `untrained` asks for weights that nobody knows.
    """
    import torch

    from rnnlab.probes.inputs import Material
    from rnnlab.probes.probe import Subject
    from rnnlab.training.checkpoints import load_task, untrained
    from rnnlab.training.evaluation import data_of_training

    task = load_task(checkpoint)

    def part() -> Part:
        return data_of_training(task).parts[config["part"]]

    label = label or str(task.card["config"]["cell"]["name"])
    material = Material(config["text"], part)
    if task.card["config"]["init_from"] is not None and not config["untrained"]:
        return Subject(label, task, None, material)  # its first weights lie in another file, if that is still there
    initial = untrained(task)
    weights, first = task.state_dict(), initial.state_dict()
    if config["untrained"] or all(torch.equal(weights[name], first[name]) for name in weights):
        return Subject(label, initial, None, material, trained=False)
    return Subject(label, task, initial, material)


def _write(lesson: Lesson, folder: Path) -> list[Path]:
    """A PNG for every figure and a CSV file with the numbers of each; the paths, in their order."""
    files: dict[str, str | bytes] = {f"{chart.name}.png": draw(chart) for chart in lessons.charts(lesson)}
    files |= {f"{name}.csv": text for name, text in lessons.numbers(lesson).items()}
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def configurations(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each entry composed as `rnnlab probe` would, so that what is wrong is said before anything is trained.

    Raises:
        UserError: A key or a value is wrong; the line names the entry.
    """
    composed = []
    for number, entry in enumerate(entries):
        try:
            config = compose("probe", [*(_word(key, value) for key, value in entry.items()), "checkpoint=''"])
            check(config)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        composed.append(config)
    return composed


def look_into(comparison: Comparison, configs: Sequence[Mapping[str, Any]]) -> Lesson:
    """What each probe sees in the best run, or, if it compares networks, in that of every configuration.

    Raises:
        UserError: There is nothing of that kind to see, or a text cannot be read; the line names the entry.
    """
    blocks: list[Any] = []
    for number, config in enumerate(configs):
        probe = probe_of(config)
        runs = comparison.best_runs[: MOST if probe.compares else 1]
        try:
            subjects = [subject_of(RunFolder(run).best_checkpoint, config, label) for label, run in runs]
            seen = look(probe, subjects)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        names = {block.name for block in blocks if isinstance(block, Curves | Grid | Beside)}
        blocks += [_heading(config), *_named(seen, names)]
    return Lesson(blocks)


def _heading(config: Mapping[str, Any]) -> str:
    name = str(config["probe"]["name"])
    text = f", `{config['text']}`" if config["text"] is not None else ""
    return f"{INSIDE}{name.replace('_', ' ')}{text}"


def _named(seen: Lesson, names: set[str]) -> Iterator[str | Table | Curves | Grid | Beside]:
    """Its blocks, each figure with a name that none has yet."""
    for block in seen.blocks:
        if isinstance(block, Curves | Grid | Beside):
            name, count = f"{PREFIX}{block.name}", 1
            while name in names:
                count += 1
                name = f"{PREFIX}{block.name}-{count}"
            names.add(name)
            yield replace(block, name=name)
        else:
            yield block


def _word(key: str, value: Any) -> str:
    """An entry's key and value as a word of the command line."""
    return f"{key}={_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, str):
        return quote(value)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
