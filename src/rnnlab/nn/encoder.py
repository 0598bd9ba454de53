"""The encoder of a task: recurrent layers of the sizes that its configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.errors import UserError
from rnnlab.nn.recurrent import Recurrent
from rnnlab.nn.stack import build_recurrent

Node = Mapping[str, Any]


def build_encoder(cell: Node, model: Node, input_size: int) -> Recurrent:
    """Build the recurrent layers of a configuration.

    Args:
        cell: Its node `cell`.
        model: Its node `model`, with `hidden_size`, `num_layers`, `dropout` and `bidirectional`.
        input_size: Units of an input.

    Raises:
        UserError: The cell cannot be built so.
    """
    return build_recurrent(
        cell, input_size, model["hidden_size"], model["num_layers"], model["dropout"], model["bidirectional"]
    )


def build_causal_encoder(cell: Node, model: Node, input_size: int, use: str) -> Recurrent:
    """Build recurrent layers whose outputs depend on no later input.

    Args:
        cell: The node `cell` of a configuration.
        model: Its node `model`.
        input_size: Units of an input.
        use: What the encoder is for, and why it has to be causal; for the message.

    Raises:
        UserError: The encoder is not causal, or the cell cannot be built so.
    """
    encoder = build_encoder(cell, model, input_size)
    if not encoder.causal:
        wrong = "model.bidirectional=true" if model["bidirectional"] else f"cell={cell['name']}"
        raise UserError(f"{wrong} is not for {use}")
    return encoder
