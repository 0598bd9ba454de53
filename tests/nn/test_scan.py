"""A linear recurrence by parallel scan is the loop over time, in outputs, states and gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from networks import CELLS
from rnnlab.nn import build_recurrent
from rnnlab.nn.cells.scan import linear_recurrence
from rnnlab.nn.recurrent import Cell, Recurrent, State

SCANNED = ["mingru", "minlstm", "lru"]
SHAPES = [(1, False), (2, False), (1, True), (3, True)]
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
each_precision = pytest.mark.parametrize("dtype", TOLERANCE)


def loop(a: Tensor, b: Tensor, h: Tensor) -> Tensor:
    states = []
    for t in range(b.shape[1]):
        h = a.expand_as(b)[:, t] * h + b[:, t]
        states.append(h)
    return torch.stack(states, dim=1)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@settings(max_examples=30)
@given(rows=st.integers(1, 3), steps=st.integers(1, 40), units=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_scan_is_the_loop(constant: bool, dtype: torch.dtype, rows: int, steps: int, units: int, seed: int) -> None:
    torch.manual_seed(seed)
    shapes = ((1, 1, units) if constant else (rows, steps, units)), (rows, steps, units), (rows, units)
    arguments = [torch.randn(shape, dtype=dtype) for shape in shapes]
    arguments[0] = arguments[0] / arguments[0].abs().clamp(min=1.0)  # no factor beyond 1, as in every cell
    arguments = [argument.requires_grad_() for argument in arguments]
    scanned, looped = linear_recurrence(*arguments), loop(*arguments)
    assert torch.allclose(scanned, looped, atol=1e-10)
    weights = torch.randn_like(looped)
    gradients = torch.autograd.grad(scanned, arguments, weights)
    expected = torch.autograd.grad(looped, arguments, weights)
    assert all(torch.allclose(x, y, atol=1e-10) for x, y in zip(gradients, expected, strict=True))


def test_gates_that_are_wholly_shut_or_open_lose_nothing() -> None:
    """Where sums of logarithms would be infinite, and their differences no numbers."""
    a = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0])[None, :, None]
    b = torch.tensor([0.0, 5.0, -1e-30, 0.0, 2.0, 0.0])[None, :, None]
    h = linear_recurrence(a, b, torch.full((1, 1), 7.0))
    assert h.flatten().tolist() == [7.0, 5.0, 5.0, 5.0, 2.0, 2.0]


def step_by_step(network: Recurrent, x: Tensor, state: State) -> tuple[Tensor, State]:
    """As a model generates: one input at a time, the state handed on."""
    outputs = []
    for t in range(x.shape[1]):
        y, state = network(x[:, t : t + 1], state)
        outputs.append(y)
    return torch.cat(outputs, dim=1), state


@each_precision
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", SCANNED)
def test_training_by_scan_equals_generation_step_by_step(cell: str, layers: int, dtype: torch.dtype) -> None:
    """In outputs, states and the gradients of weights, inputs and the initial state."""
    torch.manual_seed(0)
    network = build_recurrent(CELLS[cell], 5, 6, layers).to(dtype)
    parts = 2 if cell == "lru" else 1
    x = torch.randn(3, 37, 5, dtype=dtype, requires_grad=True)
    start = tuple(torch.randn(layers, 3, 6, dtype=dtype, requires_grad=True) for _ in range(parts))
    results = []
    for run in (network, lambda *given: step_by_step(network, *given)):
        y, state = run(x, start if parts == 2 else start[0])
        ends = state if isinstance(state, tuple) else (state,)
        loss = y.square().mean() + sum((part.sin().mean() for part in ends), torch.zeros((), dtype=dtype))
        results.append((y, *ends, *torch.autograd.grad(loss, (x, *start, *network.parameters()))))
    for scanned, stepped in zip(*results, strict=True):
        assert torch.allclose(scanned, stepped, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)
@pytest.mark.parametrize("cell", SCANNED)
def test_a_padded_batch_has_the_gradients_of_its_rows_alone(cell: str, layers: int, bidirectional: bool) -> None:
    torch.manual_seed(0)
    network = build_recurrent(CELLS[cell], 5, 6, layers, bidirectional=bidirectional).double()
    x, lengths = torch.randn(3, 9, 5, dtype=torch.float64), [9, 1, 4]
    weights = tuple(network.parameters())

    def loss(y: Tensor, state: State) -> Tensor:
        return y.square().sum() + sum(part.sin().sum() for part in (state if isinstance(state, tuple) else (state,)))

    together = torch.autograd.grad(loss(*network(x, lengths=torch.tensor(lengths))), weights)
    alone = [
        torch.autograd.grad(loss(*network(x[row : row + 1, :length])), weights) for row, length in enumerate(lengths)
    ]
    for whole, *rows in zip(together, *alone, strict=True):
        assert torch.allclose(whole, sum(rows, torch.zeros_like(whole)), atol=1e-10)


def test_a_cell_needs_a_step_or_a_way_through_the_sequence() -> None:
    for cell in SCANNED:
        (layer,) = build_recurrent(CELLS[cell], 5, 6).cells
        assert type(layer).step is Cell.step and type(layer).unroll is not Cell.unroll
