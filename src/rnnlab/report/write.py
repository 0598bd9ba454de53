"""The files of a report: its tables, answer.json, report.md with its figures, and the page report.html."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnnlab.analysis.comparison import Comparison
from rnnlab.charts.paper import PICTURES, pictures
from rnnlab.charts.values import Chart
from rnnlab.config.plain_files import read_json
from rnnlab.control_characters import shown, to_json
from rnnlab.records.files.csv_files import table_csv
from rnnlab.records.folder import write_atomically
from rnnlab.report.answer.document import document
from rnnlab.report.figures.options import report_charts
from rnnlab.report.page import page
from rnnlab.report.render import markdown
from rnnlab.report.tables.contrasts import contrast_tables
from rnnlab.report.tables.latex import latex_table
from rnnlab.report.wording import escaped

MANIFEST = "figures.json"  # the names of the pictures that a report wrote, for the next one to delete


def write_report(comparison: Comparison, folder: Path) -> tuple[Path, Path]:
    """Write the report's files into a folder, each whole or not at all; the same results give the same bytes.

    results.csv has one row a run, summary.csv one a configuration, table.tex the levels of the answer.

    Returns:
        The paths of report.md and report.html.
    """
    report, charts = folder / "report.md", report_charts(comparison)
    text = "\n".join(filter(None, [markdown(comparison, charts), contrast_tables(comparison.answer)]))
    files = {
        "results.csv": table_csv(comparison.runs),
        "summary.csv": table_csv(comparison.ranking.drop(columns="runs")),
        "answer.json": to_json(document(comparison.answer), indent=2) + "\n",
        "table.tex": latex_table(comparison.answer),
        "report.html": page(comparison, charts),
    }
    _write_pictures(charts, folder)
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(report, f"# Comparison of {escaped(comparison.name)}\n\n{shown(text)}")
    return report, folder / "report.html"


def _write_pictures(charts: Sequence[Chart], folder: Path) -> None:
    """Write each chart as PNG, SVG and PDF, and delete the pictures of an earlier report that are no more."""
    names = [f"{chart.name}{suffix}" for chart in charts for suffix in PICTURES]
    for chart in charts:
        for suffix, picture in pictures(chart).items():
            write_atomically(folder / f"{chart.name}{suffix}", picture)
    for name in _written_before(folder) - set(names):
        (folder / name).unlink(missing_ok=True)
    write_atomically(folder / MANIFEST, to_json(names, indent=2, ensure_ascii=False) + "\n")


def _written_before(folder: Path) -> set[str]:
    """Return the pictures in the folder that an earlier report wrote; none where its manifest is damaged."""
    try:
        names = read_json(folder / MANIFEST)
    except (OSError, ValueError):
        return set()
    if not isinstance(names, list):
        return set()
    # Only pictures, and only in this folder: the manifest may be a stranger's.
    pictures = [name for name in names if isinstance(name, str) and Path(name).suffix in PICTURES]
    return {name for name in pictures if Path(name).name == name}
