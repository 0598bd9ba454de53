"""What a sweep ends with in the terminal: the answer and its chart, what the winner made up, and where to look."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console
from rich.text import Text

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.records.reading import Run
from rnnlab.report.examples import samples_of
from rnnlab.report.render import print_answer
from rnnlab.report.write import write_report


def close_sweep(sweep: Path, console: Console) -> None:
    """Write the report of a sweep, and print its headline, the chart of the answer and the next commands.

    Args:
        sweep: The sweep's folder, with at least one complete run.
        console: Prints the lines.

    Raises:
        UserError: No run is complete.
    """
    comparison = compare([sweep])
    _, page = write_report(comparison, sweep)
    console.print()
    print_answer(comparison, console)
    console.print()
    samples_of(winner(comparison)).terminal(console)
    console.print()
    lines = [
        f"Page:        {page.as_posix()}",
        f"All tables:  rnnlab compare sweep={shlex.quote(sweep.name)}",
        f"Every curve: rnnlab tensorboard sweep={shlex.quote(sweep.name)}",
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def winner(comparison: Comparison) -> Run:
    """Return the best run of the level that the answer names first, at its tuned setting.

    That is not always the configuration of the lowest mean: the best of many single runs owes a part of it to luck.
    """
    answer = comparison.answer
    for group in answer.groups[:1]:
        for level in group.levels[:1]:
            runs = [run for run in answer.runs.get((group.within, level.name), ()) if run.is_complete]
            if runs:
                return min(runs, key=lambda run: run.loss)
    return comparison.best
