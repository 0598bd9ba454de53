"""Tables of each factor for a report: its levels, and the differences of every two of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rnnlab.analysis.factors import Contrast, Factor, Level
from rnnlab.charts.number_format import ABSENT, plus_minus
from rnnlab.report.tables.writers import markdown_table
from rnnlab.report.wording import count, decimals, escaped, interval, p_value, seconds

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

LEVELS = ("validation loss", "mean rank", "parameters", "seconds")
CONTRASTS = ("pair", "difference", "Hedges' g", "p", "settings", "lower in", "seeds")


def factor_tables(comparison: Comparison) -> str:
    """Return two Markdown tables for each factor below a heading; '' where no factor could be compared."""
    if not comparison.factors:
        return ""
    blocks = [_block(factor) for factor in comparison.factors]
    explained = (
        "Levels are compared at equal settings of everything else. Differences are in"
        f" {comparison.unit}, ± half of their 95% interval; Hedges' g is the difference over the standard deviation of"
        " seeds, corrected for few of them (Hedges 1981); p is corrected for all pairs of the factor (Holm 1979)."
    )
    return "\n\n".join([*blocks, explained]) + "\n"


def level_cells(level: Level) -> list[str]:
    """Return the figures of a level as text, in the order of `LEVELS`."""
    return [interval(level.loss), decimals(level.rank, 1), count(whole(level.parameters)), seconds(level.seconds)]


def whole(value: float) -> float:
    """Round a value to a whole number; NaN stays NaN."""
    return value if math.isnan(value) else round(value)


def contrast_cells(contrast: Contrast) -> list[str]:
    """Return a pair of levels and its figures as text, in the order of `CONTRASTS`."""
    difference = contrast.difference
    return [
        f"{contrast.better} – {contrast.worse}",
        plus_minus(difference.mean, difference.half),
        decimals(difference.effect, 1),
        p_value(contrast.p).removeprefix("p = ").removeprefix("p ") or ABSENT,
        str(difference.settings),
        str(difference.firsts),
        str(difference.seeds),
    ]


def _block(factor: Factor) -> str:
    levels = [[escaped(level.name), *level_cells(level)] for level in factor.levels]
    contrasts = [[escaped(pair), *cells] for pair, *cells in map(contrast_cells, factor.contrasts)]
    tables = [markdown_table([escaped(factor.name), *LEVELS], levels), markdown_table(CONTRASTS, contrasts)]
    return "\n\n".join([f"## {escaped(factor.name)}", *tables])
