"""The activation of every unit while a text is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from rnnlab.charts.document import Document
from rnnlab.charts.values import Axis, HeatMap, Lines, Panels, lines_at
from rnnlab.data.text.display import display
from rnnlab.probes.inputs import read
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, layer_index, trace
from rnnlab.tasks.capabilities import NamesSymbols

NAMES = {"h": "hidden state h", "c": "cell state c"}


@dataclass(frozen=True)
class HiddenStates:
    """The states over a text.

    Attributes:
        symbols: The T symbols that were read, as labels show them.
        states: For each part of the state (`h`, and `c` of an LSTM) `(T + 1, layers, H)`: the initial one, then the
            state behind every symbol.
    """

    symbols: tuple[str, ...]
    states: dict[str, Tensor]

    @property
    def num_layers(self) -> int:
        return next(iter(self.states.values())).shape[1]

    def beginning(self, count: int) -> HiddenStates:
        """Keep the first so many symbols."""
        return HiddenStates(self.symbols[:count], {name: part[: count + 1] for name, part in self.states.items()})


def hidden_states(task: nn.Module, text: str | Tensor, key: str = "text") -> HiddenStates:
    """Read one text with a task and return its hidden states.

    Args:
        task: With an embedding and a causal encoder.
        text: As a person writes it, or symbols `(T, …)`, or vectors `(T, D)`.
        key: Where the person wrote it.

    Raises:
        UserError: The text has a symbol that the task does not know, or the task has no states that follow one
            another in time.
    """
    network = Network.of(task)
    symbols = read(task, text, key) if isinstance(text, str) else text
    device = next(task.parameters()).device
    states = trace(task, symbols.to(device)[None]).states
    if isinstance(task, NamesSymbols):
        names = [display(name) for name in task.symbol_names(symbols)]
    else:
        names = network.vocabulary.names_of(symbols.tolist())
    return HiddenStates(tuple(names), {name: part[:, :, 0].cpu() for name, part in states.items()})


class StatesOfText(Probe):
    """Every unit over the symbols of a text, the initial state first."""

    def __init__(self, steps: int, layer: int | None, lines: int) -> None:
        """Set up the probe.

        Args:
            steps: Symbols of the text at most.
            layer: Counted from 1; None for the last.
            lines: How many units are drawn as lines: those that change most.
        """
        self.steps = steps
        self.layer = layer
        self.lines = lines

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        states = hidden_states(subject.task, subject.inputs.symbols(subject.task, self.steps))
        layer = layer_index(self.layer, states.num_layers)
        h = states.states["h"][:, layer]  # (T + 1, H)
        moved = (h[1:] - h[:-1]).norm(dim=1)
        most = int(moved.argmax())
        varied = h.std(dim=0, correction=0).argsort(descending=True, stable=True)[: self.lines].tolist()
        caption = f"{subject.name}: every unit behind every symbol, the initial state, 0, first."
        return Document(
            [
                f"Over {len(states.symbols)} symbols the state of {subject.name}, layer {layer + 1}, moves by"
                f" {float(moved.mean()):.2f} at a symbol on the average (‖h_t - h_(t-1)‖), most at symbol {most + 1},"
                f" {states.symbols[most]}: {float(moved[most]):.2f}.",
                states_chart(states, [layer], "Hidden states", caption),
                Lines(
                    name="units",
                    title="The units that change most",
                    caption=f"h of {len(varied)} units of {subject.name}, from the initial state on.",
                    x=Axis("symbols read"),
                    y=Axis("activation"),
                    lines=lines_at(range(len(h)), {f"unit {unit}": h[:, unit].tolist() for unit in varied}),
                ),
            ]
        )


def states_chart(states: HiddenStates, layers: Sequence[int], title: str, caption: str = "") -> Panels:
    """Draw a heat map of units by symbols for each part of the state of each layer, counted from 0."""
    panels = [
        HeatMap(
            name=f"state-{name}",
            title=f"{NAMES.get(name, name)}, layer {layer + 1}",
            caption="",
            x="symbol read",
            y="unit",
            columns=["0", *states.symbols],
            rows=[str(unit) for unit in range(part.shape[2])],
            values=part[:, layer].T.tolist(),
            unit="activation",
            centred=True,
        )
        for layer in layers
        for name, part in states.states.items()
    ]
    return Panels("hidden-states", title, caption, panels)
