"""Experiments that say which recurrent network, at which size, learns your sequences best.

`rnnlab.train`, `rnnlab.sweep` and `rnnlab.study` do what the commands of these names do. `rnnlab.load` opens a trained
network; `rnnlab.runs` and `rnnlab.curves` read what runs have left behind, and `rnnlab.compare` says what they show.
`rnnlab.modules` gives the modules of Lightning for a Trainer of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from rnnlab.data.module import SequenceDataModule
    from rnnlab.report.result import Compared
    from rnnlab.tasks.base import SequenceTask
    from rnnlab.training.trained import Trained

__all__ = ["compare", "curves", "load", "modules", "runs", "study", "sweep", "train"]

Keys = str | Sequence[str] | None


def train(*words: str | Mapping[str, Any], quiet: bool = False, **settings: Any) -> Trained:
    """Train a model, as `rnnlab train` does; the same call again finds its run complete, or goes on with it.

    Args:
        *words: As on the command line, such as `"task=names"`, or settings by dotted keys:
            `{"model.hidden_size": 64}`.
        quiet: Print nothing but the result.
        **settings: Settings by the last word of their keys, where that is of one key only: `cell="gru"`,
            `hidden_size=64`, `lr=3e-3`.

    Returns:
        The trained model at its best epoch, to `generate`, `predict` or `evaluate` with it.

    Raises:
        rnnlab.errors.UserError: A setting or the data is wrong, with the line that the command would print.
        rnnlab.errors.RunsFailedError: The run failed; its folder says why.
    """
    from rnnlab import calls

    return calls.train(words, quiet, settings)


def sweep(
    swept: Mapping[str, Any],
    *words: str | Mapping[str, Any],
    seeds: int | Sequence[int] | None = None,
    workers: int | None = None,
    quiet: bool = False,
    **settings: Any,
) -> Compared:
    """Train every combination of settings, as `rnnlab train -m` does, and compare them.

    Args:
        swept: The values of each swept key: `{"cell": ["rnn", "gru"], "hidden_size": [32, 64]}`.
        *words: What all runs have in common, as in `train`.
        seeds: How many seeds each combination has, from 0 on, or which.
        workers: Runs at a time; None for one a core.
        quiet: Print nothing but results.
        **settings: What all runs have in common, as in `train`; `sweep="first-look"` names the folder.

    Returns:
        What `rnnlab.compare` returns of the sweep: `.answer`, `.table`, `.figure()`.

    Raises:
        rnnlab.errors.UserError: A setting or the data is wrong, with the line that the command would print.
        rnnlab.errors.RunsFailedError: Runs failed; the others are trained, and `rnnlab.compare` reads them.
    """
    from rnnlab import calls

    return calls.sweep(swept, words, seeds, workers, quiet, settings)


def modules(*words: str | Mapping[str, Any], **settings: Any) -> tuple[SequenceTask, SequenceDataModule]:
    """Build the untrained LightningModule and the LightningDataModule of a run, for a `lightning.Trainer` of one's own.

    Nothing is written. The settings of the group `trainer` are for rnnlab's own Trainer and count for nothing here. The
    batches are `rnnlab.data.collation.Batch`; the module takes any that `rnnlab.data.collation.ordinary_batch`
    understands, and its checkpoints are those that `rnnlab.load` opens.

    Args:
        *words: As in `train`.
        **settings: As in `train`.

    Returns:
        The module with the weights that the run would begin with, and the data.

    Raises:
        rnnlab.errors.UserError: A setting or the data is wrong, with the line that the command would print.
    """
    from rnnlab import calls

    return calls.modules(words, settings)


def study(name: str, *, report: str | None = None, quiet: bool = False) -> Compared:
    """Run or resume a study below `experiments/`, and write its page, as `rnnlab study` does.

    Args:
        name: The study's folder.
        report: `"only"` writes the page from the recorded runs, and trains nothing.
        quiet: Print nothing but the headline.

    Returns:
        The comparison of its runs.

    Raises:
        rnnlab.errors.UserError: There is no such study, or it trains nothing and has no runs to compare.
        rnnlab.errors.RunsFailedError: Runs failed; the page shows the others.
    """
    from rnnlab import calls

    return calls.study(name, report, quiet)


def compare(
    source: str | Path | Sequence[str | Path],
    *,
    by: Keys = None,
    tune: Keys = None,
    within: Keys = None,
    across: str | None = None,
    worth: float | None = None,
    metric: str | None = None,
) -> Compared:
    """Compare the runs of a sweep, as `rnnlab compare` does, and write nothing.

    Args:
        source: The name of a sweep under `runs/`, or any folder that holds runs; or several.
        by: The keys whose values are compared; by default `cell` if it varies.
        tune: The keys by which each level is tuned; by default optimizer, scheduler, batch size, dropout and decay.
        within: The keys at whose values the question is asked again; by default every other key that varies.
        across: A key of `within` whose values count as one observation each, such as `data`.
        worth: The smallest difference worth having, in the unit of the metric; by default half a percent of the way
            from chance to the best.
        metric: What levels are compared by, such as `val/accuracy`; by default the loss that runs are ranked by.

    Returns:
        Its `answer` has the values of answer.json, `table` is a DataFrame with a row a level, and `figure()` a figure
        of plotly. In a notebook it shows itself.

    Raises:
        rnnlab.errors.UserError: No run is complete, or a key has no such role.
    """
    from rnnlab.analysis.comparison import compare as compare_folders  # imports pandas
    from rnnlab.analysis.question import asked
    from rnnlab.records.sources import named_folders
    from rnnlab.report.result import Compared

    roles = {"by": by, "tune": tune, "within": within, "across": across, "worth": worth, "metric": metric}
    return Compared(compare_folders(named_folders(source), asked=asked(roles)))


def load(checkpoint: str | Path) -> Trained:
    """Open a trained model, to `generate`, `predict` or `evaluate` with it.

    Args:
        checkpoint: A checkpoint file, or the folder of a run or a sweep for the best checkpoint in it, or the name of a
            sweep under `runs/`. Nothing else is needed, and a stranger's file runs no code.

    Raises:
        rnnlab.errors.UserError: There is none, or it is not one that rnnlab wrote.
    """
    from rnnlab.records.sources import path_or_sweep
    from rnnlab.training.trained import Trained  # imports torch, which the command line does without

    return Trained(path_or_sweep(checkpoint))


def runs(folders: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """All runs in and below one or several folders, or of sweeps by their names under `runs/`, finished or not.

    Returns:
        One row a run, best configuration first and by seed within it, those without a result behind: `rank` and
        `configuration`, hyperparameters and whatever else differs, the metrics of the best epoch (`val/…`) and of the
        test (`test/…`), `epochs`, `best_epoch` (from 0), `seconds` of training, `status`, `reason` of a failure, and
        `folder`. Losses are in the unit of the runs, such as nats per token.

    Raises:
        rnnlab.errors.UserError: There is no such folder or sweep.
    """
    from rnnlab.analysis.tables.frames import runs_frame  # imports pandas

    return runs_frame(folders)


def curves(folders: str | Path | Sequence[str | Path]) -> pd.DataFrame:
    """The learning curves of all runs in and below one or several folders, or of sweeps by their names, in long form.

    Returns:
        One row a validation: `folder` and what describes its run as in `runs`, `epoch` (from 0), `step`, `seconds` of
        training that led to it, `train/loss` (at the end of an epoch), `val/loss` and the other metrics.

    Raises:
        rnnlab.errors.UserError: There is no such folder or sweep.
    """
    from rnnlab.analysis.tables.frames import curves_frame

    return curves_frame(folders)
