"""The networks of tasks as plain modules of tensors: one step with its state, and whole sequences.

The last argument of each is a state, by its parts, each with the rows of a batch along its second dimension; the first
result is the output, and the parts of the next state follow. A module says in `initial` in which state one row begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.export.kernels import WEIGHTS, WholeKernel
from rnnlab.nn.cells.kernels import GRU, LSTM, RNN
from rnnlab.nn.pooling import pool
from rnnlab.nn.recurrent import Recurrent
from rnnlab.nn.words import WordVectors
from rnnlab.probes.trace import parts_of

LOWEST = torch.finfo(torch.float32).min  # what a running maximum begins with; JSON has no infinity


class Step(nn.Module):
    """One step of recurrent layers, from inputs `(B, D)` to outputs `(B, H)`.

    Args:
        encoder: The layers.
        input_size: Units of an input, D.
    """

    def __init__(self, encoder: Recurrent, input_size: int) -> None:
        super().__init__()
        self.encoder = encoder
        with torch.no_grad():
            state = encoder.initial_state(torch.zeros(1, 1, input_size))
        self.single = isinstance(state, Tensor)
        self.initial = parts_of(state)
        self.kernel = WholeKernel(kernel_of(encoder)) if has_kernel(encoder) else None

    def forward(self, x: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the outputs and the next state."""
        if self.kernel is not None:
            y, parts = self.kernel(x[:, None], state)
            return y[:, 0], parts
        y, after = self.encoder(x[:, None], state[0] if self.single else tuple(state))
        return y[:, 0], parts_of(after)


class RunningPool(nn.Module):
    """The pooling of outputs as a step with a state, so that a sequence may end behind any step.

    Args:
        pooling: `last`, `mean`, `max` or `concat`, see `rnnlab.nn.pooling.pool`.
        units: Of an output.
    """

    def __init__(self, pooling: str, units: int) -> None:
        super().__init__()
        self.parts = ("last", "mean", "max") if pooling == "concat" else (pooling,)
        states = {
            "last": (),
            "mean": (torch.zeros(1, 1, units, dtype=torch.float64), torch.zeros(1, 1, 1, dtype=torch.float64)),
            "max": (torch.full((1, 1, units), LOWEST),),
        }
        self.initial = tuple(tensor for part in self.parts for tensor in states[part])

    def forward(self, y: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the pooled vectors of all steps so far and the next state from outputs `(B, H)` and a state."""
        vectors, after, before = [], list[Tensor](), list(state)
        for part in self.parts:
            if part == "last":
                vectors.append(y)
            elif part == "mean":
                total, count = before.pop(0) + y, before.pop(0) + 1  # in float64: a sum of many steps
                vectors.append((total / count)[0].to(y.dtype))
                after += [total, count]
            else:
                after.append(torch.maximum(before.pop(0), y))
                vectors.append(after[-1][0])
        return torch.cat(vectors, dim=-1), tuple(after)


class OutputStep(nn.Module):
    """A step of a network that answers at every step: from inputs `(B, …)` to outputs `(B, K)`.

    Args:
        embedding: From inputs to vectors.
        encoder: The layers that read vectors.
        head: From their outputs to the network's.
        width: Units of a vector.
    """

    def __init__(self, embedding: nn.Module, encoder: Recurrent, head: nn.Module, width: int) -> None:
        super().__init__()
        self.embedding, self.head = embedding, head
        self.layers = Step(encoder, width)
        self.initial = self.layers.initial

    def forward(self, inputs: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        y, after = self.layers(self.embedding(inputs), state)
        return self.head(y), *after


class OutputSequence(nn.Module):
    """The same of a kernel over whole sequences: from inputs `(B, T, …)` to outputs `(B, T, K)`."""

    def __init__(self, step: OutputStep) -> None:
        super().__init__()
        self.embedding, self.head = step.embedding, step.head
        self.layers = WholeKernel(kernel_of(step.layers.encoder))
        self.initial = step.initial

    def forward(self, inputs: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        y, after = self.layers(self.embedding(inputs), state)
        return self.head(y), *after


class BothWaysSequence(nn.Module):
    """A network that reads both ways: from inputs `(B, T, …)` and lengths `(B,)` to outputs `(B, T, K)`."""

    initial: tuple[Tensor, ...] = ()

    def __init__(self, embedding: nn.Module, encoder: Recurrent, head: nn.Module) -> None:
        super().__init__()
        self.embedding, self.head, self.layers = embedding, head, WholeLayers(encoder)

    def forward(self, inputs: Tensor, lengths: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        return (self.head(self.layers(self.embedding(inputs), lengths)),)


class PooledStep(nn.Module):
    """A step of a task that predicts one thing of a sequence: what it predicts if the sequence ends here.

    From inputs `(B,)` or `(B, D)` to outputs `(B, K)`.
    """

    def __init__(self, embedding: nn.Module, encoder: Recurrent, head: nn.Module, pooling: str, width: int) -> None:
        super().__init__()
        self.embedding, self.head = embedding, head
        self.layers = Step(encoder, width)
        self.pool = RunningPool(pooling, encoder.output_size)
        self.initial = (*self.layers.initial, *self.pool.initial)

    def forward(self, inputs: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        own = len(self.layers.initial)
        y, after = self.layers(self.embedding(inputs), state[:own])
        vector, pooled = self.pool(y, state[own:])
        return self.head(vector), *after, *pooled


class OneOutputStep(PooledStep):
    """A step of layers whose output is the same at every step, so that no pooling has a state."""

    def __init__(self, embedding: nn.Module, encoder: Recurrent, head: nn.Module, pooling: str, width: int) -> None:
        super().__init__(embedding, encoder, head, "last", width)
        self.copies = 3 if pooling == "concat" else 1

    def forward(self, inputs: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        y, after = self.layers(self.embedding(inputs), state)
        return self.head(torch.cat([y] * self.copies, dim=-1)), *after


class PooledSequence(nn.Module):
    """The same over whole sequences: from inputs `(B, T)` or `(B, T, D)` and lengths `(B,)` to outputs `(B, K)`."""

    initial: tuple[Tensor, ...] = ()

    def __init__(self, embedding: nn.Module, encoder: Recurrent, head: nn.Module, pooling: str) -> None:
        super().__init__()
        self.embedding, self.head, self.pooling = embedding, head, pooling
        self.directions = encoder.directions
        self.layers = WholeLayers(encoder)

    def forward(self, inputs: Tensor, lengths: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, ...]:
        y = self.layers(self.embedding(inputs), lengths)
        return (self.head(pool(y, lengths, self.pooling, self.directions)),)


class Words(nn.Module):
    """The vectors of words: from their indices and those of L characters, padded, `(…, 1 + L)` to `(…, D)`."""

    def __init__(self, embedding: WordVectors) -> None:
        super().__init__()
        self.words, self.characters, self.pad = embedding.words, embedding.characters, embedding.pad
        if self.characters is not None:
            self.speller = WholeLayers(embedding.speller)
            self.directions = embedding.speller.directions

    def forward(self, inputs: Tensor) -> Tensor:
        vectors: Tensor = self.words(inputs[..., 0])
        if self.characters is None:
            return vectors
        characters = inputs[..., 1:].reshape(-1, inputs.shape[-1] - 1)
        lengths = (characters != self.pad).sum(dim=1).clamp(min=1)
        spelled = pool(self.speller(self.characters(characters), lengths), lengths, "last", self.directions)
        return torch.cat([vectors, spelled.reshape(*vectors.shape[:-1], spelled.shape[-1])], dim=-1)


class WholeLayers(nn.Module):
    """Recurrent layers over padded rows in operations that a program can have, which packing is not.

    What reads backwards reads each row reversed within its own length, so that padding stays behind it. Cells, which no
    operator stands for, are unrolled over as many steps as an example has.
    """

    def __init__(self, encoder: Recurrent) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = nn.ModuleList()
        if has_kernel(encoder):
            kernel = kernel_of(encoder)
            sides = range(encoder.directions * encoder.num_layers)
            self.layers = nn.ModuleList(WholeKernel(_one_direction(kernel, side)) for side in sides)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the outputs `(B, T, H · directions)` of inputs `(B, T, D)`."""
        y: Tensor
        if not len(self.layers):
            y, _ = self.encoder(x, lengths=None if self.encoder.causal else lengths)
            return y
        directions = self.encoder.directions
        steps = torch.arange(x.shape[1], device=x.device)
        mirrored = lengths[:, None] - 1 - steps
        source = torch.where(mirrored >= 0, mirrored, steps)[..., None]  # (B, T, 1)
        for place in range(0, len(self.layers), directions):
            y = self._read(place, x)
            if directions == 2:
                back = self._read(place + 1, x.gather(1, source.expand(-1, -1, x.shape[-1])))
                y = torch.cat([y, back.gather(1, source.expand(-1, -1, back.shape[-1]))], dim=-1)
            x = y
        return x

    def _read(self, place: int, x: Tensor) -> Tensor:
        layer = self.layers[place]
        parts = 2 if isinstance(layer.kernel, nn.LSTM) else 1
        y: Tensor
        y, _ = layer(x, [x.new_zeros(1, x.shape[0], self.encoder.hidden_size)] * parts)
        return y


def has_kernel(encoder: Recurrent) -> bool:
    """Return whether layers are those of a kernel of torch, which programs have as one operator over any length."""
    return isinstance(encoder, RNN | GRU | LSTM)


def kernel_of(encoder: Recurrent) -> nn.RNNBase:
    """Return torch's kernel in layers that are made of one."""
    kernel = encoder.layers
    assert isinstance(kernel, nn.RNNBase)
    return kernel


def _one_direction(kernel: nn.RNNBase, side: int) -> nn.RNNBase:
    """Return one layer and direction of a kernel, counted from below, as a kernel of its own with the same weights."""
    directions = 2 if kernel.bidirectional else 1
    layer = side // directions
    end = f"l{layer}" + ("_reverse" if side % directions else "")
    options = {"nonlinearity": kernel.nonlinearity} if isinstance(kernel, nn.RNN) else {}
    inputs = kernel.input_size if layer == 0 else directions * kernel.hidden_size
    kind: Any = type(kernel)
    alone: nn.RNNBase = kind(inputs, kernel.hidden_size, batch_first=True, **options)
    alone.load_state_dict({f"{name}_l0": getattr(kernel, f"{name}_{end}") for name in WEIGHTS})
    return alone.eval()
