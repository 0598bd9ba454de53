"""The RNN in NumPy: its gradients against automatic and numerical differentiation, its figures against the books."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rnnlab.nn import build_recurrent
from rnnlab.reference import numpy_rnn
from rnnlab.reference.hello import worked_example
from rnnlab.reference.numpy_rnn import Array, NumpyRNN, log_softmax, one_hot

size = st.integers(1, 5)


def example(inputs: int, hidden: int, outputs: int, steps: int, seed: int = 0) -> tuple[NumpyRNN, Array, list[int]]:
    """A network with large weights and biases that are not 0, a sequence `(T, D)`, and its targets."""
    random = np.random.default_rng(seed)
    network = NumpyRNN(inputs, hidden, outputs, seed, scale=0.7)
    for bias in (network.b_h, network.b_y):
        bias += random.normal(size=bias.shape)
    return network, random.normal(size=(steps, inputs)), random.integers(outputs, size=steps).tolist()


def gradients_of_torch(network: NumpyRNN, x: Array, targets: list[int]) -> dict[str, Array]:
    """The same network as torch's kernel and a linear layer, in float64, by automatic differentiation."""
    hidden, inputs = network.W_xh.shape
    rnn = nn.RNN(inputs, hidden, batch_first=True, dtype=torch.float64)
    head = nn.Linear(hidden, len(network.b_y), dtype=torch.float64)
    ours = {name: torch.from_numpy(value.copy()) for name, value in network.parameters().items()}
    rnn.load_state_dict(
        {
            "weight_ih_l0": ours["W_xh"],
            "weight_hh_l0": ours["W_hh"],
            "bias_ih_l0": ours["b_h"],
            "bias_hh_l0": torch.zeros(hidden),
        }
    )
    head.load_state_dict({"weight": ours["W_hy"], "bias": ours["b_y"]})
    logits = head(rnn(torch.from_numpy(x)[None])[0][0])
    nn.functional.cross_entropy(logits, torch.tensor(targets), reduction="sum").backward()
    theirs = (rnn.weight_ih_l0, rnn.weight_hh_l0, head.weight, rnn.bias_hh_l0, head.bias)
    return {name: weight.grad.numpy() for name, weight in zip(ours, theirs, strict=True)}


@settings(max_examples=40)
@given(inputs=size, hidden=size, outputs=size, steps=st.integers(1, 12), seed=st.integers(0, 99))
def test_gradients_by_hand_are_those_of_autograd(inputs: int, hidden: int, outputs: int, steps: int, seed: int) -> None:
    network, x, targets = example(inputs, hidden, outputs, steps, seed)
    network.forward(x)
    ours, theirs = network.backward(targets), gradients_of_torch(network, x, targets)
    assert list(ours) == ["W_xh", "W_hh", "W_hy", "b_h", "b_y"]
    for name, gradient in ours.items():
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, theirs[name], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize(("inputs", "hidden", "outputs", "steps"), [(4, 8, 3, 10), (4, 8, 3, 20), (10, 32, 5, 200)])
def test_the_exercises_gradients_are_those_of_autograd(inputs: int, hidden: int, outputs: int, steps: int) -> None:
    """SYSTEMS C10, and C3's twenty and two hundred steps."""
    network, x, targets = example(inputs, hidden, outputs, steps)
    network = NumpyRNN(inputs, hidden, outputs)
    network.forward(x)
    theirs = gradients_of_torch(network, x, targets)
    for name, gradient in network.backward(targets).items():
        np.testing.assert_allclose(gradient, theirs[name], rtol=0, atol=1e-10, err_msg=name)


@settings(max_examples=25)
@given(inputs=size, hidden=size, outputs=size, steps=st.integers(1, 8), seed=st.integers(0, 99))
def test_gradients_are_what_a_small_change_of_each_number_does_to_the_loss(
    inputs: int, hidden: int, outputs: int, steps: int, seed: int
) -> None:
    network, x, targets = example(inputs, hidden, outputs, steps, seed)
    network.forward(x)
    gradients = network.backward(targets)

    def loss(value: Array, place: int, number: float) -> float:
        value.flat[place] = number
        network.forward(x)
        return network.loss(targets)

    for name, value in network.parameters().items():
        for place, number in enumerate(value.ravel().tolist()):
            above, below = loss(value, place, number + 1e-5), loss(value, place, number - 1e-5)
            value.flat[place] = number
            assert (above - below) / 2e-5 == pytest.approx(gradients[name].flat[place], abs=1e-6), name


def test_three_steps_with_fixed_weights_give_the_figures_that_follow_from_them() -> None:
    """SYSTEMS E2."""
    states, outputs = worked_example()
    expected = [
        [0.19737532, 0.46211716, 0.66403677],
        [0.42302613, 0.78886928, 0.93357029],
        [0.61700069, 0.93072552, 0.98918831],
    ]
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-8)
    np.testing.assert_allclose(outputs[:, 0], [0.62274399, 0.96029511, 1.08920333], rtol=0, atol=1e-8)


@pytest.mark.parametrize(("shape", "parameters"), [((10, 32, 5), 1_541), ((50, 128, 10), 24_202), ((4, 3, 4), 40)])
def test_parameters_are_those_of_the_documents(shape: tuple[int, int, int], parameters: int) -> None:
    """SYSTEMS C2, E9, and the speller of D1."""
    assert sum(value.size for value in NumpyRNN(*shape).parameters().values()) == parameters


def test_five_steps_unrolled_show_how_far_the_state_moves_at_each() -> None:
    """SYSTEMS C2."""
    network = NumpyRNN(10, 32, 5)
    logits = network.forward(np.random.default_rng(1).normal(size=(5, 10)))
    assert logits.shape == (5, 5) and network.states.shape == (6, 32)
    moved = np.linalg.norm(np.diff(network.states, axis=0), axis=1)
    assert moved.shape == (5,) and (moved > 0).all()
    assert moved[0] == pytest.approx(np.linalg.norm(network.states[1])), "h_0 is zero"


def test_a_sequence_in_two_pieces_is_the_sequence() -> None:
    network, x, _ = example(3, 4, 2, 9)
    whole = network.forward(x)
    first = network.forward(x[:4])
    second = network.forward(x[4:], network.states[-1])
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_the_softmax_does_not_overflow() -> None:
    logits = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]])
    np.testing.assert_allclose(np.exp(log_softmax(logits)), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    assert log_softmax(logits)[0, 2] == -2e4


def test_the_loss_is_the_sum_over_the_steps() -> None:
    network = NumpyRNN(4, 3, 4, scale=0.0)
    network.forward(one_hot([1, 0, 2], 4))
    assert network.loss([0, 2, 2]) == pytest.approx(3 * np.log(4))


def test_the_weights_are_small_and_normal_and_the_biases_zero() -> None:
    """SYSTEMS D2: normal times 0.1; the same seed draws the same."""
    network, same, other = NumpyRNN(40, 60, 40), NumpyRNN(40, 60, 40), NumpyRNN(40, 60, 40, seed=1)
    for name, value in network.parameters().items():
        np.testing.assert_array_equal(value, same.parameters()[name])
        assert not value.any() if name.startswith("b") else value.std() == pytest.approx(0.1, rel=0.05)
    assert not np.array_equal(network.W_hh, other.W_hh)


def test_it_can_be_read_in_one_sitting_and_is_numpy_alone() -> None:
    tree = list(ast.walk(ast.parse(Path(numpy_rnn.__file__).read_text(encoding="utf-8"))))
    assert sum(isinstance(node, ast.stmt) for node in tree) < 90, "statements, docstrings among them"
    nodes = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes}
    assert {str(module).partition(".")[0] for module in modules} - sys.stdlib_module_names == {"numpy"}


def test_outputs_of_a_batch_have_the_shapes_of_the_exercises() -> None:
    """SYSTEMS E9: 32 · 100 · 256 activations; both directions side by side."""
    rnn = {"_target_": "rnnlab.nn.cells.kernels.RNN"}
    y, _ = build_recurrent(rnn, 1, 256)(torch.zeros(32, 100, 1))
    assert y.numel() == 819_200
    y, h_n = build_recurrent(rnn, 10, 20, bidirectional=True)(torch.zeros(3, 5, 10))
    assert y.shape == (3, 5, 40) and h_n.shape == (2, 3, 20)
