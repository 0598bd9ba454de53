"""What the terminal says when a sweep has ended: its headline, and the commands that may follow."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rnnlab.analysis.comparison import compare
from rnnlab.analysis.question import asked
from rnnlab.errors import UserError
from rnnlab.report.answer.headline import headline
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


def next_commands(sweep: str, question: Mapping[str, Any]) -> list[str]:
    """Return the commands that show more of a sweep, `compare` with the question that was asked of it."""
    words = [f"{key}={_word(value)}" for key, value in question.items() if value is not None]
    named = f"sweep={sweep}"
    return [shlex.join(["rnnlab", *command]) for command in (["compare", named, *words], ["tensorboard", named])]


def _word(value: Any) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
