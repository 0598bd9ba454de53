"""Numbers of tables and sentences, rounded to sensible digits."""

from __future__ import annotations

import math
import re

from rnnlab.analysis.statistics import Mean
from rnnlab.charts.number_format import ABSENT, plus_minus
from rnnlab.control_characters import shown


def interval(mean: Mean) -> str:
    """Format a mean ± half of its 95% interval, or the mean of a single value alone."""
    return plus_minus(mean.value, mean.half)


def count(value: float) -> str:
    """Format a count with thousands separated; a mean of counts that is no whole number keeps one decimal."""
    if math.isnan(value):
        return ABSENT
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def seconds(value: float) -> str:
    """Format a duration in seconds, with one decimal below 100."""
    if math.isnan(value):
        return ABSENT
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def decimals(value: float, digits: int) -> str:
    """Format a figure with a number of decimals; a missing one as a dash."""
    return ABSENT if math.isnan(value) else f"{value:.{digits}f}"


def capitalized(text: str) -> str:
    """Return a text with a capital at its beginning; all else stays, such as the F of `macro F1`."""
    return f"{text[:1].upper()}{text[1:]}"


def p_value(p: float) -> str:
    """Format a p-value, such as `0.012` or `< 0.001`; a dash without a test."""
    if math.isnan(p):
        return ABSENT
    if p < 0.001:
        return "< 0.001"
    if p > 0.99:
        return "> 0.99"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def escaped(text: str) -> str:
    """Escape a text for Markdown, on one line; the table escapes `|`."""
    return re.sub(r"[\\`*[$]|<(?=[A-Za-z/!?])|&(?=#?\w+;)", r"\\\g<0>", shown(" ".join(text.split())))
