"""Writing a comparison down: results.csv, learning-curves.png and report.md."""

from __future__ import annotations

from pathlib import Path

from rnnlab.report.compare import Comparison
from rnnlab.report.figures import learning_curves
from rnnlab.report.render import markdown
from rnnlab.training.folder import write_atomically

FIGURE = "learning-curves.png"


def write_report(comparison: Comparison, folder: Path) -> Path:
    """Write the report's files into a folder, each whole or not at all; the same results give the same bytes.

    Returns:
        The path of report.md.
    """
    report = folder / "report.md"
    write_atomically(folder / "results.csv", comparison.runs.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / FIGURE, learning_curves(comparison))
    write_atomically(report, f"# Comparison of {comparison.name}\n\n{markdown(comparison, FIGURE)}")
    return report
