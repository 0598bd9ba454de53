"""YAML and JSON files that anybody may have written, read within bounds: no pipe, no device, no bomb of aliases."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rnnlab.config.yaml_docs import LOADER
from rnnlab.errors import UserError

MOST_BYTES = 1 << 26
PIECE = 1 << 20  # bytes that are read at a time
MOST_NODES = 20_000  # of a YAML file, an alias counted as what it stands for; a long text counts as several
MOST_DEEP = 64
CHARACTERS_OF_A_NODE = 256
OPTIONS = ("*.yaml", "*/*.yaml", "*/*/*.yaml", "hydra/**/*.yaml")


class TooLargeError(ValueError):
    """A YAML file stands for more values, or deeper ones, than anybody writes."""


def what_it_is(file: Path) -> str:
    """Return what stands at a path that is neither a file nor a folder, such as `a pipe`; empty for those two.

    Raises:
        OSError: There is nothing, or it may not be looked at.
    """
    mode = file.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def read_text(file: Path, errors: str = "strict") -> str:
    """Return a file's text; `errors` says what becomes of bytes that are not UTF-8, as `bytes.decode` has it.

    Raises:
        OSError: It is missing or cannot be read.
        ValueError: It is a pipe or a device, too large, or not UTF-8.
    """
    check_file(file)
    return file.read_text(encoding="utf-8", errors=errors)


def read_at_most(stream: io.BufferedIOBase, most_bytes: int) -> bytes:
    """Read a stream to its end, a piece at a time: one read of so many bytes takes the memory of all of them first.

    Raises:
        ValueError: It holds more.
    """
    pieces: list[bytes] = []
    room = most_bytes
    while piece := stream.read(PIECE):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise ValueError(f"it unpacks to more than {most_bytes >> 20} MiB")
    return b"".join(pieces)


def check_file(file: Path, most_bytes: int = MOST_BYTES) -> None:
    """Check that something is a file that can be read to its end.

    Raises:
        OSError: It is missing or may not be looked at.
        ValueError: It is a pipe or a device, or too large.
    """
    if kind := what_it_is(file):
        raise ValueError(f"it is {kind}, not a file")
    if file.stat().st_size > most_bytes:
        raise ValueError(f"it has more than {most_bytes >> 20} MiB")


def read_yaml(file: Path) -> Any:
    """Return what a YAML file says.

    Raises:
        OSError: It is missing or cannot be read.
        ValueError: It is no YAML, or so large or deep that nobody wrote it by hand.
    """
    return yaml_of(read_text(file))


def yaml_of(text: str) -> Any:
    """Return what a YAML text says.

    Raises:
        ValueError: It is no YAML, or so large or deep that nobody wrote it by hand.
    """
    try:
        _check_size(text)
        return yaml.load(text, Loader=LOADER)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def read_json(file: Path) -> Any:
    """Return what a JSON file says.

    Raises:
        OSError: It is missing or cannot be read.
        ValueError: It is no JSON, or nested too deeply.
    """
    try:
        return json.loads(read_text(file))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def checked_yaml(file: Path) -> Any:
    """Return what a YAML file of a study says, as `read_yaml` does.

    Raises:
        UserError: It cannot be read; the line names it.
    """
    try:
        return read_yaml(file)
    except OSError as error:
        raise UserError(f"{file}: it cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{file}: not YAML ({error})") from error


def check_options(folder: Path) -> None:
    """Check the YAML files of a study's folder from which Hydra may take options, so that none is a bomb.

    Raises:
        UserError: One is; the line names it.
    """
    for file in {inner for pattern in OPTIONS for inner in folder.glob(pattern)}:
        try:
            read_yaml(file)
        except TooLargeError as error:
            raise UserError(f"{file}: {error}") from error
        except (OSError, ValueError):  # Hydra says so where it is chosen
            continue


def _check_size(text: str) -> None:
    """Raise TooLargeError if a YAML text stands for too many values; aliases are counted, not followed."""
    anchors: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]
    for number, event in enumerate(yaml.parse(text, Loader=LOADER)):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
        elif isinstance(event, yaml.NodeEvent):
            _count(open_nodes, anchors, event.anchor, _size(event, anchors))
        elif isinstance(event, yaml.CollectionEndEvent):
            _count(open_nodes, anchors, *open_nodes.pop())
        if max(number // 2, open_nodes[-1][1]) > MOST_NODES:
            raise TooLargeError(f"with its aliases it has more than {MOST_NODES:,} values")
        if len(open_nodes) > MOST_DEEP:
            raise TooLargeError(f"it is nested more than {MOST_DEEP} deep")


def _size(event: yaml.NodeEvent, anchors: Mapping[str | None, int]) -> int:
    if isinstance(event, yaml.ScalarEvent):
        return 1 + len(event.value) // CHARACTERS_OF_A_NODE
    # An alias; one that is not known yet stands for a node that is still open, and would contain itself.
    return anchors.get(event.anchor, MOST_NODES + 1)


def _count(
    open_nodes: list[tuple[str | None, int]], anchors: dict[str | None, int], anchor: str | None, size: int
) -> None:
    """Add a node to the one around it, and remember its size for aliases."""
    anchors[anchor] = size
    outer, so_far = open_nodes[-1]
    open_nodes[-1] = (outer, so_far + size)
