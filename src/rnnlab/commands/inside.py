"""The key `probes` of a study: what `rnnlab study` looks at inside the best runs, for the study's README."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rnnlab.commands.probe import look, probe_of, subject_of
from rnnlab.config.compose import compose
from rnnlab.config.literals import quote
from rnnlab.config.rules import check
from rnnlab.errors import UserError
from rnnlab.reference.lesson import Beside, Curves, Grid, Lesson, Table
from rnnlab.report.compare import Comparison
from rnnlab.training.folder import RunFolder

MOST = 8  # networks beside each other
PREFIX = "inside-"  # of the names of figures


def configurations(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each entry composed as `rnnlab probe` would, so that what is wrong is said before anything is trained.

    Raises:
        UserError: A key or a value is wrong; the line names the entry.
    """
    composed = []
    for number, entry in enumerate(entries):
        try:
            config = compose("probe", [*(_word(key, value) for key, value in entry.items()), "checkpoint=''"])
            check(config)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        composed.append(config)
    return composed


def look_into(comparison: Comparison, configs: Sequence[Mapping[str, Any]]) -> Lesson:
    """What each probe sees in the best run, or, if it compares networks, in that of every configuration.

    Raises:
        UserError: There is nothing of that kind to see, or a text cannot be read; the line names the entry.
    """
    blocks: list[Any] = []
    for number, config in enumerate(configs):
        probe = probe_of(config)
        runs = comparison.best_runs[: MOST if probe.compares else 1]
        try:
            subjects = [subject_of(RunFolder(run).best_checkpoint, config, label) for label, run in runs]
            seen = look(probe, subjects)
        except UserError as error:
            raise UserError(f"probes.{number}: {error}") from error
        names = {block.name for block in blocks if isinstance(block, Curves | Grid | Beside)}
        blocks += [_heading(config), *_named(seen, names)]
    return Lesson(blocks)


def _heading(config: Mapping[str, Any]) -> str:
    name = str(config["probe"]["name"])
    text = f", `{config['text']}`" if config["text"] is not None else ""
    return f"### Inside: {name.replace('_', ' ')}{text}"


def _named(seen: Lesson, names: set[str]) -> Iterator[str | Table | Curves | Grid | Beside]:
    """Its blocks, each figure with a name that none has yet."""
    for block in seen.blocks:
        if isinstance(block, Curves | Grid | Beside):
            name, count = f"{PREFIX}{block.name}", 1
            while name in names:
                count += 1
                name = f"{PREFIX}{block.name}-{count}"
            names.add(name)
            yield replace(block, name=name)
        else:
            yield block


def _word(key: str, value: Any) -> str:
    """An entry's key and value as a word of the command line."""
    return f"{key}={_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, str):
        return quote(value)
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
