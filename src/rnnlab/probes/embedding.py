"""Symbols as vectors: one-hot against learned, and which symbols are near each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnlab.data.text.display import readable
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject
from rnnlab.reference.lesson import Beside, Grid, Lesson, Table

BYTES = 4  # of a number in single precision


def neighbours(vectors: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The nearest other vectors of each by the cosine of the angle between them.

    Args:
        vectors: `(N, D)`; a vector of zeros has the cosine 0 to all.
        count: How many; fewer where there are no more.

    Returns:
        Their rows `(N, count)`, nearest first, and the cosines `(N, count)`.
    """
    directions = nn.functional.normalize(vectors.detach().double(), dim=1)
    cosines = directions @ directions.T
    cosines.fill_diagonal_(-torch.inf)
    found = cosines.sort(dim=1, descending=True, stable=True)
    count = min(count, len(vectors) - 1)
    return found.indices[:, :count], found.values[:, :count]


class EmbeddingTable(Probe):
    """What a text is as one-hot vectors and as learned ones, and the nearest neighbours of symbols."""

    def __init__(self, symbols: int, shown: int, nearest: int) -> None:
        """Look at nothing yet.

        Args:
            symbols: Whose neighbours are looked for, the most frequent ones, among themselves.
            shown: Of a text in the figure.
            nearest: Neighbours of each.
        """
        self.symbols = symbols
        self.shown = shown
        self.nearest = nearest

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        table, vocabulary = table_of(subject.task)
        counts = subject.material.total(subject.task)
        read, size = int(counts.sum()), table.shape[1]
        one_hot, learned = (read * width * BYTES for width in (len(vocabulary), size))
        frequent = counts.argsort(descending=True, stable=True)[: self.symbols]
        kept = frequent[counts[frequent] > 0]
        if len(kept) < 2:
            raise UserError("what is read has a single symbol, which has no neighbours")
        nearest, cosines = neighbours(table[kept], self.nearest)
        names = [readable(vocabulary.symbols[index]) for index in kept.tolist()]
        rows = []
        for name, index, others, angles in zip(names, kept.tolist(), nearest.tolist(), cosines.tolist(), strict=True):
            near = [f"{names[other]} {cosine:.2f}" for other, cosine in zip(others, angles, strict=True)]
            rows.append([name, str(int(counts[index])), *near])
        best = cosines[:, 0].argsort(descending=True, stable=True)[: 2 * 3].tolist()
        pairs = dict.fromkeys(frozenset((names[row], names[int(nearest[row, 0])])) for row in best)
        told = ", ".join(" and ".join(sorted(pair)) for pair in list(pairs)[:3])
        heads = ["symbol", "times", *(f"{place} nearest" for place in range(1, nearest.shape[1] + 1))]
        return Lesson([
            f"{read:,} symbols as one-hot vectors are {read:,} × {len(vocabulary):,} floats, {one_hot:,} bytes; as"
            f" learned vectors {read:,} × {size}, {learned:,} bytes. Nearest to each other are {told}, by the cosine of"
            " the angle between their vectors.",
            self._figure(subject, table, vocabulary),
            Table(heads, rows, name="neighbours"),
        ])  # fmt: skip

    def _figure(self, subject: Subject, table: Tensor, vocabulary: Vocabulary) -> Beside:
        symbols = subject.material.symbols(subject.task, self.shown)
        columns = [readable(vocabulary.symbols[index]) for index in symbols.tolist()]
        present = sorted(set(symbols.tolist()))
        hot = [[float(index == symbol) for symbol in symbols.tolist()] for index in present]
        vectors = table[symbols].T.tolist()
        left = Grid("one-hot", "one-hot (the rows of symbols that occur)", "", "symbol read", "symbol", columns,
                    [readable(vocabulary.symbols[index]) for index in present], hot, "value")  # fmt: skip
        right = Grid("embedding", "learned", "", "symbol read", "unit", columns, [str(n) for n in range(len(vectors))],
                     vectors, "value", centred=True)  # fmt: skip
        caption = f"The first {len(columns)} symbols as one-hot vectors and as the vectors that {subject.name} learned."
        return Beside("one-hot-and-embedding", "One-hot vectors and embedding", caption, [left, right])


def table_of(task: nn.Module) -> tuple[Tensor, Vocabulary]:
    """The vectors of the symbols `(V, D)`, on the CPU, and the symbols.

    Raises:
        UserError: The task has none.
    """
    table, vocabulary = getattr(task, "embedding", None), getattr(task, "vocabulary", None)
    if not (isinstance(table, nn.Embedding) and isinstance(vocabulary, Vocabulary)):
        raise UserError(f"{type(task).__name__} has no embedding of symbols")
    return table.weight.detach().cpu(), vocabulary
