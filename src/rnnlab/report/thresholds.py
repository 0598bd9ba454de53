"""How far a bound on a metric holds, as a sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlab.analysis.configurations import plain
from rnnlab.analysis.statistics import Mean
from rnnlab.analysis.threshold import Holding, Threshold
from rnnlab.charts.number_format import plus_minus
from rnnlab.enumeration import joined
from rnnlab.report.tables import markdown_table
from rnnlab.report.wording import escaped


def threshold_finding(held: Holding) -> str:
    """Such as `sequence_length by cell: test/accuracy of at least 0.9 holds up to 25, not at 50, for rnn.`"""
    names: dict[str, list[str]] = {}
    for name, means in held.rows.items():
        names.setdefault(_range(held.asked, means), []).append(name)
    clauses = [f"{range_} for {joined(rows)}" if held.kind else range_ for range_, rows in names.items()]
    head = f"{held.axis} by {held.kind}" if held.kind else held.axis
    return f"{head}: {held.asked} (mean over seeds) holds {'; '.join(clauses)}."


def threshold_table(held: Holding) -> str:
    """A Markdown table with a row for each cell and a column for each level; what keeps within the bound is bold."""
    levels = sorted({level for means in held.rows.values() for level in means})
    heads = [held.kind or "", *(f"{held.axis} {_level(level)}" for level in levels)]
    rows = [
        [escaped(name), *(_cell(held.asked, means[level]) if level in means else "" for level in levels)]
        for name, means in held.rows.items()
    ]
    return markdown_table(heads, rows)


def _range(asked: Threshold, means: Mapping[float, Mean]) -> str:
    kept = [asked.holds(mean.value) for mean in means.values()]
    names = [_level(level) for level in means]
    count = sum(kept)
    if count in (0, len(kept)):
        return f"at {'all' if count else 'none'} of {joined(names)}"
    if all(kept[:count]):
        return f"up to {names[count - 1]}, not at {names[count]},"
    if all(kept[-count:]):
        return f"from {names[-count]} on, not at {names[-count - 1]},"
    return f"at {joined([name for name, holds in zip(names, kept, strict=True) if holds])} alone"


def _cell(asked: Threshold, mean: Mean) -> str:
    text = plus_minus(mean.value, mean.half)
    return f"**{text}**" if asked.holds(mean.value) else text


def _level(level: float) -> str:
    return plain(int(level) if level.is_integer() else level)
