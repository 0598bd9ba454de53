"""Symbols are sampled with the probabilities that a model gives them."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from rnnlab.tasks.generation.sampling import SymbolSampler

LOGITS = torch.tensor([2.0, 1.0, 0.0, -1.0, -torch.inf])
ROWS = 20_000


def sampled(logits: Tensor = LOGITS, steps: int = 1, **settings: object) -> Tensor:
    sample = SymbolSampler(len(logits), generator=torch.Generator().manual_seed(0), **settings)  # type: ignore[arg-type]
    return torch.cat([sample(logits.repeat(ROWS, 1)) for _ in range(steps)])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_are_those_of_the_softmax(temperature: float) -> None:
    expected = (LOGITS / temperature).softmax(-1)
    counts = sampled(temperature=temperature, steps=5).bincount(minlength=5)
    assert counts[4] == 0
    assert (
        chisquare(counts[:4].numpy(), (expected[:4].double() / expected[:4].double().sum() * 5 * ROWS).numpy()).pvalue
        > 1e-4
    )


@pytest.mark.parametrize("temperature", [0.0, 1e-12])
def test_without_temperature_the_likeliest_is_taken(temperature: float) -> None:
    assert set(sampled(temperature=temperature).tolist()) == {0}


def test_top_k_draws_among_the_likeliest_that_may_be_sampled() -> None:
    assert set(sampled(top_k=2).tolist()) == {0, 1}
    assert set(sampled(top_k=2, excluded=[0]).tolist()) == {1, 2}
    assert set(sampled(top_k=9, temperature=3.0).tolist()) == {0, 1, 2, 3}


def test_an_excluded_symbol_is_never_sampled_however_likely() -> None:
    assert 0 not in sampled(torch.tensor([1e6, 1.0, 0.0]), excluded=[0])


def test_logits_that_are_no_numbers_still_draw_a_symbol() -> None:
    assert set(sampled(torch.full((3,), torch.nan)).tolist()) <= {0, 1, 2}


def test_rows_and_steps_are_drawn_on_their_own() -> None:
    sample = SymbolSampler(2, generator=torch.Generator().manual_seed(0))
    pairs = torch.stack([sample(torch.zeros(2, 2)) for _ in range(4_000)])  # (steps, rows)
    joint = (pairs[:, 0] * 2 + pairs[:, 1]).bincount(minlength=4)
    following = (pairs[:-1, 0] * 2 + pairs[1:, 0]).bincount(minlength=4)
    assert chisquare(joint.numpy()).pvalue > 1e-4 and chisquare(following.numpy()).pvalue > 1e-4
