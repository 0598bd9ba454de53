"""Tables of an answer: the levels of each group at their own best, and the differences of every two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.charts.number_format import ABSENT
from rnnlab.enumeration import joined
from rnnlab.report.answer.figures import decimals_of, with_interval
from rnnlab.report.answer.headline import measured, place
from rnnlab.report.tables.writers import markdown_table
from rnnlab.report.wording import count, escaped, p_value

if TYPE_CHECKING:
    from rnnlab.analysis.answer import Answer
    from rnnlab.analysis.inference.judgement import Group, Interval

MOST_CONTRASTS = 40  # of a table; the others are in answer.json


@dataclass(frozen=True)
class Section:
    """The tables of a group, as text.

    Attributes:
        title: The setting of `within`, or that the group is the mean over all; empty where there is one group.
        heads: The heads of the table of levels.
        levels: Its rows; none for the mean over all groups.
        contrasts: The rows of the table of differences, under `CONTRASTS`.
        left_out: The number of further differences.
    """

    title: str
    heads: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    contrasts: tuple[tuple[str, ...], ...]
    left_out: int


CONTRASTS = ("first", "second", "difference", "95% interval", "p", "the first is")


def sections(answer: Answer) -> list[Section]:
    """Return the tables of every group, and those of the mean over all where there are several."""
    if not answer.question.by:
        return []
    made = [_section(answer, group) for group in answer.groups]
    if answer.overall is not None and len(answer.groups) > 1:
        title = f"mean over {joined(list(answer.question.within))}"
        made.append(Section(title, (), (), *_rows(answer.overall.contrasts)))
    return made


def contrast_tables(answer: Answer) -> str:
    """Return the tables as Markdown, below a heading each; nothing where there is nothing to compare."""
    blocks = []
    for section in sections(answer):
        blocks.append(f"## {escaped(section.title or answer.question.compared)}")
        for heads, rows in ((section.heads, section.levels), (CONTRASTS, section.contrasts)):
            if rows:
                blocks.append(markdown_table(list(map(escaped, heads)), [list(map(escaped, row)) for row in rows]))
    return "\n\n".join([*blocks, *([EXPLAINED] if blocks else [])]) + ("\n" if blocks else "")


EXPLAINED = (
    "Each level stands at its own best setting, whose result comes from seeds that had no part in choosing it where"
    " there are such. Differences are first minus second; their intervals and p-values hold for all of this report"
    " together (studentised range, with variances moderated by those of all configurations), and a level counts as"
    " worse only if it is so at every setting that could be its best. `equal`: the difference is shown to be smaller"
    " than `worth`. The interval over items is what another test part of that size could have given."
)


def _section(answer: Answer, group: Group) -> Section:
    heads = (
        answer.question.compared,
        *answer.question.tune,
        measured(answer),
        "test, over seeds",
        "over items",
        "seeds",
        "parameters",
        "operations a step",
    )
    rows = tuple(
        (
            level.name,
            *(in_short(value) for _, value in level.choice.setting),
            with_interval(level.value),
            with_interval(level.test) if level.test else ABSENT,
            _span(answer.items.get((group.within, level.name))),
            str(level.seeds),
            count(answer.figure(group.within, level.name, "parameters")),
            count(answer.figure(group.within, level.name, "flops")),
        )
        for level in group.levels
    )
    return Section(place(group.within), heads, rows, *_rows(group.contrasts))


def _span(items: Interval | None) -> str:
    """Format the interval that items make, such as `1.94 to 1.98`."""
    return ABSENT if items is None else with_interval(items).partition(" (")[2].removesuffix(")")


def _rows(contrasts: Sequence[Contrast]) -> tuple[tuple[tuple[str, ...], ...], int]:
    rows = tuple(
        (one.first, one.second, *_figures(one), one.verdict if math.isfinite(one.p) else "not tested")
        for one in contrasts[:MOST_CONTRASTS]
    )
    return rows, len(contrasts) - len(rows)


def _figures(one: Contrast) -> tuple[str, str, str]:
    half = (one.high - one.low) / 2
    digits = decimals_of(half, one.difference)
    span = f"{_fixed(one.low, digits)} to {_fixed(one.high, digits)}" if math.isfinite(half) else ABSENT
    return _fixed(one.difference, digits), span, p_value(one.p)


def _fixed(value: float, digits: int) -> str:
    """Format a value with so many decimals; what is rounded to nought has no sign."""
    return f"{value:z.{digits}f}"
