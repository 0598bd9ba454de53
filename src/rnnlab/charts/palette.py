"""The colours, dashes and markers of every figure, on paper, on the page and in TensorBoard."""

from __future__ import annotations

from dataclasses import dataclass

# Okabe and Ito's colours (2008), told apart by colour-blind readers; their yellow is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#777777")


@dataclass(frozen=True)
class Marking:
    """A dash or a marker, by matplotlib's name and by plotly's."""

    matplotlib: str | tuple[float, tuple[float, ...]]
    plotly: str


# Dashes and markers as well as colours, for a print in grey.
DASHES = (
    Marking("-", "solid"),
    Marking((0, (5, 1.5)), "dash"),
    Marking((0, (1.2, 1.2)), "dot"),
    Marking((0, (5, 1.5, 1.2, 1.5)), "dashdot"),
)
MARKERS = (
    Marking("o", "circle"),
    Marking("s", "square"),
    Marking("D", "diamond"),
    Marking("^", "triangle-up"),
    Marking("v", "triangle-down"),
    Marking("P", "cross"),
    Marking("X", "x"),
    Marking("*", "star"),
)
SEQUENTIAL = "viridis"  # from low to high in even steps for every eye; dark is low
DIVERGING = "RdBu_r"  # matplotlib's name; white at 0, red above, blue below


def colour(index: int) -> str:
    """Return the colour of the line or the group with that number, as six hexadecimal digits."""
    return COLOURS[index % len(COLOURS)]


def dash(index: int) -> Marking:
    """Return the dash of the line with that number."""
    return DASHES[index % len(DASHES)]


def marker(index: int) -> Marking:
    """Return the marker of the line or the group with that number."""
    return MARKERS[index % len(MARKERS)]
