"""What a unit responds to: the symbols at which it is highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch
from rnnlab.data.text.display import readable
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, trace
from rnnlab.reference.lesson import Grid, Lesson, Table


@dataclass(frozen=True)
class Peak:
    """A place at which a unit is high.

    Attributes:
        value: Its activation there, h of the layer.
        before: The symbols that were read before, as labels show them.
        symbol: The one at which it is high, read last.
        after: What comes next, which the unit has not seen.
    """

    value: float
    before: tuple[str, ...]
    symbol: str
    after: tuple[str, ...]

    def text(self, joint: str) -> str:
        """Such as `mary h[a]d a`."""
        return joint.join([*self.before, f"[{self.symbol}]", *self.after])


@dataclass(frozen=True)
class Responses:
    """What units do over all symbols of a batch.

    Attributes:
        activations: `(N, H)`, h of one layer behind each of the N symbols that were read.
        symbols: `(N,)`, the symbol that was read there.
        rows: `(N,)`, the row of the batch that it belongs to.
    """

    activations: Tensor
    symbols: Tensor
    rows: Tensor

    def most_varied(self, count: int) -> list[int]:
        """The units whose activation varies most, by its standard deviation."""
        return self.activations.std(dim=0, correction=0).argsort(descending=True, stable=True)[:count].tolist()

    def peaks(self, unit: int, count: int, context: int, vocabulary: Vocabulary) -> list[Peak]:
        """The places where a unit is highest, highest first, each with another context, of so many symbols."""
        found: dict[tuple[str, ...], Peak] = {}
        for place in self.activations[:, unit].argsort(descending=True, stable=True).tolist():
            near = [its for its in range(place - context, place + context + 1) if 0 <= its < len(self.rows)]
            near = [its for its in near if self.rows[its] == self.rows[place]]
            names = [readable(vocabulary.symbols[int(self.symbols[its])]) for its in near]
            at = near.index(place)
            peak = Peak(float(self.activations[place, unit]), tuple(names[:at]), names[at], tuple(names[at + 1 :]))
            found.setdefault((*peak.before, peak.symbol), peak)
            if len(found) == count:
                break
        return list(found.values())


def responses(task: nn.Module, batch: Batch, layer: int) -> Responses:
    """Have a task read a batch, each row from the initial state on, and keep what a layer's units do.

    Args:
        task: With an embedding and a causal encoder.
        batch: On the device of the task.
        layer: Counted from 0.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    inside = torch.arange(batch.inputs.shape[1]) < batch.lengths.cpu()[:, None]  # (B, T)
    h = trace(task, batch.inputs).states["h"][1:, layer].transpose(0, 1).cpu()  # (B, T, H)
    return Responses(h[inside], batch.inputs.cpu()[inside], inside.nonzero()[:, 0])


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
        """Look at nothing yet.

        Args:
            rows: Sequences that are read.
            steps: Symbols of each at most.
            layer: Counted from 1; None for the last.
            units: Counted from 0; None for those that vary most.
            count: How many of those.
            peaks: Places of each.
            context: Symbols that are shown on both sides of a place.
        """
        self.rows = rows
        self.steps = steps
        self.layer = layer
        self.units = units
        self.count = count
        self.peaks = peaks
        self.context = context

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        encoder = Network.of(subject.task).encoder
        vocabulary = vocabulary_of(subject.task)
        layer = layer_of(self.layer, encoder.num_layers)
        found = responses(subject.task, subject.material.batch(subject.task, self.rows, self.steps), layer)
        units = found.most_varied(self.count) if self.units is None else list(self.units)
        if wrong := [unit for unit in units if not 0 <= unit < found.activations.shape[1]]:
            raise UserError(f"probe.units: there is no unit {wrong[0]}; they are 0 to {found.activations.shape[1] - 1}")
        joint = " " if vocabulary.level == "word" else ""
        peaks = {unit: found.peaks(unit, self.peaks, self.context, vocabulary) for unit in units}
        rows = [
            [str(unit), f"{peak.value:.3f}", peak.symbol, peak.text(joint)]
            for unit, several in peaks.items()
            for peak in several
        ]
        clearest = "; ".join(
            f"unit {unit} at {', '.join(dict.fromkeys(peak.symbol for peak in several))}"
            for unit, several in list(peaks.items())[:3]
        )
        return Lesson([
            f"Where units of {subject.name}, layer {layer + 1}, are highest over {len(found.rows):,} symbols:"
            f" {clearest}. The symbol in brackets was read last; what stands behind it, the unit has not seen.",
            Table(["unit", "activation", "symbol", "where"], rows, name="units"),
            self._figure(subject, found, units, vocabulary),
        ])  # fmt: skip

    def _figure(self, subject: Subject, found: Responses, units: Sequence[int], vocabulary: Vocabulary) -> Grid:
        """The mean of each unit by the symbol that was just read, the most frequent symbols."""
        times = found.symbols.bincount(minlength=len(vocabulary))
        frequent = times.argsort(descending=True, stable=True)[:40]
        shown = [index for index in frequent.tolist() if times[index]]
        means = [[float(found.activations[found.symbols == index, unit].mean()) for index in shown] for unit in units]
        names = [readable(vocabulary.symbols[index]) for index in shown]
        caption = f"The mean activation of units of {subject.name} behind each symbol, the most frequent symbols first."
        return Grid("responses", "What units respond to", caption, "symbol read", "unit", names,
                    [str(unit) for unit in units], means, "mean activation", centred=True)  # fmt: skip


def vocabulary_of(task: nn.Module) -> Vocabulary:
    """The symbols that a task reads.

    Raises:
        UserError: It reads none.
    """
    vocabulary = getattr(task, "vocabulary", None)
    if not isinstance(vocabulary, Vocabulary):
        raise UserError(f"{type(task).__name__} reads no symbols")
    return vocabulary


def layer_of(layer: int | None, layers: int) -> int:
    """Which layer is meant, counted from 0.

    Raises:
        UserError: There is no such layer.
    """
    if layer is not None and layer > layers:
        raise UserError(f"probe.layer={layer}: the network has {layers} layer{'s' if layers > 1 else ''}")
    return (layers if layer is None else layer) - 1
