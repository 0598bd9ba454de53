"""The metrics of forecasts: errors of the model and of what it has to beat, by column and by series, and intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanMetric, MetricCollection
from torchmetrics import Metric as Measured

from rnnlab.data.preparation.channels import Channels
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.forecasts.quantiles import Quantiles

LAST_VALUE = "last value"  # the model of chance
MOST_SERIES = 50  # that have metrics of their own
NAIVE_ERROR = (
    "A naive error is the mean absolute error in the training part of the seasonal naive forecast, which repeats the"
    " last season, so that the loss is the mean absolute scaled error (MASE, Hyndman and Koehler 2006)."
)
OF_QUANTILES = (
    " With quantiles, the loss is the continuous ranked probability score (CRPS) over the naive error, approximated by"
    " twice the mean pinball loss (Gneiting and Ranjan 2011)."
)
# The errors of the model and of the baselines on the same windows, in the series' own units.
MAE = Metric(
    "mae",
    "test error",
    "mean absolute error of the test part, in the series' own units",
    interval=False,
    explanation="The errors of the test part are mean absolute ones in the series' own units: the model's, that of"
    " repeating the last value, and that of repeating the last season, all on the same windows.",
    chance=LAST_VALUE,
    finding="forecasts$of_data: on the test part the best configuration errs by $mae on average (MASE $loss), repeating"
    " the last value by $mae_last, repeating the last season by $mae_seasonal.",
)
BASELINES = {
    "last": ("last value", "the error of repeating the last value"),
    "seasonal": ("last season", "the error of repeating the last season"),
    "linear": ("linear model", "the error of least squares on the values of a window"),
}
LINEAR_MODEL = (
    "The linear model is a ridge regression of each step of the horizon on the values of the window, measured from the"
    " last one (NLinear, Zeng et al. 2023), and on what is known in advance."
)


def baseline(measure: str, name: str) -> Metric:
    """Return the metric of what a baseline reaches in place of the model, such as `mae_last`."""
    title, hint = BASELINES[name]
    explanation = LINEAR_MODEL if name == "linear" else ""
    return Metric(f"{measure}_{name}", title, hint, interval=False, baseline_of=measure, explanation=explanation)


MAE_LAST, MAE_SEASONAL = (baseline("mae", name) for name in ("last", "seasonal"))


@dataclass(frozen=True)
class Errors:
    """The forecasts of a batch and the true values, in both scales.

    Attributes:
        scaled: `(B, H, D)`, absolute errors over naive errors.
        absolute: `(B, H, D)`, absolute errors in own units.
        series: `(B,)`, the index of each row's series.
    """

    scaled: Tensor
    absolute: Tensor
    series: Tensor


class ForecastMetrics:
    """Declares and updates the metrics of a forecaster."""

    def __init__(self, channels: Channels, quantiles: Quantiles | None, has_linear: bool) -> None:
        self.columns = _keys(channels.values) if len(channels.values) > 1 else {}
        self.series = _keys(channels.series[:MOST_SERIES], taken=self.columns) if len(channels.series) > 1 else {}
        self.quantiles = quantiles
        self.baselines = [name for name in BASELINES if name != "linear" or has_linear]

    @property
    def single(self) -> bool:
        """True if there is one column of one series, whose errors have one unit."""
        return not (self.columns or self.series)

    def declare(self) -> dict[Metric, Measured]:
        """Declare the metrics, the loss first."""
        explanation = NAIVE_ERROR + (OF_QUANTILES if self.quantiles else "")
        loss = replace(ranking_loss("naive errors per value", chance=LAST_VALUE), explanation=explanation)
        mase = Metric("mase", "test MASE", "mean absolute scaled error", shown="results", chance=LAST_VALUE)
        first: dict[Metric, Measured] = {loss: MeanMetric(), mase: MeanMetric()}
        if self.single:
            errors = {m: MeanAbsoluteError() for m in (MAE, *(baseline("mae", name) for name in self.baselines))}
            return {**first, **errors, **self._of_intervals("in the series' own units")}
        shown = replace(mase, shown="tables", interval=False)
        scaled = {metric: MeanMetric() for metric in (baseline("mase", name) for name in self.baselines)}
        return {
            loss: MeanMetric(),
            shown: MeanMetric(),
            **scaled,
            **{metric: MeanMetric() for metric in self._by_group()},
            **self._of_intervals("in naive errors"),
        }

    def update(self, metrics: MetricCollection, model: Errors, baselines: Mapping[str, Errors]) -> None:
        """Update the errors of several columns or series with those of a batch."""
        for name, errors in baselines.items():
            metrics[f"mase_{name}"].update(errors.scaled)
        for column, key in enumerate(self.columns.values()):
            metrics[f"mase_{key}"].update(model.scaled[..., column])
            if not self.series:
                metrics[f"mae_{key}"].update(model.absolute[..., column])
        for place, key in enumerate(self.series.values()):
            rows = model.series == place  # none of a series that has ended before the part begins: not a number
            metrics[f"mase_{key}"].update(model.scaled[rows])
            if not self.columns:
                metrics[f"mae_{key}"].update(model.absolute[rows])

    def _by_group(self) -> Iterable[Metric]:
        """Yield the metrics of each column and series."""
        measures = {"mase": "MASE", "mae": "mean absolute error"}
        for names, alone in ((self.columns, not self.series), (self.series, not self.columns)):
            for name, key in names.items():
                for measure in measures if alone else ["mase"]:
                    unit = ", in own units" if measure == "mae" else ""
                    hint = f"{measures[measure]} of {name}{unit}"
                    yield Metric(f"{measure}_{key}", f"{measure} {name}", hint, shown="results", interval=False)

    def _of_intervals(self, unit: str) -> dict[Metric, Measured]:
        if self.quantiles is None:
            return {}
        crps = Metric("crps", "test CRPS", f"approximated by quantiles, {unit}", interval=False)
        if not self.quantiles.has_interval:
            return {crps: MeanMetric()}
        low, high = self.quantiles.shares[0], self.quantiles.shares[-1]
        within = f"share of values between the {low:g} and {high:g} quantiles, {self.quantiles.nominal:g} at best"
        return {
            crps: MeanMetric(),
            share("coverage", "coverage", within): MeanMetric(),
            Metric("width", "width", f"mean distance of these quantiles, {unit}", interval=False): MeanMetric(),
        }


def _keys(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a different word of letters, digits and `_` for each name."""
    keys: dict[str, str] = {}
    used = {*taken, *BASELINES}
    for name in names:
        word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "series"
        key, number = word, 2
        while key in used:
            key, number = f"{word}_{number}", number + 1
        used.add(key)
        keys[name] = key
    return keys
