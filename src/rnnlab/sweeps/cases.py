"""Values of a sweep that move together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnlab.config.literals import written
from rnnlab.errors import UserError

KEY = "hydra.sweeper.cases"


def words_of(cases: Sequence[Mapping[str, Any]] | None) -> list[list[str]]:
    """For each case its words of the command line; without cases a single one that says nothing.

    An empty case is the configuration as it stands, which others may be compared with.
    A value of a case may itself be a choice (`'1,2'` or a list), which then belongs to that case alone.

    Raises:
        UserError: A case is not a mapping of keys to values.
    """
    if cases is None:
        return [[]]
    wrong = f"{KEY}: give a list of mappings, such as [{{model.hidden_size: 64, optimizer.lr: 3e-3}}]"
    if not isinstance(cases, Sequence) or not cases:
        raise UserError(wrong)
    if not all(isinstance(case, Mapping) for case in cases):  # a text's letters are none
        raise UserError(wrong)
    return [[f"{key}={_word(key, value)}" for key, value in case.items()] for case in cases]


def _word(key: str, value: Any) -> str:
    """What stands behind `key=`: a text as it is, which may be a choice itself, and a list as a choice."""
    if isinstance(value, Mapping):
        raise UserError(f"{KEY}: write {key}.KEY: VALUE in place of a mapping inside a case")
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ",".join(_word(key, item) for item in value)
    return written(value)
