"""Apply probes to the networks of checkpoints: to one for `rnnlab probe`, to a study's best runs for its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.charts.document import Document, Table, csv_files
from rnnlab.charts.paper import png
from rnnlab.charts.values import Chart
from rnnlab.config.compose import compose
from rnnlab.config.literals import written
from rnnlab.config.schema import check
from rnnlab.config.targets import build
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder, write_atomically
from rnnlab.records.identity import cell_name

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison
    from rnnlab.data.prepared import Part
    from rnnlab.probes.probe import Probe, Subject

PROBES = "probes"  # the folder in a run's folder
MOST_NETWORKS = 8  # beside each other
HEADING = "### Inside: "  # above what a probe measured
PREFIX = "inside-"  # of the names of figures


def build_probe(config: Mapping[str, Any]) -> Probe:
    """Build the probe of a command's configuration.

    Raises:
        UserError: It has a key that the probe does not know, or names something else.
    """
    from rnnlab.probes.probe import Probe  # imports torch, now that the arguments are right

    node = {key: value for key, value in config["probe"].items() if key != "name"}
    probe = build(node)
    if not isinstance(probe, Probe):
        raise UserError(f"probe._target_: {node['_target_']} does not derive from rnnlab.probes.probe.Probe")
    return probe


def measure(probe: Probe, subjects: Sequence[Subject]) -> Document:
    """Let a probe measure networks, with as many threads as the first was trained with.

    Raises:
        UserError: There is nothing to measure in such a network, or what it should read cannot be read.
    """
    from rnnlab.training.trainer import threads_of

    with threads_of(subjects[0].task.card["config"]):
        return probe.measure(subjects)


def load_subject(checkpoint: Path, config: Mapping[str, Any], label: str | None = None) -> Subject:
    """Load the network of a checkpoint, and what it is to read.

    Args:
        checkpoint: The file.
        config: The configuration of the command `probe`.
        label: The network's name beside others; None for that of its cell.

    Raises:
        UserError: The file is no checkpoint, or `untrained` asks for weights that nobody knows.
    """
    import torch

    from rnnlab.probes.inputs import Inputs
    from rnnlab.probes.probe import Subject
    from rnnlab.training.checkpoints import load_task, untrained
    from rnnlab.training.evaluation import data_of_training

    task = load_task(checkpoint)

    def part() -> Part:
        return data_of_training(task).parts[config["part"]]

    label = label or cell_name(task.card["config"]["cell"])
    inputs = Inputs(config["text"], part)
    if task.card["config"]["init_from"] is not None and not config["untrained"]:
        return Subject(label, task, None, inputs)  # its first weights lie in another file, if that is still there
    initial = untrained(task)
    weights, first = task.state_dict(), initial.state_dict()
    if config["untrained"] or all(torch.equal(weights[name], first[name]) for name in weights):
        return Subject(label, initial, None, inputs, trained=False)
    return Subject(label, task, initial, inputs)


def usual_folder(checkpoint: Path, config: Mapping[str, Any]) -> Path:
    """Return where a probe's figures and numbers go unless another folder is named: beside the run's other files."""
    beside = checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else checkpoint.parent
    return beside / PROBES / str(config["probe"]["name"])


def write_measured(measured: Document, folder: Path) -> list[Path]:
    """Write a PNG for every figure and a CSV file with the numbers of each; return the paths, in their order."""
    files: dict[str, str | bytes] = {f"{chart.name}.png": png(chart) for chart in measured.charts}
    files |= {f"{name}.csv": text for name, text in csv_files(measured).items()}
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def probe_configurations(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Compose the entries of a study's `probes` as `rnnlab probe` would compose its arguments.

    Raises:
        UserError: A key or a value is wrong; the message names the entry.
    """
    composed = []
    for number, entry in enumerate(entries):
        try:
            config = compose("probe", [*(f"{key}={written(value)}" for key, value in entry.items()), "checkpoint=''"])
            check(config)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        composed.append(config)
    return composed


def measure_runs(comparison: Comparison, configs: Sequence[Mapping[str, Any]]) -> Document:
    """Let each probe measure the best run or, if it compares networks, the best run of every configuration.

    Raises:
        UserError: There is nothing to measure in such a network, or a text cannot be read; the message names the entry.
    """
    blocks: list[str | Table | Chart] = []
    for number, config in enumerate(configs):
        probe = build_probe(config)
        runs = comparison.best_runs[: MOST_NETWORKS if probe.compares else 1]
        try:
            subjects = [load_subject(RunFolder(run.folder).best_checkpoint, config, label) for label, run in runs]
            measured = measure(probe, subjects)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        names = {chart.name for chart in Document(blocks).charts}
        blocks += [_heading(config), *_renamed(measured, names)]
    return Document(blocks)


def _heading(config: Mapping[str, Any]) -> str:
    name = str(config["probe"]["name"])
    text = f", `{config['text']}`" if config["text"] is not None else ""
    return f"{HEADING}{name.replace('_', ' ')}{text}"


def _renamed(measured: Document, names: set[str]) -> Iterator[str | Table | Chart]:
    """Yield the blocks, a figure under a name that is not among `names`, and add that name to them."""
    for block in measured.blocks:
        if not isinstance(block, str | Table):
            name, count = f"{PREFIX}{block.name}", 1
            while name in names:
                count += 1
                name = f"{PREFIX}{block.name}-{count}"
            names.add(name)
            yield replace(block, name=name)
        else:
            yield block
