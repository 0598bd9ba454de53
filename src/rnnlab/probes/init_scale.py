"""How large recurrent weights begin, against the gradient that they leave."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.gradient_flow import gradient_flow, state_weights_gradient
from rnnlab.probes.probe import Probe, Subject, number
from rnnlab.probes.trace import Network
from rnnlab.reference.lesson import Curves, Lesson, Table
from rnnlab.tasks.base import SequenceTask


@dataclass(frozen=True)
class AtScale:
    """What a scale of the recurrent weights does.

    Attributes:
        weights: The norm of the gradient of the recurrent weights.
        first: That of the gradient with respect to the initial state.
        left: The latter as a share of the gradient with respect to the nearest state.
    """

    weights: float
    first: float
    left: float


def init_scale(task: SequenceTask, batch: Batch, scales: Sequence[float], seed: int) -> dict[float, AtScale]:
    """Draw the weights that multiply the state anew at each scale, and measure gradients.

    They are normal with a standard deviation of scale / √H, so that the spectral radius of each matrix is about the
    scale (the circular law); all of them are the same numbers but for the scale. Everything else stays as it is.

    Args:
        task: Untrained, as a rule; it is left as it was.
        batch: Rows that are at least as long as the median count, and are read from the initial state on so far.
        scales: Above 0.
        seed: Of the numbers that are drawn.

    Raises:
        UserError: The cell has no weights that multiply a state, or does not tell.
    """
    cut = equally_long(batch)
    steps = cut.inputs.shape[1]
    found = {}
    for scale in scales:
        drawn = copy.deepcopy(task).double()
        encoder = Network.of(drawn).encoder
        random = torch.Generator().manual_seed(seed)
        weights = [its.weight for layer in range(encoder.num_layers) for its in encoder.state_weights(layer)]
        if not weights:
            raise UserError(f"{type(encoder).__name__} has no weights that multiply its state, or does not tell")
        with torch.no_grad():
            for weight in weights:
                deviation = scale / math.sqrt(weight.shape[1])
                weight.copy_(torch.randn(weight.shape, generator=random, dtype=torch.double) * deviation)
        flow = gradient_flow(drawn, cut)
        norm = state_weights_gradient(drawn, cut, [steps])[steps]
        found[scale] = AtScale(norm, float(flow.state[-1]), float(flow.left[-1]))
    return found


def equally_long(batch: Batch) -> Batch:
    """The rows that are at least as long as the median, cut to that length."""
    steps = int(batch.lengths.median())
    rows = batch.lengths >= steps
    targets = batch.targets[rows]
    inputs = batch.inputs[rows, :steps]
    return Batch(inputs, torch.full((len(inputs),), steps), targets if targets.dim() == 1 else targets[:, :steps])


class InitialisationScale(Probe):
    """Gradient norms over scales of the recurrent weights, at initialisation."""

    compares = True

    def __init__(self, rows: int, steps: int, scales: Sequence[float], seed: int) -> None:
        """Look at nothing yet.

        Args:
            rows: Sequences that are averaged over.
            steps: Symbols of each at most.
            scales: Of the recurrent weights.
            seed: Of the weights that are drawn.
        """
        self.rows = rows
        self.steps = steps
        self.scales = sorted(set(scales))
        self.seed = seed

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        measured: dict[str, Mapping[float, AtScale]] = {}
        silent: dict[str, UserError] = {}
        for subject in subjects:
            batch = subject.material.batch(subject.task, self.rows, self.steps)
            try:
                measured[subject.label] = init_scale(subject.initial or subject.task, batch, self.scales, self.seed)
            except UserError as error:
                silent[subject.label] = error
        if not measured:
            raise next(iter(silent.values()))
        steps = int(batch.lengths.median())
        told = "; ".join(f"{label} {_range(found)}" for label, found in measured.items())
        out = f" No weights that multiply a state are known of {', '.join(silent)}." if silent else ""
        blocks: list[str | Table | Curves] = [
            f"The norm of the gradient with respect to the state {steps} steps before the loss, against the scale of"
            f" the recurrent weights at initialisation: {told}, where it is largest.{out}",
            *([_table(next(iter(measured.values())))] if len(measured) == 1 else []),
        ]
        words = ("scale of the recurrent weights", "norm of the gradient")
        for name, title, of in (
            ("scale-and-state", f"Gradient at the state {steps} steps back", "first"),
            ("scale-and-weights", "Gradient of the recurrent weights", "weights"),
        ):
            lines = {
                label: [getattr(its, of) or math.nan for its in found.values()] for label, found in measured.items()
            }
            caption = f"{title}, against the scale of the recurrent weights: normal, with a deviation of scale / √H."
            blocks.append(Curves(name, title, caption, *words, self.scales, lines, log="xy"))
        return Lesson(blocks)


def _range(found: Mapping[float, AtScale]) -> str:
    lowest, most = min(found), max(found.items(), key=lambda pair: pair[1].first)
    return f"from {number(found[lowest].first)} at {lowest:g} to {number(most[1].first)} at {most[0]:g}"


def _table(found: Mapping[float, AtScale]) -> Table:
    heads = ["scale", "‖∂L/∂W_hh‖", "‖∂L/∂s_0‖", "left of the nearest state's"]
    rows = [[f"{scale:g}", number(its.weights), number(its.first), number(its.left)] for scale, its in found.items()]
    return Table(heads, rows)
