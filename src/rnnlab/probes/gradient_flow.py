"""How far back through time an error is felt: the gradient of the loss with respect to each hidden state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.trace import Network, part_names, undisturbed, unroll


@dataclass(frozen=True)
class GradientFlow:
    """Norms of gradients against the distance to the step at which the loss arises.

    Attributes:
        norms: For each part of the state (`h`, and `c` of an LSTM) `(D + 1,)`: the Euclidean norm of the gradient of
            a row's loss with respect to the state, over all layers, averaged over the rows that are so long. Entry
            d belongs to the state d steps before the loss: 0 is the last one, T the initial one.
        state: `(D + 1,)`, the same for all parts of the state together.
        rows: `(D + 1,)`, how many rows each mean is over.
    """

    norms: dict[str, Tensor]
    state: Tensor
    rows: Tensor

    @property
    def first_to_last(self) -> float:
        """The norm at the farthest distance as a share of the nearest: below 1 it vanishes, above it explodes."""
        h = self.norms["h"]
        return float(h[-1] / h[nearest(h)])

    @property
    def left(self) -> Tensor:
        """`(D + 1,)`, that of all parts together as a share of that at the nearest state."""
        return self.state / self.state[nearest(self.state)]


def gradient_flow(task: nn.Module, batch: Batch) -> GradientFlow:
    """Measure it on a batch, each row read from the initial state on.

    The loss of a row is that at its own last step alone: the cross-entropy of the last target of a language model or of
    the label of a classifier, whose head is given the last output, or the squared error of a number. The gradients of
    such a loss are what vanishes and explodes in Pascanu, Mikolov and Bengio (2013), section 2.

    Args:
        task: With an embedding, a causal encoder and a head, trained or not.
        batch: On the device of the task.

    Raises:
        UserError: The task has no states that follow one another in time, or its loss lies behind a decoder.
    """
    if hasattr(task, "decoder"):
        raise UserError("the loss of a forecaster lies behind its decoder, and gradients are followed in encoders only")
    network = Network.of(task)
    with undisturbed(task):
        inputs, targets = batch.inputs.clone(), batch.targets.clone()  # what an evaluation made has no gradients
        ends = batch.lengths.to(inputs.device).clone()
        with torch.no_grad():
            x = network.embedding(inputs)  # (B, T, D)
        steps, outputs = unroll(network.encoder, x)
        rows = torch.arange(len(inputs), device=inputs.device)
        logits = network.head(torch.stack(outputs)[ends - 1, rows])  # (B, classes), or (B, 1) of a number
        last = targets if targets.dim() == 1 else targets[rows, ends - 1]
        loss = _loss(logits, last).sum()  # rows share nothing, so each has its own gradients
        flat = [part for state in steps for part in state]
        found = torch.autograd.grad(loss, flat, allow_unused=True, materialize_grads=True)
    return _by_distance(found, len(steps[0]), ends)


def nearest(norms: Tensor) -> int:
    """The distance of the nearest state that the loss hangs on: 0, or 1 where an output is made beside the state."""
    return int((norms > 0).int().argmax())


def state_weights_gradient(task: nn.Module, batch: Batch, lengths: Sequence[int]) -> dict[int, float]:
    """The norm of the gradient of the weights that multiply the state, against how many steps are read.

    The loss is that of `gradient_flow`, at the last of the T steps, its mean over the rows that are so long, each read
    from the initial state on.

    Args:
        task: With an embedding, a causal encoder and a head, trained or not.
        batch: On the device of the task.
        lengths: Each T, in steps.

    Returns:
        The Euclidean norm over all such weights of all layers by T, for as many T as there are rows; nothing where
        the cell has no such weights or does not tell.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    encoder = network.encoder
    weights = [its.weight for layer in range(encoder.num_layers) for its in encoder.state_weights(layer)]
    norms: dict[int, float] = {}
    with undisturbed(task):
        for length in lengths if weights else ():
            rows = (batch.lengths >= length).nonzero()[:, 0]
            if not len(rows):
                continue
            rows = rows.to(batch.inputs.device)
            with torch.no_grad():
                x = network.embedding(batch.inputs[rows, :length].clone())
            y, _ = encoder(x)
            targets = batch.targets[rows].clone()
            last = targets if targets.dim() == 1 else targets[:, length - 1]
            found = torch.autograd.grad(_loss(network.head(y[:, -1]), last).mean(), weights)
            norms[length] = float(torch.stack([its.double().square().sum() for its in found]).sum().sqrt())
    return norms


def _loss(told: Tensor, target: Tensor) -> Tensor:
    """Of each row `(B,)`: the cross-entropy of a class, the squared error of a number."""
    if target.is_floating_point():
        return nn.functional.mse_loss(told[:, 0], target.to(told.dtype), reduction="none")
    return nn.functional.cross_entropy(told, target, reduction="none")


def _by_distance(found: tuple[Tensor, ...], parts: int, ends: Tensor) -> GradientFlow:
    """Turn gradients, step by step and part by part, into means over rows of equal distance to their end."""
    count = len(found) // parts  # T + 1 states
    distance = ends[None, :] - torch.arange(count, device=ends.device)[:, None]  # (T + 1, B), negative behind an end
    inside = distance >= 0
    rows = torch.zeros(count, dtype=torch.long, device=ends.device)
    rows.index_add_(0, distance[inside], torch.ones_like(distance[inside]))
    farthest = int(ends.max())

    def mean(squares: Tensor) -> Tensor:  # of the roots of (T + 1, B)
        sums = torch.zeros(count, dtype=squares.dtype, device=ends.device)
        sums.index_add_(0, distance[inside], squares.sqrt()[inside])
        return (sums / rows)[: farthest + 1].cpu()

    squares = [torch.stack([g.double().square().sum(dim=(0, 2)) for g in found[n::parts]]) for n in range(parts)]
    norms = {name: mean(each) for name, each in zip(part_names(parts), squares, strict=True)}
    return GradientFlow(norms, mean(torch.stack(squares).sum(dim=0)), rows[: farthest + 1].cpu())
