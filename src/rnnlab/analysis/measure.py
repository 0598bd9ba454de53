"""By which loss runs are compared: that of a token, unless their tokens are of different kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rnnlab.errors import UserError
from rnnlab.records.identity import with_effect
from rnnlab.records.reading import PER_CHARACTER, Run

OF_SYMBOLS = ("data.vocab_size", "data.tokenizer")  # beside the level


def comparable(complete: Sequence[Run]) -> list[Run]:
    """The runs, each judged by a loss that says the same of all.

    Characters, words and sub-words are not as hard to predict as each other, so where runs of language models differ
    in that, they are compared by the loss per character of the same text.

    Raises:
        UserError: They differ, and one of them has no such loss.
    """
    kinds = {_symbols(run): run for run in complete}
    without = [run for run in complete if PER_CHARACTER not in run.metrics("best")]
    if len(kinds) == 1 or len(without) == len(complete):
        return list(complete)
    if without:
        raise UserError(
            f"losses of different symbols (data.level) are compared per character, and {without[0].folder.as_posix()}"
            f" has no {PER_CHARACTER}; compare it alone, or train it again with rerun=true"
        )
    return [replace(run, measure=PER_CHARACTER) for run in complete]


def _symbols(run: Run) -> tuple[Any, ...]:
    """What kind of symbols a run predicts."""
    leaves = with_effect(run.config)
    level = str(leaves.get("data.level", "char"))
    rarest = leaves.get("data.min_count") if level == "word" else None
    return (level, rarest, *(leaves.get(key) for key in OF_SYMBOLS))
