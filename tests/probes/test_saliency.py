"""Saliency against central differences, neighbours on vectors drawn by hand, units and their peaks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import CELLS, batch_of, classifier, language_model
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.embedding import neighbours, table_of
from rnnlab.probes.saliency import saliency
from rnnlab.probes.units import Responses, responses

LETTERS = Vocabulary(("a", "b", "c"))


@pytest.mark.parametrize("cell", [name for name in CELLS if name not in ("bag", "mlp_flat")])
def test_a_next_symbol_hangs_on_no_later_one(cell: str) -> None:
    task = language_model(cell)
    result = saliency(task, torch.tensor([0, 1, 2, 1, 0]))
    assert result.predictions[:4] == result.symbols[1:] and len(result.predictions) == 5
    assert result.norms.shape == (5, 5) and not result.norms.triu(1).any()
    assert torch.diagonal(result.norms).all()
    assert torch.allclose(result.shares.sum(dim=1), torch.ones(5))


@settings(max_examples=10)
@given(
    symbols=st.lists(st.integers(0, 2), min_size=2, max_size=5),
    cell=st.sampled_from(["rnn", "gru", "lstm", "transformer"]),
    step=st.integers(0, 4),
)
def test_it_is_what_a_small_change_of_an_embedding_does(symbols: list[int], cell: str, step: int) -> None:
    """Central differences of the log-probability of the last prediction, in float64."""
    task = language_model(cell).double().eval()
    place = step % len(symbols)
    result = saliency(task, torch.tensor(symbols))
    vectors = task.embedding(torch.tensor([symbols])).detach()

    @torch.no_grad()
    def log_probability(moved: torch.Tensor) -> float:
        y, _ = task.encoder(moved)
        return float(task.head(y)[0, -1].log_softmax(-1).max())

    gradient = []
    for unit in range(3):
        change = torch.zeros_like(vectors)
        change[0, place, unit] = 1e-5
        gradient.append((log_probability(vectors + change) - log_probability(vectors - change)) / 2e-5)
    slope = torch.tensor(gradient, dtype=torch.double)
    assert float(result.norms[-1, place]) == pytest.approx(float(slope.norm()), rel=1e-5, abs=1e-9)
    assert float(result.products[-1, place]) == pytest.approx(float(slope @ vectors[0, place]), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_class_hangs_on_the_words_and_classes_share_one_probability(bidirectional: bool) -> None:
    task = classifier("gru", bidirectional=bidirectional).double()
    result = saliency(task, torch.tensor([0, 1, 2, 1]))
    assert result.predictions == ("negative", "positive") and float(result.probabilities.sum()) == pytest.approx(1)
    weighted = (result.probabilities[:, None] * result.products).sum(dim=0)  # the gradient of a sum that stays 1
    assert torch.allclose(weighted, torch.zeros_like(weighted), atol=1e-12)


def test_looking_leaves_no_trace() -> None:
    task = language_model("gru").train()
    saliency(task, torch.tensor([0, 1, 2]))
    assert task.training and not task.embedding._forward_hooks and not task._carried
    assert all(weight.grad is None for weight in task.parameters())


def test_of_one_symbol_nothing_can_be_said() -> None:
    with pytest.raises(UserError, match="at least 2 symbols"):
        saliency(language_model("gru"), torch.tensor([0]))


def test_neighbours_are_nearest_by_angle_whatever_their_length() -> None:
    vectors = torch.tensor([[1.0, 0.0], [5.0, 0.5], [0.0, 2.0], [-3.0, 0.0], [0.0, 0.0]])
    nearest, cosines = neighbours(vectors, 4)
    assert nearest[0].tolist() == [1, 2, 4, 3] and nearest[3].tolist() == [2, 4, 1, 0]
    assert cosines[0].tolist() == pytest.approx([0.99504, 0, 0, -1], abs=1e-5)
    assert neighbours(vectors[:2], 9)[0].tolist() == [[1], [0]]


def test_a_task_without_an_embedding_of_symbols_says_so() -> None:
    with pytest.raises(UserError, match="Linear has no embedding of symbols"):
        table_of(torch.nn.Linear(1, 1))
    with pytest.raises(UserError, match="Linear reads no symbols"):
        saliency(torch.nn.Linear(1, 1), torch.tensor([0, 1]))


def test_a_unit_peaks_where_it_is_highest_once_for_each_context() -> None:
    activations = torch.tensor([[0.1], [0.9], [0.3], [0.2], [0.8], [0.7]])
    symbols, rows = torch.tensor([0, 1, 2, 0, 1, 0]), torch.tensor([0, 0, 0, 1, 1, 1])
    result = Responses(activations, symbols, rows).peaks(0, 3, 1, LETTERS)
    assert [(round(peak.value, 1), peak.text("")) for peak in result] == [(0.9, "a[b]c"), (0.7, "b[a]"), (0.3, "b[c]")]


def test_units_are_ordered_by_how_much_they_vary() -> None:
    activations = torch.tensor([[0.0, 1.0, 0.5], [0.0, -1.0, 0.4]])
    assert Responses(activations, torch.zeros(2), torch.zeros(2)).most_varied(2) == [1, 2]


def test_what_units_do_is_what_the_network_does_at_real_symbols() -> None:
    task = language_model("gru", 2).eval()
    batch = batch_of(task, (4, 2))
    result = responses(task, batch, layer=1)
    y, _ = task.encoder(task.embedding(batch.inputs))
    assert torch.allclose(result.activations, torch.cat([y[0, :4], y[1, :2]]), atol=1e-6)
    assert result.rows.tolist() == [0, 0, 0, 0, 1, 1]
