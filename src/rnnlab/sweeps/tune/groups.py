"""The question of a tuning: the groups that are tuned, one a level and setting of `within`, and their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from hydra.core.override_parser.types import ChoiceSweep, Override

from rnnlab.config.keys import short_name
from rnnlab.errors import UserError
from rnnlab.sweeps.plan import label_of
from rnnlab.sweeps.rounds.planner import Words
from rnnlab.sweeps.search.space import Space, space_of

EXAMPLE = "such as 'optimizer.lr=tag(log,interval(5e-4,5e-2))'"


@dataclass(frozen=True)
class Group:
    """A level at a setting of `within`, which is tuned by itself.

    Attributes:
        words: The overrides that make it, such as `("cell=gru",)`.
    """

    words: Words

    @property
    def label(self) -> str:
        """The name, such as `cell=gru`; `all runs` where nothing is compared."""
        return label_of(self.words) or "all runs"


@dataclass(frozen=True)
class Asked:
    """The question of a tuning.

    Attributes:
        groups: Every combination of what is swept by commas.
        space: The distributions of what is drawn, by key.
        fixed: The words that all runs have.
        by: The keys whose values are compared.
        within: The other keys that are swept by commas.
    """

    groups: tuple[Group, ...]
    space: Space
    fixed: Words
    by: tuple[str, ...]
    within: tuple[str, ...]


def asked_of(overrides: Iterable[Override], by: str | Sequence[str] | None) -> Asked:
    """Take apart the words of a tuning: values with commas are compared, `interval`, `range` and `choice` are drawn.

    Args:
        overrides: The words.
        by: The keys whose values are compared; None for `cell` if it varies, else the first that does.

    Raises:
        UserError: Nothing is drawn, a seed is swept, or `by` is not swept by commas.
    """
    last = {override.key_or_group: override for override in overrides}  # a later word wins
    compared = {key: _values(override) for key, override in last.items() if _is_compared(override)}
    if "seed" in last and last["seed"].is_sweep_override():
        raise UserError("seed: one for the tuning; hydra.sweeper.confirm=K says how many fresh ones confirm it")
    space, fixed = space_of(override for key, override in last.items() if key not in compared)
    if not space:
        raise UserError(f"hydra.sweeper.params: say what to tune, {EXAMPLE}")
    levels = _by(by, list(compared), space)
    groups = tuple(Group(words) for words in product(*compared.values()))
    return Asked(groups, space, tuple(fixed), levels, tuple(key for key in compared if key not in levels))


def _is_compared(override: Override) -> bool:
    value = override.value()
    return isinstance(value, ChoiceSweep) and value.simple_form


def _values(override: Override) -> Words:
    key = override.get_key_element()
    return tuple(f"{key}={value}" for value in override.sweep_string_iterator())


def _by(by: str | Sequence[str] | None, compared: Sequence[str], space: Space) -> tuple[str, ...]:
    """Return the keys whose values are compared, by their dotted names."""
    if by is None:
        return ("cell",) if "cell" in compared else tuple(compared[:1])
    names = {short_name(key): key for key in compared} | {key: key for key in compared}
    given = [by] if isinstance(by, str) else list(by)
    for name in given:
        if name in names:
            continue
        if name in space or name in map(short_name, space):
            raise UserError(f"hydra.sweeper.by={name}: it is drawn; give its values with commas to compare them")
        there = f"one of {', '.join(compared)}" if compared else "a key with several values, such as cell=rnn,gru"
        raise UserError(f"hydra.sweeper.by={name}: compare {there}")
    return tuple(dict.fromkeys(names[name] for name in given))
