"""Switching a network between training and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode, and back into the mode that it was in."""
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
