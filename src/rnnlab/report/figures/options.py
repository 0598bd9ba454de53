"""The figures that conf/figure/ and the plugins' conf/figure/ name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import yaml

from rnnlab.charts.values import Chart
from rnnlab.config.reference import group_options, option_file
from rnnlab.config.targets import build
from rnnlab.errors import UserError

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

GROUP = "figure"


@dataclass(frozen=True)
class Figure:
    """An option of the group `figure`.

    Attributes:
        name: The name of the option.
        report: The place in a report: figures are sorted by it.
        study: The place on the page of a study; None keeps the figure off it.
        node: The function as `_target_`, and its arguments.
    """

    name: str
    report: float
    study: float | None
    node: Mapping[str, Any]

    def charts(self, comparison: Comparison) -> list[Chart]:
        """Draw the figure.

        Raises:
            UserError: The function may not be called, does not take these keys, or returns no charts.
        """
        charts = build(self.node, comparison=comparison)
        if not isinstance(charts, Sequence) or not all(isinstance(chart, get_args(Chart)) for chart in charts):
            raise UserError(f"figure={self.name}: {self.node['_target_']} must return a list of rnnlab's charts")
        return list(charts)


def report_charts(comparison: Comparison) -> list[Chart]:
    """Return every chart of a comparison, in the order of a report.

    Raises:
        UserError: An option of `figure` is wrong, or two charts have one name.
    """
    return _charts(comparison, sorted(_figures(), key=lambda figure: figure.report))


def study_charts(comparison: Comparison) -> list[Chart]:
    """Return the charts that the page of a study has room for, in their order.

    Raises:
        UserError: An option of `figure` is wrong, or two charts have one name.
    """
    placed = [(figure.study, figure) for figure in _figures() if figure.study is not None]
    return _charts(comparison, [figure for _, figure in sorted(placed, key=lambda pair: pair[0])])


def _charts(comparison: Comparison, figures: Sequence[Figure]) -> list[Chart]:
    charts: dict[str, Chart] = {}
    for figure in figures:
        for chart in figure.charts(comparison):
            if chart.name in charts:
                raise UserError(f"figure={figure.name}: another chart is called '{chart.name}', too; name it otherwise")
            if Path(chart.name).name != chart.name:
                raise UserError(f"figure={figure.name}: '{chart.name}' is not the name of a file")
            charts[chart.name] = chart
    return list(charts.values())


def _figures() -> list[Figure]:
    return [_figure(name) for name in group_options(GROUP)]


def _figure(name: str) -> Figure:
    file = option_file(GROUP, name)
    assert file is not None
    try:
        node = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{file}: cannot be read as YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(node, dict) or not isinstance(node.get("_target_"), str):
        raise UserError(f"{file}: `_target_` must name a function from a comparison to a list of charts")
    report, study = node.pop("report", None), node.pop("study", None)
    if not isinstance(report, int | float) or not isinstance(study, int | float | None):
        raise UserError(f"{file}: `report` must be a number, the figure's place, and `study` a number or null")
    return Figure(name, report, study, node)
