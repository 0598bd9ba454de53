"""Scores of a classifier on each class, as a table and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.analysis.findings.classes import ClassResult, Mistake, class_results, mistakes
from rnnlab.charts.examples import Examples
from rnnlab.report.tables.writers import markdown_table
from rnnlab.report.wording import count, decimals, escaped

HEADS = ("class", "precision", "recall", "F1", "support")
EXPLAINED = (
    "Of the test part. Support: how many there are of the class; recall: the share of these that is found; precision:"
    " the share of what is taken for the class that is of it; F1: the harmonic mean of both."
)
MOST_NAMED = 5  # classes or mistakes in a sentence
MOST_ROWS = 20  # of the table in Markdown, whose rest is counted


@dataclass(frozen=True)
class ClassTable:
    """The classes of a classifier on its test part.

    Attributes:
        results: A result a class, the most frequent first.
        mistakes: Which class is taken for which other, the most frequent first.
    """

    results: Sequence[ClassResult]
    mistakes: Sequence[Mistake]

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The cells of the table, a row a class."""
        return [
            (
                result.label,
                *(decimals(share, 3) for share in (result.precision, result.recall, result.f1)),
                count(result.support),
            )
            for result in self.results
        ]

    @property
    def sentences(self) -> list[str]:
        """Remarks before the figures: classes that are never found or not there, and the usual mistakes."""
        return list(filter(None, (self._never_found(), self._not_there(), self._mistakes())))

    def markdown(self) -> str:
        """Return the sentences and the table as Markdown; '' without classes."""
        if not self.results:
            return ""
        table = markdown_table(HEADS, [[escaped(row[0]), *row[1:]] for row in self.rows[:MOST_ROWS]])
        left = len(self.results) - MOST_ROWS
        more = [f"{left} rarer classes are on the page report.html."] if left > 0 else []
        head = "Each class in the test part, as the best run tells them apart:"
        return "\n\n".join([head, *map(escaped, self.sentences), table, *more, EXPLAINED]) + "\n"

    def _never_found(self) -> str:
        never = [result for result in self.results if result.support and not result.recall]
        if not never:
            return ""
        named = [f"{result.label} ({count(result.support)} in the test part)" for result in never]
        return f"Never found: {_some(named)}."

    def _not_there(self) -> str:
        absent = [result.label for result in self.results if not result.support]
        return f"Not in the test part: {_some(absent)}." if absent else ""

    def _mistakes(self) -> str:
        if len(self.results) < 3 or not self.mistakes:
            return ""
        named = [
            f"{one.true} taken for {one.predicted} ({count(one.count)} of {count(one.support)})"
            for one in self.mistakes
        ]
        return f"The most frequent mistakes: {_some(named[:MOST_NAMED])}."


def class_table(examples: Examples) -> ClassTable:
    """Return the classes of the run that left these examples; without any where it tells none."""
    labels, counts = examples.labels, examples.confusion
    return ClassTable(class_results(labels, counts), mistakes(labels, counts))


def _some(names: Sequence[str]) -> str:
    left = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {left} more" if left > 0 else "")
