"""The identity of a run, and the name of its folder.

A run is identified by the names and values of the options that can change its result, by its data and by the files
that its configuration names. So that a run stays the same run in later versions, these are no part of it:

- the `_target_` of rnnlab's own classes, which may move: the option's name says which one it is;
- a key at a value that is neutral in `rnnlab.config.schema`: a key that comes later changes nothing until it is used;
- how a training is carried out: threads, devices, blocks of batches; and what only looks on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rnnlab.config.keys import flatten, short_name
from rnnlab.config.schema import is_neutral
from rnnlab.config.targets import OWN
from rnnlab.errors import UserError

# Where things are written, what is shown, how the work is shared out, how files are found and read.
WITHOUT_EFFECT = (
    "sweep",
    "rerun",
    "dry_run",
    "on_failure",
    "holds",
    "compare",
    "probes",
    "beside",
    "logger",
    "trainer.log_every_n_steps",
    "trainer.profiler",
    "trainer.block_size",
    "trainer.threads",
    "trainer.devices",
    "trainer.num_nodes",
    "trainer.strategy",
    "model.parameters",  # the hidden size that it leads to says all
    "data.tokens_per_step",  # data.batch_size says what comes of it
    "data.files",
    "data.text_column",  # and the next ones: data.reader says them again
    "data.group_column",
    "data.channels",
    "data.form",
    "data.target",
    "data.label_column",
    "data.value_column",
    "data.tag_column",
    "data.header",
    "data.missing",
    "data.missing_labels",
    "data.missing_values",
    "data.verbatim",
    "data.decimal",
    "data.separator",
    "data.quoting",
    "data.stacked",
    "data.time_column",
    "data.day_first",
    "data.known",
    "data.past",
    "data.id_column",
    "data.reader.labels",  # and the next: data.labels and model.condition say them
    "task.prepare.condition",
    "task.origins",  # task.prepare says it again, and task.module the next
    "task.quantiles",
    "task.file_reader",
    "task.module.class_weights",  # task.class_weights says it
    "task.shown",
)

# Where files lie is no part of what a run is; the SHA-256 of what they hold is.
NAMED_FILES = ("init_from", "data.tokenizer")
TOKENS = "data.tokens_per_step"
SHAPES_REMEMBERED = 1 << 10  # sets of keys, of which a sweep has a few
LONGEST_READABLE = 71  # characters of a folder's name before the hash

ALWAYS_TOLD = frozenset({"cell.name", "cell._target_", "seed"})  # by every name
TOLD_OF_ONE = ("model.hidden_size", "model.num_layers")  # by the name of a run whose sweep varies no more than those
SHORT = {"model.hidden_size": "h", "model.num_layers": "l", "data.sequence_length": "len", "data.batch_size": "batch"}
PATHS = ("data.path", "data.train", "data.validation", "data.test")
CHOICES = (".name", "._target_", *PATHS)  # keys whose values speak for themselves


def with_effect(config: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves of a configuration, nested or already flat, that can change a result, by dotted key.

    Left out are the settings of a callback that is switched off or changes no result, those of sub-words where there
    are none, and the `_target_` of a class of rnnlab's own where the option's name is given.
    """
    leaves = dict(flatten(config))
    keys = tuple(leaves)
    said = tuple(says(leaves[key]) for key, says in _deciding(keys))
    return {key: _class_name(leaves[key]) if is_own else leaves[key] for key, is_own in _kept(keys, said)}


@lru_cache(SHAPES_REMEMBERED)
def _deciding(keys: tuple[str, ...]) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    """Return the keys whose values decide which settings have an effect, each with what matters of its value."""
    says = {"enabled": _is_false, "changes_result": _is_false, "_target_": _is_own}
    special = {"data.level": _is_of_subwords, "data.tokenizer": _is_given}
    pairs = ((key, special.get(key) or says.get(key.rpartition(".")[2])) for key in keys)
    return tuple((key, fact) for key, fact in pairs if fact is not None)


@lru_cache(SHAPES_REMEMBERED)
def _kept(keys: tuple[str, ...], said: tuple[bool, ...]) -> tuple[tuple[str, bool], ...]:
    """Return the keys that have an effect, and whether their value is the `_target_` of a class of rnnlab's own.

    Args:
        keys: Of the leaves of a configuration.
        said: What matters of the values of the `_deciding` ones.
    """
    facts = {key: fact for (key, _), fact in zip(_deciding(keys), said, strict=True)}
    off = {key.removesuffix(".enabled") for key, fact in facts.items() if fact and key.endswith(".enabled")}
    without = {*WITHOUT_EFFECT, *_callbacks_that_look_on(facts), *_keys_of_no_subwords(facts)}
    own = {key for key, fact in facts.items() if fact and key.rpartition(".")[2] == "_target_"}
    return tuple(
        (key, key in own)
        for key in keys
        if without.isdisjoint(nodes := _with_parents(key))
        and (off.isdisjoint(nodes) or key.endswith(".enabled"))
        and not (key in own and _has_a_name(key, keys))
    )


def _is_false(value: Any) -> bool:
    return value is False


def _is_own(target: Any) -> bool:
    return str(target).startswith(OWN)


def _is_of_subwords(level: Any) -> bool:
    return bool(level == "bpe")


def _is_given(value: Any) -> bool:
    return value is not None


def told_apart_by(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the leaves that tell configurations apart for people, as they were asked for, by dotted key.

    They are those with effect; where `data.tokens_per_step` sets the batch size, it stands in place of that.
    """
    return as_asked_for(with_effect(config), config)


def as_asked_for(effects: Mapping[str, Any], config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of `with_effect` as `told_apart_by` has them; of the configuration, nested or flat."""
    data = config.get("data")
    tokens = config.get(TOKENS, data.get("tokens_per_step") if isinstance(data, Mapping) else None)
    if tokens is None:
        return effects
    return {**{key: value for key, value in effects.items() if key != "data.batch_size"}, TOKENS: tokens}


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what identifies a run beside its data, by dotted key: the settings with effect that are not neutral."""
    return identifying(with_effect(config))


def identifying(effects: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of `with_effect` that identify a run."""
    return {
        key: value
        for key, value in effects.items()
        if key not in PATHS and key not in NAMED_FILES and tells_apart(key, value)
    }


def tells_apart(key: str, value: Any) -> bool:
    """Return True if a run with this setting is another than one without the key.

    It is the same where the value is neutral, the option is empty or the callback is switched off.
    """
    switched_off = value is False and key.endswith(".enabled")
    return not (switched_off or value == {} or is_neutral(key, value))


def run_hash(config: Mapping[str, Any], data_sha256: str, files: Mapping[str, str] | None = None) -> str:
    """Eight hexadecimal digits for the identity, the data, and the files that the configuration names beside it.

    Args:
        config: Of the run.
        data_sha256: Of the data.
        files: The SHA-256 of the weights that training begins with, and of a tokenizer, by the key that names them.
    """
    return hash_of(identity(config), data_sha256, files)


def hash_of(settings: Mapping[str, Any], data_sha256: str, files: Mapping[str, str] | None = None) -> str:
    """Return `run_hash` of the run with these identifying settings."""
    canonical = json.dumps([{**settings, **(files or {})}, data_sha256], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def run_name(
    config: Mapping[str, Any], data_sha256: str, files: Mapping[str, str] | None = None, varied: Iterable[str] = ()
) -> str:
    """A readable name and the hash, safe on any file system, such as `gru-h32-len16-seed0-5af5f642`.

    Args:
        config: Of the run.
        data_sha256: Of the data.
        files: As of `run_hash`, which alone says which run it is.
        varied: The dotted keys that the name tells beside cell and seed; without any, hidden size and layers.
    """
    return f"{readable_name(config, varied)}-{run_hash(config, data_sha256, files)}"


def readable_name(config: Mapping[str, Any], varied: Iterable[str] = ()) -> str:
    """Return what `run_name` has before the hash."""
    leaves = dict(flatten(config))
    in_name = [key for key in varied if key in leaves and key not in ALWAYS_TOLD] or list(TOLD_OF_ONE)
    cell, seed = _safe(cell_name(config["cell"])), f"seed{config['seed']}"
    parts = [part for key in in_name if (part := _safe(_part(key, leaves[key])))]
    while parts and len("-".join([cell, *parts, seed])) > LONGEST_READABLE:
        parts.pop()  # whole settings, the last first
    words = "-".join([cell[: LONGEST_READABLE - len(seed) - 1], *parts, seed])
    return words[:LONGEST_READABLE]


def _part(key: str, value: Any) -> str:
    """Return the part of a name that tells a setting, such as `len16`, `adamw`, `bidirectional` or `pooling_mean`."""
    short = SHORT.get(key, short_name(key))
    if isinstance(value, bool):
        return short if value else f"no_{short}"
    if isinstance(value, int | float):
        return f"{short}{value:.4g}" if isinstance(value, float) else f"{short}{value}"
    text = Path(str(value)).stem if key in PATHS else _class_name(value) if key.endswith("_target_") else value
    return str(text) if key.endswith(CHOICES) else f"{short}_{'none' if value is None else text}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]", "_", text)


def cell_name(cell: Mapping[str, Any]) -> str:
    """The name of a cell's option; of one without a name, its class."""
    return str(cell.get("name") or _class_name(cell["_target_"]))


def hash_in(folder_name: str) -> str:
    """The hash at the end of a run folder's name, whatever stands before it; empty where there is none."""
    at_the_end = re.fullmatch(r"(?:.*-)?([0-9a-f]{8})", folder_name)
    return at_the_end[1] if at_the_end else ""


def folders_by_hash(sweep: Path) -> dict[str, Path]:
    """The run folders of a sweep by the hash in their names; people may rename what stands before it.

    Raises:
        UserError: Two folders have the same hash.
    """
    folders: dict[str, Path] = {}
    for folder in sorted(sweep.iterdir()) if sweep.is_dir() else []:
        if folder.is_dir() and (key := hash_in(folder.name)):
            if key in folders:
                raise UserError(
                    f"{sweep.as_posix()}: {folders[key].name} and {folder.name} are folders of the same run;"
                    " move one of them away"
                )
            folders[key] = folder
    return folders


def _with_parents(key: str) -> list[str]:
    """`a.b.c` with `a` and `a.b`."""
    parts = key.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _class_name(target: Any) -> str:
    return str(target).rpartition(".")[2]


def _has_a_name(key: str, keys: Collection[str]) -> bool:
    """Return True if the option's name, or the switch of a callback, stands for the `_target_`."""
    return f"{key.partition('.')[0]}.name" in keys or f"{key.removesuffix('_target_')}enabled" in keys


def _keys_of_no_subwords(facts: Mapping[str, bool]) -> Iterator[str]:
    """The keys of sub-words that do nothing: without sub-words all, with those of a file their number."""
    if not facts.get("data.level"):
        yield "data.tokenizer"
    if not facts.get("data.level") or facts.get("data.tokenizer"):
        yield "data.vocab_size"


def _callbacks_that_look_on(facts: Mapping[str, bool]) -> Iterator[str]:
    """The nodes `callbacks.NAME` of callbacks that declare `changes_result: false`."""
    for key, declared in facts.items():
        if declared and key.startswith("callbacks.") and key.endswith(".changes_result"):
            yield key.removesuffix(".changes_result")
