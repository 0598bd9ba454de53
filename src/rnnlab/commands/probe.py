"""`rnnlab probe`: looks inside a network; figures and numbers go to a folder, what they say to the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from rnnlab.config.compose import compose
from rnnlab.config.rules import check
from rnnlab.config.targets import build
from rnnlab.errors import UserError
from rnnlab.reference.lesson import Lesson
from rnnlab.report import lesson as lessons
from rnnlab.report.figures import draw
from rnnlab.training.folder import find_checkpoint, write_atomically

if TYPE_CHECKING:
    from rnnlab.data.prepared import Part
    from rnnlab.probes.probe import Probe, Subject

PROBES = "probes"  # the folder in a run's folder


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

    from rnnlab.probes.material import Material
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
