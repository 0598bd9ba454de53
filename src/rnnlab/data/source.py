"""The raw data that a configuration names: located, identified by its hash, read."""

from __future__ import annotations

import json
import random
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rnnlab.config.targets import OWN as OWN_CLASSES
from rnnlab.config.targets import build
from rnnlab.data.sources.files import sha256
from rnnlab.data.sources.parts import in_words, meaning_of_names, said_parts
from rnnlab.errors import UserError

OWN = "file"  # the option of the group `data` for the user's own files


@dataclass(frozen=True)
class Source:
    """A data set before anything is done to it.

    Attributes:
        name: The option of the group `data`.
        files: Where it lies; none where it is generated.
        reader: The configuration of the function that reads the files, or generates the data.
        limit: How many items or characters are used; None for all.
    """

    name: str
    files: list[Path]
    reader: Mapping[str, Any]
    limit: int | None = None

    @cached_property
    def content(self) -> Any:
        """The content as the reader returns it: a list of strings for names, a `TextFiles`, `LabelledTexts`, and so on.

        Raises:
            UserError: A file cannot be read.
        """
        content = build(self.reader, files=self.files) if self.files else build(self.reader)
        return _with_test(content) if self._lacks_test else content

    @property
    def _lacks_test(self) -> bool:
        """True if the user has said which files train and validate, and none that tests."""
        said = said_parts(self.files)
        return said is not None and "test" not in said

    @property
    def description(self) -> str:
        """One line on what was read of the user's own files; '' of data that comes with a description."""
        if self.name != OWN:
            return ""
        content = self.content
        said = in_words(getattr(content, "parts", None))
        who = "data.train, data.validation and data.test" if said_parts(self.files) else "the names of files"
        cut = ", the test a tenth of data.train" if self._lacks_test else ""
        parts = f"parts {said} as {who} say{cut}" if said else ""
        items = f"{len(content):,} items, the first {content[0]!r}" if isinstance(content, list) and content else ""
        return ", ".join(filter(None, (getattr(content, "description", items), parts)))

    @property
    def where(self) -> str:
        """The beginning of a line that says what is wrong with the data."""
        return f"data: {self.files[0]}" if self.files else f"data={self.name}"

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the files' bytes, or of the numbers that were generated.

        Where the names of the user's own files say parts, or folders say classes, it is also of what they say.
        """
        if not self.files:
            return str(self.content.sha256)
        names = meaning_of_names(self.files) if self.name == OWN else []
        return sha256(self.files, json.dumps(names) if names else "")


def _with_test(content: Any) -> Any:
    """Return items of which a tenth of those that would train are the test, drawn at random and the same every time.

    Raises:
        UserError: They are no items of which any is as good as another.
    """
    parts = getattr(content, "parts", None)
    if parts is None or not hasattr(content, "__len__") or len(parts) != len(content):
        raise UserError(
            "data.test: it is missing; what is read is one text or series, of which no part is drawn at random"
        )
    train = [row for row, part in enumerate(parts) if part == "train"]
    test = set(random.Random(0).sample(train, max(1, len(train) // 10)))
    return replace(content, parts=["test" if row in test else part for row, part in enumerate(parts)])


def reader_of_training(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reader of a user's files for a trained model: the one that it was trained with, where that reads any.

    That is so of the user's own files and of a data set whose reader is a plugin's. The other data sets that come with
    rnnlab have files that nobody else has; a model of those reads what its task reads.

    Args:
        config: Of the training.
    """
    usual, trained = dict(config["task"]["file_reader"]), dict(config["data"]["reader"])
    if trained["_target_"] == usual["_target_"]:
        return {**usual, **trained}
    of_a_plugin = "files" in config["data"] and not str(trained["_target_"]).startswith(OWN_CLASSES)
    return trained if of_a_plugin else usual


def check_reading(config: Mapping[str, Any], keys: Iterable[str], more: Container[str] = ()) -> None:
    """Check that a trained model's reader of files has the keys that say how a file is read.

    Args:
        config: Of the training.
        keys: Without `data.`.
        more: Keys that it need not have.

    Raises:
        UserError: It lacks one.
    """
    reader = reader_of_training(config)
    for key in keys:
        if key not in reader and key not in more:
            what = "table" if key.endswith("_column") and not any(n.endswith("_column") for n in reader) else key
            raise UserError(f"data.{key}: a model of task={config['task']['name']} reads no {what}")


def has_reader_of_a_plugin(config: Mapping[str, Any]) -> bool:
    """Return whether a trained model reads files with a function that is not rnnlab's own."""
    return not str(reader_of_training(config)["_target_"]).startswith(OWN_CLASSES)


def remembering_columns(
    config: Mapping[str, Any], columns: Sequence[str], reading: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the reader of files for a trained model, which looks for the columns of a series by their names.

    The file of training may have had a header, and another one not, so that a header is looked for anew.

    Args:
        config: Of the training.
        columns: What the columns of its series are called.
        reading: What was found out of the file of training by its reader, by the reader's keys; None for nothing.
    """
    reader = reader_of_training(config)
    reader |= {key: value for key, value in (reading or {}).items() if reader.get(key, value) is None}
    if "header" in reader:
        reader["header"] = None
    if "value_column" in reader and config["data"]["name"] == OWN:
        reader |= {"value_column": None, "trained": list(columns)}
    return reader


def locate(data: Mapping[str, Any]) -> Source:
    """Find the files of the configuration's node `data`; download them first where that is needed.

    A node without `files` is generated: its `reader` takes no files and returns data with a `sha256` of its own.

    Raises:
        UserError: A file is missing or cannot be fetched.
    """
    files = build(data["files"]) if "files" in data else []
    return Source(str(data["name"]), files, data["reader"], data.get("limit"))
