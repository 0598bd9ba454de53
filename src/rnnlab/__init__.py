"""Which recurrent network, at which size, learns your sequences best?

`rnnlab.load` opens a trained network; `rnnlab.runs` and `rnnlab.curves` read what runs have left behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from rnnlab.training.trained import Trained

__all__ = ["curves", "load", "runs"]


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


def runs(folders: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """All runs in and below one or several folders, such as `runs/first-look`, finished or not.

    Returns:
        One row a run, best configuration first and by seed within it, those without a result behind: `rank` and
        `configuration`, hyperparameters and whatever else differs, the metrics of the best epoch (`val/…`) and of the
        test (`test/…`), `epochs`, `best_epoch` (from 0), `seconds` of training, `status`, `reason` of a failure, and
        `folder`. Losses are in the unit of the runs, such as nats per token.

    Raises:
        rnnlab.errors.UserError: There is no such folder.
    """
    from rnnlab.analysis.tables.frames import runs_frame  # imports pandas

    return runs_frame(folders)


def curves(folders: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """The learning curves of all runs in and below one or several folders, in long form.

    Returns:
        One row a validation: `folder` and what describes its run as in `runs`, `epoch` (from 0), `step`, `seconds` of
        training that led to it, `train/loss` (at the end of an epoch), `val/loss` and the other metrics.

    Raises:
        rnnlab.errors.UserError: There is no such folder.
    """
    from rnnlab.analysis.tables.frames import curves_frame

    return curves_frame(folders)
