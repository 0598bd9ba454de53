"""Decoders: free running, teacher forcing, and everything between, for every cell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from networks import CELLS
from rnnlab.nn import Recurrent, State, build_recurrent
from rnnlab.nn.decoding import decode

STEPS = 10


def parts(cell: str) -> tuple[Recurrent, nn.Linear, State, Tensor, Tensor]:
    """A decoder and its head, the state that an encoder of the same cell ended in, a first input, and a truth."""
    torch.manual_seed(0)
    encoder, decoder = (build_recurrent(CELLS[cell], 1, 16, num_layers=2).eval() for _ in range(2))
    x, truth = torch.randn(3, 7, 1), torch.randn(3, STEPS, 1)
    return decoder, nn.Linear(decoder.output_size, 1), encoder(x)[1], x[:, -1:], truth


CAUSAL = [cell for cell in CELLS if parts(cell)[0].causal]


@pytest.mark.parametrize("cell", CAUSAL)
def test_free_running_is_what_one_call_gives_for_its_own_forecasts_and_one_step_at_a_time(cell: str) -> None:
    decoder, head, state, first, _ = parts(cell)
    free = decode(decoder, head, state, first, STEPS)
    again, _ = decoder(torch.cat([first, free[:, :-1]], dim=1), state)
    assert free.shape == (3, STEPS, 1) and torch.allclose(free, head(again), atol=1e-5)
    x, by_hand = first, []
    for _ in range(STEPS):
        y, state = decoder(x, state)
        x = head(y)
        by_hand.append(x)
    assert torch.equal(free, torch.cat(by_hand, dim=1))


@pytest.mark.parametrize("cell", CAUSAL)
def test_teacher_forcing_is_one_call_over_the_shifted_truth(cell: str) -> None:
    decoder, head, state, first, truth = parts(cell)
    y, _ = decoder(torch.cat([first, truth[:, :-1]], dim=1), state)
    assert torch.equal(decode(decoder, head, state, first, STEPS, truth, teacher_forcing=1.0), head(y))


def test_the_last_truth_is_never_read_and_without_forcing_none_is() -> None:
    decoder, head, state, first, truth = parts("gru")
    changed = truth.clone()
    changed[:, -1] += 5
    for share in (0.5, 1.0):
        torch.manual_seed(1)
        one = decode(decoder, head, state, first, STEPS, truth, share)
        torch.manual_seed(1)
        assert torch.equal(one, decode(decoder, head, state, first, STEPS, changed, share))
    free = decode(decoder, head, state, first, STEPS)
    assert torch.equal(decode(decoder, head, state, first, STEPS, truth, 0.0), free)


def test_scheduled_sampling_tosses_a_coin_for_every_step_of_every_row() -> None:
    """A decoder whose outputs are its inputs shows what those were."""

    class Echo(Recurrent):
        def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
            return x, torch.zeros(1, len(x), 1)

    truth = torch.arange(1.0, 401).expand(50, 400)[..., None]
    torch.manual_seed(0)
    seen = decode(Echo(1, 1), nn.Identity(), torch.zeros(1, 50, 1), torch.zeros(50, 1, 1), 400, truth, 0.3)[..., 0]
    forced = seen[:, 1:] == truth[:, :-1, 0]  # else it was given its own output again
    assert (seen[:, 1:].where(~forced, 0) == seen[:, :-1].where(~forced, 0)).all()
    assert abs(forced.float().mean() - 0.3) < 0.01  # of 19,950 tosses: more than three standard deviations
    assert forced.any(dim=1).all() and 0.1 < forced.float().mean(dim=0).std() * 50**0.5 < 1
