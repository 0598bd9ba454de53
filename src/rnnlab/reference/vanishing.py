"""Gradients that vanish or explode on their way back through time: the study experiments/vanishing-gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import Axis, Lines, lines_at
from rnnlab.reference.numpy_rnn import Array, NumpyRNN

WEIGHTS = (0.5, 1.0, 2.0, 4.0)
SLOPE = 0.4  # of the tanh, taken as the same at every step
STEPS = 50
LENGTHS = (5, 10, 20, 50, 100, 200)
INPUTS, OUTPUTS = 10, 5


def vanishing(hidden_size: int = 32, scale: float = 0.1, seed: int = 0) -> Document:
    """Show how a gradient vanishes: in one unit by its formula, then in a network as measured.

    Args:
        hidden_size: Units of the network.
        scale: Standard deviation of its first weights.
        seed: Of weights, inputs and targets.

    Raises:
        ValueError: A setting is out of its range.
    """
    for name, value, least in (("hidden_size", hidden_size, 1), ("seed", seed, 0)):
        if type(value) is not int or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    if type(scale) not in (int, float) or not 0 <= scale < np.inf:
        raise ValueError(f"scale must be a number of at least 0, not {scale!r}")
    flows = {f"W = {weight:g}": scalar_flow(weight, SLOPE, STEPS) for weight in WEIGHTS}
    left = ", ".join(f"{flow[-1]:.1e} at {label}" for label, flow in flows.items())
    network = NumpyRNN(INPUTS, hidden_size, OUTPUTS, seed, scale)
    radius = np.abs(np.linalg.eigvals(network.W_hh)).max()
    total = sum(values.size for values in network.parameters().values())
    measured = {length: measure(network, length, seed + 1) for length in LENGTHS}
    first, last = measured[LENGTHS[0]], measured[LENGTHS[-1]]
    alone = [norms.of_last_loss for norms in measured.values()]
    return Document(
        [
            f"After {STEPS} steps back through one unit with the weight W, its tanh everywhere as steep as {SLOPE},"
            f" what is left of a gradient is (W · {SLOPE})^{STEPS}: {left}. The product decides, not the weight:"
            f" at W = 2 it still shrinks, by a fifth at each step, and only above W = {1 / SLOPE:g} it grows.",
            "The textbook chapter that this formula is from prints other figures; they do not follow from it.",
            _chart("gradient-log", "The gradient of one unit, logarithmic", flows, log=True),
            _chart("gradient-linear", "The gradient of one unit, linear", flows, log=False),
            f"A network of {hidden_size} units ({total:,} parameters, the weights normal with standard deviation"
            f" {scale:g}, the largest eigenvalue of W_hh {radius:.2f} in size) reads normal noise, with a target at"
            " every step. How much its first state still counts in its last, the spectral norm of ∂h_T/∂h_0, is"
            f" {first.reach:.1e} after {LENGTHS[0]} steps and {last.reach:.1e} after {LENGTHS[-1]}. The gradient of"
            " W_hh does not tell: it is a sum over all losses, whose norm goes from"
            f" {first.of_all_losses:.2f} to {last.of_all_losses:.2f}, and that of the last loss alone is between"
            f" {min(alone):.2f} and {max(alone):.2f}. Where far states do not count, it comes from the last few steps.",
            _table(measured),
        ]
    )


def _chart(name: str, title: str, flows: Mapping[str, Sequence[float]], log: bool) -> Lines:
    return Lines(
        name=name,
        title=title,
        caption=f"The gradient of one unit after 0 to {STEPS} steps back: (W · {SLOPE})^t.",
        x=Axis("steps back"),
        y=Axis("gradient", log=log),
        lines=lines_at(range(STEPS + 1), flows),
    )


def _table(measured: Mapping[int, Measured]) -> Table:
    heads = ["T", "‖∂L/∂W_hh‖, all losses", "the last loss alone", "‖∂h_T/∂h_0‖", "mean ‖h_t - h_(t-1)‖"]
    rows = [
        [
            str(length),
            f"{norms.of_all_losses:.3f}",
            f"{norms.of_last_loss:.3f}",
            f"{norms.reach:.1e}",
            f"{norms.moved:.3f}",
        ]
        for length, norms in measured.items()
    ]
    return Table(heads, rows)


def scalar_flow(weight: float, slope: float, steps: int) -> list[float]:
    """Return ∂h_t/∂h_0 = (weight · slope)^t of h_t = tanh(weight · h_(t-1)) for t = 0 … steps, slope constant."""
    return [(weight * slope) ** t for t in range(steps + 1)]


def state_jacobian(network: NumpyRNN) -> Array:
    """Return ∂h_T/∂h_0 `(H, H)` of the last forward pass: Π_t diag(1 - h_t²) W_hh, the last step leftmost."""
    product = np.eye(len(network.b_h))
    for h in network.states[1:]:
        product = (1 - h**2)[:, None] * network.W_hh @ product
    return product


@dataclass(frozen=True)
class Measured:
    """Gradients of a network on a sequence of T steps.

    Attributes:
        of_all_losses: The Frobenius norm of the gradient of W_hh.
        of_last_loss: The norm of the gradient of the loss at step T alone.
        reach: The spectral norm of ∂h_T/∂h_0.
        moved: The mean Euclidean norm of h_t - h_(t-1).
    """

    of_all_losses: float
    of_last_loss: float
    reach: float
    moved: float


def measure(network: NumpyRNN, length: int, seed: int) -> Measured:
    """Measure gradients on `length` steps of noise and random targets; a longer sequence begins with a shorter one."""
    random = np.random.default_rng(seed)
    targets = random.integers(OUTPUTS, size=max(LENGTHS)).tolist()[:length]
    inputs = random.normal(size=(length, INPUTS))
    network.forward(inputs[:-1])
    before = network.backward(targets[:-1])["W_hh"]
    network.forward(inputs)
    gradient = network.backward(targets)["W_hh"]
    return Measured(
        of_all_losses=float(np.linalg.norm(gradient)),
        of_last_loss=float(np.linalg.norm(gradient - before)),  # what one more step has added
        reach=float(np.linalg.norm(state_jacobian(network), 2)),
        moved=float(np.linalg.norm(np.diff(network.states, axis=0), axis=1).mean()),
    )
