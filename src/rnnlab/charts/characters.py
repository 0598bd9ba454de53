"""Charts drawn with characters, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size

from rnnlab.charts.number_format import ABSENT, loss, three_digits
from rnnlab.charts.values import IntervalChart, IntervalPanel, IntervalRow

LEAST = 24  # columns that leave dots apart; where there are fewer beside them, the values are left out
LABEL_SHARE = 3  # a name takes at most this fraction of the width


@dataclass(frozen=True)
class Glyphs:
    """The characters of a chart.

    Attributes:
        marked: A dot that is marked.
        dot: Another dot.
        line: The interval.
        left: The lower end of an interval.
        right: The upper end.
        axis: The line of the axis.
        tick: An end of the axis.
        cut: The end of a name that is too long.
        absent: A value that is not known.
    """

    marked: str
    dot: str
    line: str
    left: str
    right: str
    axis: str
    tick: str
    cut: str
    absent: str

    @property
    def all(self) -> str:
        """All of them in one string."""
        return "".join(vars(self).values())


UNICODE = Glyphs("●", "○", "─", "├", "┤", "─", "┴", "…", ABSENT)
SPELLED = str.maketrans({"±": "+-", "–": "-", "—": "-", "−": "-", "…": "~"})
ASCII = Glyphs("*", "o", "-", "|", "|", "-", "+", "~", "-")


def characters(chart: IntervalChart, width: int, encoding: str = "utf-8") -> str:
    """Draw dots with their intervals as lines of text, without second estimates.

    Args:
        chart: The chart.
        width: The columns of the terminal, of which no line takes more; narrower than 20 is taken for 20.
        encoding: That of the terminal; one without the characters of boxes gets those of ASCII.
    """
    chart = _without_seconds(chart)
    glyphs = UNICODE if _encodable(UNICODE.all, encoding) == UNICODE.all else ASCII
    width = max(width, 20)
    rows = [row for panel in chart.panels for row in panel.rows]
    labels = min(max((cell_len(row.label) for row in rows), default=0), width // LABEL_SHARE)
    values = max((cell_len(_value(row, glyphs)) for row in rows), default=0)
    space = width - labels - values - 3
    if space < LEAST:
        values, space = 0, width - labels - 2
    blocks = [_panel(chart, panel, _Columns(labels, space, bool(values)), glyphs) for panel in chart.panels]
    lines = [line for block in blocks for line in block]
    if chart.shared:
        lines += _axis(chart, chart.panels[0], labels, space, glyphs)
    lines.append(" " * (labels + 2) + _cut(chart.x.label, space, glyphs))
    if chart.mark and any(row.marked for row in rows):
        lines.append(" " * (labels + 2) + _cut(f"{glyphs.marked} {chart.mark}", space, glyphs))
    return _encodable("\n".join(line.rstrip() for line in lines), encoding)


def _without_seconds(chart: IntervalChart) -> IntervalChart:
    """Return a chart without second estimates, for which its axis needs no room then."""
    panels = [replace(panel, rows=tuple(replace(row, second=None) for row in panel.rows)) for panel in chart.panels]
    return replace(chart, panels=tuple(panels), second="")


@dataclass(frozen=True)
class _Columns:
    """The columns of the names and of the dots, and whether the values stand behind them."""

    label: int
    space: int
    valued: bool


def _panel(chart: IntervalChart, panel: IntervalPanel, columns: _Columns, glyphs: Glyphs) -> list[str]:
    """Draw the title, the levels, and the axis where the panel has one of its own."""
    lines = [_cut(panel.title, columns.label + 2 + columns.space, glyphs)] if panel.title else []
    for row in panel.rows:
        drawn = _dots(row, _scale(chart, panel), columns.space, glyphs)
        value = f" {_value(row, glyphs)}" if columns.valued else ""
        label = _cut(row.label, columns.label, glyphs)
        lines.append(f"{label}  {drawn}{value}")
    return lines if chart.shared else lines + _axis(chart, panel, columns.label, columns.space, glyphs)


def _dots(row: IntervalRow, scale: tuple[float, float, bool], space: int, glyphs: Glyphs) -> str:
    """Draw the dot of a row on its interval, `space` characters wide."""
    cells = [" "] * space
    if math.isfinite(row.main.value):
        low, high = (_column(end, scale, space) for end in row.main.ends)
        for column in range(low, high + 1):
            cells[column] = glyphs.line
        if low < high:
            cells[low], cells[high] = glyphs.left, glyphs.right
        cells[_column(row.main.value, scale, space)] = glyphs.marked if row.marked else glyphs.dot
    return "".join(cells)


def _scale(chart: IntervalChart, panel: IntervalPanel) -> tuple[float, float, bool]:
    """Return the ends of the axis and whether it is logarithmic; equal ends are moved apart."""
    low, high = chart.extent(panel)
    if low == high:
        room = abs(low) * 0.1 or 1.0
        low, high = (low / 1.1, high * 1.1) if chart.x.log else (low - room, high + room)
    return low, high, chart.x.log


def _column(value: float, scale: tuple[float, float, bool], space: int) -> int:
    low, high, log = scale
    if log:
        low, high, value = math.log(low), math.log(high), math.log(max(value, low))
    return min(max(round((value - low) / (high - low) * (space - 1)), 0), space - 1)


def _axis(chart: IntervalChart, panel: IntervalPanel, labels: int, space: int, glyphs: Glyphs) -> list[str]:
    """Draw the axis with the numbers of its ends."""
    low, high, _ = _scale(chart, panel)
    first, last = _ends_as_text(low, high)
    gap = max(space - len(first) - len(last), 1)
    line = glyphs.tick + glyphs.axis * (space - 2) + glyphs.tick
    return [" " * (labels + 2) + line, " " * (labels + 2) + f"{first}{' ' * gap}{last}"]


def _ends_as_text(low: float, high: float) -> Sequence[str]:
    """Format the ends of an axis with as many digits as tell them apart."""
    for digits in range(3, 17):
        texts = [f"{end:.{digits}g}" for end in (low, high)]
        if float(texts[1]) - float(texts[0]) >= 0.9 * (high - low):
            return texts
    return [three_digits(low), three_digits(high)]


def _value(row: IntervalRow, glyphs: Glyphs) -> str:
    if not math.isfinite(row.main.value):
        return glyphs.absent
    return row.text or loss(row.main.value)


def _cut(text: str, width: int, glyphs: Glyphs) -> str:
    """Bring text to a width, cut at the end where it is longer."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + glyphs.cut


def _encodable(text: str, encoding: str) -> str:
    """Return text as far as an encoding has the characters: a ± as `+-`, a dash as `-`, others as `?`."""
    try:
        text.encode(encoding)
    except LookupError:
        return _encodable(text, "ascii")
    except UnicodeEncodeError:
        text = text.translate(SPELLED)
    return text.encode(encoding, "replace").decode(encoding)
