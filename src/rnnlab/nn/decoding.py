"""Decoding: from the final state of an encoder to a sequence of another length."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnnlab.nn.recurrent import Recurrent, State


def decode(  # noqa: PLR0913  # the decoder, and all that its steps read
    decoder: Recurrent,
    head: Callable[[Tensor], Tensor],
    state: State,
    first: Tensor,
    steps: int,
    truth: Tensor | None = None,
    teacher_forcing: float = 1.0,
    known: Tensor | None = None,
    next_value: Callable[[Tensor], Tensor] | None = None,
    base: Tensor | None = None,
) -> Tensor:
    """Run a decoder for some steps; the input of each step is the value of the step before it.

    In free running that value is the decoder's own prediction. In training it may be the truth instead: always (teacher
    forcing, Williams and Zipser 1989), which is one call of the layer; or at each step of each row with a probability
    (scheduled sampling, Bengio et al. 2015). Gradients reach back through predictions, which are numbers.

    Args:
        decoder: Causal layers, whose input size is that of the values and of what is known.
        head: From outputs `(B, t, H)` to predictions `(B, t, E)`.
        state: The final state of an encoder of the same shape.
        first: `(B, 1, D)` the first input.
        steps: The number of predictions, T.
        truth: `(B, T, D)` the values to predict; None for free running.
        teacher_forcing: The probability that a step reads the truth of the step before it, from 0 to 1.
        known: `(B, T, K)` what is known of each step, read beside the value; None for nothing.
        next_value: From a prediction `(B, 1, E)` to the value `(B, 1, D)` that the next step reads; None where it is
            the prediction.
        base: `(B, T, E)` what is added to the head's output to give the predictions, such as a simple forecast; None
            for nothing.

    Returns:
        The predictions `(B, T, E)`.
    """
    if truth is not None and teacher_forcing == 1:
        y, _ = decoder(_beside(torch.cat([first, truth[:, :-1]], dim=1), known), state)
        return head(y) if base is None else head(y) + base
    x, predictions = first, []
    for step in range(steps):
        y, state = decoder(_beside(x, None if known is None else known[:, step : step + 1]), state)
        prediction = head(y) if base is None else head(y) + base[:, step : step + 1]
        predictions.append(prediction)
        x = prediction if next_value is None else next_value(prediction)
        if truth is not None and teacher_forcing:
            taught = torch.rand(len(x), 1, 1, device=x.device) < teacher_forcing
            x = truth[:, step : step + 1].to(x.dtype).where(taught, x)
    return torch.cat(predictions, dim=1)


def _beside(values: Tensor, known: Tensor | None) -> Tensor:
    return values if known is None else torch.cat([values, known], dim=-1)
