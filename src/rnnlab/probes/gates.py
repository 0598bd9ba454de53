"""Gate saturation: the share of steps at which gates are shut or wide open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import HeatMap
from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, Trace, trace, undisturbed

SHUT, OPEN = 0.1, 0.9  # where Karpathy, Johnson and Fei-Fei call a gate left- or right-saturated


@dataclass(frozen=True)
class GateSaturation:
    """One gate of one layer, as in figure 2 of Karpathy, Johnson and Fei-Fei (2015).

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

    @property
    def name(self) -> str:
        """Such as `forget, layer 1`."""
        return f"{self.gate}, layer {self.layer}"


def gate_saturation(task: nn.Module, batch: Batch) -> list[GateSaturation]:
    """Measure every gate over the real steps of a batch, each row read from the initial state on.

    Returns:
        Layer by layer; empty for a cell that has no gates or does not report them.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    traced = trace(task, batch.inputs)
    gates = []
    with undisturbed(task), torch.no_grad():
        for layer in range(network.encoder.num_layers):
            x, before = _inputs_of_layer(traced, layer, batch.lengths.to(batch.inputs.device))
            for gate, opened in network.encoder.gate_activations(layer, x, before).items():
                shares = ((opened < SHUT).double().mean(dim=0).cpu(), (opened > OPEN).double().mean(dim=0).cpu())
                gates.append(GateSaturation(layer + 1, gate, *shares))
    return gates


class GateShares(Probe):
    """The share of steps at which each unit's gates are shut or wide open."""

    def __init__(self, rows: int, steps: int) -> None:
        """Set up the probe.

        Args:
            rows: Sequences that are read.
            steps: Symbols of each at most.
        """
        self.rows = rows
        self.steps = steps

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        gates = gate_saturation(subject.task, subject.inputs.batch(subject.task, self.rows, self.steps))
        if not gates:
            raise UserError(f"{subject.name} has no gates, or does not tell of them")
        rows = [[gate.name, f"{float(gate.shut.mean()):.1%}", f"{float(gate.wide_open.mean()):.1%}"] for gate in gates]
        shares = "; ".join(f"{name} {shut} shut, {wide} wide open" for name, shut, wide in rows)
        return Document(
            [
                f"The gates of {subject.name}, as shares of steps: {shares}.",
                Table(["gate", f"shut (below {SHUT})", f"wide open (above {OPEN})"], rows),
                gates_chart(gates, title="Gates"),
            ]
        )


def gates_chart(gates: Sequence[GateSaturation], title: str) -> HeatMap:
    """Draw two rows for each gate, shut and wide open, with a column for each unit."""
    return HeatMap(
        name="gates",
        title=title,
        caption=f"The share of steps at which each unit's gate is shut (below {SHUT}) or wide open (above {OPEN}).",
        x="unit",
        y="gate",
        columns=[str(unit) for unit in range(len(gates[0].shut))],
        rows=[f"{gate.name}, {how}" for gate in gates for how in ("shut", "wide open")],
        values=[share.tolist() for gate in gates for share in (gate.shut, gate.wide_open)],
        unit="share of steps",
    )


def _inputs_of_layer(traced: Trace, layer: int, lengths: Tensor) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
    """Return a layer's inputs `(N, D)` and the states before them, at the N real steps."""
    steps = torch.arange(len(traced.inputs), device=lengths.device)
    real = steps[:, None] < lengths  # (T, B)
    x = traced.inputs if layer == 0 else traced.states["h"][1:, layer - 1]
    before = tuple(part[:-1, layer][real] for part in traced.states.values())
    return x[real], before[0] if len(before) == 1 else before
