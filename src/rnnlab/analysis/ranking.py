"""The ranking: one row a configuration, best mean first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from rnnlab.analysis.configurations import Configuration, losses
from rnnlab.analysis.efficiency import front, seconds_to
from rnnlab.analysis.statistics import mean, mean_of, sample_sd
from rnnlab.records.reading import number

ERRORS = ("test/mae", "test/mae_last", "test/mae_seasonal")  # of forecasts, in the series' own units


def in_order(configurations: Sequence[Configuration]) -> list[Configuration]:
    """The lowest mean validation loss first; equal means are ordered by label."""

    def place(its: Configuration) -> tuple[float, str, str]:
        return mean(losses(its).values()), its.label, its.runs[0].folder.as_posix()

    return sorted(configurations, key=place)


def usual_target(ranked: Sequence[Configuration]) -> float:
    """The loss that every run of the better half of the configurations reaches, the middle one included."""
    better = ranked[: (len(ranked) + 1) // 2]
    return max(loss for each in better for loss in losses(each).values())


def ranking(ranked: Sequence[Configuration], target: float) -> pd.DataFrame:
    """One row a configuration, in their order.

    Columns: `rank` from 1, what tells the configurations apart, `label`, `val_loss` with its sample standard
    deviation `val_loss_sd` and the half width of its 95% interval `val_loss_half`, `seeds`, `parameters`,
    `test_loss`, `test_loss_half`, `test_accuracy`, `test_accuracy_half` (shares of 1), a forecaster's mean absolute
    error `test_mae` and those of the naive forecasts, `test_mae_last` and `test_mae_seasonal`, `epochs`, `seconds` of
    training, `seconds_to_target` until the first validation with at most the target's loss (the mean over the seeds
    that reach it, empty where not every seed does), whether it is on the Pareto front of loss against `parameters`
    and against `seconds`, and `runs`, best seed first. Figures are means over seeds.
    """
    table = pd.DataFrame([_row(rank, each, target) for rank, each in enumerate(ranked, start=1)])
    for cost in ("parameters", "seconds"):
        table[f"on_{cost}_front"] = front(list(table[cost]), list(table["val_loss"]))
    return table


def _row(rank: int, configuration: Configuration, target: float) -> dict[str, Any]:
    runs = configuration.runs
    validation = mean_of([losses(configuration)])
    test = mean_of([{run.folder: run.test_loss for run in runs}])
    accuracy = mean_of([{run.folder: number(run.metrics("test").get("test/accuracy")) for run in runs}])
    times = [seconds_to(target, run) for run in runs]

    def average(of: str) -> float:
        return mean(number(run.summary.get(of)) for run in runs)

    return {
        "rank": rank,
        **configuration.settings,
        "label": configuration.label,
        "val_loss": validation.value,
        "val_loss_sd": sample_sd(list(losses(configuration).values())),
        "val_loss_half": validation.half,
        "seeds": len(runs),
        "parameters": average("parameters"),
        "test_loss": test.value,
        "test_loss_half": test.half,
        "test_accuracy": accuracy.value,
        "test_accuracy_half": accuracy.half,
        **{name.replace("/", "_"): mean(number(run.metrics("test").get(name)) for run in runs) for name in ERRORS},
        "epochs": average("epochs"),
        "seconds": average("seconds"),
        "seconds_to_target": sum(times) / len(times),  # not a number as soon as one of them is
        "runs": sorted(runs, key=lambda run: (run.loss, run.folder.as_posix())),
    }
