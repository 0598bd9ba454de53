"""A task's encoder, one step at a time: every state that it passes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn import Recurrent, State

PARTS = ("h", "c")  # the names of a state's tensors; from the third on they are numbered


@dataclass(frozen=True)
class Network:
    """The parts of a task that probes measure.

    Attributes:
        embedding: From symbols `(B, T)` to vectors `(B, T, D)`; of a signal, whose inputs are vectors, the identity.
        encoder: A causal encoder of those vectors.
        head: From an output `(B, H)` to logits `(B, classes)`.
        vocabulary: The symbols, or the channels of a signal.
    """

    embedding: nn.Module
    encoder: Recurrent
    head: nn.Module
    vocabulary: Vocabulary

    @classmethod
    def of(cls, task: nn.Module) -> Network:
        """Return the parts of a task, whichever it is.

        Raises:
            UserError: It has no such parts, or its encoder also reads backwards, so that no state sums up the past.
        """
        parts = {name: getattr(task, name, None) for name in cls.__annotations__}
        if missing := [name for name, part in parts.items() if part is None]:
            raise UserError(f"{type(task).__name__} has no {missing[0]}, so there are no states to look at")
        network = cls(**parts)  # type: ignore[arg-type]
        encoder = network.encoder
        if not isinstance(encoder, Recurrent) or not (encoder.causal and encoder.sums_up):
            bidirectional = getattr(encoder, "directions", 1) == 2
            name = "a bidirectional encoder" if bidirectional else type(encoder).__name__
            raise UserError(f"{name} has no states that follow one another in time")
        return network


@dataclass(frozen=True)
class Trace:
    """The states that an encoder passed through.

    Attributes:
        inputs: `(T, B, D)` of the first layer.
        states: For each part of the state (`h`, and `c` of an LSTM) `(T + 1, layers, B, H)`, the initial one first.
        outputs: `(T, B, H)` of the last layer.
    """

    inputs: Tensor
    states: dict[str, Tensor]
    outputs: Tensor


def trace(task: nn.Module, inputs: Tensor) -> Trace:
    """Read symbols `(B, T)` or vectors `(B, T, D)` with a task, each row from the initial state on.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    with undisturbed(task), torch.no_grad():
        x = network.embedding(inputs)  # (B, T, D)
        steps, outputs = unroll(network.encoder, x)
    states = {
        name: torch.stack(parts)
        for name, parts in zip(part_names(len(steps[0])), zip(*steps, strict=True), strict=True)
    }
    return Trace(x.transpose(0, 1), states, torch.stack(outputs))


def unroll(encoder: Recurrent, x: Tensor) -> tuple[list[tuple[Tensor, ...]], list[Tensor]]:
    """Run over inputs `(B, T, D)` in steps of one, the state handed on from each to the next.

    With gradients enabled, everything is a part of one graph that begins with the initial state.

    Returns:
        The T + 1 states, the initial one first, and the T outputs `(B, H)`. Where an output is the last layer's
        hidden state, as it is of almost every cell, it is made of that state and not computed beside it.
    """
    first = parts_of(encoder.initial_state(x))
    steps = [tuple(part.detach().clone().requires_grad_(torch.is_grad_enabled()) for part in first)]
    outputs: list[Tensor] = []
    exposed = False  # whether outputs are hidden states
    for t in range(x.shape[1]):
        y, state = encoder(x[:, t : t + 1], _whole(steps[-1]))
        steps.append(parts_of(state))
        hidden = steps[-1][0][-1]
        exposed = torch.equal(hidden, y[:, 0]) if t == 0 else exposed
        outputs.append(hidden if exposed else y[:, 0])
    return steps, outputs


def parts_of(state: State) -> tuple[Tensor, ...]:
    """Return the tensors of a state."""
    return (state,) if isinstance(state, Tensor) else state


def part_names(count: int) -> list[str]:
    """Return the names of that many parts of a state."""
    return [*PARTS[:count], *(f"state {number}" for number in range(len(PARTS) + 1, count + 1))]


def _whole(parts: tuple[Tensor, ...]) -> State:
    return parts[0] if len(parts) == 1 else parts


@contextmanager
def undisturbed(task: nn.Module) -> Iterator[None]:
    """Put a task into evaluation mode and enable gradients, also through cuDNN and inside an evaluation.

    Afterwards every module is in the mode that it had before.
    """
    modes = [(module, module.training) for module in task.modules()]
    task.eval()
    try:
        # cuDNN differentiates recurrent layers in training mode only; torch's own kernels always.
        with torch.inference_mode(False), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        for module, training in modes:
            module.training = training


def layer_index(layer: int | None, layers: int) -> int:
    """Return the index of `probe.layer`, which counts from 1; None is the last layer.

    Raises:
        UserError: There is no such layer.
    """
    if layer is not None and layer > layers:
        raise UserError(f"probe.layer={layer}: the network has {layers} layer{'s' if layers > 1 else ''}")
    return (layers if layer is None else layer) - 1
