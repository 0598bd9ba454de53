"""The symbols that units respond to: those at which a unit is highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import HeatMap
from rnnlab.data.collation import Batch
from rnnlab.data.text.display import display
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.inputs import vocabulary_of
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, layer_index, trace

MOST_SYMBOLS = 40  # columns of the figure


@dataclass(frozen=True)
class Peak:
    """A place at which a unit is high.

    Attributes:
        value: Its activation there, h of the layer.
        before: The symbols that were read before, as labels show them.
        symbol: The symbol at which it is high, read last.
        after: The symbols that come next, which the unit has not seen.
    """

    value: float
    before: tuple[str, ...]
    symbol: str
    after: tuple[str, ...]

    def text(self, joint: str) -> str:
        """Return the symbol in brackets with its context, such as `mary h[a]d a`."""
        return joint.join([*self.before, f"[{self.symbol}]", *self.after])


@dataclass(frozen=True)
class Responses:
    """The activations of units over all symbols of a batch.

    Attributes:
        activations: `(N, H)`, h of one layer behind each of the N symbols that were read.
        symbols: `(N,)`, the symbol that was read there.
        rows: `(N,)`, the row of the batch that it belongs to.
    """

    activations: Tensor
    symbols: Tensor
    rows: Tensor

    def most_varied(self, count: int) -> list[int]:
        """Return the units whose activation has the largest standard deviation."""
        return self.activations.std(dim=0, correction=0).argsort(descending=True, stable=True)[:count].tolist()

    def peaks(self, unit: int, count: int, context: int, vocabulary: Vocabulary) -> list[Peak]:
        """Return the places where a unit is highest, highest first, each with another context.

        Args:
            unit: Counted from 0.
            count: How many places.
            context: Symbols on both sides of a place.
            vocabulary: Of the symbols.
        """
        peaks: dict[tuple[str, ...], Peak] = {}
        for place in self.activations[:, unit].argsort(descending=True, stable=True).tolist():
            near = [other for other in range(place - context, place + context + 1) if 0 <= other < len(self.rows)]
            near = [other for other in near if self.rows[other] == self.rows[place]]
            names = [display(vocabulary.symbols[int(self.symbols[other])]) for other in near]
            at = near.index(place)
            peak = Peak(float(self.activations[place, unit]), tuple(names[:at]), names[at], tuple(names[at + 1 :]))
            peaks.setdefault((*peak.before, peak.symbol), peak)
            if len(peaks) == count:
                break
        return list(peaks.values())


def responses(task: nn.Module, batch: Batch, layer: int) -> Responses:
    """Read a batch with a task, each row from the initial state on, and return the activations of a layer.

    Args:
        task: With an embedding and a causal encoder.
        batch: On the device of the task.
        layer: Counted from 0.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    real = torch.arange(batch.inputs.shape[1]) < batch.lengths.cpu()[:, None]  # (B, T)
    h = trace(task, batch.inputs).states["h"][1:, layer].transpose(0, 1).cpu()  # (B, T, H)
    return Responses(h[real], batch.inputs.cpu()[real], real.nonzero()[:, 0])


class UnitResponses(Probe):
    """The symbols, with their context, at which units are highest, and each unit's mean by symbol."""

    def __init__(
        self,
        rows: int,
        steps: int,
        layer: int | None,
        units: Sequence[int] | None,
        count: int,
        peaks: int,
        context: int,
    ) -> None:
        """Set up the probe.

        Args:
            rows: Sequences that are read.
            steps: Symbols of each at most.
            layer: Counted from 1; None for the last.
            units: Counted from 0; None for those that vary most.
            count: How many of those.
            peaks: Places of each unit.
            context: Symbols that are shown on both sides of a place.
        """
        self.rows = rows
        self.steps = steps
        self.layer = layer
        self.units = units
        self.count = count
        self.peaks = peaks
        self.context = context

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        encoder = Network.of(subject.task).encoder
        vocabulary = vocabulary_of(subject.task)
        layer = layer_index(self.layer, encoder.num_layers)
        batch = subject.inputs.batch(subject.task, self.rows, self.steps)
        if batch.inputs.dim() > 2:
            raise UserError(f"{type(subject.task).__name__} reads no single symbols that a unit could respond to")
        measured = responses(subject.task, batch, layer)
        units = self._units(measured)
        joint = " " if vocabulary.level == "word" else ""
        peaks = {unit: measured.peaks(unit, self.peaks, self.context, vocabulary) for unit in units}
        rows = [
            [str(unit), f"{peak.value:.3f}", peak.symbol, peak.text(joint)]
            for unit, several in peaks.items()
            for peak in several
        ]
        clearest = "; ".join(
            f"unit {unit} at {', '.join(dict.fromkeys(peak.symbol for peak in several))}"
            for unit, several in list(peaks.items())[:3]
        )
        return Document(
            [
                f"Where units of {subject.name}, layer {layer + 1}, are highest over {len(measured.rows):,} symbols:"
                f" {clearest}. The symbol in brackets was read last; what stands behind it, the unit has not seen.",
                Table(["unit", "activation", "symbol", "where"], rows, name="units"),
                _chart(subject.name, measured, units, vocabulary),
            ]
        )

    def _units(self, measured: Responses) -> list[int]:
        if self.units is None:
            return measured.most_varied(self.count)
        size = measured.activations.shape[1]
        if wrong := [unit for unit in self.units if not 0 <= unit < size]:
            raise UserError(f"probe.units: there is no unit {wrong[0]}; they are 0 to {size - 1}")
        return list(self.units)


def _chart(network: str, measured: Responses, units: Sequence[int], vocabulary: Vocabulary) -> HeatMap:
    """Draw the mean of each unit by the symbol that was just read, for the most frequent symbols."""
    times = measured.symbols.bincount(minlength=len(vocabulary))
    frequent = times.argsort(descending=True, stable=True)[:MOST_SYMBOLS]
    shown = [index for index in frequent.tolist() if times[index]]
    h = measured.activations
    return HeatMap(
        name="responses",
        title="What units respond to",
        caption=f"The mean activation of units of {network} behind each symbol, the most frequent symbols first.",
        x="symbol read",
        y="unit",
        columns=[display(vocabulary.symbols[index]) for index in shown],
        rows=[str(unit) for unit in units],
        values=[[float(h[measured.symbols == index, unit].mean()) for index in shown] for unit in units],
        unit="mean activation",
        centred=True,
    )
