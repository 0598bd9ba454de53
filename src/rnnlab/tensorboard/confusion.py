"""The confusion matrix of a classifier or a tagger.

Drawn here and no `HeatMap` of `charts`: colours are shares of a row, a cell says the count too, and hundreds of classes
shrink their names to their rows in place of every third being named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
from torch import Tensor

from rnnlab.control_characters import in_one_line
from rnnlab.tasks.capabilities import CountsConfusion
from rnnlab.tensorboard.writers import has_pictures, log_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGIBLE = 12  # classes whose counts can be read in a picture that fits a screen; of more there are colours alone
LONGEST = 24  # characters of a class's name that are shown
SAID = 3  # confusions that a title names
UPRIGHT = 10  # characters of a name that fit under a column


class ConfusionMatrix(pl.Callback):
    """Draws the confusion matrix of a task that counts one, at every validation and at the test."""

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "val")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "test")

    def _log(self, trainer: pl.Trainer, pl_module: pl.LightningModule, part: str) -> None:
        if not (isinstance(pl_module, CountsConfusion) and has_pictures(trainer)):
            return
        figure = confusion_figure(pl_module.confusion_matrix(), pl_module.labels)
        log_figure(trainer, f"confusion_matrix/{part}", figure)


def confusion_figure(counts: Tensor, labels: Sequence[str]) -> Figure:
    """Draw the matrix in at most 1700 × 1500 pixels: a row is a true class, and its shares are coloured.

    Args:
        counts: `(classes, classes)`, true class first.
        labels: Their names.
    """
    from matplotlib.figure import Figure  # takes a while to load, and only classifiers need it

    names = [label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…" for label in map(in_one_line, labels)]
    longest, shown = max(map(len, names)), min(len(names), LEGIBLE)
    turned = longest > UPRIGHT or len(names) > LEGIBLE
    size = (1.2 + 0.08 * longest + 1.1 * shown, 1.0 + 0.9 * shown + (0.08 * longest if turned else 0.4))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    axes = figure.add_subplot()
    shares = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).tolist()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    # A name is no formula, whatever dollar signs it has. Many names are as small as their rows.
    style: dict[str, Any] = {"parse_math": False, "fontsize": min(10.0, 50 * shown / len(names))}
    axes.set_xticks(range(len(names)), names, rotation=90 if turned else 0, **style)
    axes.set_yticks(range(len(names)), names, **style)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(names) <= LEGIBLE:
        _write_counts(axes, counts, shares)
    else:
        axes.grid(color="0.9", linewidth=0.5)
        axes.set_title(_most_confused(counts, names), loc="left", parse_math=False)
        figure.colorbar(axes.images[0], ax=axes, label="share of the true class", format="{x:.0%}", fraction=0.03)
    return figure


def _most_confused(counts: Tensor, names: Sequence[str]) -> str:
    """Say which classes are most often taken for which others, in shares of the true class."""
    wrong = counts.clone().fill_diagonal_(0).double() / counts.sum(dim=1, keepdim=True).clamp(min=1)
    shares, places = wrong.flatten().topk(SAID)
    pairs = [divmod(place, len(names)) for place in places.tolist()]
    said = [
        f"{names[true]} taken for {names[other]}: {share:.0%}"
        for share, (true, other) in zip(shares.tolist(), pairs, strict=True)
        if share > 0
    ]
    return "\n".join(["Most often confused", *said]) if said else "No class is taken for another"


def _write_counts(axes: Axes, counts: Tensor, shares: list[list[float]]) -> None:
    """Put the number and the share of its row into every cell."""
    for row, of_row in enumerate(counts.tolist()):
        for column, count in enumerate(of_row):
            share = shares[row][column]
            colour = "white" if share > 0.5 else "black"
            # In its cell, so that the layout need not find room for it.
            text = f"{int(count):,}\n{share:.1%}"
            axes.text(column, row, text, ha="center", va="center", color=colour, in_layout=False)
