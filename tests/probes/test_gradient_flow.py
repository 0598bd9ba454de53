"""Gradient flow through time, against derivatives written out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from networks import batch_of, classifier, language_model
from rnnlab.data.collation import Batch
from rnnlab.probes.gradient_flow import gradient_flow
from rnnlab.probes.trace import trace
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.language_model import LanguageModel

LENGTHS = (6, 2, 4)


def logits_gradient(task: LanguageModel, h: Tensor, target: Tensor) -> Tensor:
    """The gradient of one row's cross-entropy with respect to the output `(H,)`: W' (softmax - one-hot)."""
    shares = task.head(h).softmax(dim=-1)
    return task.head.weight.T @ (shares - torch.nn.functional.one_hot(target, len(shares)))


@torch.no_grad()
def test_it_is_backpropagation_through_time_as_the_formula_says_it() -> None:
    """dL/dh_(t-1) = W_hh' diag(1 - h_t²) dL/dh_t for tanh, each row from its own end."""
    task = language_model("rnn").double().eval()
    batch = batch_of(task, LENGTHS)
    states = trace(task, batch.inputs).states["h"][:, 0]  # (T + 1, B, H)
    recurrent = task.encoder.layers.weight_hh_l0
    by_distance: list[list[Tensor]] = [[] for _ in range(7)]
    for row, length in enumerate(LENGTHS):
        gradient = logits_gradient(task, states[length, row], batch.targets[row, length - 1])
        by_distance[0].append(gradient.norm())
        for distance in range(1, length + 1):
            h = states[length - distance + 1, row]
            gradient = recurrent.T @ ((1 - h**2) * gradient)
            by_distance[distance].append(gradient.norm())
    flow = gradient_flow(task, batch)
    assert flow.rows.tolist() == [3, 3, 3, 2, 2, 1, 1]
    expected = torch.stack([torch.stack(norms).mean() for norms in by_distance])
    assert torch.allclose(flow.norms["h"], expected, rtol=1e-12)
    assert flow.first_to_last == pytest.approx(float(expected[-1] / expected[0]))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "scratch_rnn", "scratch_gru", "scratch_lstm"])
@pytest.mark.parametrize("make", [language_model, classifier])
def test_it_is_what_a_small_change_of_the_initial_state_does(cell: str, make: object) -> None:
    """Central differences in float64, on two layers: every number of h_0 (and c_0) is moved a little."""
    task = make(cell, 2).double().eval()  # type: ignore[operator]
    batch = batch_of(task, (4,))
    flow = gradient_flow(task, batch)
    flat = torch.zeros(len(flow.norms), 2, 1, 4, dtype=torch.double)
    gradient = torch.zeros_like(flat)
    for place in range(flat.numel()):
        moved = torch.zeros_like(flat)
        moved.view(-1)[place] = 1e-5
        difference = loss_from(task, batch, flat + moved) - loss_from(task, batch, flat - moved)
        gradient.view(-1)[place] = difference / 2e-5
    for norms, part in zip(flow.norms.values(), gradient, strict=True):
        assert float(norms[-1]) == pytest.approx(float(part.norm()), rel=1e-6)


@torch.no_grad()
def loss_from(task: SequenceTask, batch: Batch, parts: Tensor) -> Tensor:
    """The loss at the last step of the only row, begun at that state."""
    state = tuple(parts) if len(parts) > 1 else parts[0]
    y, _ = task.encoder(task.embedding(batch.inputs), state)  # type: ignore[operator]
    target = batch.targets if batch.targets.dim() == 1 else batch.targets[:, -1]
    return torch.nn.functional.cross_entropy(task.head(y[:, -1]), target)  # type: ignore[operator]


def test_small_recurrent_weights_vanish_and_large_ones_explode() -> None:
    task = language_model("rnn")
    batch = batch_of(task, (6, 6))
    orthogonal = torch.nn.init.orthogonal_(torch.empty(4, 4))
    with torch.no_grad():
        task.embedding.weight.mul_(1e-3)  # so that tanh is all but linear
        task.encoder.layers.bias_ih_l0.zero_()
        task.encoder.layers.bias_hh_l0.zero_()
        for scale in (0.5, 1.0, 2.0):
            task.encoder.layers.weight_hh_l0.copy_(scale * orthogonal)
            assert gradient_flow(task, batch).first_to_last == pytest.approx(scale**6, rel=1e-2)


def test_a_padded_batch_is_the_mean_of_its_rows() -> None:
    task = language_model("lstm", 2)
    batch = batch_of(task, LENGTHS)
    alone = [
        gradient_flow(task, Batch(batch.inputs[[row], :length], batch.lengths[[row]], batch.targets[[row], :length]))
        for row, length in enumerate(LENGTHS)
    ]
    together = gradient_flow(task, batch)
    for part in ("h", "c"):
        for distance in range(7):
            norms = [float(flow.norms[part][distance]) for flow in alone if distance < len(flow.norms[part])]
            assert float(together.norms[part][distance]) == pytest.approx(sum(norms) / len(norms), rel=1e-5)
