"""The chart of forecasts beside what happened, with a fan of the quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnlab.charts.values import Axis, Line, Lines

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Forecasts of a column that are drawn one behind the other, in own units.

    Attributes:
        name: Of the column.
        known: What happened, from the first step that the first forecast reads to the last one that is forecast.
        begin: The step of the part at which `known` begins; what was only read lies before step 0.
        origins: The step of the part at which each forecast begins.
        forecasts: `(N, H)`, the forecasts, or their medians.
        seasonal: `(N, H)`, the last season repeated.
        quantiles: `(N, H, Q)`; None where no quantiles are forecast.
        shares: `(Q,)`, of the quantiles.
    """

    name: str
    known: Floats
    begin: int
    origins: Sequence[int]
    forecasts: Floats
    seasonal: Floats
    quantiles: Floats | None = None
    shares: tuple[float, ...] = ()

    def chart(self, part: str) -> Lines:
        """Draw them beside the truth and the seasonal naive forecast; `part` is what the part of the data is called."""
        horizon = self.forecasts.shape[1]
        bands = [(low, len(self.shares) - 1 - low) for low in range(len(self.shares) // 2)]
        intervals = [f"{self.shares[high] - self.shares[low]:.0%} interval" for low, high in bands]
        return Lines(
            name="forecasts",
            title=f"Forecasts of {self.name}",
            caption=f"Forecasts of {horizon} values each of the {part} part. Each begins where the one before"
            " ends, and has seen what happened until then."
            + (f" Bands are {' and '.join(intervals)}s of quantiles." if intervals else ""),
            x=Axis(f"step of the {part} part"),
            y=Axis(self.name),
            lines=(
                _line("what happened", range(self.begin, self.begin + len(self.known)), self.known),
                self._pieces("forecast", self.forecasts, *self._band(*bands[0]))
                if bands
                else self._pieces("forecast", self.forecasts),
                self._pieces("last season repeated", self.seasonal),
                *(
                    self._pieces(interval, self.forecasts, *self._band(*band))
                    for interval, band in zip(intervals[1:], bands[1:], strict=True)
                ),
            ),
        )

    def _band(self, low: int, high: int) -> tuple[Floats, Floats]:
        assert self.quantiles is not None
        return self.quantiles[..., low], self.quantiles[..., high]

    def _pieces(self, label: str, forecasts: Floats, low: Floats | None = None, high: Floats | None = None) -> Line:
        """Draw forecasts as lines that begin at the last value known to them, with a gap between two."""
        x: list[int] = []
        for origin in self.origins:
            x += range(origin - 1, origin + forecasts.shape[1] + 1)
        y, edges = self._behind_known(forecasts), [self._behind_known(e) for e in (low, high) if e is not None]
        if not edges:
            return _line(label, x, y)
        return Line(label, tuple(map(float, x)), tuple(y), low=tuple(edges[0]), high=tuple(edges[1]))

    def _behind_known(self, forecasts: Floats) -> list[float]:
        values: list[float] = []
        for origin, row in zip(self.origins, forecasts.tolist(), strict=True):
            values += [float(self.known[origin - self.begin - 1]), *row, math.nan]
        return values


def _line(label: str, x: Sequence[int], y: Sequence[float] | Floats) -> Line:
    values = tuple(map(float, y))
    return Line(label, tuple(map(float, x)), values, low=values, high=values)  # of one run: no band
