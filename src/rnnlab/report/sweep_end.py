"""The lines of the terminal when a sweep has ended: its headline, and the commands that may follow."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.analysis.question import asked
from rnnlab.errors import UserError
from rnnlab.records.reading import Run
from rnnlab.report.answer.headline import headline
from rnnlab.report.render import print_answer
from rnnlab.report.sections.examples import samples_of
from rnnlab.report.write import write_report
from rnnlab.verbosity import is_quiet


def print_sweep_end(sweeps: Sequence[Path], question: Mapping[str, Any], console: Console) -> None:
    """Print the headline of each sweep, and unless the command is quiet the commands that show more of it.

    Args:
        sweeps: The folders of the sweeps.
        question: The keys of `compare`, such as `by`; null where the default is asked.
        console: Prints the lines.
    """
    for sweep in sweeps:
        try:
            answer = compare([sweep], asked=asked(question)).answer
        except UserError as error:  # nothing is complete, or its runs cannot be compared
            console.print(Text(str(error)), soft_wrap=not console.is_terminal)
            continue
        console.print(Text(headline(answer), style="bold"), soft_wrap=not console.is_terminal)
        if not is_quiet():
            for command in next_commands(sweep.name, question):
                console.print(Text(f"  {command}"), soft_wrap=True)


def print_answers(sweeps: Sequence[Path], question: Mapping[str, Any], console: Console) -> None:
    """Write the report of each sweep, and print its answer with its chart, what the winner made up, and where to look.

    A quiet command says the headlines alone. The arguments are those of `print_sweep_end`.
    """
    if is_quiet():
        return print_sweep_end(sweeps, question, console)
    for sweep in sweeps:
        try:
            comparison = compare([sweep], asked=asked(question))
        except UserError as error:  # nothing is complete
            console.print(Text(str(error)), soft_wrap=not console.is_terminal)
            continue
        _, page = write_report(comparison, sweep / "report")
        print_answer(comparison, console)
        console.print()
        samples_of(winner(comparison)).terminal(console)
        console.print()
        console.print(Text(f"Page: {page.as_posix()}"), soft_wrap=True)
        for command in next_commands(sweep.name, question):
            console.print(Text(f"  {command}"), soft_wrap=True)
    return None


def winner(comparison: Comparison) -> Run:
    """Return the best run of the level that the answer names first, at its tuned setting.

    The configuration of the lowest mean need not be it: the best of many single runs owes a part of that to luck.
    """
    answer = comparison.answer
    for group in answer.groups[:1]:
        for level in group.levels[:1]:
            runs = [run for run in answer.runs.get((group.within, level.name), ()) if run.is_complete]
            if runs:
                return min(runs, key=lambda run: run.loss)
    return comparison.best


def next_commands(sweep: str, question: Mapping[str, Any]) -> list[str]:
    """Return the commands that show more of a sweep, `compare` with the question that was asked of it."""
    words = [f"{key}={_word(value)}" for key, value in question.items() if value is not None]
    named = f"sweep={sweep}"
    return [shlex.join(["rnnlab", *command]) for command in (["compare", named, *words], ["tensorboard", named])]


def _word(value: Any) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
