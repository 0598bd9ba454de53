"""Why a gradient vanishes or explodes on its way back through time: the study experiments/vanishing-gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnlab.reference.lesson import Curves, Lesson, Table
from rnnlab.reference.numpy_rnn import Array, NumpyRNN

WEIGHTS = (0.5, 1.0, 2.0, 4.0)
SLOPE = 0.4  # of the tanh, taken as the same at every step
STEPS = 50
LENGTHS = (5, 10, 20, 50, 100, 200)
INPUTS, OUTPUTS = 10, 5


def vanishing(hidden_size: int = 32, scale: float = 0.1, seed: int = 0) -> Lesson:
    """One unit by its formula, then a network by its own numbers.

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
    words = (f"The gradient of one unit after 0 to {STEPS} steps back: (W · {SLOPE})^t.", "steps back", "gradient")
    network = NumpyRNN(INPUTS, hidden_size, OUTPUTS, seed, scale)
    radius = np.abs(np.linalg.eigvals(network.W_hh)).max()
    total = sum(its.size for its in network.parameters().values())
    measured = {length: measure(network, length, seed + 1) for length in LENGTHS}
    first, last = measured[LENGTHS[0]], measured[LENGTHS[-1]]
    alone = [its.of_last_loss for its in measured.values()]
    return Lesson([
        f"After {STEPS} steps back through one unit with the weight W, its tanh everywhere as steep as {SLOPE}, what is"
        f" left of a gradient is (W · {SLOPE})^{STEPS}: {left}. The product decides, not the weight: at W = 2 it still"
        f" shrinks, by a fifth at each step, and only above W = {1 / SLOPE:g} it grows.",
        "The textbook chapter that this formula is from prints other figures; they do not follow from it.",
        Curves("gradient-log", "The gradient of one unit, logarithmic", *words, range(STEPS + 1), flows, log="y"),
        Curves("gradient-linear", "The gradient of one unit, linear", *words, range(STEPS + 1), flows),
        f"A network of {hidden_size} units ({total:,} parameters, the weights normal with standard deviation {scale:g},"
        f" the largest eigenvalue of W_hh {radius:.2f} in size) reads normal noise, with a target at every step. How"
        f" much its first state still counts in its last, the spectral norm of ∂h_T/∂h_0, is {first.reach:.1e} after"
        f" {LENGTHS[0]} steps and {last.reach:.1e} after {LENGTHS[-1]}. The gradient of W_hh does not tell: it is a sum"
        f" over all losses, whose norm goes from {first.of_all_losses:.2f} to {last.of_all_losses:.2f}, and that of the"
        f" last loss alone is between {min(alone):.2f} and {max(alone):.2f}. Where far states do not count, it comes"
        " from the last few steps.",
        Table(
            ["T", "‖∂L/∂W_hh‖, all losses", "the last loss alone", "‖∂h_T/∂h_0‖", "mean ‖h_t - h_(t-1)‖"],
            [
                [str(length), f"{its.of_all_losses:.3f}", f"{its.of_last_loss:.3f}", f"{its.reach:.1e}",
                 f"{its.moved:.3f}"]
                for length, its in measured.items()
            ],
        ),
    ])  # fmt: skip


def scalar_flow(weight: float, slope: float, steps: int) -> list[float]:
    """∂h_t/∂h_0 = (weight · slope)^t of h_t = tanh(weight · h_(t-1)) for t = 0 … steps, with a constant slope."""
    return [(weight * slope) ** t for t in range(steps + 1)]


def state_jacobian(network: NumpyRNN) -> Array:
    """∂h_T/∂h_0 `(H, H)` of the last forward pass: Π_t diag(1 - h_t²) W_hh, the last step leftmost."""
    product = np.eye(len(network.b_h))
    for h in network.states[1:]:
        product = (1 - h**2)[:, None] * network.W_hh @ product
    return product


@dataclass(frozen=True)
class Measured:
    """A network on a sequence of T steps.

    Attributes:
        of_all_losses: The Frobenius norm of the gradient of W_hh.
        of_last_loss: That of the loss at step T alone.
        reach: The spectral norm of ∂h_T/∂h_0.
        moved: The mean Euclidean norm of h_t - h_(t-1).
    """

    of_all_losses: float
    of_last_loss: float
    reach: float
    moved: float


def measure(network: NumpyRNN, length: int, seed: int) -> Measured:
    """On the first `length` steps of noise and targets that a seed draws; a longer sequence begins with a shorter."""
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
