"""One YAML file of conf/ and the comments in it.

The comment that a file begins with says what the file is, its lines that begin with `# $ ` are examples, and
the comment beside a key (or above it) is the key's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rnnlab.errors import UserError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast, where it was built in

# How parts are put together. These can be set like any other key, but no one needs to know of them.
WIRING = frozenset({"_target_", "changes_result", "hydra", "package", "files", "module", "prepare", "file_reader"})

HANDED_ON = ("${data.", "${split.")  # what the value of another key begins with


@dataclass(frozen=True)
class Key:
    """One key that a user can set. Wiring is not shown."""

    name: str
    default: str
    remark: str
    shown: bool = True


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read ({error})") from error


def summary(file: Path) -> str:
    """Return the comment at the head of a file, without its example lines."""
    return " ".join(line for line in head(file) if not line.startswith(("@package", "$ ")))


def examples(file: Path) -> list[str]:
    """The example lines at the head of a file."""
    return [line[2:] for line in head(file) if line.startswith("$ ")]


def head(file: Path) -> list[str]:
    """The lines of the comment that a file begins with."""
    comment = []
    for line in _text(file).splitlines():
        if not line.startswith("#"):
            break
        comment.append(line.lstrip("#").strip())
    return comment


def _root(file: Path) -> yaml.MappingNode | None:
    try:
        root = _parsed(_text(file))
    except yaml.YAMLError as error:
        raise UserError(f"{file}: not YAML ({' '.join(str(error).split())})") from error
    return root if isinstance(root, yaml.MappingNode) else None


@cache
def _parsed(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=LOADER)


def defaults(file: Path, hydra: bool = False) -> Iterator[tuple[str, str]]:
    """The (group, option) pairs of a file's defaults list, Hydra's or ours; a sibling has the group ''."""
    root = _root(file)
    lists = [value.value for key, value in root.value if key.value == "defaults"] if root else []
    for entry in (entry for entries in lists for entry in entries):
        if isinstance(entry, yaml.MappingNode):
            (group_node, option_node), *_ = entry.value
            group = _group(group_node.value)
            if group.startswith("hydra/") == hydra and isinstance(option_node, yaml.ScalarNode):
                yield group, option_node.value
        elif entry.value != "_self_" and not hydra:
            yield "", entry.value


def behind_itself(file: Path) -> set[str]:
    """The groups that a file's defaults list names behind `_self_`: their values win over the file's own."""
    root = _root(file)
    entries = [entry for key, value in root.value if key.value == "defaults" for entry in value.value] if root else []
    names = [entry.value[0][0].value if isinstance(entry, yaml.MappingNode) else entry.value for entry in entries]
    behind = names[names.index("_self_") + 1 :] if "_self_" in names else []
    return {_group(str(name)) for name in behind}


def _group(written: str) -> str:
    """Return the group of an entry such as `override /task` or `optional /file_defaults@_global_`."""
    return written.removeprefix("override ").removeprefix("optional ").partition("@")[0].lstrip("/")


def keys(file: Path, prefix: str) -> list[Key]:
    """The keys of a file in their order, wiring included; their names begin with the prefix."""
    root = _root(file)
    return list(_keys(root, prefix, _text(file))) if root else []


@cache  # a mistyped key is looked for in every file
def _keys(root: yaml.MappingNode, prefix: str, text: str) -> tuple[Key, ...]:
    return tuple(_walk(root, prefix, text.splitlines()))


def _walk(node: yaml.MappingNode, prefix: str, lines: list[str], shown: bool = True) -> Iterator[Key]:
    for key, value in node.value:
        if key.value == "defaults":
            continue
        name = f"{prefix}.{key.value}" if prefix else key.value
        visible = shown and not _is_wiring(prefix, key.value, value)
        if isinstance(value, yaml.MappingNode) and value.value:
            yield from _walk(value, name, lines, visible)
        else:
            yield Key(name, _written(value), _remark(key, value, lines), visible)


def _is_wiring(prefix: str, word: str, value: yaml.Node) -> bool:
    """Wiring are also an option's own name, `cell.name`, what names a piece of rnnlab, and what is handed on to one."""
    own_name = word == "name" and prefix != "" and "." not in prefix
    unshown = ("rnnlab.", *HANDED_ON) if "." in prefix else ("rnnlab.",)
    return word in WIRING or own_name or (isinstance(value.value, str) and value.value.startswith(unshown))


def _written(value: Any) -> str:
    """A value as one would write it on the command line."""
    if isinstance(value, yaml.SequenceNode):
        return f"[{','.join(_quoted(_written(item)) for item in value.value)}]"
    if isinstance(value, yaml.MappingNode):
        return "{" + ", ".join(f"{key.value}: {_written(item)}" for key, item in value.value) + "}"
    return str(value.value) or ('""' if value.style else "null")


def _quoted(item: str) -> str:
    """An item of a list, which needs quotation marks if a comma, a colon or a blank could take it apart."""
    return f"'{item}'" if re.search(r"[,:\s]", item) and not item.startswith(("[", "{")) else item


def _remark(key: yaml.Node, value: yaml.Node, lines: list[str]) -> str:
    """The comment behind a value; else the one behind its key, where a block begins; else the lines above."""
    assert key.end_mark and value.end_mark
    row = key.end_mark.line
    end = value.end_mark.column if value.end_mark.line == row else key.end_mark.column + 1
    if match := re.match(r"\s*#\s*(.*)", lines[row][end:]):
        return str(match[1]).strip()
    above: list[str] = []
    while row > 0 and lines[row - 1].lstrip().startswith("#"):
        row -= 1
        above.insert(0, lines[row].lstrip(" #").strip())
    return " ".join(above) if row > 0 else ""
