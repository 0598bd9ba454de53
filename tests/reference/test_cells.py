"""Cells written out as loops, against torch's kernels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from networks import batch_of, language_model
from rnnlab.nn import Recurrent, State, build_recurrent
from rnnlab.probes.gates import gate_saturation
from rnnlab.reference.cells import ScratchGRU, ScratchLSTM, ScratchRNN

KERNELS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
SCRATCH = {"rnn": ScratchRNN, "gru": ScratchGRU, "lstm": ScratchLSTM}
# Where the blocks of torch's rows are in ours: in the gates one below the other, or in the candidate.
GATES = {"gru": [0, 1], "lstm": [0, 1, 3]}
CANDIDATE = 2
each_cell = pytest.mark.parametrize("cell", KERNELS)
each_shape = pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, False), (1, True), (2, True)])


def scratch(cell: str, layers: int = 1, bidirectional: bool = False) -> Recurrent:
    target = f"rnnlab.reference.cells.{SCRATCH[cell].__name__}"
    return build_recurrent({"_target_": target}, 3, 4, layers, bidirectional=bidirectional)


def spread(cell: str, written: nn.Module, side: str, rows: dict[str, Tensor]) -> None:
    """Copy rows of torch's `weight` and `bias` from one side (`input` or `hidden`) into a cell written out."""
    for name, tensor in rows.items():
        if cell == "rnn":
            places = {f"{side}_to_hidden": tensor}
        else:
            blocks = tensor.chunk(3 if cell == "gru" else 4)
            gates = torch.cat([blocks[index] for index in GATES[cell]])
            places = {f"{side}_to_gates": gates, f"{side}_to_candidate": blocks[CANDIDATE]}
        for linear, values in places.items():
            with torch.no_grad():
                written.get_parameter(f"{linear}.{name}").copy_(values)


def gathered(cell: str, written: nn.Module, side: str, name: str) -> Tensor:
    """The gradients of a cell written out, in torch's rows."""
    if cell == "rnn":
        return grad(written, f"{side}_to_hidden.{name}")
    blocks = list(grad(written, f"{side}_to_gates.{name}").chunk(len(GATES[cell])))
    blocks.insert(CANDIDATE, grad(written, f"{side}_to_candidate.{name}"))
    return torch.cat(blocks)


def grad(written: nn.Module, name: str) -> Tensor:
    gradient = written.get_parameter(name).grad
    assert gradient is not None
    return gradient


def twins(cell: str, layers: int = 1, bidirectional: bool = False) -> tuple[Recurrent, nn.RNNBase]:
    """A loop and torch's kernel with the same weights."""
    torch.manual_seed(0)
    ours = scratch(cell, layers, bidirectional)
    torchs = KERNELS[cell](3, 4, layers, batch_first=True, bidirectional=bidirectional)
    for written, suffix in pairs(ours):
        for side, letters in (("input", "ih"), ("hidden", "hh")):
            rows = {name: getattr(torchs, f"{name}_{letters}_{suffix}") for name in ("weight", "bias")}
            spread(cell, written, side, rows)
    return ours, torchs


def pairs(ours: Recurrent) -> list[tuple[nn.Module, str]]:
    """Each cell of a stack, and what torch's names of its weights end with."""
    layers, directions = range(ours.num_layers), ("", "_reverse")[: ours.directions]
    return list(zip(ours.cells, [f"l{layer}{way}" for layer in layers for way in directions], strict=True))


def parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else state


@each_cell
@each_shape
def test_a_loop_gives_the_outputs_states_and_gradients_of_torchs_kernel(
    cell: str, layers: int, bidirectional: bool
) -> None:
    """SYSTEMS A5, B4 and E6: all to 1e-6, from a state that is not zero, with the final state in the loss."""
    ours, torchs = twins(cell, layers, bidirectional)
    x = torch.randn(2, 8, 3)
    start = tuple(torch.randn(layers * ours.directions, 2, 4) for _ in range(2 if cell == "lstm" else 1))
    begun = start if cell == "lstm" else start[0]
    inputs = {network: x.clone().requires_grad_() for network in (ours, torchs)}
    results = {network: network(inputs[network], begun) for network in (ours, torchs)}
    for network, (y, state) in results.items():
        (y.square().mean() + sum(part.square().mean() for part in parts(state))).backward()
        assert y.shape == (2, 8, 4 * ours.directions), network
    (y, state), (y_torch, state_torch) = results.values()
    assert torch.allclose(y, y_torch, atol=1e-6)
    for part, part_torch in zip(parts(state), parts(state_torch), strict=True):
        assert torch.allclose(part, part_torch, atol=1e-6)
    assert torch.allclose(grad_of(inputs[ours]), grad_of(inputs[torchs]), atol=1e-6)
    for written, suffix in pairs(ours):
        for side, letters in (("input", "ih"), ("hidden", "hh")):
            for name in ("weight", "bias"):
                theirs = grad(torchs, f"{name}_{letters}_{suffix}")
                assert torch.allclose(gathered(cell, written, side, name), theirs, atol=1e-6), f"{name} {suffix}"


def grad_of(x: Tensor) -> Tensor:
    assert x.grad is not None
    return x.grad


def test_the_last_output_is_the_final_state() -> None:
    """SYSTEMS A5, of the loop and of torch's kernel."""
    for network in twins("rnn"):
        y, h_n = network(torch.randn(2, 8, 3))
        assert torch.equal(y[:, -1], h_n[0])


def test_a_loop_over_torchs_rnncell_gives_what_torchs_rnn_and_our_cell_give() -> None:
    """SYSTEMS E6."""
    ours, torchs = twins("rnn")
    cell = nn.RNNCell(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in torchs.state_dict().items()})
    x, h, states = torch.randn(2, 8, 3), torch.zeros(2, 4), []
    for t in range(8):
        h = cell(x[:, t], h)
        states.append(h)
    assert torch.allclose(torch.stack(states, dim=1), torchs(x)[0], atol=1e-6)
    assert torch.allclose(torch.stack(states, dim=1), ours(x)[0], atol=1e-6)


@each_cell
@pytest.mark.parametrize("shape", [(10, 20, 2, 0.0, False), (64, 128, 2, 0.0, True)])
def test_a_loop_has_as_many_parameters_as_torchs_kernel(cell: str, shape: tuple[int, int, int, float, bool]) -> None:
    """SYSTEMS E5 and C6: 1,480 and 148,480 of an RNN."""
    counts = {
        name: sum(weight.numel() for weight in build_recurrent({"_target_": target}, *shape).parameters())
        for name, target in (
            ("ours", f"rnnlab.reference.cells.{SCRATCH[cell].__name__}"),
            ("torch's", f"rnnlab.nn.cells.kernels.{cell.upper()}"),
        )
    }
    rnn = 1_480 if shape[0] == 10 else 148_480
    assert set(counts.values()) == {rnn * {"rnn": 1, "gru": 3, "lstm": 4}[cell]}


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_probe_of_gates_sees_in_a_loop_what_it_sees_in_torchs_kernel(cell: str, layers: int) -> None:
    written, fast = language_model(f"scratch_{cell}", layers), language_model(cell, layers)
    written.embedding.load_state_dict(fast.embedding.state_dict())
    with torch.no_grad():
        for weight in fast.encoder.parameters():
            weight *= 6  # so that gates are often shut and often wide open
    for layer, suffix in pairs(written.encoder):
        for side, letters in (("input", "ih"), ("hidden", "hh")):
            torchs = fast.encoder.layers
            rows = {name: torchs.get_parameter(f"{name}_{letters}_{suffix}") for name in ("weight", "bias")}
            spread(cell, layer, side, rows)
    batch = batch_of(fast)
    ours, theirs = gate_saturation(written, batch), gate_saturation(fast, batch)
    assert len(ours) == len(theirs) == layers * len(GATES[cell])
    for one, other in zip(ours, theirs, strict=True):
        assert (one.layer, one.gate) == (other.layer, other.gate)
        assert torch.equal(one.shut, other.shut) and torch.equal(one.wide_open, other.wide_open)
        assert one.shut.any() or one.wide_open.any()
