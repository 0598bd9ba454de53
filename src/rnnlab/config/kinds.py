"""Kinds of values: what a key may hold, in words and as a test."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[str, Callable[[Any], bool]]


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def whole(least: int) -> Rule:
    return f"a whole number of at least {least}", lambda v: is_int(v) and v >= least


def either(first: Rule, second: Rule) -> Rule:
    return f"{first[0]} or {second[0]}", lambda v: first[1](v) or second[1](v)


def one_of(*values: str) -> Rule:
    return "one of " + ", ".join(values), lambda v: v in values


def several(rule: Rule, example: str) -> Rule:
    return (
        f"a list, {example}, each of it {rule[0]}",
        lambda v: isinstance(v, list) and bool(v) and all(map(rule[1], v)),
    )


NOTHING: Rule = ("null", lambda v: v is None)
TRUE_OR_FALSE: Rule = ("true or false", lambda v: isinstance(v, bool))
ABOVE_ZERO: Rule = ("a number above 0", lambda v: is_number(v) and v > 0)
AT_LEAST_ZERO: Rule = ("a number of at least 0", lambda v: is_number(v) and v >= 0)
SHARE: Rule = ("a number from 0 up to but not including 1", lambda v: is_number(v) and 0 <= v < 1)
PORTION: Rule = (
    "a share above 0.0 and at most 1.0, or a whole number of batches of at least 1",
    lambda v: (is_int(v) and v >= 1) or (isinstance(v, float) and 0 < v <= 1),
)
DURATION: Rule = (
    "a time as DD:HH:MM:SS, such as 00:00:10:00 for ten minutes",
    lambda v: isinstance(v, str) and bool(re.fullmatch(r"\d+:\d{1,2}:\d{1,2}:\d{1,2}", v)) and bool(v.strip("0:")),
)
FOLDER_NAME: Rule = (
    "a folder name of letters, digits, '.', '_' and '-' that does not begin with '.'",
    lambda v: bool(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", str(v))),
)
TEXTS: Rule = (
    "a list of texts, such as ['not good','good not']",
    lambda v: isinstance(v, list) and all(isinstance(text, str) for text in v),
)
PROBES: Rule = (
    "a list of what `rnnlab probe` is told, such as [{probe: saliency, text: mary had}]; its keys are probe, text,"
    " part, untrained and those that begin with probe.",
    lambda v: isinstance(v, list) and all(
        isinstance(its, Mapping) and "probe" in its
        and all(re.fullmatch(r"probe(\.[a-z]\w*)?|text|part|untrained", str(key)) for key in its)
        for its in v
    ),
)  # fmt: skip
SEED: Rule = ("a whole number from 0 to 4294967295", lambda v: is_int(v) and 0 <= v < 2**32)
