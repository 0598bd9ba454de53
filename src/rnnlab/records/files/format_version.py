"""The version of the form in which run folders and checkpoints are written.

It grows when an earlier rnnlab could not read what a later one writes. What rnnlab 0.1.0 wrote says no version, and is
read as the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.errors import UserError

FORMAT = 1
KEY = "format"  # of summary.json and of checkpoints


class NewerFormatError(UserError):
    """Raised for a file that a later rnnlab has written."""


def check_format(content: Mapping[str, Any], where: object) -> None:
    """Check that this version reads a summary or a checkpoint.

    Args:
        content: What it holds.
        where: Its file.

    Raises:
        NewerFormatError: A later rnnlab wrote it.
    """
    version = content.get(KEY, FORMAT)
    if isinstance(version, int) and version > FORMAT:
        raise NewerFormatError(
            f"{where} is of a newer rnnlab: its format is {version}, and this one reads formats up to {FORMAT};"
            " pip install --upgrade rnnlab"
        )
