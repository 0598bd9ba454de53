"""The result of `rnnlab.compare`: the answer as values, table, figure, and in a notebook."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from rnnlab.analysis.comparison import Comparison
from rnnlab.charts.page import figure
from rnnlab.charts.paper import svg
from rnnlab.errors import UserError
from rnnlab.report.answer.document import document
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.sentences import cautions, decides, sentences
from rnnlab.report.figures.answer import answer_chart

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEVEL = ("level", "value", "low", "high", "seeds", "diverged", "parameters", "flops")


class Compared:
    """The answer of a comparison.

    Attributes:
        comparison: Everything that the report is made of.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The values of answer.json."""
        return document(self.comparison.answer)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each level of each group, best first.

        The settings of `within`, `level`, what it is tuned to, `value` with its 95% interval `low` to `high`, `seeds`,
        `diverged`, `parameters` and `flops`, `test` with `test_low` and `test_high`, and `candidate`.
        """
        rows = [
            {
                **group["within"],
                **{name: level[name] for name in LEVEL[:1]},
                **level["tuned"],
                **{name: level[name] for name in LEVEL[1:]},
                **_test(level["test"]),
                "candidate": level["level"] in group["candidates"],
            }
            for group in self.answer["groups"]
            for level in group["levels"]
        ]
        return pd.DataFrame(rows)

    def figure(self) -> go.Figure:
        """Return the chart of the answer as a figure of plotly.

        Raises:
            UserError: There is nothing to compare.
        """
        import plotly.graph_objects as go

        charts = answer_chart(self.comparison)
        if not charts:
            raise UserError("there is no figure: the runs differ in nothing that is compared")
        return go.Figure(figure(charts[0]))

    def __repr__(self) -> str:
        answer = self.comparison.answer
        return "\n".join([headline(answer), *sentences(answer), *cautions(answer)])

    def _repr_markdown_(self) -> str:
        return f"**{headline(self.comparison.answer)}**"

    def _repr_html_(self) -> str:
        from html import escape

        answer = self.comparison.answer
        step = decides(answer)
        lines = [*sentences(answer), *cautions(answer), step.why]
        chart = "".join(_element(svg(one).decode()) for one in answer_chart(self.comparison))
        command = f"<pre>{escape(step.command)}</pre>" if step.command else ""
        body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
        return f"<p><b>{escape(headline(answer))}</b></p>{chart}{body}{command}{self.table.to_html(index=False)}"


def _test(test: dict[str, Any] | None) -> dict[str, Any]:
    known = test or {}
    return {"test": known.get("value"), "test_low": known.get("low"), "test_high": known.get("high")}


def _element(document: str) -> str:
    """Return the element of an SVG file, which stands in a page without the file's head."""
    return document[document.index("<svg") :]
