"""Comparing like with like: the settings that every level of a factor was tried at."""

from __future__ import annotations

import json

import pandas as pd


def balanced(table: pd.DataFrame, along: list[str], within: list[str], others: list[str]) -> pd.DataFrame:
    """Keep the rows at settings that every level has, so that a mean compares like with like.

    Args:
        table: The ranking.
        along: The factors whose levels are compared.
        within: The settings that have a comparison of their own.
        others: Every setting but those of `along`.

    Returns:
        Those rows; all rows where no setting is shared by every level.
    """
    rest = [name for name in others if name not in within]
    if not rest:
        return table
    key, level, group = (_joined(table, names) for names in (rest, along, within))
    shared = table[level.groupby([group, key]).transform("nunique") == level.groupby(group).transform("nunique")]
    return table if shared.empty else shared


def _joined(table: pd.DataFrame, names: list[str]) -> pd.Series[str]:
    """Join the values of some columns into one text for each row."""
    return table[names].apply(lambda row: json.dumps([str(value) for value in row]), axis=1)
