"""The line on what was read of the user's own files: `text, label of a.csv: 200 rows, 104 positive, 96 negative`."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
MOST_SHOWN = 8  # classes that a line in the terminal counts


def named(files: Sequence[Path]) -> str:
    """Return the name of a file, or how many files there are and the name of the first."""
    return files[0].name if len(files) == 1 else f"{len(files)} files, the first {files[0].name}"


def count_classes(counts: Mapping[str, int]) -> str:
    """Return how often every class occurs, such as `104 positive, 96 negative`; of many, the most frequent ones."""
    shown = sorted(counts.items(), key=lambda pair: -pair[1])[:MOST_SHOWN]
    more = [f"{len(counts) - MOST_SHOWN} more classes"] if len(counts) > MOST_SHOWN else []
    return ", ".join([*(f"{count:,} {label}" for label, count in shown), *more])


def describe_labelled(what: str, kind: str, labels: Sequence[str], left_out: int = 0, more: str = "") -> str:
    """Return the line on labelled items.

    Args:
        what: Their columns and files.
        kind: What an item is called, in the plural.
        labels: `(N,)`, of those that were read.
        left_out: How many were left out for want of a label.
        more: What else there is to say.
    """
    count = len(labels) + left_out
    remarks = [
        f"{count:,} {kind.removesuffix('s') if count == 1 else kind}",
        count_classes(Counter(labels)),
        f"{left_out:,} left out: no label" if left_out else "",
        more,
        alike(set(labels)),
    ]
    return f"{what}: {', '.join(filter(None, remarks))}"


def alike(labels: Iterable[str]) -> str:
    """Return a remark on two labels that people would read as one; '' where no two are alike."""
    first: dict[str, str] = {}
    for label in sorted(labels):
        other = first.setdefault(_plain(label), label)
        if other != label:
            what = "case, blanks, hidden characters or the form of a number"
            return f"{other!r} and {label!r} are two labels, though they differ in {what} alone"
    return ""


def _plain(label: str) -> str:
    """Return a label without what people overlook: 1.0 is 1, and a zero-width space is nothing."""
    letters = unicodedata.normalize("NFKC", label).casefold()
    plain = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Cf", "Cc", "Zs"))
    return str(Decimal(plain).normalize()) if NUMBER.fullmatch(plain) else plain
