"""What is asked of a trained model, checked and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from rnnlab.config.rules import check
from rnnlab.errors import UserError
from rnnlab.tasks.capabilities import Sampling

AT_A_TIME = 64  # texts that are classified or tagged together
Answer = TypeVar("Answer")


def answers(ask: Callable[[Sequence[str]], list[Answer]], texts: str | Iterable[str]) -> list[Answer]:
    """What a task says of one text, or of any number of them, about which it is asked in groups.

    Raises:
        UserError: Something else than texts was given.
    """
    several = [texts] if isinstance(texts, str) else list(texts)
    for number, text in enumerate(several, start=1):
        if not isinstance(text, str):
            raise UserError(f"texts: number {number} is {text!r}, not a text")
    groups = (several[start : start + AT_A_TIME] for start in range(0, len(several), AT_A_TIME))
    return [answer for group in groups for answer in ask(group)]


def sampling(
    prompt: str, length: int | None, temperature: float, top_k: int | None, seed: int, condition: str | None
) -> Sampling:
    """How new items or texts are to be drawn.

    Raises:
        UserError: A value is out of range.
    """
    check({"length": length, "temperature": temperature, "top_k": top_k, "seed": seed})
    return Sampling(prompt, length, temperature, top_k, seed, condition)
