"""Symbols as vectors: one-hot against learned, and the nearest neighbours of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import HeatMap, Panels
from rnnlab.data.text.display import display
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject

BYTES = 4  # of a number in single precision
PAIRS = 3  # that the answer names


def neighbours(vectors: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Find the nearest other vectors of each vector by the cosine of the angle between them.

    Args:
        vectors: `(N, D)`; a vector of zeros has the cosine 0 to all.
        count: How many; fewer where there are no more.

    Returns:
        Their rows `(N, count)`, nearest first, and the cosines `(N, count)`.
    """
    directions = nn.functional.normalize(vectors.detach().double(), dim=1)
    cosines = directions @ directions.T
    cosines.fill_diagonal_(-torch.inf)
    ordered = cosines.sort(dim=1, descending=True, stable=True)
    count = min(count, len(vectors) - 1)
    return ordered.indices[:, :count], ordered.values[:, :count]


class EmbeddingTable(Probe):
    """A text as one-hot vectors and as learned ones, and the nearest neighbours of symbols."""

    def __init__(self, symbols: int, shown: int, nearest: int) -> None:
        """Set up the probe.

        Args:
            symbols: The number of symbols among which neighbours are searched: the most frequent ones.
            shown: Symbols of a text in the figure.
            nearest: Neighbours of each symbol.
        """
        self.symbols = symbols
        self.shown = shown
        self.nearest = nearest

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        table, vocabulary = table_of(subject.task)
        counts = subject.inputs.counts(subject.task)
        symbols, size = int(counts.sum()), table.shape[1]
        one_hot, learned = (symbols * width * BYTES for width in (len(vocabulary), size))
        frequent = counts.argsort(descending=True, stable=True)[: self.symbols]
        kept = frequent[counts[frequent] > 0]
        if len(kept) < 2:
            raise UserError("what is read has a single symbol, which has no neighbours")
        nearest, cosines = neighbours(table[kept], self.nearest)
        names = [display(vocabulary.symbols[index]) for index in kept.tolist()]
        rows = []
        for name, index, others, angles in zip(names, kept.tolist(), nearest.tolist(), cosines.tolist(), strict=True):
            near = [f"{names[other]} {cosine:.2f}" for other, cosine in zip(others, angles, strict=True)]
            rows.append([name, str(int(counts[index])), *near])
        heads = ["symbol", "times", *(f"{place} nearest" for place in range(1, nearest.shape[1] + 1))]
        return Document(
            [
                f"{symbols:,} symbols as one-hot vectors are {symbols:,} × {len(vocabulary):,} floats, {one_hot:,}"
                f" bytes; as learned vectors {symbols:,} × {size}, {learned:,} bytes. Nearest to each other are"
                f" {_nearest_pairs(names, nearest, cosines)}, by the cosine of the angle between their vectors.",
                self._figure(subject, table, vocabulary),
                Table(heads, rows, name="neighbours"),
            ]
        )

    def _figure(self, subject: Subject, table: Tensor, vocabulary: Vocabulary) -> Panels:
        symbols = subject.inputs.symbols(subject.task, self.shown)
        columns = [display(vocabulary.symbols[index]) for index in symbols.tolist()]
        present = sorted(set(symbols.tolist()))
        one_hot = HeatMap(
            name="one-hot",
            title="one-hot (the rows of symbols that occur)",
            caption="",
            x="symbol read",
            y="symbol",
            columns=columns,
            rows=[display(vocabulary.symbols[index]) for index in present],
            values=[[float(index == symbol) for symbol in symbols.tolist()] for index in present],
            unit="value",
        )
        return Panels(
            name="one-hot-and-embedding",
            title="One-hot vectors and embedding",
            caption=f"The first {len(columns)} symbols as one-hot vectors and as the vectors that {subject.name}"
            " learned.",
            panels=[one_hot, vectors_chart(table[symbols], columns, title="learned")],
        )


def vectors_chart(vectors: Tensor, symbols: Sequence[str], title: str) -> HeatMap:
    """Draw the vectors `(N, D)` of N symbols side by side."""
    return HeatMap(
        name="embedding",
        title=title,
        caption="",
        x="symbol read",
        y="unit",
        columns=symbols,
        rows=[str(unit) for unit in range(vectors.shape[1])],
        values=vectors.T.tolist(),
        unit="value",
        centred=True,
    )


def table_of(task: nn.Module) -> tuple[Tensor, Vocabulary]:
    """Return the vectors of the symbols `(V, D)`, on the CPU, and the symbols.

    Raises:
        UserError: The task has none.
    """
    table, vocabulary = getattr(task, "embedding", None), getattr(task, "vocabulary", None)
    if not (isinstance(table, nn.Embedding) and isinstance(vocabulary, Vocabulary)):
        raise UserError(f"{type(task).__name__} has no embedding of symbols")
    return table.weight.detach().cpu(), vocabulary


def _nearest_pairs(names: Sequence[str], nearest: Tensor, cosines: Tensor) -> str:
    """Return the pairs of symbols that are nearest to each other, as `a and b, c and d, …`."""
    best = cosines[:, 0].argsort(descending=True, stable=True)[: 2 * PAIRS].tolist()  # a pair may be there twice
    pairs = dict.fromkeys(frozenset((names[row], names[int(nearest[row, 0])])) for row in best)
    return ", ".join(" and ".join(sorted(pair)) for pair in list(pairs)[:PAIRS])
