"""Commands that train runs like those that are there."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence

from rnnlab.records.reading import Run

MOST_COMMANDS = 6
MOST_LISTED = 8  # seeds that a command lists


def words_of(run: Run) -> list[str]:
    """Return the overrides of a run, without its seed, its question and what makes it a single one.

    There are none where its summary does not say them.
    """
    try:
        words = shlex.split(str(run.summary.get("repeat") or ""))
    except ValueError:
        return []
    return [word for word in words[2:] if not word.startswith(("seed=", "hydra.mode=", "compare."))]


def replaced(words: Sequence[str], option: str) -> list[str]:
    """Return overrides with a key set to another value, at their end; nothing for none."""
    key = option.partition("=")[0]
    rest = [word for word in words if not word.startswith(f"{key}=")]
    return [*rest, option] if words else []


def with_seeds(runs: Sequence[tuple[Sequence[str], Sequence[int]]]) -> str:
    """Return the commands that train further seeds of runs, of many the first few.

    Args:
        runs: The overrides of each, and its seeds.
    """
    by_seeds: dict[tuple[int, ...], list[Sequence[str]]] = {}
    for words, seeds in runs:
        by_seeds.setdefault(tuple(seeds), []).append(words)
    commands = [
        ["rnnlab", "train", "-m", *command, f"seed={_listed(seeds)}"]
        for seeds, several in by_seeds.items()
        for command in merged(several)
    ]
    return " && ".join(map(shlex.join, commands[:MOST_COMMANDS]))


def merged(commands: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return commands as few sweeps: those that are every combination of some values become one."""
    unlike = differing(commands)
    if unlike is None or not unlike:
        return [list(command) for command in (commands if unlike is None else commands[:1])]
    distinct = {tuple(command) for command in commands}
    if math.prod(map(len, unlike.values())) == len(distinct):
        return [[_with(word, unlike) for word in commands[0]]]
    key = min(unlike, key=lambda one: len(unlike[one]))
    parts = ([one for one in commands if f"{key}={value}" in one] for value in unlike[key])
    return [command for part in parts for command in merged(part)]


def differing(commands: Sequence[Sequence[str]]) -> dict[str, list[str]] | None:
    """Return the values of the keys in which commands differ; None where they do not set the same keys in one order."""
    tables = [{word.partition("=")[0]: word.partition("=")[2] for word in command} for command in commands]
    keys = list(tables[0])
    if any(list(table) != keys or len(table) != len(command) for table, command in zip(tables, commands, strict=True)):
        return None
    values = {key: list(dict.fromkeys(table[key] for table in tables)) for key in keys}
    return {key: several for key, several in values.items() if len(several) > 1}


def _with(word: str, values: Mapping[str, Sequence[str]]) -> str:
    key = word.partition("=")[0]
    return f"{key}={','.join(values[key])}" if key in values else word


def _listed(seeds: Sequence[int]) -> str:
    in_a_row = list(seeds) == list(range(seeds[0], seeds[0] + len(seeds)))
    return f"range({seeds[0]},{seeds[-1] + 1})" if in_a_row and len(seeds) > MOST_LISTED else ",".join(map(str, seeds))
