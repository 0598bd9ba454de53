"""How much of the time gates are shut or wide open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, Trace, trace, undisturbed
from rnnlab.reference.lesson import Grid, Lesson, Table

SHUT, OPEN = 0.1, 0.9  # where Karpathy, Johnson and Fei-Fei call a gate left- or right-saturated


@dataclass(frozen=True)
class GateSaturation:
    """One gate of one layer, as Karpathy, Johnson and Fei-Fei (2015) look at it in their figure 2.

    Attributes:
        layer: Counted from 1.
        gate: Its name: `reset`, `update`; `input`, `forget`, `output`.
        shut: `(H,)`, the share of steps at which each unit's gate is below 0.1: left-saturated.
        wide_open: `(H,)`, the share at which it is above 0.9: right-saturated.
    """

    layer: int
    gate: str
    shut: Tensor
    wide_open: Tensor


def gate_saturation(task: nn.Module, batch: Batch) -> list[GateSaturation]:
    """Measure every gate over the real steps of a batch, each row read from the initial state on.

    Returns:
        Layer by layer; empty for a cell that has no gates or does not tell.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    traced = trace(task, batch.inputs)
    found = []
    with undisturbed(task), torch.no_grad():
        for layer in range(network.encoder.num_layers):
            x, before = _of_layer(traced, layer, batch.lengths.to(batch.inputs.device))
            for gate, opened in network.encoder.gate_activations(layer, x, before).items():
                shares = ((opened < SHUT).double().mean(dim=0).cpu(), (opened > OPEN).double().mean(dim=0).cpu())
                found.append(GateSaturation(layer + 1, gate, *shares))
    return found


class GateShares(Probe):
    """How much of the time each unit's gates are shut or wide open."""

    def __init__(self, rows: int, steps: int) -> None:
        """Look at nothing yet.

        Args:
            rows: Sequences that are read.
            steps: Symbols of each at most.
        """
        self.rows = rows
        self.steps = steps

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        found = gate_saturation(subject.task, subject.material.batch(subject.task, self.rows, self.steps))
        if not found:
            raise UserError(f"{subject.name} has no gates, or does not tell of them")
        names = [f"{its.gate}, layer {its.layer}" for its in found]
        rows = [
            [name, f"{float(its.shut.mean()):.1%}", f"{float(its.wide_open.mean()):.1%}"]
            for name, its in zip(names, found, strict=True)
        ]
        told = "; ".join(f"{name} {shut} shut, {wide} wide open" for name, shut, wide in rows)
        values = [share.tolist() for its in found for share in (its.shut, its.wide_open)]
        of = [f"{name}, {how}" for name in names for how in ("shut", "wide open")]
        caption = f"The share of steps at which each unit's gate is shut (below {SHUT}) or wide open (above {OPEN})."
        units = [str(unit) for unit in range(len(values[0]))]
        return Lesson([
            f"The gates of {subject.name}, as shares of steps: {told}.",
            Table(["gate", f"shut (below {SHUT})", f"wide open (above {OPEN})"], rows),
            Grid("gates", "Gates", caption, "unit", "gate", units, of, values, "share of steps"),
        ])  # fmt: skip


def _of_layer(traced: Trace, layer: int, lengths: Tensor) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
    """A layer's inputs `(N, D)` and the states before them, at the N real steps."""
    steps = torch.arange(len(traced.inputs), device=lengths.device)
    inside = steps[:, None] < lengths  # (T, B)
    x = traced.inputs if layer == 0 else traced.states["h"][1:, layer - 1]
    before = tuple(part[:-1, layer][inside] for part in traced.states.values())
    return x[inside], before[0] if len(before) == 1 else before
