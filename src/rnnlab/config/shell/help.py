"""The help pages, written from conf/: what `rnnlab --help` and `rnnlab COMMAND --help` print."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rnnlab.config import reference
from rnnlab.config import yaml_docs as remarks
from rnnlab.config.schema import SCHEMA
from rnnlab.config.yaml_docs import Key

WIDEST, NARROWEST, NO_TERMINAL = 100, 60, 88
WIDEST_LEFT = 41  # columns of a table's left side; a longer entry pushes only its own remark away
INDENT = "  "
LEADING = ("task", "data")  # the groups that a person chooses first

FLAGS = (
    ("-m", "run every combination of the values that are separated by commas"),
    ("-cd FOLDER -cn NAME", "begin with FOLDER/NAME.yaml, such as a study's study.yaml"),
)
VERBOSITY = (
    ("-q, --quiet", "print the result and errors only"),
    ("-v, --verbose", "print more than usual, and of an error also where it was raised"),
)
COMPLETION = (
    "usage: rnnlab completion bash|zsh",
    "Print what completes commands, groups, options and keys at a press of the TAB key. Put one of these"
    " lines into ~/.bashrc or ~/.zshrc:",
    ('eval "$(rnnlab completion bash)"', 'eval "$(rnnlab completion zsh)"'),
)


def overview() -> str:
    """Return the page of `rnnlab --help`."""
    examples = [*reference.examples("train")[:2], *reference.examples("compare")[:1]]
    return _page(
        "usage: rnnlab COMMAND KEY=VALUE ...",
        _paragraph(
            "Compares recurrent networks on your sequences: pick a task, sweep cell, size and length,"
            " and read which configuration learns best."
        ),
        _table("Commands:", list(reference.commands().items())),
        _lines("Examples:", examples),
        _lines(
            "More:",
            [
                "rnnlab COMMAND --help       a command's groups, keys and defaults",
                "rnnlab COMMAND -q ...       the result and errors only; -v: more than usual",
                "rnnlab --version            the version that is installed",
                'eval "$(rnnlab completion bash)"    TAB completes commands and keys; zsh likewise',
            ],
        ),
    )


def command_help(command: str, words: Sequence[str] = ()) -> str:
    """Return the page of `rnnlab COMMAND --help`.

    Args:
        command: One of `reference.commands()`.
        words: The command's other arguments; the keys of the options that they choose are shown.
    """
    if command == "completion":
        usage, text, lines = COMPLETION
        return _page(usage, _paragraph(text), _lines("", lines))
    groups = _in_reading_order(reference.groups(command, words))
    keys = reference.default_keys(command, words)
    return _page(
        f"usage: rnnlab {command} {'[-m] ' * (command == 'train')}{'GROUP=OPTION ... ' * bool(groups)}KEY=VALUE ...",
        _paragraph(reference.commands()[command]),
        _lines("Examples:", reference.examples(command)),
        _table("Flags:", list(VERBOSITY)),
        *(_groups_and_sweeps(command, groups, words) if groups else ()),
        *_sections(groups, keys),
    )


def _in_reading_order(groups: Mapping[str, str]) -> dict[str, str]:
    leading = {group: groups[group] for group in LEADING if group in groups}
    return leading | {group: option for group, option in groups.items() if group not in leading}


def _groups_and_sweeps(command: str, groups: Mapping[str, str], words: Sequence[str]) -> Iterable[str]:
    options = [*_options(groups), *(_options(reference.sweep_groups(words)) if command == "train" else ())]
    yield _table("Groups: one option of each; * marks the one whose keys are shown below.", options)
    if command == "train":
        sweeping = [_row(key, {}) for key in reference.sweep_keys(words)]
        yield _table("Sweeps and studies: separate values by commas and add -m.", [*FLAGS, *sweeping])
    yield _paragraph(
        f"Keys: each with its default, by group. `rnnlab {command} GROUP=OPTION --help` shows those of another option."
    )


def _options(groups: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (group, "  ".join(f"*{name}" if name == chosen else name for name in reference.group_options(group)))
        for group, chosen in groups.items()
    ]


def _sections(groups: Mapping[str, str], keys: Mapping[str, Key]) -> Iterable[str]:
    """The keys by the group that they belong to, those of no group first, whoever sets their default."""
    shown = [key for key in keys.values() if key.shown]
    yield _table("" if groups else "Keys:", [_row(key, keys) for key in shown if _section(key) not in groups])
    for group, option in groups.items():
        file = reference.option_file(group, option)
        title = f"{group}={option}: {remarks.summary(file) if file else ''}"
        rows = [_row(key, keys) for key in shown if _section(key) == group]
        yield _table(title, [*rows, *_others(group, keys)]) or _paragraph(title)


def _others(group: str, keys: Mapping[str, Key]) -> Iterable[tuple[str, str]]:
    """Return the keys that other options of a group have, with the options that have them."""
    for option in reference.group_options(group):
        more = [key for key in reference.keys_of(group, option) if key.shown and key.name not in keys]
        if more:
            yield f"with {group}={option} also", ", ".join(key.name for key in more)


def _section(key: Key) -> str:
    return key.name.partition(".")[0]


def _row(key: Key, keys: Mapping[str, Key]) -> tuple[str, str]:
    if key.default == "???":
        return f"{key.name}=", f"(required) {key.remark}"
    remark = key.remark or (SCHEMA[key.name].text if key.name in SCHEMA else "")
    entry = f"{key.name}={_resolved(key.default, keys)}"
    if key.default.startswith("[") and len(entry) > WIDEST_LEFT:  # a long list goes where there is room to wrap it
        return f"{key.name}=[...]", f"{remark}; by default {re.sub(r',(?=[^ ])', ', ', key.default[1:-1])}"
    return entry, remark


def _resolved(default: str, keys: Mapping[str, Key]) -> str:
    """A default that points to another key, as that key's default."""

    def follow(match: re.Match[str]) -> str:
        others = {name: key for name, key in keys.items() if name != match[1]}
        return _resolved(keys[match[1]].default, others) if match[1] in keys else match[0]

    return re.sub(r"\$\{([\w.]+)\}", follow, default)


def _width() -> int:
    columns = shutil.get_terminal_size((NO_TERMINAL, 24)).columns
    return max(NARROWEST, min(WIDEST, columns))


def _page(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _paragraph(text: str) -> str:
    return textwrap.fill(text, _width(), break_long_words=False, break_on_hyphens=False)


def _lines(title: str, lines: Iterable[str]) -> str:
    return "\n".join(([title] if title else []) + [INDENT + line for line in lines])


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    """A title and two columns, the right one wrapped in its own place."""
    if not rows:
        return ""
    widest = min(WIDEST_LEFT, _width() // 2)
    left = max((len(name) for name, _ in rows if len(name) <= widest), default=widest)
    return _lines(_paragraph(title), (line for row in rows for line in _row_lines(*row, left)))


def _row_lines(name: str, remark: str, left: int) -> list[str]:
    wrapped = textwrap.wrap(
        remark,
        max(20, _width() - left - 2 * len(INDENT)),
        break_long_words=False,
        break_on_hyphens=False,
    )
    first = [wrapped.pop(0)] if wrapped and len(name) <= left else []
    further = [" " * left + INDENT + line for line in wrapped]
    return [INDENT.join([name.ljust(left), *first]).rstrip(), *further]
