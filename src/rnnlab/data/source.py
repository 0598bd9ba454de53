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
        files: Where it lies.
        reader: The configuration of what reads them.
        limit: How many items or characters are to be used; None for all.
    """

    name: str
    files: list[Path]
    reader: Mapping[str, Any]
    limit: int | None = None

    @cached_property
    def content(self) -> Any:
        """What the reader gives: a list of strings for names, a `RunningText`, `LabelledTexts` or `TaggedSentences`.

        Raises:
            UserError: A file cannot be read.
        """
        return build(self.reader, files=self.files)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the files' bytes."""
        return sha256(self.files)


def locate(data: Mapping[str, Any]) -> Source:
    """Find the files of the configuration's node `data`, downloading them first where that is needed.

    Raises:
        UserError: A file is missing or cannot be fetched.
    """
    return Source(str(data["name"]), build(data["files"]), data["reader"], data.get("limit"))
