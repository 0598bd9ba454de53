"""Floating-point operations (FLOPs) of networks, as the networks declare them.

Counted are matrix products, a multiply-add as two operations, as `torch.utils.flop_counter` counts them. Not counted
are elementwise operations (biases, gates, activations, normalisation, pooling, a recurrence that is diagonal): a few
for each unit, where a product takes hundreds, and how many depends on how a formula is written. Looking up an embedding
costs nothing. torch's counter cannot take the place of declarations: it sees nothing of the fused kernels of recurrent
layers.
"""

from __future__ import annotations

import math

from torch import nn

from rnnlab.errors import UserError

# The methods that say what a network computes, and so what its `flops` has to count.
COMPUTING = frozenset({"step", "unroll", "forward", "outputs", "vectors"})


def declared_flops(network: nn.Module, *steps: int) -> float | None:
    """Return the operations that a network declares by its method `flops`; None where it declares none.

    A declaration is not inherited by a class that computes in another way: who overrides one of `COMPUTING` declares
    anew, or not at all.

    Args:
        network: A `Cell`, a `Recurrent` or a task.
        *steps: The arguments of its `flops`.

    Raises:
        UserError: What it declares is no number.
    """
    for kind in type(network).__mro__:
        if "flops" in vars(kind):
            return _checked(network, network.flops(*steps))  # type: ignore[operator]  # a method
        if not COMPUTING.isdisjoint(vars(kind)):
            break
    return None


def linear_flops(module: nn.Module) -> int | None:
    """Return the operations of a module that applies each `nn.Linear` in it once to one vector.

    None where it has matrices that belong to none, and to no embedding: what it does with them is not known.
    """
    operations = 0
    for part in module.modules():
        if type(part) is nn.Linear:
            operations += 2 * part.in_features * part.out_features
        elif type(part) is not nn.Embedding and any(weight.dim() > 1 for weight in part.parameters(recurse=False)):
            return None
    return operations


def total_flops(*parts: tuple[int, float | None]) -> float | None:
    """Return the sum of operations, each times a number; None where one of them is not declared."""
    known = [times * flops for times, flops in parts if flops is not None]
    return sum(known) if len(known) == len(parts) else None


def _checked(network: nn.Module, flops: object) -> float | None:
    if flops is None:
        return None
    if isinstance(flops, bool) or not isinstance(flops, int | float) or not (0 <= flops < math.inf):
        raise UserError(f"{type(network).__name__}.flops returns {flops!r}; it must be a number of at least 0, or None")
    return flops
