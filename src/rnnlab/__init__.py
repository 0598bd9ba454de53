"""Which recurrent network, at which size, learns your sequences best? `rnnlab.load` opens a trained one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnlab.training.trained import Trained

__all__ = ["load"]


def load(checkpoint: str | Path) -> Trained:
    """Open a trained model, to `generate`, `predict` or `evaluate` with it.

    Args:
        checkpoint: A checkpoint file, or the folder of a run or a sweep for the best checkpoint in it. Nothing else
            is needed, and a stranger's file runs no code.

    Raises:
        rnnlab.errors.UserError: There is none, or it is not one that rnnlab wrote.
    """
    from rnnlab.training.trained import Trained  # imports torch, which the command line does without

    return Trained(checkpoint)
