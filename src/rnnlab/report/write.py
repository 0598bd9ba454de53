"""Writing a comparison down: results.csv, summary.csv, report.md with its figures, and the page report.html."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rnnlab.analysis.comparison import Comparison
from rnnlab.charts.paper import png
from rnnlab.charts.values import Chart
from rnnlab.records.folder import write_atomically
from rnnlab.report.factor_tables import factor_tables
from rnnlab.report.figures import charts
from rnnlab.report.page import page
from rnnlab.report.render import markdown

# Charts that not every comparison has.
SOMETIMES = (
    "forecasts", "overfitting", "changes", "inside-", "loss-by-", "holds-by-", "loss-and-", "heat-map",
    "parallel-coordinates",
)  # fmt: skip


def write_report(comparison: Comparison, folder: Path) -> tuple[Path, Path]:
    """Write the report's files into a folder, each whole or not at all; the same results give the same bytes.

    results.csv has one row a run, summary.csv one a configuration.

    Returns:
        The paths of report.md and report.html.
    """
    report, drawn = folder / "report.md", charts(comparison)
    text = "\n".join(filter(None, [markdown(comparison, drawn), factor_tables(comparison)]))
    files = {
        "results.csv": comparison.runs.to_csv(index=False, lineterminator="\n"),
        "summary.csv": comparison.ranking.drop(columns="runs").to_csv(index=False, lineterminator="\n"),
        "report.html": page(comparison, drawn),
    }
    write_figures(drawn, folder, before=report)
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(report, f"# Comparison of {comparison.name}\n\n{text}")
    return report, folder / "report.html"


def write_figures(drawn: Sequence[Chart], folder: Path, before: Path) -> None:
    """A PNG for each chart, under its name.

    Args:
        drawn: The charts.
        folder: Where the pictures belong.
        before: A text that shows those of an earlier time, which go if they are no more; it may not exist yet.
    """
    for chart in drawn:
        write_atomically(folder / f"{chart.name}.png", png(chart))
    text = before.read_text(encoding="utf-8", errors="replace") if before.is_file() else ""
    for name in set(re.findall(r"\]\(([\w.-]+)\.png\)", text)) - {chart.name for chart in drawn}:
        if name.startswith(SOMETIMES):
            (folder / f"{name}.png").unlink(missing_ok=True)
