"""The raw data that a configuration names: located, identified by its hash, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rnnlab.config.targets import build
from rnnlab.data.files import sha256


@dataclass(frozen=True)
class Source:
    """A data set before anything is done to it.

    Attributes:
        name: The option of the group `data`.
        content: What the reader gives: a list of strings for names, one string for a text.
        files: Where it was read from.
    """

    name: str
    content: Any
    files: list[Path]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the files' bytes."""
        return sha256(self.files)


def read(data: Mapping[str, Any]) -> Source:
    """Locate and read the data set of the configuration's node `data`.

    Raises:
        UserError: A file is missing, cannot be fetched or cannot be read.
    """
    files = build(data["files"])
    content = build(data["reader"], files=files)
    limit = data.get("limit")
    return Source(str(data["name"]), content[:limit], files)
