"""Overfitting: configurations whose validation loss rises while their training loss goes on falling.

The ranking does not suffer from it, since the best epoch's weights are what counts; whoever chooses a size or a number
of epochs wants to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.analysis.configurations import Configuration
from rnnlab.analysis.statistics import Mean, mean, mean_of
from rnnlab.records.reading import OBJECTIVE, Run, float_or_nan

TRAINING = "train/loss"
WORTH_SAYING = 0.02  # a rise of the validation loss, as a share of its lowest
MOST_NAMED = 3  # configurations that a sentence names, and whose curves are drawn
WHOLE = "whole"  # the value of data.parts with which training, validation and test are the same text

Epochs = dict[int, tuple[float, float]]  # by epoch, counted from 1: its validation loss and its mean training loss


@dataclass(frozen=True)
class Overfit:
    """A configuration whose validation loss rises at the end of its training.

    Attributes:
        label: Its name.
        rise: The rise from the lowest validation loss to the last, over seeds.
        best: The mean epoch of the lowest, counted from 1.
        epochs: The mean number of epochs.
        fall: The fall of the training loss in the same epochs, the mean over seeds.
        runs: The epochs of each seed's run.
    """

    label: str
    rise: Mean
    best: float
    epochs: float
    fall: float
    runs: tuple[Epochs, ...]


def overfitting(ranked: Sequence[Configuration]) -> list[Overfit]:
    """Return the configurations whose validation loss rises by 2% or more while the training loss falls, worst first.

    Over several seeds, the 95% interval of the rise has to lie above 0: a loss that wavers has not risen.
    """
    cases = [case for configuration in ranked if (case := _case(configuration))]
    return sorted(cases, key=lambda case: -case.rise.value)


def _case(configuration: Configuration) -> Overfit | None:
    if not any(_may_overfit(run) for run in configuration.runs):
        return None
    runs = [epochs for run in configuration.runs if (epochs := _epochs(run))]
    if not runs:
        return None
    lowest = [min(epochs, key=epochs.__getitem__) for epochs in runs]  # a pair begins with the validation loss
    last = [max(epochs) for epochs in runs]
    pairs = [(epochs[low], epochs[end]) for epochs, low, end in zip(runs, lowest, last, strict=True)]
    rise = mean_of([{seed: end[0] - low[0] for seed, (low, end) in enumerate(pairs)}])
    fall = mean([low[1] - end[1] for low, end in pairs])
    least = WORTH_SAYING * mean([low[0] for low, _ in pairs])
    if rise.value < least or fall <= 0 or rise.half >= rise.value:  # of one seed, there is no half: not a number
        return None
    return Overfit(configuration.label, rise, mean(lowest), mean(last), fall, tuple(runs))


def _may_overfit(run: Run) -> bool:
    """Return True if the best epoch was not the last, by summary.json alone: most metrics.csv need not be read.

    A run that validates on its training data overfits on purpose, and does not count.
    """
    if run.config.get("data.parts") == WHOLE:
        return False
    best, epochs = float_or_nan(run.summary.get("best_epoch")), float_or_nan(run.summary.get("epochs"))
    return best < epochs - 1


def _epochs(run: Run) -> Epochs:
    rows = run.curves("epoch", OBJECTIVE, TRAINING)
    return {int(row["epoch"]) + 1: (row[OBJECTIVE], row[TRAINING]) for row in rows}
