"""The reach of a threshold, as a sentence and as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlab.analysis.configurations import plain
from rnnlab.analysis.findings.threshold import Threshold, ThresholdReach
from rnnlab.analysis.statistics import Mean
from rnnlab.charts.number_format import plus_minus
from rnnlab.enumeration import joined
from rnnlab.report.tables.writers import markdown_table
from rnnlab.report.wording import escaped


def threshold_finding(reach: ThresholdReach) -> str:
    """Return the finding in a sentence.

    Such as `sequence_length by cell: test/accuracy of at least 0.9 holds up to 25, not at 50, for rnn.`
    """
    names: dict[str, list[str]] = {}
    for name, means in reach.rows.items():
        names.setdefault(_range(reach.threshold, means), []).append(name)
    clauses = [f"{range_} for {joined(rows)}" if reach.kind else range_ for range_, rows in names.items()]
    head = f"{reach.axis} by {reach.kind}" if reach.kind else reach.axis
    return f"{head}: {reach.threshold} (mean over seeds) holds {'; '.join(clauses)}."


def threshold_table(reach: ThresholdReach) -> str:
    """Return a Markdown table, a row for each cell and a column for each level; means within the bound are bold."""
    levels = sorted({level for means in reach.rows.values() for level in means})
    heads = [escaped(reach.kind), *(escaped(f"{reach.axis} {_level(level)}") for level in levels)]
    rows = [
        [escaped(name), *(_cell(reach.threshold, means[level]) if level in means else "" for level in levels)]
        for name, means in reach.rows.items()
    ]
    return markdown_table(heads, rows)


def _range(threshold: Threshold, means: Mapping[float, Mean]) -> str:
    kept = [threshold.holds(mean.value) for mean in means.values()]
    names = [_level(level) for level in means]
    count = sum(kept)
    if count in (0, len(kept)):
        return f"at {'all' if count else 'none'} of {joined(names)}"
    if all(kept[:count]):
        return f"up to {names[count - 1]}, not at {names[count]},"
    if all(kept[-count:]):
        return f"from {names[-count]} on, not at {names[-count - 1]},"
    return f"at {joined([name for name, holds in zip(names, kept, strict=True) if holds])} alone"


def _cell(threshold: Threshold, mean: Mean) -> str:
    text = plus_minus(mean.value, mean.half)
    return f"**{text}**" if threshold.holds(mean.value) else text


def _level(level: float) -> str:
    return plain(int(level) if level.is_integer() else level)
