"""Which items train, validate and test."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rnnlab.errors import UserError

PARTS = ("train", "val", "test")
LEAST_ITEMS = 10  # the fewest of which 80/10/10 leaves one for every part


def cut(count: int) -> tuple[int, int]:
    """Where validation and test begin when so many items are cut 80/10/10; each gets one of three or more."""
    first = min(int(0.8 * count), count - 2)
    return first, max(int(0.9 * count), first + 1)


def split_items(items: Sequence[str], seed: int, deduplicate: bool, where: str = "data") -> dict[str, list[str]]:
    """Shuffle by `seed` and cut 80/10/10; `deduplicate` first drops every repetition of an item.

    The shuffle is that of Python's `random.Random(seed)`, so that splits of scripts which seed the module
    `random` can be repeated exactly.

    Raises:
        UserError: There are too few items in `where` to give each part one.
    """
    shuffled = list(dict.fromkeys(items)) if deduplicate else list(items)
    if len(shuffled) < LEAST_ITEMS:
        kind = "distinct items" if deduplicate else "items"
        raise UserError(
            f"{where}: {len(shuffled)} {kind} are too few to split 80/10/10; at least {LEAST_ITEMS} are needed"
        )
    random.Random(seed).shuffle(shuffled)
    first, second = cut(len(shuffled))
    return {"train": shuffled[:first], "val": shuffled[first:second], "test": shuffled[second:]}
