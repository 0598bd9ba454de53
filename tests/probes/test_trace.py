"""The states that a probe sees are those of the network, and looking changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from networks import batch_of, classifier, language_model
from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.nn import Cell, State
from rnnlab.nn.stack import Stack
from rnnlab.probes.gates import gate_saturation
from rnnlab.probes.gradient_flow import gradient_flow
from rnnlab.probes.hidden_states import hidden_states
from rnnlab.probes.trace import trace
from rnnlab.tasks.base import SequenceTask

PROBES: dict[str, Callable[[SequenceTask, Batch], object]] = {
    "trace": lambda task, batch: trace(task, batch.inputs),
    "gradient flow": gradient_flow,
    "hidden states": lambda task, batch: hidden_states(task, batch.inputs[0]),
    "gates": gate_saturation,
}
each_probe = pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "scratch_rnn", "scratch_gru", "scratch_lstm"])
@pytest.mark.parametrize("layers", [1, 2])
def test_step_by_step_the_states_are_those_of_the_whole_pass(cell: str, layers: int) -> None:
    task = language_model(cell, layers).eval()
    inputs = batch_of(task).inputs
    traced = trace(task, inputs)
    y, final = task.encoder(task.embedding(inputs))
    assert torch.allclose(traced.outputs.transpose(0, 1), y, atol=1e-6)
    assert torch.allclose(traced.states["h"][1:, -1].transpose(0, 1), y, atol=1e-6)
    assert list(traced.states) == (["h", "c"] if cell.endswith("lstm") else ["h"])
    for states, end in zip(traced.states.values(), final if isinstance(final, tuple) else (final,), strict=True):
        assert states.shape == (7, layers, 3, 4)
        assert not states[0].any() and torch.allclose(states[-1], end, atol=1e-6)


class Ahead(Cell):
    """Begins at 1, and counts its steps in a third part of its state."""

    def initial_state(self, x: Tensor) -> State:
        return tuple(torch.full((len(x), self.hidden_size), start) for start in (1.0, 2.0, 3.0))

    def step(self, x: Tensor, state: State) -> State:
        return tuple(part + 1 for part in state)


def test_a_cell_from_outside_begins_where_it_says() -> None:
    stack = Stack(Ahead, {}, input_size=3, hidden_size=4, num_layers=2)
    state = stack.initial_state(torch.zeros(5, 6, 3))
    assert [part.unique().tolist() for part in state] == [[1.0], [2.0], [3.0]]
    task = language_model("gru")
    task.encoder = stack
    traced = trace(task, torch.zeros(1, 2, dtype=torch.long)).states
    assert {name: part[:, 0, 0, 0].tolist() for name, part in traced.items()} == {
        "h": [1, 2, 3],
        "c": [2, 3, 4],
        "state 3": [3, 4, 5],
    }


@each_probe
def test_looking_leaves_no_trace(probe: Callable[[SequenceTask, Batch], object]) -> None:
    task = language_model("lstm", 2).train()
    task.dropout.eval()
    batch = batch_of(task)
    task.loss(task.outputs(batch), batch).backward()
    before = [weight.grad.clone() for weight in task.parameters() if weight.grad is not None]
    carried, random = task._carried[True], torch.get_rng_state()
    probe(task, batch)
    assert task.training and task.encoder.training and not task.dropout.training
    after = [weight.grad for weight in task.parameters()]
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True) if new is not None)
    assert task._carried == {True: carried}
    assert torch.equal(torch.get_rng_state(), random)


@each_probe
def test_an_evaluation_may_look(probe: Callable[[SequenceTask, Batch], object]) -> None:
    task = classifier("gru")
    with torch.inference_mode():
        probe(task, batch_of(task))


@each_probe
@pytest.mark.parametrize(
    ("cell", "bidirectional", "named"),
    [("gru", True, "bidirectional"), ("bag", False, "Bag"), ("transformer", False, "Transformer")],
)
def test_what_does_not_sum_up_the_past_step_by_step_has_no_such_states(
    probe: Callable[[SequenceTask, Batch], object], cell: str, bidirectional: bool, named: str
) -> None:
    task = classifier(cell, bidirectional=bidirectional)
    with pytest.raises(UserError, match=f"{named}.* no states that follow one another in time"):
        probe(task, batch_of(task))


def test_a_task_of_another_build_is_refused() -> None:
    with pytest.raises(UserError, match="Linear has no embedding"):
        trace(torch.nn.Linear(1, 1), torch.zeros(1, 1, dtype=torch.long))
