"""What every unit does while a text is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from rnnlab.data.text.display import readable
from rnnlab.probes.inputs import read
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import Network, trace
from rnnlab.probes.units import layer_of
from rnnlab.reference.lesson import Beside, Curves, Grid, Lesson
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


def hidden_states(task: nn.Module, text: str | Tensor, key: str = "text") -> HiddenStates:
    """Have a task read one text.

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
        names = [readable(name) for name in task.symbol_names(symbols)]
    else:
        names = network.vocabulary.names_of(symbols.tolist())
    return HiddenStates(tuple(names), {name: each[:, :, 0].cpu() for name, each in states.items()})


class StatesOfText(Probe):
    """Every unit over the symbols of a text, the initial state first."""

    def __init__(self, steps: int, layer: int | None, lines: int) -> None:
        """Look at nothing yet.

        Args:
            steps: Symbols of the text at most.
            layer: Counted from 1; None for the last.
            lines: So many units are drawn as lines, those that change most.
        """
        self.steps = steps
        self.layer = layer
        self.lines = lines

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        found = hidden_states(subject.task, subject.material.symbols(subject.task, self.steps))
        layer = layer_of(self.layer, next(iter(found.states.values())).shape[1])
        states = {name: each[:, layer] for name, each in found.states.items()}  # (T + 1, H) each
        moved = (states["h"][1:] - states["h"][:-1]).norm(dim=1)
        most = int(moved.argmax())
        varied = states["h"].std(dim=0, correction=0).argsort(descending=True, stable=True)[: self.lines].tolist()
        columns = ["0", *found.symbols]
        grids = [
            Grid(f"state-{name}", f"{NAMES.get(name, name)}, layer {layer + 1}", "", "symbol read", "unit", columns,
                 [str(unit) for unit in range(each.shape[1])], each.T.tolist(), "activation", centred=True)
            for name, each in states.items()
        ]  # fmt: skip
        caption = f"{subject.name}: every unit behind every symbol, the initial state, 0, first."
        lines = {f"unit {unit}": states["h"][:, unit].tolist() for unit in varied}
        words = (
            "The units that change most",
            f"h of {len(varied)} units of {subject.name}, from the initial state on.",
        )
        return Lesson([
            f"Over {len(found.symbols)} symbols the state of {subject.name}, layer {layer + 1}, moves by"
            f" {float(moved.mean()):.2f} at a symbol on the average (‖h_t - h_(t-1)‖), most at symbol {most + 1},"
            f" {found.symbols[most]}: {float(moved[most]):.2f}.",
            Beside("hidden-states", "Hidden states", caption, grids),
            Curves("units", *words, "symbols read", "activation", range(len(columns)), lines),
        ])  # fmt: skip
