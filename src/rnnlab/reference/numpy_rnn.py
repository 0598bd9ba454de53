"""Elman's network in NumPy, with its gradients worked out by hand.

D inputs, H hidden units, O outputs, T steps. All numbers are float64; vectors are columns, as in textbooks.

Sources:
    J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990.
    P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of the IEEE 78, 1990.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class NumpyRNN:
    """A vanilla RNN (Elman 1990), trained by backpropagation through time (Werbos 1990).

        h_t = tanh(W_xh x_t + W_hh h_(t-1) + b_h)
        y_t = W_hy h_t + b_y                        the logits; of real-valued outputs, the outputs themselves

    It has H·D + H·H + H + O·H + O parameters; torch.nn.RNN counts H more, for it keeps b_h twice.

    Attributes:
        W_xh: `(H, D)`, from the input to the hidden units; drawn from a normal distribution, like all matrices.
        W_hh: `(H, H)`, from the hidden units to themselves, one step later.
        W_hy: `(O, H)`, from the hidden units to the outputs.
        b_h: `(H,)`, 0 at first.
        b_y: `(O,)`, 0 at first.
        inputs: `(T, D)`, those of the last forward pass.
        states: `(T + 1, H)`, the states of that pass; h_0 is the first.
        logits: `(T, O)`, its outputs.
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, seed: int = 0, scale: float = 0.1) -> None:
        random = np.random.default_rng(seed)
        self.W_xh: Array = random.normal(0.0, scale, (hidden_size, input_size))
        self.W_hh: Array = random.normal(0.0, scale, (hidden_size, hidden_size))
        self.W_hy: Array = random.normal(0.0, scale, (output_size, hidden_size))
        self.b_h: Array = np.zeros(hidden_size)
        self.b_y: Array = np.zeros(output_size)

    def parameters(self) -> dict[str, Array]:
        """Return the five arrays themselves, not copies, by name."""
        return {name: getattr(self, name) for name in ("W_xh", "W_hh", "W_hy", "b_h", "b_y")}

    def forward(self, inputs: Array, h_0: Array | None = None) -> Array:
        """Read inputs and keep the state after every step.

        Args:
            inputs: `(T, D)`.
            h_0: The state `(H,)` to begin with; None for zeros.

        Returns:
            The logits `(T, O)`.
        """
        h = np.zeros_like(self.b_h) if h_0 is None else h_0
        states, logits = [h], []
        for x in inputs:
            h = np.tanh(self.W_xh @ x + self.W_hh @ h + self.b_h)
            states.append(h)
            logits.append(self.W_hy @ h + self.b_y)
        self.inputs, self.states, self.logits = inputs, np.array(states), np.array(logits)
        return self.logits

    def loss(self, targets: Sequence[int]) -> float:
        """Return the cross-entropy of the last forward pass in nats, summed over steps: L = Σ_t -log p_t[target_t]."""
        return float(-log_softmax(self.logits)[np.arange(len(targets)), targets].sum())

    def backward(self, targets: Sequence[int]) -> dict[str, Array]:
        """Return the gradient of `loss` for every parameter, by name, by backpropagation through time."""
        gradients = {name: np.zeros_like(value) for name, value in self.parameters().items()}
        # ∂L/∂y_t = p_t - one_hot(target_t), for the softmax and the logarithm cancel.
        d_logits = np.exp(log_softmax(self.logits)) - one_hot(targets, len(self.b_y))
        d_later = np.zeros_like(self.b_h)  # ∂(the losses after step t)/∂h_t
        for t in reversed(range(len(targets))):
            x, before, h, d_y = self.inputs[t], self.states[t], self.states[t + 1], d_logits[t]
            # y_t = W_hy h_t + b_y
            gradients["W_hy"] += np.outer(d_y, h)
            gradients["b_y"] += d_y
            # ∂L/∂h_t = W_hyᵀ ∂L/∂y_t + W_hhᵀ ∂L/∂a_(t+1): through its own output, and through the next state.
            d_h = self.W_hy.T @ d_y + d_later
            # h_t = tanh(a_t), and tanh'(a_t) = 1 - h_t²
            d_a = (1 - h**2) * d_h
            # a_t = W_xh x_t + W_hh h_(t-1) + b_h: the same weights at every step, so that their gradients add up.
            gradients["W_xh"] += np.outer(d_a, x)
            gradients["W_hh"] += np.outer(d_a, before)
            gradients["b_h"] += d_a
            d_later = self.W_hh.T @ d_a
        return gradients

    def descend(self, gradients: Mapping[str, Array], lr: float) -> None:
        """Take one step of gradient descent: θ ← θ - lr · ∂L/∂θ."""
        for name, value in self.parameters().items():
            value -= lr * gradients[name]

    def generate(self, first: int, length: int) -> list[int]:
        """Write symbols: the likeliest one every time, which is the next input as a one-hot vector.

        The state is carried from step to step. The network must have as many outputs as inputs.

        Args:
            first: The symbol that is read first.
            length: Symbols to return, the first included.
        """
        written, h = [first], np.zeros_like(self.b_h)
        while len(written) < length:
            logits = self.forward(one_hot(written[-1:], len(self.b_y)), h)
            h = self.states[-1]
            written.append(int(logits[-1].argmax()))
        return written


def log_softmax(logits: Array) -> Array:
    """Return log(exp(y_i) / Σ_j exp(y_j)) over the last axis.

    The largest logit is subtracted first: it cancels, and no exponential overflows.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def one_hot(indices: Sequence[int], size: int) -> Array:
    """Return a row `(size,)` for every index: 1 at the index, else 0."""
    return np.eye(size)[list(indices)]
