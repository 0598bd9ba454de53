"""The configurations of thousands of runs, which are alike: what stands under a top-level key is read or written once.

`yaml` takes some milliseconds for a configuration. Most blocks of one, such as `callbacks:` and what is indented under
it, are the same in every run of a sweep, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from rnnlab.config.plain_files import read_text, read_yaml, yaml_of

LONGEST = 1 << 15  # characters; a longer file is checked as a whole for more values than anybody writes
BLOCKS = 1 << 12  # that are remembered
KEY = re.compile(r"([A-Za-z_][\w.]*):(?: .*)?")  # how a block begins; every other line of it is indented
CONTINUES = (" ", "- ", "#")
OF_THE_WHOLE = re.compile(r"[&*%]|^(?:---|\.\.\.|<<)", re.MULTILINE)  # what may tie blocks together


def read_config(file: Path) -> Any:
    """Return what the configuration of a run says; nobody may change it in place.

    Raises:
        OSError: It is missing or cannot be read.
        ValueError: It is no YAML, or so large or deep that nobody wrote it by hand.
    """
    text = read_text(file)
    blocks = _blocks(text)
    if blocks is None:
        return read_yaml(file)
    try:
        return {key: _value(key, block) for key, block in blocks.items()}
    except ValueError:  # the whole may be right, such as a text in quotes over several lines; or it says what is wrong
        return read_yaml(file)


def config_text(config: Mapping[str, Any], allow_unicode: bool) -> str:
    """Return a configuration as YAML, to the letter what `yaml.safe_dump` makes of the whole.

    Args:
        config: Plain.
        allow_unicode: Whether other characters than those of ASCII stand as they are.
    """
    if _has_aliases(config):
        whole: str = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=allow_unicode)
        return whole
    return "".join(_block_of(Block(key, value), allow_unicode) for key, value in config.items()) or "{}\n"


class Block:
    """A key and its value, equal for those that are written alike."""

    __slots__ = ("key", "said", "value")

    def __init__(self, key: str, value: Any) -> None:
        self.key, self.value, self.said = key, value, repr((key, value))  # in which 1 is neither 1.0 nor True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and self.said == other.said

    def __hash__(self) -> int:
        return hash(self.said)


@lru_cache(BLOCKS)
def _block_of(block: Block, allow_unicode: bool) -> str:
    text: str = yaml.safe_dump({block.key: block.value}, sort_keys=False, allow_unicode=allow_unicode)
    return text


def _has_aliases(node: Any) -> bool:
    """Return whether a mapping or a list stands at two places, of which YAML would write the second as an alias."""
    there, nodes = set[int](), [node]
    while nodes:
        inner = nodes.pop()
        if isinstance(inner, str | int | float | None):
            continue
        if id(inner) in there:
            return True
        there.add(id(inner))
        nodes += inner.values() if isinstance(inner, Mapping) else inner if isinstance(inner, list | tuple) else ()
    return False


def _blocks(text: str) -> Mapping[str, str] | None:
    """Return the blocks of a plain mapping by their keys; None where a file has to be read as a whole."""
    if len(text) > LONGEST or OF_THE_WHOLE.search(text):
        return None
    blocks: dict[str, str] = {}
    for key, block in _cut(text.splitlines(keepends=True)):
        if key is None or key in blocks:
            return None
        blocks[key] = block
    return blocks or None


def _cut(lines: list[str]) -> Iterator[tuple[str | None, str]]:
    key: str | None = None
    block: list[str] = []
    for line in lines:
        if block and (line.startswith(CONTINUES) or not line.strip() or line == "-\n"):
            block.append(line)
            continue
        if block:
            yield key, "".join(block)
        begins = KEY.fullmatch(line.rstrip("\r\n"))
        key, block = begins and begins[1], [line]
    if block:
        yield key, "".join(block)


@lru_cache(BLOCKS)
def _value(key: str, block: str) -> Any:
    """Return the value of a block.

    Raises:
        ValueError: It is no YAML, or says something of another key.
    """
    value = yaml_of(block)
    if not isinstance(value, dict) or list(value) != [key]:
        raise ValueError(f"{key}: no block of its own")
    return value[key]
