"""What every probe is: a way of looking at one network, or at several beside each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.probes.inputs import Material
from rnnlab.reference.lesson import Lesson
from rnnlab.tasks.base import SequenceTask

BEFORE, AFTER = "at initialisation", "after training"
BRIEFLY = {BEFORE: "initial", AFTER: "trained"}  # for tables


@dataclass(frozen=True)
class Subject:
    """A network that is looked at.

    Attributes:
        label: What it is called beside others, such as its cell.
        task: In evaluation mode, on the CPU.
        initial: The same task with the weights that its training began with; None where it was not trained, or where
            those weights are not known.
        material: What it reads.
        trained: Whether the weights of `task` are other ones than at the beginning.
    """

    label: str
    task: SequenceTask
    initial: SequenceTask | None
    material: Material
    trained: bool = True

    @property
    def stages(self) -> dict[str, SequenceTask]:
        """The network at the beginning of its training and at the end; one that is not trained only once."""
        before = {} if self.initial is None else {BEFORE: self.initial}
        return {**before, AFTER if self.trained else BEFORE: self.task}

    @property
    def name(self) -> str:
        """Cell and size."""
        return f"{describe(self.task)}{'' if self.trained else f', {BEFORE}'}"


class Probe(ABC):
    """One way of looking. Derive from it, write `look`, and name the class in conf/probe/NAME.yaml.

    Attributes:
        compares: Whether it shows several networks beside each other; one that does not is given a single one.
    """

    compares = False

    @abstractmethod
    def look(self, subjects: Sequence[Subject]) -> Lesson:
        """Measure, and say what there is to see: the answer in short first, then tables and figures.

        Raises:
            UserError: There is nothing to see in such a network, or what it should read cannot be read.
        """


def describe(task: SequenceTask) -> str:
    """Such as `lstm, 2 layers of 128`."""
    config = task.card["config"]
    model = config["model"]
    layers = f"{model['num_layers']} layer{'s' if model['num_layers'] > 1 else ''} of {model['hidden_size']}"
    return f"{config['cell']['name']}, {layers}"


def number(value: float) -> str:
    """A figure with three digits, such as `0.0123` or `4.5e-07`."""
    return f"{value:.3g}"
