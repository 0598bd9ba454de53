"""Splits: which items train, validate and test, and which repeat another and are left out."""

from __future__ import annotations

import hashlib
import random
from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import UserError

PARTS = ("train", "val", "test")
Item = TypeVar("Item", bound=Hashable)
LEAST_ITEMS = 10  # the fewest of which 80/10/10 leaves one for every part
LEAST_OF_A_CLASS = 3  # one for training, one for validation, one for the test
MOST_NAMED = 3  # classes that a note names


def cut(count: int) -> tuple[int, int]:
    """Return where validation and test begin when `count` items are cut 80/10/10; each gets one of three or more."""
    first = min(int(0.8 * count), count - 2)
    return first, max(int(0.9 * count), first + 1)


def cut_items(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Return the items of each part, cut 80/10/10 in their order."""
    first, second = cut(len(items))
    return {"train": list(items[:first]), "val": list(items[first:second]), "test": list(items[second:])}


def split_items(items: Sequence[Item], seed: int, deduplicate: bool, where: str = "data") -> dict[str, list[Item]]:
    """Shuffle items by `seed` and cut them 80/10/10; `deduplicate` first drops every repetition of an item.

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
    return cut_items(shuffled)


def check_parts(parts: Sequence[str] | None, where: str) -> None:
    """Raise UserError if the files' names say parts of which training, validation and test cannot be made.

    Without validation they can: see `by_fixed_part`.

    Args:
        parts: `(N,)`, of every item, as `sources.parts.parts_of` gives them; None where the data set fixes none.
        where: Begins the line about what is wrong.
    """
    kinds = set(parts or PARTS)
    named = " and ".join(part for part in PARTS if part in kinds)
    if strange := sorted(kinds - set(PARTS)):
        raise UserError(f"data: {strange[0]} is named for no part, and other files for {named}; rename or move it")
    if missing := [part for part in ("train", "test") if part not in kinds]:
        raise UserError(
            f"{where}: files are named for {named} and none for {missing[0]}; add one, or give data.path one file,"
            " which is split"
        )


def note_on_parts(parts: Sequence[str] | None, trained: bool) -> str:
    """Return a note on how the files' parts become training, validation and test; '' where there is nothing to say.

    Args:
        parts: `(N,)`, of every item; None where the data set fixes none.
        trained: Whether the data trains a model; else a trained model is tested on all of it.
    """
    if parts is None or (trained and "val" in parts):
        return ""
    if trained:
        return "no file is named for validation: a tenth of the training part validates"
    return "all files are tested, not only those whose names say test"


def note_on_classes(balance: Mapping[str, Mapping[str, int]], kind: str) -> str:
    """Return a note on classes that are tested and never trained; '' where there are none.

    Args:
        balance: How often each class occurs in each part.
        kind: What a class is called.
    """
    counts = balance["train"]
    strange = [label for label, count in counts.items() if not count and any(part[label] for part in balance.values())]
    if not strange:
        return ""
    names = ", ".join(map(repr, strange[:MOST_NAMED])) + (", …" if len(strange) > MOST_NAMED else "")
    return f"training has no {kind} {names}, which validation or test has"


def numbers_of(keys: Iterable[str]) -> NDArray[np.int64]:
    """Return a number for each text `(N,)`, equal for equal ones; none of the texts is held.

    They are told apart by digests of 128 bits, far more than texts could share by chance.
    """
    content = bytearray()
    for key in keys:
        content += hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    digests = np.frombuffer(content, dtype=np.uint64).reshape(-1, 2)
    order = np.lexsort(digests.T)
    digests, numbers = digests[order], np.zeros(len(order), dtype=np.int64)
    numbers[order[1:]] = np.cumsum((digests[1:] != digests[:-1]).any(axis=1))
    return numbers


def distinct(keys: NDArray[np.int64], parts: Sequence[str] | None) -> NDArray[np.int64]:
    """Return the rows that are left when repeated texts are dropped, so that nothing tested was trained on.

    The first of equals stays; where the parts are fixed, that is the one tested, or else the one validated on,
    and a published test part stays whole.

    Args:
        keys: `(N,)`, equal for equal texts, as `numbers_of` gives them.
        parts: `(N,)`, or None.
    """
    if parts is None:  # in the order in which the last of equals stand
        return _first_places(keys)[np.argsort(-_first_places(keys[::-1]))]
    said = np.fromiter(map(PARTS.index, parts), dtype=np.int8, count=len(keys))
    taken = np.zeros(int(keys.max(initial=-1)) + 1, dtype=bool)
    kept = list[NDArray[np.int64]]()
    for part in reversed(range(len(PARTS))):
        rows = np.flatnonzero(said == part)
        fresh = rows[~taken[keys[rows]]]
        kept.append(rows if PARTS[part] == "test" else fresh[_first_places(keys[fresh])])
        taken[keys[rows]] = True
    return np.sort(np.concatenate(kept))


def _first_places(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each distinct key first stands, in the order of the keys."""
    return np.unique(keys, return_index=True)[1].astype(np.int64)


def by_fixed_part(rows: Sequence[int], parts: Sequence[str], kind: str, where: str) -> dict[str, array[int]]:
    """Return the rows of each part that the data set fixes, in their order.

    Where it fixes none for validation, the first tenth of the training rows validates.

    Args:
        rows: Which of the items take part, in random order.
        parts: `(N,)`, the part of every item.
        kind: What an item is called.
        where: Begins the line about what is wrong.

    Raises:
        UserError: A part has no item.
    """
    fixed = {part: _rows_of(part, parts, rows) for part in PARTS}
    if "val" not in parts:
        tenth = max(1, len(fixed["train"]) // 10)
        fixed["val"], fixed["train"] = fixed["train"][:tenth], fixed["train"][tenth:]
    if empty := [part for part, piece in fixed.items() if not piece]:
        raise UserError(f"{where}: there is no {kind} for the part {empty[0]}")
    return fixed


def shuffled_rows(rows: Iterable[int], random_: random.Random, limit: int | None, where: str) -> tuple[array[int], str]:
    """Return at most `limit` of the rows in random order, and how a line about them begins."""
    shuffled = array("q", rows)  # of millions of rows, a list would take five times as much
    random_.shuffle(shuffled)
    if limit is not None and limit < len(shuffled):
        return shuffled[:limit], f"{where}, data.limit={limit}"
    return shuffled, where


def check_classes(labels: Iterable[str], kind: str, task: str, where: str, advice: str = "") -> None:
    """Raise UserError if there is a single class, of which nothing can be learned.

    Args:
        labels: One or more.
        kind: What a class is called.
        task: What needs two of them.
        where: Begins the line about what is wrong.
        advice: Ends it.
    """
    if len(classes := set(labels)) < 2:
        raise UserError(f"{where}: the only {kind} is {classes.pop()!r}; a {task} needs two classes or more{advice}")


def split_rows(
    labels: Sequence[str],
    parts: Sequence[str] | None,
    rows: Iterable[int],
    seed: int,
    limit: int | None,
    where: str,
    kind: str = "distinct text",
) -> dict[str, array[int]]:
    """Return the rows that train, validate and test, each part in random order: files are often sorted by label.

    Args:
        labels: `(N,)`, the class of every text.
        parts: `(N,)`, the fixed part of each; None to cut every class 80/10/10.
        rows: Which of the texts take part.
        seed: Of Python's `random.Random`, which shuffles them.
        limit: How many are used, chosen at random; None for all.
        where: Begins the line about what is wrong.
        kind: What one of them is called.

    Raises:
        UserError: There are fewer than two classes, or too few texts of one.
    """
    random_ = random.Random(seed)
    shuffled, where = shuffled_rows(rows, random_, limit, where)
    counts = Counter(labels[row] for row in shuffled)
    if not counts:
        raise UserError(f"{where}: there is no text; a classifier needs two classes or more")
    check_classes(counts, "label", "classifier", where)
    if parts is not None:
        fixed = by_fixed_part(shuffled, parts, "text", where)
        check_classes((labels[row] for row in fixed["train"]), "label of training", "classifier", where)
        return fixed
    label, fewest = min(counts.items(), key=lambda pair: pair[1])
    if fewest < LEAST_OF_A_CLASS:
        raise UserError(
            f"{where}: the label {label!r} has {fewest} {kind}{'s'[: fewest != 1]}, too few to split;"
            f" at least {LEAST_OF_A_CLASS} are needed"
        )
    of_class = {name: array("q") for name in sorted(counts)}
    for row in shuffled:
        of_class[labels[row]].append(row)
    split = {part: array("q") for part in PARTS}
    for own in of_class.values():
        first, second = cut(len(own))
        for part, piece in zip(PARTS, (own[:first], own[first:second], own[second:]), strict=True):
            split[part].extend(piece)
    for piece in split.values():
        random_.shuffle(piece)  # so that a share of a part's batches is a fair sample of it
    return split


def _rows_of(part: str, parts: Sequence[str], rows: Iterable[int]) -> array[int]:
    return array("q", (row for row in rows if parts[row] == part))
