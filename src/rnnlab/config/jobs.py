"""The configurations of a sweep's runs: composed once for each choice of options, then told apart value by value.

Hydra takes a tenth of a second to compose one, and OmegaConf half of that to copy and resolve it. Runs that choose the
same options and set the same keys differ in values alone. So the first of them is composed, checked and resolved, and
the others are that plain configuration with other values at the keys that they change, and at the keys that hand those
on (`task.prepare.length: ${data.sequence_length}`). What reads a changed key in another way is resolved by OmegaConf.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError

from rnnlab.config.checks import safety
from rnnlab.config.checks.strangers import Origin, check_strangers
from rnnlab.config.checks.unused_keys import check_keys, check_one_size
from rnnlab.config.compose import MISSING_OPTION, origin_of, plain, without_hydra, words_of
from rnnlab.config.keys import flatten
from rnnlab.config.messages import unknown_key
from rnnlab.config.passwords import LOGGER
from rnnlab.config.tokens_per_step import check_alone, with_batch_size
from rnnlab.errors import UserError

OPENS = "${"
HANDED_ON = re.compile(r"\$\{([A-Za-z_]\w*(?:\.\w+)*)\}")  # takes the value of another key as it is
TOLD_BY_TEXT = re.compile(r"\$\{oc\.(?:select|env):\w[^${}]*\}")  # names every key that it reads
KEY = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
APPENDED = (OverrideType.ADD, OverrideType.FORCE_ADD)


def compose_jobs(loader: ConfigLoader, master: DictConfig, jobs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The resolved configurations of a sweep's runs, each checked for keys that nothing reads.

    They share what they have in common; nobody may change them in place.

    Args:
        loader: Hydra's.
        master: What was composed for the command; runs that choose the same options need no other composition.
        jobs: The words of each run.

    Raises:
        UserError: A key is unknown or nothing reads it.
        HydraException: A run's arguments do not compose.
        OmegaConfBaseException: A value is missing or an interpolation leads nowhere.
    """
    composer = _Composer(loader, master)
    return [composer.compose(words) for words in jobs]


class _Job(NamedTuple):
    """The words of a run, taken apart.

    Attributes:
        words: All of them.
        choices: Those that Hydra composes with: options, added and deleted keys.
        values: What the others set, in their order.
        shape: Equal for runs that choose the same options and set the same keys.
        set_to: The values by key, added ones included.
    """

    words: Sequence[str]
    choices: tuple[str, ...]
    values: Sequence[tuple[str, Any]]
    shape: tuple[tuple[str, ...], tuple[str, ...]]
    set_to: Mapping[str, Any]


class _Composer:
    """Composes the runs of one command."""

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        parser = OverridesParser.create(config_loader=loader)
        self._loader, self._master = loader, master
        self._parsed = cache(lambda word: parser.parse_overrides([word])[0])
        self._is_group = cache(lambda name: bool(loader.get_group_options(name)))
        typed = words_of(master)
        self._typed = [*typed, *words_of(master, "hydra")]
        self._composed = {tuple(word for word in typed if not self._is_value(self._parsed(word))): master}
        self._known: dict[object, _Known] = {}

    def compose(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the configuration of a run."""
        job = self._job(words)
        known = self._known.get(job.shape)
        config = known.with_values(job) if known is not None else None
        if config is not None:
            return config
        known = self._compose(job)
        self._known.setdefault(job.shape, known)
        return with_batch_size(known.resolved)

    def _job(self, words: Sequence[str]) -> _Job:
        overrides = [self._parsed(word) for word in words]
        keys = [override.key_or_group for override in overrides]
        values = [(override.key_or_group, override.value()) for override in overrides if self._is_value(override)]
        choices, shape, added = list[str](), list[str](), dict[str, Any]()
        for word, override in zip(words, overrides, strict=True):
            if self._is_value(override):
                continue
            choices.append(word)
            key = override.key_or_group
            if override.type in APPENDED and self._is_a_key(override) and _stands_alone(key, override.value(), keys):
                added[key] = override.value()
                shape.append(f"{override.type.name} {key}")
            else:
                shape.append(word)
        set_to = {**added, **dict(values)}  # what Hydra composes comes first
        return _Job(words, tuple(choices), values, (tuple(shape), tuple(sorted(set_to))), set_to)

    def _is_value(self, override: Override) -> bool:
        return override.type is OverrideType.CHANGE and self._is_a_key(override)

    def _is_a_key(self, override: Override) -> bool:
        of_hydra = override.is_hydra_override() or override.package is not None
        return not of_hydra and not self._is_group(override.key_or_group)

    def _compose(self, job: _Job) -> _Known:
        """Compose, check and resolve a configuration as Hydra and OmegaConf do it."""
        if job.choices not in self._composed:
            self._composed[job.choices] = self._loader.load_sweep_config(self._master, list(job.choices))
        composed = self._composed[job.choices]
        config = copy.deepcopy(without_hydra(composed))
        for key, value in job.values:
            _set_value(config, key, value)
        raw, choices = safety.unresolved(config), composed.hydra.runtime.choices
        check_keys(raw, choices, job.words)
        check_alone(raw, choices, job.words)
        if origin := origin_of(composed, self._typed):
            check_strangers(raw, origin)
        return _Known(dict(job.set_to), raw, plain(config, with_its_batch_size=False), dict(choices), origin)


@dataclass(frozen=True)
class _Known:
    """A configuration that was composed, checked and resolved, from which others are made.

    Attributes:
        set_to: The values that its words set, by key.
        raw: Plain, with its interpolations.
        resolved: Plain, but for the batch size that `data.tokens_per_step` sets.
        choices: The option of every group.
        origin: Where the values come from; None where no study may say any.
    """

    set_to: Mapping[str, Any]
    raw: dict[str, Any]
    resolved: dict[str, Any]
    choices: Mapping[str, Any]
    origin: Origin | None
    _readers: dict[frozenset[str], list[tuple[str, str]] | None] = field(default_factory=dict)

    def with_values(self, job: _Job) -> dict[str, Any] | None:
        """Return the configuration of a run of the same shape; None where OmegaConf has to resolve it.

        Raises:
            UserError: A value is refused.
        """
        changed = {key: value for key, value in job.set_to.items() if repr(value) != repr(self.set_to[key])}
        names = frozenset(changed)
        if names not in self._readers:
            self._readers[names] = self._readers_of(names)
        readers = self._readers[names]
        if readers is None or not all(map(_is_plain, changed.values())):
            return None
        raw, resolved = self.raw, self.resolved
        for key, value in changed.items():
            raw, resolved = _with(raw, key, value), _with(resolved, key, value)
        for reader, key in readers:
            resolved = _with(resolved, reader, changed[key])
        check_one_size(raw, self.choices, job.words)
        check_alone(raw, self.choices, job.words)
        if self.origin is not None:
            check_strangers(changed, self.origin)
        return with_batch_size(resolved)

    def _readers_of(self, changed: frozenset[str]) -> list[tuple[str, str]] | None:
        """Return the keys that hand on changed ones, each with the one that it hands on.

        None where a change may lead to anything else: to another target, to a logger, which keeps its references to
        the environment, or to an interpolation that does more than to hand on a value.
        """
        if not all(self._is_a_leaf(key) and not _lies_in(key, self.set_to) for key in changed):
            return None
        texts = {key: text for key, text in self._interpolated() if key not in changed}
        sources = {key: self._source(text) for key, text in texts.items() if HANDED_ON.fullmatch(text)}
        readers = {key: source for key, source in sources.items() if source in changed}
        touched = {*changed, *readers}
        others = [text for key, text in texts.items() if key not in readers]
        if _in_logger(readers) or any(_may_read(text, touched) for text in others):
            return None
        return list(readers.items())

    def _interpolated(self) -> Iterator[tuple[str, str]]:
        return ((key, str(value)) for key, value in flatten(self.raw) if OPENS in str(value))

    def _source(self, text: str) -> str:
        """Return the key whose value a text such as `${data.path}` hands on, over several keys where need be."""
        seen = list[str]()
        while (reference := HANDED_ON.fullmatch(text)) and reference[1] not in seen:
            seen.append(reference[1])
            text = str(_at(self.raw, reference[1]))
        return seen[-1]

    def _is_a_leaf(self, key: str) -> bool:
        node = _at(self.raw, key)
        return not (node is _NOWHERE or isinstance(node, Mapping) or key.endswith("_target_") or _in_logger([key]))


_NOWHERE = object()


def _at(config: Mapping[str, Any], key: str) -> Any:
    """Return what stands at a dotted key."""
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return _NOWHERE
        node = node[part]
    return node


def _with(config: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a configuration with another value at a dotted key; it shares everything else."""
    name, _, inner = key.partition(".")
    return {**config, name: _with(config[name], inner, value) if inner else value}


def _lies_in(key: str, nodes: Iterable[str]) -> bool:
    return any(key.startswith(f"{node}.") for node in nodes)


def _stands_alone(key: str, value: Any, keys: Iterable[str]) -> bool:
    """Return True if an added value is plain, and no other word says anything of a node that it is in."""
    return _is_plain(value) and not _lies_in(key, keys)


def _is_plain(value: Any) -> bool:
    """Return True for a value that OmegaConf takes and gives back as it is, and that has no keys of its own."""
    if isinstance(value, list):
        return all(not isinstance(item, list) and _is_plain(item) for item in value)
    if isinstance(value, str):
        return OPENS not in value and value != MISSING_OPTION
    return value is None or isinstance(value, bool | int | float)


def _in_logger(keys: Iterable[str]) -> bool:
    return any(f"{key}.".startswith(f"{LOGGER}.") for key in keys)


def _may_read(text: str, keys: set[str]) -> bool:
    """Return True if a text with interpolations may read one of the keys, or a node that it is in."""
    if OPENS in HANDED_ON.sub("", TOLD_BY_TEXT.sub("", text)):
        return True
    named = {f"{name}." for name in KEY.findall(text)}
    return any(f"{key}.".startswith(name) or name.startswith(f"{key}.") for key in keys for name in named)


def _set_value(config: DictConfig, key: str, value: Any) -> None:
    try:
        OmegaConf.update(config, key, value, merge=True)
    except (ConfigAttributeError, ConfigKeyError) as error:
        raise UserError(unknown_key(key, "train")) from error
