"""What cells declare of their operations, against torch's counter on the networks as they are written out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from networks import CELLS
from rnnlab.errors import UserError
from rnnlab.nn import Cell, Recurrent, build_recurrent
from rnnlab.nn.cells.mingru import MinGRU
from rnnlab.nn.flops import declared_flops
from rnnlab.nn.stack import Stack

# torch's counter sees nothing of fused kernels: those are held to the same formulas, written out.
WRITTEN_OUT = {"rnn": "scratch_rnn", "irnn": "scratch_rnn", "gru": "scratch_gru", "lstm": "scratch_lstm"}
FORWARDS = ("transformer", "mlp_window", "mlp_flat", "bag")

sizes = st.integers(1, 9)


def counted(network: Recurrent, x: Tensor) -> int:
    """The operations of a sequence that is read step by step, as torch counts them."""
    state = None
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        for inputs in x.split(1, dim=1):
            _, state = network(inputs, state)
    return counter.get_total_flops()


@pytest.mark.parametrize("cell", sorted(CELLS))
@settings(max_examples=8)
@given(data=st.data(), input_size=sizes, layers=st.integers(1, 3), steps=st.integers(1, 7))
def test_a_cell_declares_what_its_written_out_form_takes(
    cell: str, data: st.DataObject, input_size: int, layers: int, steps: int
) -> None:
    hidden_size = 4 * data.draw(st.integers(1, 3)) if cell == "transformer" else data.draw(sizes)
    both = cell not in FORWARDS and data.draw(st.booleans())
    shape: dict[str, Any] = {"num_layers": layers, "bidirectional": both}
    network = build_recurrent(CELLS[cell], input_size, hidden_size, **shape)
    written = build_recurrent(CELLS[WRITTEN_OUT.get(cell, cell)], input_size, hidden_size, **shape).eval()
    x = torch.zeros(1, steps, input_size)
    if cell == "mlp_flat":  # which reads a sequence at once
        with FlopCounterMode(display=False) as counter:
            written(x)
        assert declared_flops(network, steps) == counter.get_total_flops() > 0
    else:
        assert declared_flops(network, steps) == counted(written, x)
    assert (declared_flops(network, steps) == 0) == (cell == "bag")


@pytest.mark.parametrize(
    ("cell", "flops"),
    [
        ("rnn", 2 * 128 * (64 + 128)),
        ("gru", 2 * 3 * 128 * (64 + 128)),
        ("lstm", 2 * 4 * 128 * (64 + 128)),
        ("coupled_lstm", 2 * 3 * 128 * (64 + 128)),
        ("layernorm_lstm", 2 * 4 * 128 * (64 + 128)),
        ("mingru", 2 * 2 * 128 * 64),
        ("minlstm", 2 * 3 * 128 * 64),
        ("lru", 2 * (64 * 128 + 6 * 128 * 128)),
        ("mlp_window", 2 * 3 * 64 * 128),
    ],
)
def test_a_step_takes_what_the_formulas_say(cell: str, flops: int) -> None:
    assert declared_flops(build_recurrent(CELLS[cell], 64, 128), 1) == flops


def test_attention_takes_more_the_longer_a_sequence_is_up_to_its_context() -> None:
    network = build_recurrent(CELLS["transformer"], 8, 8)
    sequences = [declared_flops(network, steps) for steps in range(9)]
    steps = [b - a for a, b in pairwise(sequences) if a is not None and b is not None]
    assert [step - 2 * 12 * 8 * 8 for step in steps] == [4 * 8 * seen for seen in (1, 2, 3, 4, 5, 5, 5, 5)]


class Silent(Cell):
    """A cell that declares nothing."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.update = nn.Linear(input_size + hidden_size, hidden_size)

    def step(self, x: Tensor, state: Any) -> Tensor:
        return torch.tanh(self.update(torch.cat([x, state], dim=-1)))


class Telling(Silent):
    """One that declares what it is given."""

    answer: Any = 24.5

    def flops(self) -> Any:
        return self.answer


class Twice(MinGRU):
    """A shipped cell's declaration, on another computation."""

    def unroll(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        return super().unroll(super().unroll(x, state)[0], state)


class Larger(MinGRU):
    """A shipped cell with a larger layer, which its declaration sees."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.more = nn.Linear(input_size, 1)


class OwnMatrix(MinGRU):
    """A shipped cell with a matrix of which nothing is known."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.matrix = nn.Parameter(torch.zeros(hidden_size, hidden_size))


def declared(cell: type[Cell]) -> float | None:
    return declared_flops(Stack(cell, {}, input_size=3, hidden_size=3, num_layers=2), 10)


def test_what_a_cell_does_not_declare_is_not_guessed() -> None:
    assert declared(Silent) is None
    assert declared(Telling) == 10 * 2 * 24.5
    assert declared(Twice) is None
    assert declared(OwnMatrix) is None
    assert declared(Larger) == 10 * 2 * 2 * (3 * 6 + 3)


@pytest.mark.parametrize("answer", [-1, float("nan"), float("inf"), "12", True, torch.tensor(3)])
def test_a_declaration_that_is_no_number_is_refused(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Telling, "answer", answer)
    with pytest.raises(UserError, match=r"Telling\.flops returns .*; it must be a number of at least 0, or None"):
        declared(Telling)
