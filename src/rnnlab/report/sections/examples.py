"""The examples that a run left, and the texts among them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from rnnlab.charts.examples import Examples
from rnnlab.records.reading import Run

LINE = 100  # characters; a sample that is longer than a line is shown alone
EMPTY = "(empty)"


def read_examples(run: Run) -> Examples:
    """Return the examples that a run left; none where they are missing or damaged."""
    try:
        return Examples.from_json(run.examples())
    except ValueError:
        return Examples()


def samples_of(run: Run) -> Samples:
    """Return the texts that a run's model generated."""
    return Samples(run.folder, read_examples(run).samples)


@dataclass(frozen=True)
class Samples:
    """Texts that a run's model generated.

    Attributes:
        run: The folder of the run.
        samples: The texts; none for a model that generates nothing.
    """

    run: Path
    samples: tuple[str, ...]

    @property
    def text(self) -> str:
        """The samples side by side if they are short, else the first of them."""
        named = [sample or EMPTY for sample in self.samples]
        return ", ".join(named) if max(map(len, named), default=0) <= LINE else named[0].strip("\n")

    def markdown(self) -> str:
        """Return the samples as Markdown; nothing where there are none."""
        return f"Made up by the best run:\n\n{textwrap.indent(self.text, '    ')}\n" if self.samples else ""

    def terminal(self, console: Console) -> None:
        """Print the samples."""
        if self.samples:
            console.print(f"Made up by {self.run.as_posix()}:\n", soft_wrap=True)
            console.print(Text(textwrap.indent(self.text, "  ")))
