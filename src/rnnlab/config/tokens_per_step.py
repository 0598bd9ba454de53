"""`data.tokens_per_step`: the symbols of an optimizer step, which set the batch size by the length of sequences.

With them, a sweep of `data.sequence_length` takes as many steps over as many symbols at every length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rnnlab.config import reference
from rnnlab.errors import UserError

KEY, BATCH_SIZE = "data.tokens_per_step", "data.batch_size"


def with_batch_size(config: dict[str, Any]) -> dict[str, Any]:
    """Return a plain configuration with the batch size that `data.tokens_per_step` sets; unchanged without it.

    Where sequences do not fill a step, the batch size is the next smaller one: of a run, `check_tokens` refuses that.
    """
    tokens, row = _tokens(config), _tokens_of_a_row(config)
    if tokens is None or row is None:
        return config
    return {**config, "data": {**config["data"], "batch_size": max(1, tokens // row)}}


def check_tokens(config: Mapping[str, Any]) -> None:
    """Check that the batches of a run have as many symbols as it asks for.

    Raises:
        UserError: The length of sequences does not divide them.
    """
    tokens, row = _tokens(config), _tokens_of_a_row(config)
    if tokens is None or row is None or config["data"].get("batch_size") == tokens / row:
        return
    nearest = max(row, round(tokens / row) * row)
    length = config["data"]["sequence_length"]
    raise UserError(f"{KEY}={tokens}: data.sequence_length={length} does not divide it; give {nearest}")


def check_alone(config: Mapping[str, Any], choices: Mapping[str, Any], words: Iterable[str]) -> None:
    """Check that nobody gives a batch size beside `data.tokens_per_step`.

    Args:
        config: Plain, as it was composed.
        choices: The option of every group.
        words: The words of the command line.

    Raises:
        UserError: A word gives both, or a file gives a batch size that no option has.
    """
    data = config.get("data")
    if not isinstance(data, Mapping) or data.get("tokens_per_step") is None:
        return
    chosen = [(group, option) for group, option in choices.items() if isinstance(option, str)]
    usual = {
        key.default for group, option in chosen for key in reference.keys_of(group, option) if key.name == BATCH_SIZE
    }
    given = any(word.partition("=")[0].lstrip("+") == BATCH_SIZE for word in words)
    if given or str(data.get("batch_size")) not in usual:
        raise UserError(f"{BATCH_SIZE}: {KEY}={data['tokens_per_step']} sets it; give one of them")


def _tokens(config: Mapping[str, Any]) -> int | None:
    data = config.get("data")
    return _whole(data.get("tokens_per_step")) if isinstance(data, Mapping) else None


def _tokens_of_a_row(config: Mapping[str, Any]) -> int | None:
    """Return the symbols that a row of the batches of a step stands for; None where a value is none."""
    trainer = config.get("trainer")
    several = _whole(trainer.get("accumulate_grad_batches", 1)) if isinstance(trainer, Mapping) else 1
    data = config.get("data")
    length = _whole(data.get("sequence_length")) if isinstance(data, Mapping) else None
    return None if length is None or several is None else length * several


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
