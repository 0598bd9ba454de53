"""A small causal Transformer, whose state is a window of its past."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, scaled_dot_product_attention

from rnnlab.errors import UserError
from rnnlab.nn.flops import linear_flops, total_flops
from rnnlab.nn.recurrent import Recurrent, State

WAVELENGTH = 10_000.0  # the base of the rotations' wavelengths (Su et al. 2021)
EXPANSION = 4  # units of the network behind attention, for one of the width (Vaswani et al. 2017)


class Transformer(Recurrent):
    """A decoder (Vaswani et al. 2017), normalised before each part (Xiong et al. 2020), with rotary positions.

        x = x + Attention(LN(x))    x = x + W_2 gelu(W_1 LN(x) + b_1) + b_2    and in the end LN(x)

    Each layer sees the present step and the `context - 1` before it. Its state holds the keys and values of
    the last n of these, n < context, side by side as `(layers, B, n · H)` each, and how many of them are real, as whole
    numbers `(layers, B, 1)`; the newest stand last. Rotary positions (Su et al. 2021) make
    attention depend on distances alone, so keys are kept unrotated and a stream may be endless.

    Inputs of a size other than H are made as many by a linear layer without bias. A layer has 12 · H · H + 13 · H
    parameters, the last norm 2 · H. Dropout acts on attention and on what each part adds, in every layer.

    Args:
        context: Steps that a layer sees, at least 1.
        heads: Heads of attention; `hidden_size` must be a multiple of twice as many.
        *args: The arguments of `Recurrent`.
        **shape: The arguments of `Recurrent`.

    Raises:
        UserError: `hidden_size` is no such multiple.
    """

    sums_up = False
    forwards_only = True

    def __init__(self, *args: Any, context: int, heads: int, **shape: Any) -> None:
        super().__init__(*args, **shape)

        if self.hidden_size % (2 * heads):
            raise UserError(
                f"cell.heads={heads}: model.hidden_size={self.hidden_size} is no multiple of twice as many, as rotary"
                " positions need it"
            )
        self.context = context
        self.heads = heads
        same = self.input_size == self.hidden_size
        self.adapt = nn.Identity() if same else nn.Linear(self.input_size, self.hidden_size, bias=False)
        self.blocks = nn.ModuleList(Block(self.hidden_size, heads, self.dropout) for _ in range(self.num_layers))
        self.norm = nn.LayerNorm(self.hidden_size)

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        rows, steps, _ = x.shape
        keys, values, known = self._empty_state(x) if state is None else state
        before = keys.shape[-1] // self.hidden_size  # n
        width = min(self.context - 1, before + steps)  # n of the next state
        read = torch.full((rows,), steps, device=x.device) if lengths is None else lengths.to(x.device)
        # Where the next state's n steps stand among those of this state and x; negative ones are not real.
        kept = (before + read[:, None] - width + torch.arange(width, device=x.device)).clamp(min=0)  # (B, n)
        visible = self._visible(before, steps, known[0]) if before or steps > self.context else None
        rotation = _rotation(before + steps, self.hidden_size // self.heads, x)
        caches = []
        x = self.adapt(x)
        for block, *cache in zip(self.blocks, keys, values, strict=True):
            past = [part.view(rows, before, self.hidden_size) for part in cache]
            x, *whole = block(x, *past, visible, rotation)  # of the whole: (B, n + T, H)
            caches.append(
                [part[:, before + steps - width :] if lengths is None else _take(part, kept) for part in whole]
            )
        keys, values = (torch.stack([part.flatten(1) for part in parts]) for parts in zip(*caches, strict=True))
        x = self.norm(x)
        if lengths is not None:
            x = x.where((torch.arange(steps, device=x.device) < read[:, None])[..., None], 0.0)
        return x, (keys, values, (known + read[:, None]).clamp(max=width))

    def initial_state(self, x: Tensor) -> State:
        """Return a state of the size that it has after `context` steps, of which none is real."""
        empty = x.new_zeros(self.num_layers, len(x), (self.context - 1) * self.hidden_size)
        return empty, empty, torch.zeros(self.num_layers, len(x), 1, dtype=torch.long, device=x.device)

    def flops(self, steps: int) -> float | None:
        """Return the operations as they are where a sequence is read step by step.

        Step t meets the keys and values of the min(t, context) steps that it sees, with 4 · H operations for each. A
        pass over a whole sequence may compute more, what it then masks.
        """
        within = min(steps, self.context)
        seen = within * (within + 1) // 2 + (steps - within) * self.context
        attention = self.num_layers * 4 * self.hidden_size * seen
        return total_flops((steps, linear_flops(self)), (1, attention))

    def _empty_state(self, x: Tensor) -> tuple[Tensor, ...]:
        empty = x.new_zeros(self.num_layers, len(x), 0)
        return empty, empty, torch.zeros(self.num_layers, len(x), 1, dtype=torch.long, device=x.device)

    def _visible(self, before: int, steps: int, known: Tensor) -> Tensor:
        """Return which of n + T steps the last T see, `(B, 1, T, n + T)`, if `known` `(B, 1)` of n are real."""
        place = torch.arange(before + steps, device=known.device)
        distance = place[before:, None] - place  # (T, n + T)
        near = (distance >= 0) & (distance < self.context)
        real = place >= before - known  # (B, n + T)
        return (near & real[:, None])[:, None]


class Block(nn.Module):
    """One layer: attention over steps, then a feed-forward network at each step."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.network_norm = nn.LayerNorm(width)
        self.network = nn.Sequential(
            nn.Linear(width, EXPANSION * width), nn.GELU(), nn.Linear(EXPANSION * width, width)
        )

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, visible: Tensor | None, rotation: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the outputs, and all n + T keys and values.

        Args:
            x: `(B, T, H)` inputs.
            keys: `(B, n, H)` of the steps before, not rotated.
            values: `(B, n, H)` of the steps before.
            visible: `(B, 1, T, n + T)`; None where n is 0 and each step sees all before it.
            rotation: `(2, n + T, H / heads / 2)`, cosines and sines.
        """
        query, key, value = self.query_key_value(self.attention_norm(x)).chunk(3, dim=-1)
        keys, values = torch.cat([keys, key], dim=1), torch.cat([values, value], dim=1)
        y = scaled_dot_product_attention(
            _rotate(self._split(query), rotation[:, -x.shape[1] :]),
            _rotate(self._split(keys), rotation),
            self._split(values),
            attn_mask=visible,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=visible is None,
        )  # (B, heads, T, H / heads)
        x = x + dropout(self.mix(y.transpose(1, 2).flatten(2)), self.dropout, self.training)
        x = x + dropout(self.network(self.network_norm(x)), self.dropout, self.training)
        return x, keys, values

    def _split(self, x: Tensor) -> Tensor:
        """Split heads that stand side by side `(B, T, H)` into `(B, heads, T, H / heads)`."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


def _rotation(steps: int, width: int, like: Tensor) -> Tensor:
    """Return cosine and sine of t · 10,000^(-2k / width) for every step t and pair of units k, `(2, T, width / 2)`."""
    exponents = torch.arange(0, width, 2, dtype=like.dtype, device=like.device) / width
    times = torch.arange(steps, dtype=like.dtype, device=like.device)
    angles = times[:, None] / torch.pow(WAVELENGTH, exponents)
    return torch.stack([angles.cos(), angles.sin()])


def _rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Rotate the pairs of units of x `(B, heads, T, W)`, its first half with its second, by `(2, T, W / 2)`."""
    (first, second), (cosine, sine) = x.chunk(2, dim=-1), rotation
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)


def _take(x: Tensor, steps: Tensor) -> Tensor:
    """Select the steps `(B, n)` of each row of x `(B, T, H)`."""
    return x.gather(1, steps[..., None].expand(-1, -1, x.shape[-1]))
