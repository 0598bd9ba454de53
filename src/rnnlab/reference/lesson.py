"""What a study hands over that trains nothing, or a probe: text, tables, figures as plain values, in reading order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of text and numbers that are written out already.

    Attributes:
        heads: What its columns have.
        rows: A cell for each column.
        name: Of the file with these rows, without the suffix; empty where no file is needed.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    name: str = ""


@dataclass(frozen=True)
class Curves:
    """Lines over one axis.

    Attributes:
        name: Of the figure's file, without the suffix.
        title: Of the figure.
        caption: What it shows.
        x: The horizontal axis, with its unit.
        y: The vertical one.
        at: Where each line has its points, increasing.
        lines: The values there by what the legend says; NaN where there is none.
        log: Which axes are logarithmic: "", "x", "y" or "xy".
    """

    name: str
    title: str
    caption: str
    x: str
    y: str
    at: Sequence[float]
    lines: Mapping[str, Sequence[float]]
    log: str = ""


@dataclass(frozen=True)
class Grid:
    """Numbers by rows and columns, drawn as colours.

    Attributes:
        name: Of the figure's file, without the suffix.
        title: Of the figure.
        caption: What it shows.
        x: What the columns are.
        y: What the rows are.
        columns: A name for each.
        rows: A name for each.
        values: A row of numbers for each of `rows`; NaN where there is none.
        unit: Of the values, with what they are.
        centred: Whether 0 is the middle of the scale: white between two colours.
    """

    name: str
    title: str
    caption: str
    x: str
    y: str
    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float]]
    unit: str
    centred: bool = False


@dataclass(frozen=True)
class Beside:
    """Grids beside each other in one figure, each under its own title.

    Attributes:
        name: Of the figure's file, without the suffix.
        title: Of the figure.
        caption: What it shows.
        grids: From left to right.
    """

    name: str
    title: str
    caption: str
    grids: Sequence[Grid]


@dataclass(frozen=True)
class Lesson:
    """The whole of it.

    Attributes:
        blocks: Paragraphs of Markdown, tables and figures; the first paragraph is the answer in short.
    """

    blocks: Sequence[str | Table | Curves | Grid | Beside]
