"""Schedules of the learning rate, made from an optimizer and the number of its steps."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR


def one_cycle(optimizer: Optimizer, steps: int, warmup: float) -> LRScheduler:
    """Raise the rate to the optimizer's over the share `warmup` of the steps, then lower it (Smith and Topin 2018)."""
    peak = [float(group["lr"]) for group in optimizer.param_groups]
    # A way up of a single step has no length, and torch would divide by it: then the way down begins at once.
    share = warmup if warmup * steps > 1 else 0.5 / steps
    return OneCycleLR(optimizer, peak, total_steps=steps, pct_start=share, cycle_momentum=False)


def cosine(optimizer: Optimizer, steps: int, final_lr: float) -> LRScheduler:
    """Lower the rate to `final_lr` along half a cosine (Loshchilov and Hutter 2017)."""
    return CosineAnnealingLR(optimizer, T_max=steps, eta_min=final_lr)


def constant(optimizer: Optimizer, steps: int) -> LRScheduler:  # noqa: ARG001
    """Keep the optimizer's rate at every step."""
    return ConstantLR(optimizer, factor=1.0)
