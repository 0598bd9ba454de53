"""What a run makes up, which classes it takes for which, or what it forecasts, as its folder has it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rnnlab.records.reading import Run

LINE = 100  # what is longer than a line is shown alone
EMPTY = "(empty)"


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of the beginning of a test part, one behind the other.

    Attributes:
        name: What the numbers are called.
        horizon: Values of a forecast.
        history: What happened before the first.
        truth: What happened then.
        forecast: What was forecast, as long.
        seasonal: The seasonal naive forecast, as long.
    """

    name: str
    horizon: int
    history: tuple[float, ...]
    truth: tuple[float, ...]
    forecast: tuple[float, ...]
    seasonal: tuple[float, ...]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Forecasts:
        """What specimens.json has.

        Raises:
            KeyError: Something is missing.
            ValueError: It is not what `rnnlab train` writes.
        """
        numbers = {name: tuple(map(float, found[name])) for name in ("history", "truth", "forecast", "seasonal")}
        horizon = int(found["horizon"])
        if horizon < 1 or not numbers["history"] or len({len(numbers[its]) for its in list(numbers)[1:]}) > 1:
            raise ValueError("forecasts do not fit what they forecast")
        return cls(_readable(found["name"]), horizon, **numbers)


@dataclass(frozen=True)
class Specimens:
    """What a trained model does.

    Attributes:
        run: The folder of its run.
        samples: What it made up; nothing for a classifier.
        labels: The classes; nothing for a model that makes up.
        confusion: How many of each true class, a row, were taken for each class, a column, in the test.
        forecasts: Of the beginning of the test; None for any other model.
    """

    run: Path
    samples: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    forecasts: Forecasts | None = None

    @classmethod
    def of(cls, run: Run) -> Specimens:
        """What a run has; nothing where an older version wrote it, or somebody else."""
        found = run.examples()
        try:
            return cls(
                run.folder,
                tuple(map(_readable, found.get("samples", ()))),
                tuple(map(_readable, found.get("labels", ()))),
                tuple(tuple(map(int, row)) for row in found.get("confusion", ())),
                Forecasts.of(found["forecasts"]) if "forecasts" in found else None,
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            return cls(run.folder)

    @property
    def text(self) -> str:
        """The samples side by side if they are short, else the first of them."""
        named = [sample or EMPTY for sample in self.samples]
        return ", ".join(named) if max(map(len, named), default=0) <= LINE else named[0].strip("\n")

    def markdown(self) -> str:
        """The samples; nothing where there are none."""
        return f"Made up by the best run:\n\n{textwrap.indent(self.text, '    ')}\n" if self.samples else ""

    def terminal(self, console: Console) -> None:
        if self.samples:
            console.print(f"Made up by {self.run.as_posix()}:\n", soft_wrap=True)
            console.print(Text(textwrap.indent(self.text, "  ")))


def _readable(text: object) -> str:
    """Without half characters, which no file can hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
