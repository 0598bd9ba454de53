"""What the best run of a comparison makes up."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True)
class MadeUp:
    """Names or a text.

    Attributes:
        run: The folder of the run that made them up.
        samples: They, as they are to be shown.
    """

    run: Path
    samples: str

    def markdown(self) -> str:
        return f"Made up by the best run:\n\n{textwrap.indent(self.samples, '    ')}\n"

    def terminal(self, console: Console) -> None:
        console.print(f"Made up by {self.run}:\n")
        console.print(Text(textwrap.indent(self.samples, "  ")))
