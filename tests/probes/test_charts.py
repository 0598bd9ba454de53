"""Charts of what probes measure, as `rnnlab probe` and TensorBoard show them."""

from __future__ import annotations

import io
import itertools

import pytest
import torch

from rnnlab.charts.paper import MOST_COLUMNS, draw
from rnnlab.probes.gates import GateSaturation, gates_chart
from rnnlab.probes.gradient_flow import GradientFlow, flow_chart
from rnnlab.probes.hidden_states import HiddenStates, states_chart


def test_gradient_flow_is_drawn_against_the_distance_on_a_logarithmic_axis() -> None:
    norms = {"h": torch.tensor([1.0, 0.1, 0.0]), "c": torch.tensor([0.0, 0.2, 0.1])}
    flow = GradientFlow(norms, torch.tensor([1.0, 0.2, 0.1]), torch.tensor([3, 3, 1]))
    chart = flow_chart("lstm, after step 8", {"at initialisation": flow, "after step 8": flow})
    (axes,) = draw(chart, dpi=100, titled=True).axes
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "steps before the loss" and axes.get_ylabel() == "norm of the gradient"
    assert [line.label for line in chart.lines] == [
        "h at initialisation",
        "c at initialisation",
        "h after step 8",
        "c after step 8",
    ]
    assert chart.title == "Gradient flow: lstm, after step 8"


@pytest.mark.parametrize(("count", "across"), [(6, 4), (80, 1)])
def test_hidden_states_have_a_panel_for_each_layer_and_part_with_symbols_below(count: int, across: int) -> None:
    symbols = tuple(itertools.islice(itertools.cycle(["[S]", "a", "$x^$", "␣", "↵"]), count))
    states = HiddenStates(symbols, {part: torch.rand(count + 1, 2, 8) for part in ("h", "c")}).beginning(60)
    figure = draw(states_chart(states, range(2), "lstm, before training"), dpi=100, titled=True)
    figure.savefig(io.BytesIO())  # lays it out; a formula that is none would raise
    panels = [axes for axes in figure.axes if axes.get_ylabel() == "unit"]
    assert [axes.get_title() for axes in panels] == [
        "hidden state h, layer 1",
        "cell state c, layer 1",
        "hidden state h, layer 2",
        "cell state c, layer 2",
    ]
    assert len({round(axes.get_position().x0, 2) for axes in panels}) == across
    labels = [label.get_text() for label in panels[0].get_xticklabels()]
    assert labels == ["0", *symbols[:60]] and len(labels) <= MOST_COLUMNS


def test_gates_have_two_rows_for_each_layer_and_a_column_for_each_unit() -> None:
    gates = [
        GateSaturation(layer, gate, torch.rand(4) / 2, torch.rand(4) / 2)
        for layer in (1, 2)
        for gate in ("reset", "update")
    ]
    chart = gates_chart(gates, "gru, after step 8")
    assert list(chart.rows[:3]) == ["reset, layer 1, shut", "reset, layer 1, wide open", "update, layer 1, shut"]
    assert len(chart.rows) == 8 and list(chart.columns) == ["0", "1", "2", "3"]
    assert chart.values[1] == gates[0].wide_open.tolist()
