"""Spectral radii, initialisation scale and clipping, against the figures of the lecture and of textbooks."""

from __future__ import annotations

import pytest
import torch

from networks import CELLS, batch_of, classifier, language_model
from rnnlab.errors import UserError
from rnnlab.probes.clipping import clipped_norms
from rnnlab.probes.gradient_flow import gradient_flow, state_weights_gradient
from rnnlab.probes.init_scale import init_scale
from rnnlab.probes.spectral_radius import jacobian_spectra, norms_of_powers, spectral_radius, weight_radii

TELLING = {
    "rnn": ["state"],
    "irnn": ["state"],
    "scratch_rnn": ["state"],
    "gru": ["reset", "update", "candidate"],
    "lstm": ["input", "forget", "candidate", "output"],
    "coupled_lstm": ["forget", "output", "candidate"],
    "layernorm_lstm": ["input", "forget", "output", "candidate"],
    "scratch_gru": ["reset", "update", "candidate"],
    "scratch_lstm": ["input", "forget", "output", "candidate"],
}
SILENT = ["mingru", "minlstm", "lru"]


@pytest.mark.parametrize(
    ("radius", "steps", "left"), [(0.5, 10, 0.001), (0.9, 10, 0.35), (0.9, 50, 0.005), (1.1, 10, 2.6), (1.1, 50, 117)]
)
def test_the_spectral_radius_decides_what_is_left_of_a_vector(radius: float, steps: int, left: float) -> None:
    """The lecture's figures, exactly so for an orthogonal matrix times the radius."""
    torch.manual_seed(0)
    matrix = radius * torch.nn.init.orthogonal_(torch.empty(16, 16, dtype=torch.double))
    assert spectral_radius(matrix) == pytest.approx(radius)
    measured = norms_of_powers(matrix, steps)
    assert measured[0] == pytest.approx(1) and measured[-1] == pytest.approx(radius**steps)
    assert measured[-1] == pytest.approx(left, rel=0.05)


def test_any_matrix_tends_to_its_radius() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(16, 16, dtype=torch.double)
    matrix *= 0.9 / spectral_radius(matrix)
    assert (norms_of_powers(matrix, 400)[-1]) ** (1 / 400) == pytest.approx(0.9, rel=0.02)


@pytest.mark.parametrize(
    "cell", [name for name in CELLS if name not in ("bag", "transformer", "mlp_flat", "mlp_window")]
)
def test_every_matrix_that_multiplies_a_state_is_known(cell: str) -> None:
    task = language_model(cell, 2)
    measured = [(entry.layer, entry.block) for entry in weight_radii(task)]
    blocks = [] if cell in SILENT else TELLING[cell]
    assert measured == [(layer, block) for layer in (1, 2) for block in blocks]
    if blocks:
        (weights, *_) = task.encoder.state_weights(1)
        before = task(torch.zeros(1, 3, dtype=torch.long))[0]
        with torch.no_grad():
            weights.matrices()[weights.blocks[0]].mul_(3)  # a view of what the network computes with
        assert not torch.equal(task(torch.zeros(1, 3, dtype=torch.long))[0], before)


def test_the_jacobian_of_a_step_is_the_formulas() -> None:
    """Of tanh: diag(1 - h_t²) W_hh; here at states so small that it is W_hh."""
    task = language_model("rnn").double()
    with torch.no_grad():
        for name, weight in task.encoder.named_parameters():
            if "weight_hh" not in name:
                weight.zero_()
    (radius,), (spectrum,) = weight_radii(task), jacobian_spectra(task, batch_of(task))
    assert float(spectrum[0]) == pytest.approx(radius.value, rel=1e-9)


def test_the_jacobian_of_a_linear_recurrent_unit_has_its_eigenvalues() -> None:
    task = language_model("lru").double()
    (measured,) = jacobian_spectra(task, batch_of(task))
    sizes = task.encoder.cells[0].eigenvalues().detach().abs().repeat(2)  # with their conjugates
    assert torch.allclose(measured, sizes.sort(descending=True).values)


def test_the_gradient_grows_as_a_power_of_the_scale_of_the_weights_until_units_saturate() -> None:
    """The chapter's exercise, over 6 steps: by scale^6 while tanh is steep, far less where it is flat."""
    task = language_model("rnn", hidden_size=32)
    batch = batch_of(task, (6, 6, 6, 6))
    before = {name: weight.clone() for name, weight in task.state_dict().items()}
    measured = init_scale(task, batch, (0.01, 0.1, 0.5, 1.0, 50.0), seed=0)
    first = {scale: entry.first for scale, entry in measured.items()}
    assert list(first.values()) == sorted(first.values())
    assert first[0.1] / first[0.01] == pytest.approx(10**6, rel=0.1)
    assert first[50.0] / first[1.0] < 1e-4 * 50**6
    assert all(torch.equal(weight, before[name]) for name, weight in task.state_dict().items())


@pytest.mark.parametrize("cell", SILENT)
def test_weights_that_are_not_told_cannot_be_scaled(cell: str) -> None:
    task = language_model(cell)
    with pytest.raises(UserError, match="no weights that multiply its state"):
        init_scale(task, batch_of(task), (1.0,), seed=0)
    assert state_weights_gradient(task, batch_of(task), (2,)) == {}


@pytest.mark.parametrize("make", [language_model, classifier])
def test_the_gradient_of_the_recurrent_weights_is_what_a_small_change_of_them_does(make: object) -> None:
    task = make("rnn").double().eval()  # type: ignore[operator]
    batch = batch_of(task, (4, 5))
    weight = task.encoder.layers.weight_hh_l0

    def loss() -> float:
        y, _ = task.encoder(task.embedding(batch.inputs[:, :4]))
        targets = batch.targets if batch.targets.dim() == 1 else batch.targets[:, 3]
        return float(torch.nn.functional.cross_entropy(task.head(y[:, -1]), targets))

    squares = 0.0
    with torch.no_grad():
        for place in range(weight.numel()):
            weight.view(-1)[place] += 1e-5
            more = loss()
            weight.view(-1)[place] -= 2e-5
            squares += ((more - loss()) / 2e-5) ** 2
            weight.view(-1)[place] += 1e-5
    assert state_weights_gradient(task, batch, (4, 9))[4] == pytest.approx(squares**0.5, rel=1e-6)
    assert set(state_weights_gradient(task, batch, (4, 5, 9))) == {4, 5}


def test_an_lstm_that_forgets_nothing_carries_the_gradient_farther_than_a_plain_network() -> None:
    """Over 30 steps; the forget gates' bias is 4, as a training may leave it."""
    flows = {}
    for cell in ("rnn", "lstm"):
        task = language_model(cell, hidden_size=16).double()
        if cell == "lstm":
            with torch.no_grad():
                task.encoder.layers.bias_hh_l0[16:32] = 4.0
        flows[cell] = gradient_flow(task, batch_of(task, (30, 30))).state
    left = {cell: [float(norms[d] / norms[0]) for d in (5, 15, 30)] for cell, norms in flows.items()}
    assert left["rnn"][0] > 10 * left["rnn"][1] > 100 * left["rnn"][2]
    assert left["lstm"][2] > 1e3 * left["rnn"][2]


def test_the_whole_state_has_the_norm_of_its_parts() -> None:
    task = language_model("lstm", 2)
    flow = gradient_flow(task, batch_of(task, (5,)))
    assert torch.allclose(flow.state**2, sum(norm**2 for norm in flow.norms.values()))


@pytest.mark.parametrize("largest", [5.0, 1.0])
def test_clipping_shortens_what_is_longer_and_nothing_else(largest: float) -> None:
    task = language_model("rnn")
    with torch.no_grad():
        task.head.weight.mul_(40)
    batch = batch_of(task)
    before, after = clipped_norms(task, batch, [largest, 1e6])
    assert before > 5 and after[largest] == pytest.approx(largest, rel=1e-5) and after[1e6] == pytest.approx(before)
    assert all(weight.grad is None for weight in task.parameters())
