"""What every unit does while a text is read."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from rnnlab.data.vocabulary import readable
from rnnlab.errors import UserError
from rnnlab.probes.trace import Network, trace
from rnnlab.tasks.abilities import Reads, Spells


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
    symbols = _read(task, text, key) if isinstance(text, str) else text
    device = next(task.parameters()).device
    states = trace(task, symbols.to(device)[None]).states
    if isinstance(task, Spells):
        names = [readable(name) for name in task.spell(symbols)]
    else:
        names = network.vocabulary.labels(symbols.tolist())
    return HiddenStates(tuple(names), {name: each[:, :, 0].cpu() for name, each in states.items()})


def _read(task: nn.Module, text: str, key: str) -> Tensor:
    if not isinstance(task, Reads):
        raise UserError(f"{key}: {type(task).__name__} reads no texts")
    return task.read(text, key)
