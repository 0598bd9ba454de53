"""How figures of plotly.js look on the page, and how text and numbers get into them."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rnnlab.charts.paper import COLOURS
from rnnlab.charts.values import Axis
from rnnlab.report.wording import plus_minus

Part = dict[str, Any]  # of a figure: a trace, a layout or something in them

# The dashes and markers of `figures`, by plotly's names and in the same order.
DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
SCALE = "Viridis"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK, GREY, PALE = "#222222", "#6b6b6b", "#e6e6e6"
HEIGHT, ROW = 400, 20  # pixels of a figure, and of a row of its legend
LEGEND_WIDTH = 48  # characters of a row of the legend that a telephone shows
DECADES = 4.0  # from which a logarithmic axis names powers of ten only
FEW_EPOCHS = 12  # each of which is marked


def text(content: object, width: int | None = None) -> str:
    """Text that plotly shows as it is: it reads tags in labels, and a label comes from a user's files.

    Args:
        content: What to show.
        width: The characters of a line; None for one line.
    """
    lines = textwrap.wrap(str(content), width) if width else [str(content)]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def without_nan(value: Any) -> Any:
    """The same as JSON knows it: None in the place of what is no number, lists for tuples."""
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def layout(x: Part, y: Part, height: int = HEIGHT, **more: Any) -> Part:
    """The layout of a figure; the page has the title and the caption beside it."""
    return {
        "xaxis": x,
        "yaxis": y,
        "height": height,
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 62, "r": 14, "t": 12, "b": 52},
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "bgcolor": "#ffffff", "font": {"color": INK, "size": 13}},
        "showlegend": False,
        **more,
    }


def legend(labels: Sequence[str]) -> tuple[Part, int]:
    """A legend below a figure, and the pixels that it adds where all of its labels stand one below the other."""
    rows = sum(text(label, LEGEND_WIDTH).count("<br>") + 1 for label in labels)
    short = max(map(len, labels), default=0) * 3 <= LEGEND_WIDTH  # they share a row
    place = {"x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"}
    found = {"orientation": "h", "traceorder": "normal", "font": {"size": 12}, **place}
    return found, ROW * (1 if short else rows)


def axis(described: Axis, values: Sequence[float] = ()) -> Part:
    """An axis with its unit, and the ticks that suit the values that it shows."""
    found = {**_plain(described.label), **_ticks(described, values)}
    return {**found, "type": "log"} if described.log else found


def named_axis(label: str, names: Sequence[str], width: int | None = None) -> Part:
    """An axis of names, which stand at 0, 1, 2, …, in lines of so many characters."""
    return {
        **_plain(label),
        "showgrid": False,
        "showline": False,
        "ticks": "",
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [text(name, width) for name in names],
    }


def colour_bar(label: str) -> Part:
    """What the colours of losses mean."""
    return {"title": {"text": text(label), "side": "right"}, "thickness": 14, "outlinewidth": 0, "tickformat": ".4~f"}


def style(index: int) -> tuple[str, str, str]:
    """Colour, dash and marker of the line or the points with a number."""
    return COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)], MARKERS[index % len(MARKERS)]


def pale(colour: str, opacity: float) -> str:
    """A colour of six hexadecimal digits that lets others through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def measured(described: Axis, value: float, half: float) -> str:
    """Such as `validation loss 2.8770 ± 0.1020 nats per token`."""
    what, _, unit = described.label.partition(" (")
    return f"{text(what)} {plus_minus(value, half)} {text(unit.removesuffix(')'))}".rstrip().replace("<0", "&lt;0")


def _plain(label: str) -> Part:
    return {
        "title": {"text": text(label), "standoff": 10},
        "automargin": True,
        "showline": True,
        "linecolor": GREY,
        "ticks": "outside",
        "tickcolor": GREY,
        "ticklen": 4,
        "gridcolor": PALE,
        "zeroline": False,
    }


def _ticks(described: Axis, values: Sequence[float]) -> Part:
    if described.ticks:
        named = [f"{tick:g}" for tick in described.ticks]
        return {"tickmode": "array", "tickvals": list(described.ticks), "ticktext": named}
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return {}
    found: Part = {"tickformat": "~s"} if max(known) >= 1000 else {}  # 20k parameters
    if described.log:
        decades = math.log10(max(known) / min(known))
        return {"tickformat": "~g", **found, "dtick": 1 if decades > DECADES else "D2"}
    whole = all(float(value).is_integer() for value in known)
    return {**found, "dtick": 1} if whole and max(known) - min(known) <= FEW_EPOCHS else found
