"""Feed-forward layers."""

from __future__ import annotations

from torch import nn


def perceptron(input_size: int, hidden_size: int, num_layers: int, dropout: float) -> nn.Sequential:
    """Build a feed-forward network, h = max(0, W x + b) in every layer, from `(…, input_size)` to `(…, hidden_size)`.

    Dropout acts between layers.
    """
    layers: list[nn.Module] = []
    for number in range(num_layers):
        layers += [nn.Dropout(dropout)] if number else []
        layers += [nn.Linear(hidden_size if number else input_size, hidden_size), nn.ReLU()]
    return nn.Sequential(*layers)
