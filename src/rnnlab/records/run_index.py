"""The index of a folder of many runs: what their files said when they were last read.

It lies beside the runs, is derived from them and never the truth: what is not exactly as it was read, by size, times
and inode, is read again, and an index that is lost or damaged is made anew. It is one file that is written whole, so
that several processes on a shared folder may write it at a time: the last one wins, and every one of them is right.
It holds plain JSON, since folders come from strangers too. Runs of a sweep are alike, so each line tells what differs
from the first run with the same keys, and in memory they share the rest.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.records.folder import RunFolder, write_atomically

VERSION = 1
LEAST_RUNS = 100  # in a folder that has an index; fewer are read as fast without
JUST_WRITTEN = 2.0  # seconds in which a file may be written to again without a change of its time
MOST_BYTES = 1 << 31  # of an unpacked index
DAMAGED = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RecursionError, zlib.error)

Stamp = tuple[int, int, int, int] | None


class Contents(NamedTuple):
    """The contents of a run's files.

    Attributes:
        config: The leaves of config.yaml by dotted key; empty where there is no such file.
        summary: summary.json; empty where there is none yet.
        metrics: The text of metrics.csv; empty where it cannot be read.
        timing: That of timing.csv.
    """

    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    metrics: str = ""
    timing: str = ""


class Leaves(Mapping[str, Any]):
    """Settings of a run by dotted key, of which runs that have the same keys share the table."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: Sequence[Any]) -> None:
        self._places, self._values = places, values

    def __getitem__(self, key: str) -> Any:
        return self._values[self._places[key]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: str, default: Any = None) -> Any:
        place = self._places.get(key)
        return default if place is None else self._values[place]

    def items(self) -> Any:  # as fast as those of a dict
        return dict(zip(self._places, self._values, strict=True)).items()


def shared_keys(leaves: Mapping[str, Any]) -> Leaves:
    """Return leaves that share their keys with all that have the same ones in the same order."""
    return Leaves(_places_of(tuple(leaves)), tuple(leaves.values()))


@lru_cache(1 << 10)
def _places_of(keys: tuple[str, ...]) -> dict[str, int]:
    return {key: place for place, key in enumerate(keys)}


class RunIndex:
    """The index of the runs in one folder."""

    def __init__(self, folder: Path) -> None:
        """Read the index of a folder, if it has one that can be read."""
        self.file = index_file(folder)
        self._entries: dict[str, tuple[list[Stamp], Contents]] = {}
        self._seen: dict[str, tuple[list[Stamp], Contents]] = {}
        self._changed = False
        with suppress(*DAMAGED):
            self._entries = dict(_read(self.file))

    def known(self, path: Path) -> Contents | None:
        """Return what the files of a run say if none has changed since they were read."""
        entry = self._entries.get(path.name)
        if entry is None or entry[0] != stamps_of(path):
            return None
        self._seen[path.name] = entry
        return entry[1]

    def keep(self, path: Path, stamps: list[Stamp], contents: Contents) -> None:
        """Remember what the files of a run say.

        Args:
            path: Its folder.
            stamps: Those of its files before they were read.
            contents: What they say.
        """
        latest = max((max(stamp[1:3]) for stamp in stamps if stamp), default=0)
        if latest / 1e9 < time.time() - JUST_WRITTEN and _is_json(contents.config):
            self._seen[path.name] = stamps, contents
            self._changed = True

    def save(self) -> None:
        """Write the index if what it says has changed; nothing where the folder cannot be written to."""
        if self._changed or len(self._seen) < len(self._entries):
            with suppress(OSError):
                write_atomically(self.file, _packed(self._seen))


def index_file(folder: Path) -> Path:
    """The index of a folder of runs."""
    return folder / ".index.jsonl.gz"


def stamps_of(path: Path) -> list[Stamp]:
    """Return size, times of change and inode of the files of a run that the index has; None for a missing one."""
    files = RunFolder(path)
    return [_stamp(file) for file in (files.config, files.summary, files.metrics, files.timing)]


def _stamp(file: Path) -> Stamp:
    try:
        stat = os.stat(file)  # noqa: PTH116  # forty thousand times
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _is_json(config: Mapping[str, Any]) -> bool:
    """Return True if JSON gives a configuration back as it is; YAML has dates and other keys than texts."""
    try:
        return repr(json.loads(json.dumps(config))) == repr(config)
    except (TypeError, ValueError, RecursionError):
        return False


class _Shape:
    """The keys of runs that are alike, and the values of the first of them."""

    def __init__(self, number: int, keys: Sequence[str], values: Sequence[Any]) -> None:
        self.number, self.values = number, list(values)
        self.places = {key: place for place, key in enumerate(keys)}
        self._texts = list(map(repr, values))  # in which 1 is not 1.0

    def changes(self, values: Sequence[Any]) -> dict[int, Any]:
        """Return the values that differ from those of the first run, by place."""
        pairs = enumerate(zip(values, self.values, self._texts, strict=True))
        return {place: mine for place, (mine, first, text) in pairs if mine is not first and repr(mine) != text}

    def changed(self, changes: Mapping[str, Any]) -> list[Any]:
        """Return the values with other ones at some places."""
        values = list(self.values)
        for place, value in changes.items():
            values[int(place)] = value
        return values


def _packed(entries: Mapping[str, tuple[list[Stamp], Contents]]) -> bytes:
    """Return the index as a file has it: a line for each shape and run, shapes before the runs that have them."""
    shapes: dict[tuple[str, ...], _Shape] = {}
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=1, mtime=0) as stream:

        def write(line: object) -> None:
            stream.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

        def shape_and_changes(mapping: Mapping[str, Any]) -> list[Any]:
            keys, values = tuple(mapping), [value for _, value in mapping.items()]
            if keys not in shapes:
                shapes[keys] = _Shape(len(shapes), keys, values)
                write({"keys": keys, "values": values})
            return [shapes[keys].number, shapes[keys].changes(values)]

        write({"version": VERSION})
        for name, (stamps, contents) in entries.items():
            config, summary = shape_and_changes(contents.config), shape_and_changes(contents.summary)
            write([name, stamps, config, summary, contents.metrics, contents.timing])
    return target.getvalue()


def _read(file: Path) -> Iterator[tuple[str, tuple[list[Stamp], Contents]]]:
    """Yield what an index says of every run.

    Raises:
        OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RecursionError, zlib.error: It cannot be read.
    """
    shapes: list[_Shape] = []
    left = MOST_BYTES
    with gzip.open(file, "rb") as stream:
        if json.loads(stream.readline(1 << 16)) != {"version": VERSION}:
            raise ValueError("of another version")
        while line := stream.readline(left):
            left -= len(line)
            entry = json.loads(line)
            if isinstance(entry, dict):
                shapes.append(_Shape(len(shapes), entry["keys"], entry["values"]))
                continue
            name, stamps, config, summary, metrics, timing = entry
            contents = Contents(_leaves(shapes, config), _summary(shapes, summary), str(metrics), str(timing))
            yield str(name), ([stamp and tuple(stamp) for stamp in stamps], contents)


def _leaves(shapes: Sequence[_Shape], kept: Sequence[Any]) -> Leaves:
    shape = shapes[kept[0]]
    return Leaves(shape.places, shape.changed(kept[1]))


def _summary(shapes: Sequence[_Shape], kept: Sequence[Any]) -> dict[str, Any]:
    shape = shapes[kept[0]]
    return dict(zip(shape.places, shape.changed(kept[1]), strict=True))
