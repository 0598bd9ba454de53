"""The ranking: one row a configuration, best mean first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from rnnlab.analysis.configurations import Configuration, losses
from rnnlab.analysis.criterion import Criterion
from rnnlab.analysis.findings.efficiency import front, seconds_to
from rnnlab.analysis.statistics import mean, mean_of, sample_sd
from rnnlab.records.metrics import Metric, shown_in_summary
from rnnlab.records.reading import Run, float_or_nan


def in_order(configurations: Sequence[Configuration], by: Criterion) -> list[Configuration]:
    """Sort configurations by the mean of what they are ranked by, and equal ones by label."""

    def place(configuration: Configuration) -> tuple[float, str, str]:
        value = by.sign * mean(by.values(configuration).values())
        value = math.inf if math.isnan(value) else value
        return value, configuration.label, configuration.runs[0].folder.as_posix()

    return sorted(configurations, key=place)


def usual_target(ranked: Sequence[Configuration]) -> float:
    """Return the loss that every run of the better half of the configurations reaches, the middle one included."""
    better = ranked[: (len(ranked) + 1) // 2]
    return max(loss for configuration in better for loss in losses(configuration).values())


def ranking(ranked: Sequence[Configuration], metrics: Sequence[Metric], target: float, by: Criterion) -> pd.DataFrame:
    """Build the table of configurations, one row each, in their order.

    Columns: `rank` from 1, the settings that vary, `label`, `val_loss` with its sample standard
    deviation `val_loss_sd` and the half width of its 95% interval `val_loss_half`, `seeds`, `parameters`,
    `test_loss`, `test_loss_half`, the test values of the metrics that belong there, such as `test_accuracy` and
    `test_accuracy_half`, `epochs`,
    `seconds` of training and `seconds_half`, `seconds_to_target` until the first validation with at most
    the target's loss (the mean over the seeds that reach it, empty where not every seed does), whether it is on the
    Pareto front of what is ranked by against `parameters` and against `seconds`, and `runs`, best seed first. Figures
    are means over seeds. Where runs are ranked by another metric than the loss, that one's mean is there as well, such
    as `val_accuracy` and `val_accuracy_half`.
    """
    table = pd.DataFrame(
        [_row(rank, configuration, metrics, target, by) for rank, configuration in enumerate(ranked, start=1)]
    )
    for cost in ("parameters", "seconds"):
        table[f"on_{cost}_front"] = front(list(table[cost]), list(by.sign * table[by.column]))
    return table


def _row(
    rank: int, configuration: Configuration, metrics: Sequence[Metric], target: float, by: Criterion
) -> dict[str, Any]:
    runs = configuration.runs
    validation, ranked_by = mean_of([losses(configuration)]), mean_of([by.values(configuration)])
    tested: dict[str, float] = {}
    for metric in shown_in_summary(metrics):
        tested |= _tested(metric.column, runs, metric)
    times = [seconds_to(target, run) for run in runs]

    def average(figure: str) -> float:
        return mean(float_or_nan(run.summary.get(figure)) for run in runs)

    return {
        "rank": rank,
        **configuration.settings,
        "label": configuration.label,
        "val_loss": validation.value,
        "val_loss_sd": sample_sd(list(losses(configuration).values())),
        "val_loss_half": validation.half,
        "seeds": len(runs),
        "parameters": average("parameters"),
        **_tested("test_loss", runs, runs[0].measure),
        **tested,
        **({} if by.is_loss else {by.column: ranked_by.value, f"{by.column}_half": ranked_by.half}),
        "epochs": average("epochs"),
        "seconds": average("seconds"),
        "seconds_half": mean_of([{run.folder: float_or_nan(run.summary.get("seconds")) for run in runs}]).half,
        "seconds_to_target": sum(times) / len(times),  # not a number as soon as one of them is
        "runs": sorted(runs, key=by.place),
    }


def _tested(column: str, runs: Sequence[Run], metric: Metric) -> dict[str, float]:
    """Return the mean test value of a metric, and the half width of its interval where tables show that."""
    value = mean_of([{run.folder: run.value(metric.test) for run in runs}])
    return {column: value.value, **({f"{column}_half": value.half} if metric.interval else {})}
