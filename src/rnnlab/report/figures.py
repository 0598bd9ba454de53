"""The figures of a report, drawn without pyplot: no window, no state shared between figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnnlab.report.curves import Curve, curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rnnlab.report.compare import Comparison

# Okabe and Ito's colours (2008), told apart by colour-blind readers; their yellow is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#777777")
# Dashes as well, for a print in grey.
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
INCHES = (7.5, 4.5)
DPI = 160
LONGEST_LABEL = 40  # characters that leave room for curves


def learning_curves(comparison: Comparison) -> bytes:
    """Mean validation loss against epoch for the best configurations with a band over seeds, as a PNG.

    The same results give the same bytes: nothing but the picture is in the file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    drawn = curves(comparison)
    for index, line in enumerate(drawn):
        _draw(axes, line, index)
    _dress(axes, drawn, comparison.unit)
    _explain(figure, axes, drawn)
    stream = io.BytesIO()
    canvas.print_figure(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _draw(axes: Axes, line: Curve, index: int) -> None:
    colour = COLOURS[index % len(COLOURS)]
    on_top = 20 - index  # the best is drawn over the others
    axes.fill_between(line.epochs, line.low, line.high, color=colour, alpha=0.15, linewidth=0, zorder=on_top - 10)
    axes.plot(
        line.epochs,
        line.mean,
        color=colour,
        linestyle=DASHES[index % len(DASHES)],
        linewidth=2.2 if index == 0 else 1.6,
        marker="o" if len(line.epochs) < 3 else None,
        markersize=4,
        label=line.label,
        zorder=on_top,
    )


def _dress(axes: Axes, drawn: Sequence[Curve], unit: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.set_ylabel(f"validation loss ({unit})")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if not any(line.epochs for line in drawn):
        axes.text(0.5, 0.5, "no run has a metrics.csv", ha="center", transform=axes.transAxes)


def _explain(figure: Figure, axes: Axes, drawn: Sequence[Curve]) -> None:
    """A legend among the curves; below them where its labels would cover them."""
    settings: dict[str, Any] = {
        "title": "best mean first", "frameon": False, "handlelength": 3.2, "fontsize": "small",
        "title_fontsize": "small", "alignment": "left",
    }  # fmt: skip
    if max((len(line.label) for line in drawn), default=0) <= LONGEST_LABEL:
        legend = axes.legend(**settings)
    else:
        figure.set_figheight(INCHES[1] + 0.2 * len(drawn))
        legend = figure.legend(loc="outside lower left", **settings)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a $ in a path is a dollar
