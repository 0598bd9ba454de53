"""The colours, dashes and markers of every figure, on paper, on the page and in TensorBoard."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shade:
    """A colour on white and on the dark page, each as six hexadecimal digits."""

    light: str
    dark: str


# A cell has the same colour in every chart. The three of a usual comparison are Okabe and Ito's (2008), which every
# reader tells apart; so many others are not for all, which is why dashes, markers and labels say the rest.
CELLS = {
    "rnn": Shade("#D55E00", "#F5873D"),
    "gru": Shade("#009E73", "#2CC99B"),
    "lstm": Shade("#0072B2", "#4AA8EE"),
    "irnn": Shade("#5C3300", "#FCBC0B"),
    "mingru": Shade("#556B00", "#C5F07E"),
    "minlstm": Shade("#2A96D0", "#CBDCE5"),
    "coupled_lstm": Shade("#5E3DB3", "#7C6BF0"),
    "layernorm_lstm": Shade("#1F2470", "#B9A8FF"),
    "lru": Shade("#D46BB4", "#E6A6DC"),
    "scratch_rnn": Shade("#D10000", "#FF6B5E"),
    "scratch_gru": Shade("#156B58", "#7FB27C"),
    "scratch_lstm": Shade("#2F5F80", "#5F79B0"),
    "transformer": Shade("#1B1E22", "#F4F5F7"),
    "bag": Shade("#6A7078", "#8E959E"),
    "mlp_window": Shade("#7A1148", "#B05C7C"),
    "mlp_flat": Shade("#937866", "#BE8A6E"),
}
OTHERS = tuple(shade for name, shade in CELLS.items() if name not in ("rnn", "gru", "lstm"))  # for names not above
# What is not data: text, lines beside it, the grid and the ground of a page.
INK, GREY, PALE = Shade("#222222", "#E8EAED"), Shade("#6B6B6B", "#A3A9B1"), Shade("#E6E6E6", "#30363D")
GROUND = Shade("#FFFFFF", "#15181C")
# Of lines and groups that are no cells, by their place.
IN_ORDER = tuple(CELLS[name] for name in ("lstm", "rnn", "gru", "lru", "irnn", "minlstm", "transformer", "bag"))


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
    """Return the colour of the line or the group with that number, as six hexadecimal digits, for a white ground."""
    return IN_ORDER[index % len(IN_ORDER)].light


def colour_of(name: str, place: int = 0) -> str:
    """Return the colour that a cell has in every chart; another name always has the same, an empty one its place's."""
    if not name:
        return colour(place)
    if name in CELLS:
        return CELLS[name].light
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:4], "big")
    return OTHERS[number % len(OTHERS)].light


def in_the_dark() -> dict[str, str]:
    """Return for each colour on white the one that stands for it on the dark page."""
    return {shade.light: shade.dark for shade in (*CELLS.values(), INK, GREY, PALE, GROUND)}


def is_dark(colour: Sequence[float]) -> bool:
    """Return True if white stands out more than black from a colour: red, green and blue from 0 to 255 (WCAG 2)."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.179


def dash(index: int) -> Marking:
    """Return the dash of the line with that number."""
    return DASHES[index % len(DASHES)]


def marker(index: int) -> Marking:
    """Return the marker of the line or the group with that number."""
    return MARKERS[index % len(MARKERS)]
