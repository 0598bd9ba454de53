"""Learning-rate schedules, whatever the length of the training."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim.lr_scheduler import LRScheduler

from rnnlab.training.schedules import constant, cosine, one_cycle

LR = 0.1


def rates(schedule: LRScheduler, steps: int) -> list[float]:
    values = []
    for _ in range(steps):
        values.append(schedule.get_last_lr()[0])
        schedule.optimizer.step()
        schedule.step()
    return values


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)


@given(st.integers(1, 60), st.floats(0, 0.99))
def test_one_cycle_goes_up_and_down_once_for_any_number_of_steps(steps: int, warmup: float) -> None:
    values = rates(one_cycle(optimizer(), steps, warmup), steps)
    top = values.index(max(values))
    assert max(values) <= LR * (1 + 1e-6)
    assert values[: top + 1] == sorted(values[: top + 1]) and values[top:] == sorted(values[top:], reverse=True)
    if steps > 10 and warmup < 0.9:
        assert abs(top - warmup * steps) <= 2
        assert values[-1] < LR / 50


def test_cosine_ends_near_its_final_rate_and_constant_stays() -> None:
    falling = rates(cosine(optimizer(), 20, final_lr=0.01), 21)
    assert falling[0] == LR and falling[-1] == pytest.approx(0.01) and falling == sorted(falling, reverse=True)
    assert rates(constant(optimizer(), 5), 5) == [LR] * 5
