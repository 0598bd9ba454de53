"""What figures of the probes say, and that everything in them can be read."""

from __future__ import annotations

import io
import itertools

import pytest
import torch

from rnnlab.probes.gates import GateSaturation
from rnnlab.probes.gradient_flow import GradientFlow
from rnnlab.probes.hidden_states import HiddenStates
from rnnlab.tensorboard import figures


def test_gradient_flow_is_drawn_against_the_distance_on_a_logarithmic_axis() -> None:
    norms = {"h": torch.tensor([1.0, 0.1, 0.0]), "c": torch.tensor([0.0, 0.2, 0.1])}
    flow = GradientFlow(norms, torch.tensor([1.0, 0.2, 0.1]), torch.tensor([3, 3, 1]))
    (axes,) = figures.gradient_flow(flow, flow, "lstm, after step 8").axes
    assert axes.get_title() == "Gradient flow: lstm, after step 8"
    assert axes.get_yscale() == "log" and axes.get_xlim()[0] > axes.get_xlim()[1]
    assert axes.get_xlabel() == "steps before the loss" and "norm of the gradient" in axes.get_ylabel()
    assert axes.get_legend() is not None
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["h before training", "hidden state h", "cell state c"]


@pytest.mark.parametrize(("count", "across"), [(6, 2), (80, 1)])
def test_hidden_states_have_a_panel_for_each_layer_and_part_with_symbols_below(count: int, across: int) -> None:
    symbols = tuple(itertools.islice(itertools.cycle(["[S]", "a", "$x^$", "␣", "↵"]), count))
    states = {part: torch.rand(count + 1, 2, 8) for part in ("h", "c")}
    figure = figures.hidden_states(HiddenStates(symbols, states), "lstm, before training")
    figure.savefig(io.BytesIO())  # lays it out; a formula that is none would raise
    panels = [axes for axes in figure.axes if axes.get_ylabel() == "unit"]
    assert [axes.get_title() for axes in panels] == [
        "hidden state h, layer 1",
        "cell state c, layer 1",
        "hidden state h, layer 2",
        "cell state c, layer 2",
    ]
    assert len({round(axes.get_position().x0, 2) for axes in panels}) == across
    labels = panels[0].get_xticklabels()
    assert [label.get_text() for label in labels] == ["h₀", *symbols[: figures.SHOWN]]
    assert [label.get_rotation() for label in labels[1:4]] == [90, 0, 90]
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 <= right.x0 + 1 for left, right in itertools.pairwise(boxes))


def test_gates_have_a_panel_each_and_a_colour_for_each_layer() -> None:
    found = [
        GateSaturation(layer, gate, torch.rand(4) / 2, torch.rand(4) / 2)
        for layer in (1, 2)
        for gate in ("reset", "update")
    ]
    figure = figures.gates(found, "gru, after step 8")
    assert [axes.get_title() for axes in figure.axes] == ["reset gate", "update gate"]
    assert all(len(axes.collections) == 2 for axes in figure.axes)
    assert figure.axes[-1].get_legend() is not None
