"""The base class of probes, and the networks that they are given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.charts.document import Document
from rnnlab.probes.inputs import Inputs
from rnnlab.tasks.base import SequenceTask

BEFORE, AFTER = "at initialisation", "after training"
STAGE_IN_TABLES = {BEFORE: "initial", AFTER: "trained"}


@dataclass(frozen=True)
class Subject:
    """A network under a probe.

    Attributes:
        label: Its name beside others, such as its cell.
        task: In evaluation mode, on the CPU.
        initial: The same task with the weights that its training began with; None where it was not trained, or where
            those weights are not known.
        inputs: What it reads.
        trained: Whether the weights of `task` differ from those at the beginning.
    """

    label: str
    task: SequenceTask
    initial: SequenceTask | None
    inputs: Inputs
    trained: bool = True

    @property
    def stages(self) -> dict[str, SequenceTask]:
        """The network before and after its training; an untrained one only once."""
        before = {} if self.initial is None else {BEFORE: self.initial}
        return {**before, AFTER if self.trained else BEFORE: self.task}

    @property
    def name(self) -> str:
        """Cell and size, such as `lstm, 2 layers of 128`."""
        return f"{describe(self.task)}{'' if self.trained else f', {BEFORE}'}"


class Probe(ABC):
    """A measurement inside networks. Derive from it, write `measure`, and name the class in conf/probe/NAME.yaml.

    Attributes:
        compares: Whether it shows several networks beside each other; one that does not is given a single one.
    """

    compares = False

    @abstractmethod
    def measure(self, subjects: Sequence[Subject]) -> Document:
        """Measure, and return the answer in short, then tables and charts.

        Raises:
            UserError: Such a network has nothing to measure, or its inputs cannot be read.
        """


def describe(task: SequenceTask) -> str:
    """Return cell and size, such as `lstm, 2 layers of 128`."""
    config = task.card["config"]
    model = config["model"]
    layers = f"{model['num_layers']} layer{'s' if model['num_layers'] > 1 else ''} of {model['hidden_size']}"
    return f"{config['cell']['name']}, {layers}"
