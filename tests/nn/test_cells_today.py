"""What is special about each of the cells that the field compares with today."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from networks import CELLS
from rnnlab.errors import UserError
from rnnlab.nn import build_recurrent
from rnnlab.nn.cells.coupled_lstm import CoupledLSTM
from rnnlab.nn.cells.layernorm_lstm import LayerNormLSTM
from rnnlab.nn.cells.lru import LRU
from rnnlab.nn.cells.mingru import MinGRU
from rnnlab.nn.cells.minlstm import MinLSTM

D, H = 6, 8
# Of one layer with D inputs and H units, as the classes' docstrings say.
PARAMETERS = {
    "irnn": D * H + H * H + 2 * H,
    "layernorm_lstm": 4 * H * (D + H) + 14 * H,
    "coupled_lstm": 3 * (D * H + H * H + H),
    "mingru": 2 * (D * H + H),
    "minlstm": 3 * (D * H + H),
    "lru": D * H + 6 * H * H + 8 * H,
    "transformer": D * H + 12 * H * H + 13 * H + 2 * H,
}


def randn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def lru(units: int, **settings: float) -> LRU:
    torch.manual_seed(0)
    (cell,) = build_recurrent({**CELLS["lru"], **settings}, D, units).cells
    assert isinstance(cell, LRU)
    return cell


@pytest.mark.parametrize("cell", PARAMETERS)
def test_parameters_are_those_of_the_formula(cell: str) -> None:
    network = build_recurrent(CELLS[cell], D, H)
    assert sum(weight.numel() for weight in network.parameters()) == PARAMETERS[cell]


@pytest.mark.parametrize("cell", PARAMETERS)
def test_a_forward_and_backward_pass_in_bfloat16_is_finite(cell: str) -> None:
    """`trainer.precision=bf16-mixed`, the state carried on."""
    network, x = build_recurrent(CELLS[cell], D, H, 2), torch.randn(3, 7, D)
    with torch.autocast("cpu", torch.bfloat16):
        _, state = network(x)
        state = state.detach() if isinstance(state, Tensor) else tuple(part.detach() for part in state)
        y, _ = network(x, state)
    y.float().square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_an_irnn_copies_its_state_as_long_as_there_is_no_input() -> None:
    network, start = build_recurrent(CELLS["irnn"], D, H), torch.rand(1, 3, H)
    y, state = network(torch.zeros(3, 100, D), start)
    assert torch.equal(state, start) and torch.equal(y, start[0][:, None].expand(-1, 100, -1))


def test_with_a_smaller_identity_it_fades() -> None:
    network, start = build_recurrent({**CELLS["irnn"], "identity_scale": 0.5}, D, H, 2), torch.rand(2, 3, H)
    _, state = network(torch.zeros(3, 3, D), start)
    assert torch.allclose(state[0], start[0] / 8)


def test_an_irnn_is_rectified_and_begins_with_small_input_weights() -> None:
    network = build_recurrent({**CELLS["irnn"], "input_std": 0.05}, 100, 100, bidirectional=True)
    y, _ = network(torch.randn(2, 5, 100))
    assert y.min() == 0 and y.max() > 0
    for name, weight in network.layers.named_parameters():
        if name.startswith("weight_ih"):
            assert weight.std().item() == pytest.approx(0.05, rel=0.05)
        elif name.startswith("bias"):
            assert not weight.any()


def test_coupled_gates_sum_to_one_and_the_forget_gate_begins_open() -> None:
    (cell,) = build_recurrent(CELLS["coupled_lstm"], D, H).cells
    assert isinstance(cell, CoupledLSTM)
    gates = cell.gate_activations(torch.randn(5, D), (torch.randn(5, H), torch.randn(5, H)))
    assert torch.allclose(gates["input"] + gates["forget"], torch.ones(5, H))
    nothing = cell.gate_activations(torch.zeros(1, D), (torch.zeros(1, H), torch.zeros(1, H)))
    assert torch.allclose(nothing["forget"], torch.sigmoid(torch.ones(1, H)))


@torch.no_grad()
def test_a_coupled_lstm_is_torchs_lstm_cell_with_the_input_gate_put_in_by_hand() -> None:
    (cell,) = build_recurrent(CELLS["coupled_lstm"], D, H).double().cells
    x, h, c = randn(5, D), randn(5, H), randn(5, H)
    gates = cell.gate_activations(x, (h, c))
    w, u, b = cell.of_input.weight, cell.of_state.weight, cell.of_input.bias
    candidate = torch.tanh(x @ w[2 * H :].T + h @ u[2 * H :].T + b[2 * H :])
    memory = gates["forget"] * c + gates["input"] * candidate
    following, of_memory = cell.step(x, (h, c))
    assert torch.allclose(of_memory, memory) and torch.allclose(following, gates["output"] * torch.tanh(memory))


@torch.no_grad()
def test_layer_normalisation_forgets_the_size_and_the_mean_of_sums() -> None:
    """Ba et al. 2016, section 5.1: invariant to re-scaling a weight matrix, and to shifting all its rows alike."""
    (cell,) = build_recurrent(CELLS["layernorm_lstm"], D, H).double().cells
    assert isinstance(cell, LayerNormLSTM)
    for norm in (cell.input_norm, cell.state_norm, cell.memory_norm):
        norm.eps = 1e-12
    x, state = randn(5, D), (randn(5, H), randn(5, H))
    before = cell.step(x, state)
    cell.of_input.weight.mul_(3.0).add_(randn(D))
    cell.of_state.weight.mul_(0.2).add_(randn(H))
    assert all(torch.allclose(a, b, atol=1e-8) for a, b in zip(before, cell.step(x, state), strict=True))
    assert torch.allclose(cell.step(5.0 * x, state)[0], before[0], atol=1e-8)


@torch.no_grad()
@pytest.mark.parametrize("kind", [MinGRU, MinLSTM])
def test_minimal_cells_are_the_papers_formulas(kind: type[MinGRU] | type[MinLSTM]) -> None:
    cell = kind(D, H).double()
    (linear,) = cell.children()
    assert isinstance(linear, nn.Linear)
    x, h = randn(5, 1, D), randn(5, H)
    *gates, candidate = linear(x[:, 0]).split(H, dim=-1)
    opened = [torch.sigmoid(gate) for gate in gates]
    if kind is MinGRU:
        forget, take = 1 - opened[0], opened[0]
    else:
        forget, take = (gate / sum(opened) for gate in opened)
    y, state = cell.unroll(x, h)
    assert torch.allclose(y[:, 0], forget * h + take * candidate) and state is y
    gates = cell.gate_activations(x[:, 0], h)
    assert torch.allclose(gates["update" if kind is MinGRU else "input"], take)


@torch.no_grad()
def test_minlstm_shares_out_what_two_shut_gates_leave() -> None:
    """Both gates are 0 in float32, and 0 / 0 is no number."""
    cell = MinLSTM(D, H)
    cell.gates_and_candidate.bias[: 2 * H] = -1e4
    y, _ = cell.unroll(torch.zeros(1, 2, D), torch.ones(1, H))
    assert y.isfinite().all() and torch.allclose(
        cell.gate_activations(torch.zeros(1, D), y)["forget"], torch.tensor(0.5)
    )


@pytest.mark.parametrize(("r_min", "r_max", "phase"), [(0.0, 0.99, 6.28), (0.9, 0.999, 0.3), (0.5, 1.0, 3.14)])
def test_eigenvalues_begin_on_their_ring_evenly_by_area(r_min: float, r_max: float, phase: float) -> None:
    values = lru(1_500, r_min=r_min, r_max=r_max, max_phase=phase).eigenvalues().detach()
    size, angle = values.abs(), values.angle() % (2 * math.pi)
    assert r_min <= size.min() and size.max() < 1 and size.max() <= r_max + 1e-6
    assert angle.max() <= phase + 1e-3
    area = (size.square() - r_min**2) / (r_max**2 - r_min**2)  # uniform from 0 to 1
    for drawn in (area, angle / phase):
        assert drawn.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist() == pytest.approx([0.25, 0.5, 0.75], abs=0.06)


def test_eigenvalues_stay_inside_the_circle_whatever_is_learned() -> None:
    cell = lru(100)
    with torch.no_grad():
        cell.nu.copy_(torch.linspace(-8, 20, 100))
    assert cell.eigenvalues().abs().max() < 1


def test_gamma_makes_every_unit_about_as_large_as_its_input() -> None:
    cell = lru(400, r_min=0.8, r_max=0.98)
    with torch.no_grad():
        _, (real, imaginary) = cell.unroll(torch.randn(20, 300, D), cell.initial_state(torch.zeros(20, D)))
    ends = torch.stack([real, imaginary])[:, :, 200:]
    inside = cell.norm(cell.adapt(torch.randn(500, D)))
    driven = cell.into(inside).square().mean().item()
    assert ends.square().mean().item() == pytest.approx(driven, rel=0.1)


@torch.no_grad()
def test_an_lru_is_the_papers_recurrence() -> None:
    cell = lru(H).double()
    x, real, imaginary = randn(5, 1, D), randn(5, H), randn(5, H)
    u = cell.norm(cell.adapt(x[:, 0]))
    b, c = (torch.complex(*parts) for parts in (cell.into.weight.split(H), cell.out.weight.split(H, dim=1)))
    size, phase = torch.exp(-torch.exp(cell.nu)), torch.exp(cell.theta)
    drive = torch.exp(cell.log_gamma) * (u.to(b.dtype) @ b.T)
    h = size * torch.exp(1j * phase) * torch.complex(real, imaginary) + drive
    inner = (h @ c.conj().T).real + cell.direct * u
    y, state = cell.unroll(x, (real, imaginary))
    assert torch.allclose(torch.complex(*state)[:, 0], h)
    left, right = cell.glu(nn.functional.gelu(inner)).chunk(2, dim=-1)
    assert torch.allclose(y[:, 0], cell.adapt(x[:, 0]) + left * torch.sigmoid(right))


@pytest.mark.parametrize("settings", [{"r_min": 0.9, "r_max": 0.5}, {"r_max": 1.5}, {"r_min": -0.1}, {"max_phase": 0}])
def test_what_is_no_ring_is_said_in_one_line(settings: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"cell\.r_min.*cell\.r_max.*cell\.max_phase"):
        lru(H, **settings)
