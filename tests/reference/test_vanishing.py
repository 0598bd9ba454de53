"""What is left of a gradient on its way back through time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.charts.document import Table
from rnnlab.charts.values import Lines
from rnnlab.reference.numpy_rnn import NumpyRNN
from rnnlab.reference.vanishing import LENGTHS, WEIGHTS, measure, scalar_flow, state_jacobian, vanishing


@pytest.mark.parametrize(("weight", "left"), [(0.5, 0.2**50), (1.0, 0.4**50), (2.0, 0.8**50), (4.0, 1.6**50)])
def test_the_gradient_of_one_unit_is_a_power_of_weight_times_slope(weight: float, left: float) -> None:
    """SYSTEMS E3: at W = 2 it shrinks, at W = 4 it grows."""
    flow = scalar_flow(weight, 0.4, 50)
    assert len(flow) == 51 and flow[0] == 1.0
    assert flow[-1] == pytest.approx(left)
    assert (flow[-1] < 1) == (weight < 2.5)


def test_it_is_drawn_on_a_linear_and_on_a_logarithmic_axis() -> None:
    """SYSTEMS E3."""
    curves = [block for block in vanishing(hidden_size=2).blocks if isinstance(block, Lines)]
    assert [chart.y.log for chart in curves] == [True, False]
    assert all([line.label for line in chart.lines] == [f"W = {weight:g}" for weight in WEIGHTS] for chart in curves)


def network_and_torch(hidden: int) -> tuple[NumpyRNN, nn.RNN, nn.Linear]:
    """The study's network, and torch's with its weights."""
    network = NumpyRNN(10, hidden, 5)
    ours = {name: torch.from_numpy(value.copy()) for name, value in network.parameters().items()}
    rnn = nn.RNN(10, hidden, batch_first=True, dtype=torch.float64)
    rnn.load_state_dict(
        {
            "weight_ih_l0": ours["W_xh"],
            "weight_hh_l0": ours["W_hh"],
            "bias_ih_l0": ours["b_h"],
            "bias_hh_l0": ours["b_h"],
        }
    )
    head = nn.Linear(hidden, 5, dtype=torch.float64)
    head.load_state_dict({"weight": ours["W_hy"], "bias": ours["b_y"]})
    return network, rnn, head


@pytest.mark.parametrize("length", LENGTHS)
def test_the_gradient_of_the_recurrent_weights_at_every_length_is_autograds(length: int) -> None:
    """SYSTEMS C3, at all of its lengths: of all losses, and of the last alone."""
    network, rnn, head = network_and_torch(32)
    gradients = measure(network, length, seed=1)
    random = np.random.default_rng(1)
    targets = torch.from_numpy(random.integers(5, size=200)[:length])
    logits = head(rnn(torch.from_numpy(random.normal(size=(length, 10)))[None])[0][0])
    losses = nn.functional.cross_entropy(logits, targets, reduction="none")
    for loss, ours in ((losses.sum(), gradients.of_all_losses), (losses[-1], gradients.of_last_loss)):
        (gradient,) = torch.autograd.grad(loss, [rnn.weight_hh_l0], retain_graph=True)
        assert ours == pytest.approx(float(gradient.norm()), rel=1e-9)


def test_how_much_the_first_state_counts_in_the_last_is_the_product_of_the_steps() -> None:
    network, rnn, _ = network_and_torch(4)
    x = np.random.default_rng(0).normal(size=(6, 10))
    network.forward(x)
    inputs = torch.from_numpy(x)[None]
    jacobian = torch.autograd.functional.jacobian(lambda h: rnn(inputs, h)[1], torch.zeros(1, 1, 4).double())
    np.testing.assert_allclose(state_jacobian(network), jacobian.reshape(4, 4).numpy(), rtol=0, atol=1e-12)


def test_the_study_counts_1541_parameters_and_shows_all_lengths() -> None:
    """SYSTEMS C2 and C3."""
    document = vanishing()
    assert any(isinstance(block, str) and "1,541 parameters" in block for block in document.blocks)
    table = next(block for block in document.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["5", "10", "20", "50", "100", "200"]
    reach = [float(row[3]) for row in table.rows]
    assert reach == sorted(reach, reverse=True) and reach[-1] < 1e-50


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"hidden_size": 0}, "hidden_size"),
        ({"scale": -1.0}, "scale"),
        ({"scale": "x"}, "scale"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_setting_out_of_its_range_is_named(setting: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make: Callable[..., object] = vanishing
        make(**setting)
