"""The predictions of several configurations for the same texts: a table, and a sentence on word order."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, RenderableType
from rich.text import Text

from rnnlab.charts.number_format import ABSENT
from rnnlab.enumeration import joined
from rnnlab.report.tables.writers import empty_table, markdown_table, width_of
from rnnlab.report.wording import escaped

MOST_COLUMNS = 8  # configurations beside each other that a page still has room for
SAME = 0.0001  # probabilities that differ by no more are one answer: what is left is rounding
NARROWEST = 12  # characters of a column's head in the terminal


class Prediction(Protocol):
    """The prediction of a trained model for a text; a report never loads the model itself."""

    @property
    def label(self) -> str | None:
        """The likeliest class; None without an answer."""

    @property
    def probability(self) -> float | None:
        """Of that class, from 0 to 1."""

    @property
    def note(self) -> str:
        """The reason for no answer; otherwise empty."""

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Of every class; empty without an answer."""


@dataclass(frozen=True)
class Answers:
    """The predictions of each configuration for the same texts.

    Attributes:
        texts: The texts and their words; the same words in another order test whether a configuration minds the order.
        predictions: The label of each configuration and its predictions, one a text, in the order of the ranking.
        left_out: The number of further configurations.
    """

    texts: Mapping[str, Sequence[str]]
    predictions: Sequence[tuple[str, Sequence[Prediction]]]
    left_out: int = 0

    def markdown(self) -> str:
        """Return the table, a row a text and a column a configuration, and the sentence on word order."""
        heads, *rows = [[escaped(cell) for cell in row] for row in (["text", *self._labels], *self._rows())]
        table = markdown_table(heads, rows, texts=len(heads))
        blocks = (self._introduction, table, escaped(self.word_order()))
        return "\n\n".join(block for block in blocks if block) + "\n"

    def terminal(self, console: Console) -> None:
        """Print the table, or a list where it is too wide, and the sentence on word order."""
        console.print(Text(self._introduction))
        console.print()
        console.print(self._fitting_table(console))
        if sentence := self.word_order():
            console.print()
            console.print(Text(sentence))

    def word_order(self) -> str:
        """Say which configurations tell apart texts that differ in word order alone; '' without such texts.

        Two answers are one where the probability of every class is the same to within `SAME`.
        """
        pairs = self._reordered()
        if not pairs:
            return ""
        blind: dict[tuple[tuple[int, int], ...], list[str]] = {}
        for label, predictions in self.predictions:
            same = tuple(pair for pair in pairs if _agree(*(predictions[index] for index in pair)))
            blind.setdefault(same, []).append(label)
        telling = blind.pop((), [])
        clauses = [f"{joined(labels)} cannot tell {self._named(same)}" for same, labels in blind.items()]
        if telling:
            clauses.append(f"{joined(telling)} {'tells' if len(telling) == 1 else 'tell'} every such pair apart")
        definition = f"(another answer: a probability that differs by more than {SAME})"
        return f"Of texts with the same words in another order, {'; '.join(clauses)} {definition}."

    @property
    def _labels(self) -> list[str]:
        return [label for label, _ in self.predictions]

    @property
    def _introduction(self) -> str:
        best = f"of the best {len(self.predictions)} configurations ({self.left_out} left out)"
        those = best if self.left_out else "configuration"
        return f"What the best run of each {those} says of a few texts, and how probable it finds that:"

    def _rows(self) -> list[list[str]]:
        return [
            [" ".join(text.split()), *(_cell(predictions[index]) for _, predictions in self.predictions)]
            for index, text in enumerate(self.texts)
        ]

    def _reordered(self) -> list[tuple[int, int]]:
        """Return the indices of every two texts that have the same words in another order."""
        words = [list(text) for text in self.texts.values()]
        pairs = itertools.combinations(range(len(words)), 2)
        return [(a, b) for a, b in pairs if words[a] != words[b] and sorted(words[a]) == sorted(words[b])]

    def _named(self, pairs: Sequence[tuple[int, int]]) -> str:
        texts = [" ".join(text.split()) for text in self.texts]
        return ", nor ".join(f"“{texts[first]}” from “{texts[second]}”" for first, second in pairs)

    def _fitting_table(self, console: Console) -> RenderableType:
        table = empty_table()
        table.add_column("text", no_wrap=True)
        for label in self._labels:
            table.add_column(Text("\n".join(textwrap.wrap(label, NARROWEST, break_long_words=False))), no_wrap=True)
        rows = self._rows()
        for row in rows:
            table.add_row(*map(Text, row))
        if width_of(table, console) <= console.width:
            return table
        lines = []
        for text, *cells in rows:
            lines += [text, *(f"  {cell}  {label}" for cell, label in zip(cells, self._labels, strict=True))]
        return Text("\n".join(lines))


def _cell(prediction: Prediction) -> str:
    """Format a prediction, such as `positive 0.97`; a probability below 1 does not become 1.00."""
    if prediction.label is None or prediction.probability is None:
        return prediction.note or ABSENT
    chance = f"{prediction.probability:.2f}" if prediction.probability < 0.995 else ">0.99"
    return f"{prediction.label} {chance}"


def _agree(first: Prediction, second: Prediction) -> bool:
    a, b = first.probabilities, second.probabilities
    return a.keys() == b.keys() and all(abs(a[label] - b[label]) <= SAME for label in a)
