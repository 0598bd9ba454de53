"""The scale of the recurrent weights at initialisation, against the gradients that it leaves."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from rnnlab.charts.document import Document, Table
from rnnlab.charts.number_format import three_digits
from rnnlab.charts.values import Axis, Lines, lines_at
from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.gradient_flow import gradient_flow, state_weights_gradient
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network
from rnnlab.tasks.base import SequenceTask


@dataclass(frozen=True)
class AtScale:
    """Gradients at one scale of the recurrent weights.

    Attributes:
        weights: The norm of the gradient of the recurrent weights.
        first: The norm of the gradient with respect to the initial state.
        left: `first` as a share of the norm at the nearest state.
    """

    weights: float
    first: float
    left: float


def init_scale(task: SequenceTask, batch: Batch, scales: Sequence[float], seed: int) -> dict[float, AtScale]:
    """Draw the weights that multiply the state anew at each scale, and measure gradients.

    They are normal with a standard deviation of scale / √H, so that the spectral radius of each matrix is about the
    scale (the circular law). Every scale multiplies the same random numbers. Everything else stays as it is.

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
    measured = {}
    for scale in scales:
        clone = copy.deepcopy(task).double()
        encoder = Network.of(clone).encoder
        random = torch.Generator().manual_seed(seed)
        weights = [block.weight for layer in range(encoder.num_layers) for block in encoder.state_weights(layer)]
        if not weights:
            raise UserError(f"{type(encoder).__name__} has no weights that multiply its state, or does not tell")
        with torch.no_grad():
            for weight in weights:
                deviation = scale / math.sqrt(weight.shape[1])
                weight.copy_(torch.randn(weight.shape, generator=random, dtype=torch.double) * deviation)
        flow = gradient_flow(clone, cut)
        norm = state_weights_gradient(clone, cut, [steps])[steps]
        measured[scale] = AtScale(norm, float(flow.state[-1]), float(flow.left[-1]))
    return measured


def equally_long(batch: Batch) -> Batch:
    """Keep the rows that are at least as long as the median, and cut them to that length."""
    steps = int(batch.lengths.median())
    rows = batch.lengths >= steps
    targets = batch.targets[rows]
    inputs = batch.inputs[rows, :steps]
    return Batch(inputs, torch.full((len(inputs),), steps), targets if targets.dim() == 1 else targets[:, :steps])


class InitialisationScale(Probe):
    """Gradient norms over scales of the recurrent weights, at initialisation."""

    compares = True

    def __init__(self, rows: int, steps: int, scales: Sequence[float], seed: int) -> None:
        """Set up the probe.

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

    def measure(self, subjects: Sequence[Subject]) -> Document:
        measured: dict[str, Mapping[float, AtScale]] = {}
        silent: dict[str, UserError] = {}
        for subject in subjects:
            batch = subject.inputs.batch(subject.task, self.rows, self.steps)
            try:
                measured[subject.label] = init_scale(subject.initial or subject.task, batch, self.scales, self.seed)
            except UserError as error:
                silent[subject.label] = error
        if not measured:
            raise next(iter(silent.values()))
        steps = int(batch.lengths.median())
        ranges = "; ".join(f"{label} {_range(at_scales)}" for label, at_scales in measured.items())
        unknown = f" No weights that multiply a state are known of {', '.join(silent)}." if silent else ""
        state = {label: [at.first for at in at_scales.values()] for label, at_scales in measured.items()}
        weights = {label: [at.weights for at in at_scales.values()] for label, at_scales in measured.items()}
        return Document(
            [
                f"The norm of the gradient with respect to the state {steps} steps before the loss, against the scale"
                f" of the recurrent weights at initialisation: {ranges}, where it is largest.{unknown}",
                *([_table(next(iter(measured.values())))] if len(measured) == 1 else []),
                self._chart("scale-and-state", f"Gradient at the state {steps} steps back", state),
                self._chart("scale-and-weights", "Gradient of the recurrent weights", weights),
            ]
        )

    def _chart(self, name: str, title: str, norms: Mapping[str, Sequence[float]]) -> Lines:
        """Draw norms against the scale; a logarithmic axis has no place for a 0."""
        positive = {label: [norm or math.nan for norm in line] for label, line in norms.items()}
        return Lines(
            name=name,
            title=title,
            caption=f"{title}, against the scale of the recurrent weights: normal, with a deviation of scale / √H.",
            x=Axis("scale of the recurrent weights", log=True),
            y=Axis("norm of the gradient", log=True),
            lines=lines_at(self.scales, positive),
        )


def _range(measured: Mapping[float, AtScale]) -> str:
    lowest, (scale, largest) = min(measured), max(measured.items(), key=lambda pair: pair[1].first)
    return f"from {three_digits(measured[lowest].first)} at {lowest:g} to {three_digits(largest.first)} at {scale:g}"


def _table(measured: Mapping[float, AtScale]) -> Table:
    heads = ["scale", "‖∂L/∂W_hh‖", "‖∂L/∂s_0‖", "left of the nearest state's"]
    rows = [
        [f"{scale:g}", three_digits(at.weights), three_digits(at.first), three_digits(at.left)]
        for scale, at in measured.items()
    ]
    return Table(heads, rows)
