"""The examples of a trained model as plain values: generated texts, confusion matrix, charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.charts.values import Axis, Line, Lines


@dataclass(frozen=True)
class Examples:
    """The examples that a report shows of a trained model. A run's folder keeps it as examples.json.

    Attributes:
        samples: Texts that the model generated.
        labels: The names of its classes.
        confusion: Counts of the test: a row for each true class, a column for each predicted one.
        charts: Of its predictions on the test part.
    """

    samples: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    charts: tuple[Lines, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the examples as JSON has them, without what is empty."""
        content = {
            "samples": self.samples,
            "labels": self.labels,
            "confusion": self.confusion,
            "charts": [_chart_to_json(chart) for chart in self.charts],
        }
        return {key: value for key, value in content.items() if value}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Examples:
        """Return the examples that `to_json` gave.

        Raises:
            ValueError: The content is something else.
        """
        try:
            return cls(
                tuple(map(_without_surrogates, content.get("samples", ()))),
                tuple(map(_without_surrogates, content.get("labels", ()))),
                tuple(tuple(map(int, row)) for row in content.get("confusion", ())),
                tuple(map(_chart_from_json, content.get("charts", ()))),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"these are no examples: {error}") from error


def _chart_to_json(chart: Lines) -> dict[str, Any]:
    return {
        "name": chart.name,
        "title": chart.title,
        "caption": chart.caption,
        "x": chart.x.label,
        "y": chart.y.label,
        "lines": list(map(_line_to_json, chart.lines)),
    }


def _line_to_json(line: Line) -> dict[str, Any]:
    band = {"low": _or_null(line.low), "high": _or_null(line.high)} if line.has_band else {}
    return {"label": line.label, "x": line.x, "y": _or_null(line.y), **band}


def _or_null(values: Sequence[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]


def _chart_from_json(content: Mapping[str, Any]) -> Lines:
    name, title, caption, x, y = (_without_surrogates(content[key]) for key in ("name", "title", "caption", "x", "y"))
    return Lines(name, title, caption, Axis(x), Axis(y), tuple(map(_line_from_json, content["lines"])))


def _line_from_json(content: Mapping[str, Any]) -> Line:
    x, y = _numbers(content["x"]), _numbers(content["y"])
    low, high = (_numbers(content[edge]) if edge in content else y for edge in ("low", "high"))  # or no band
    if not len(x) == len(y) == len(low) == len(high):
        raise ValueError(f"{len(x)} places do not fit {len(y)} values")
    return Line(_without_surrogates(content["label"]), x, y, low=low, high=high)


def _numbers(values: Sequence[float | None]) -> tuple[float, ...]:
    numbers = (math.nan if value is None else float(value) for value in values)
    return tuple(number if math.isfinite(number) else math.nan for number in numbers)


def _without_surrogates(text: object) -> str:
    """Replace half characters, which no file can hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
