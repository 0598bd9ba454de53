"""A data set, ready to be cut into batches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnlab.config.targets import build
from rnnlab.data.sequences import Stretches
from rnnlab.data.source import locate
from rnnlab.data.vocabulary import Vocabulary

SHUFFLED, STREAMS = "shuffled", "streams"


@dataclass(frozen=True)
class Part:
    """The sequences of training, validation or test, and how they are read.

    Attributes:
        sequences: What there is.
        reading: `shuffled` for sequences of their own, `streams` for windows that go on from batch to batch.
        streams: How many streams are read side by side; None for as many as a batch has rows.
    """

    sequences: Stretches
    reading: str = SHUFFLED
    streams: int | None = None


@dataclass(frozen=True)
class Prepared:
    """What a task's `prepare` makes of a source.

    Attributes:
        name: The option of the group `data`.
        sha256: Of the files that it was read from.
        vocabulary: Of the whole data set.
        parts: `train`, `val` and `test`.
        card: What a checkpoint carries of the data beside the vocabulary; plain values, lists of whole numbers.
        notes: What a user should know about how the data was prepared.
    """

    name: str
    sha256: str
    vocabulary: Vocabulary
    parts: dict[str, Part]
    card: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def prepare(config: Mapping[str, Any]) -> Prepared:
    """Read, split and encode the data that a configuration names.

    Raises:
        UserError: The data is missing, unreadable or too small.
    """
    source = locate(config["data"])
    key = json.dumps([data_key(config), source.state()])
    if key not in _last:
        _last.clear()
        _last[key] = build(
            config["task"]["prepare"],
            source=source,
            split=config["split"],
            data=dict(config["data"]),
        )
    prepared = _last[key]
    assert isinstance(prepared, Prepared)
    return prepared


def data_key(config: Mapping[str, Any]) -> str:
    """Equal for configurations that prepare the same data in the same way."""
    return json.dumps([config["data"], config["split"], config["task"]], sort_keys=True)


# The runs of a sweep mostly share their data, so a process keeps what it prepared last.
_last: dict[str, Any] = {}
