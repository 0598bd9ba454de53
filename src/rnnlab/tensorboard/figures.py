"""What probes measured, as figures.

matplotlib takes a while to load, so it is imported where a figure is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnnlab.probes.gates import OPEN, SHUT, GateSaturation
from rnnlab.probes.gradient_flow import GradientFlow
from rnnlab.probes.hidden_states import HiddenStates
from rnnlab.probes.saliency import Saliency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

# Okabe and Ito's colours, which everybody can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#999999"
SHOWN = 60  # symbols that can be read along an axis; of a longer text, its beginning
SHORT = 25  # symbols of a text of which two panels fit side by side
NAMES = {"h": "hidden state h", "c": "cell state c"}
LITERAL: dict[str, Any] = {"parse_math": False}  # a symbol is no formula, whatever dollar signs there are


def gradient_flow(flow: GradientFlow, before: GradientFlow | None, title: str) -> Figure:
    """Norms against distance, logarithmic; what was measured before training in grey."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.2, 4.2), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    if before is not None:
        axes.plot(_positive(before.norms["h"]), color=GREY, linestyle="--", label="h before training")
    for (name, norms), colour in zip(flow.norms.items(), COLOURS, strict=False):
        axes.plot(_positive(norms), color=colour, linewidth=2, label=NAMES.get(name, name))
    axes.set_yscale("log")
    axes.set_xlim(len(flow.rows) - 0.5, -0.5)  # time runs to the right, as in a text
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("steps before the loss")
    axes.set_ylabel("norm of the gradient of the loss\nwith respect to the state")
    axes.set_title(f"Gradient flow: {title}", fontsize=11)
    axes.grid(which="major", color="#DDDDDD", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def hidden_states(read: HiddenStates, title: str) -> Figure:
    """Units over the symbols, the initial state first: a panel for each layer and part of the state.

    The parts of a layer stand side by side where the text is short, else one below the other.
    """
    from matplotlib.figure import Figure

    layers = next(iter(read.states.values())).shape[1]
    shown = min(len(read.symbols), SHOWN)
    across = len(read.states) if shown <= SHORT else 1
    down = layers * len(read.states) // across
    size = (across * (1.6 + max(3.2, 0.19 * shown)), 0.6 + 3.4 * down)
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    panels = iter(figure.subplots(down, across, squeeze=False).flat)
    for layer in range(layers):
        for (name, states), axes in zip(read.states.items(), panels, strict=False):
            _units(axes, states[: shown + 1, layer], 1.0 if name == "h" else None)
            axes.set_title(f"{NAMES.get(name, name)}{f', layer {layer + 1}' if layers > 1 else ''}", fontsize=10)
            _symbols(axes, [f"{name}₀", *read.symbols[:shown]])
    figure.suptitle(f"Hidden states: {title}", fontsize=11)
    return figure


def gates(found: Sequence[GateSaturation], title: str) -> Figure:
    """Every unit of every gate: how often it is shut, and how often wide open."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(its.gate for its in found))
    figure = Figure(figsize=(0.8 + 3.2 * len(names), 4.3), dpi=100, layout="constrained")
    panels = figure.subplots(1, len(names), squeeze=False, sharex=True, sharey=True)[0]
    for axes, name in zip(panels, names, strict=True):
        axes.plot([0, 1], [1, 0], color=GREY, linewidth=1, linestyle="--")  # beyond it there is nothing
        for its in (its for its in found if its.gate == name):
            colour = COLOURS[(its.layer - 1) % len(COLOURS)]
            axes.scatter(its.shut, its.wide_open, s=22, alpha=0.6, linewidths=0, color=colour, label=_layer(its))
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        axes.set_title(f"{name} gate", fontsize=10)
        axes.set_xlabel(f"share of steps shut (< {SHUT})")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#EEEEEE", linewidth=0.8)
        axes.set_axisbelow(True)
    panels[0].set_ylabel(f"share of steps wide open (> {OPEN})")
    if found[-1].layer > 1:
        panels[-1].legend(frameon=False, fontsize=9)
    figure.suptitle(f"Gates, a dot for each unit: {title}", fontsize=11)
    return figure


def saliency(found: Saliency, title: str) -> Figure:
    """What each prediction, a row, owes to each symbol: shares of a next symbol, gradient × input of a class."""
    from matplotlib.figure import Figure

    shown = min(len(found.symbols), SHOWN)
    of_classes = found.classes
    rows = len(found.predictions) if of_classes else shown
    figure = Figure(figsize=(2.2 + 0.2 * shown, 1.6 + 0.2 * rows), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    values = (found.products if of_classes else found.shares)[:rows, :shown]
    bound = max(float(values.abs().max()), 1e-6)
    scale: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -bound, "vmax": bound} if of_classes else {"cmap": "viridis"}
    image = axes.imshow(values.tolist(), aspect="auto", interpolation="nearest", **scale)
    _symbols(axes, found.symbols[:shown])
    axes.set_yticks(range(rows), found.predictions[:rows], fontsize=8, **LITERAL)
    axes.set_ylabel("class" if of_classes else "symbol predicted")
    axes.set_xlabel("symbol read")
    figure.colorbar(image, ax=axes, pad=0.02, label="gradient × input" if of_classes else "share of the saliency")
    figure.suptitle(f"Saliency: {title}", fontsize=11)
    return figure


def embedding(vectors: Tensor, symbols: Sequence[str], title: str) -> Figure:
    """The learned vectors `(N, D)` of some symbols side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.2 + 0.2 * len(symbols), 4.2), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    _units(axes, vectors, None)
    _symbols(axes, symbols)
    figure.suptitle(f"Embedding: {title}", fontsize=11)
    return figure


def _symbols(axes: Axes, symbols: Sequence[str]) -> None:
    """Symbols along the axis of a heat map; words stand upright."""
    long = [len(symbol) > 2 for symbol in symbols]  # longer than h₀
    axes.set_xticks(range(len(symbols)), symbols, fontsize=8, **LITERAL)
    for label, turned in zip(axes.get_xticklabels(), long, strict=True):
        label.set_rotation(90 if turned or 2 * sum(long) > len(long) else 0)


def _units(axes: Axes, states: Tensor, largest: float | None) -> None:
    """A heat map of states `(T + 1, H)`, white at 0; `largest` is what the darkest colours stand for."""
    bound = largest or max(float(states.abs().max()), 1e-6)
    image = axes.imshow(
        states.T.tolist(), cmap="RdBu_r", vmin=-bound, vmax=bound, aspect="auto", interpolation="nearest"
    )
    axes.set_ylabel("unit")
    assert axes.figure is not None
    axes.figure.colorbar(image, ax=axes, pad=0.02, label="activation")


def _positive(norms: Tensor) -> list[float]:
    """Numbers for a logarithmic axis: a 0 is left out."""
    return [value if value > 0 else float("nan") for value in norms.tolist()]


def _layer(its: GateSaturation) -> str:
    return f"layer {its.layer}"
