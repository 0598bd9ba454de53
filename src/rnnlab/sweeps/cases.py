"""Values of a sweep that move together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnlab.config.literals import written
from rnnlab.errors import UserError

KEY = "hydra.sweeper.cases"


def case_overrides(cases: Sequence[Mapping[str, Any]] | None) -> list[list[str]]:
    """Return the overrides of each case; without cases, one case without overrides.

    An empty case is the configuration as it stands, with which others may be compared.
    A value of a case may itself be a choice (`'1,2'` or a list), which belongs to that case alone.

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
    """Return the value of an override: a text unchanged, since it may be a choice, and a list as a choice."""
    if isinstance(value, Mapping):
        raise UserError(f"{KEY}: write {key}.KEY: VALUE in place of a mapping inside a case")
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ",".join(_word(key, item) for item in value)
    return written(value)
