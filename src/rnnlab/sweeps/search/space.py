"""The search space: Hydra's sweeps as Optuna's distributions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep, Transformer
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from rnnlab.config.literals import written
from rnnlab.errors import UserError

Space = dict[str, BaseDistribution]


def space_of(overrides: Iterable[Override]) -> tuple[Space, list[str]]:
    """Return the distributions of the swept overrides, by key, and the other overrides as words.

    `range(1,4)` means 1, 2, 3 as in a grid; `interval(a,b)` includes both ends.

    Raises:
        UserError: A sweep cannot be searched over.
    """
    space: Space = {}
    fixed = []
    for override in overrides:
        key = override.key_or_group
        if not override.is_sweep_override():
            space.pop(key, None)  # a later word wins
            fixed.append(str(override.input_line))
        elif key == "seed":
            raise UserError(
                "seed: a search takes the mean over seeds by itself; say how many with hydra.sweeper.seeds=K"
            )
        else:
            space[key] = _distribution(override)
    return space, fixed


def example_overrides(space: Space) -> list[list[str]]:
    """Return the overrides of some possible trials, in which every choice and every lowest number occurs."""
    values = {key: _examples(distribution) for key, distribution in space.items()}
    first = {key: choices[0] for key, choices in values.items()}
    others = [{**first, key: choice} for key, choices in values.items() for choice in choices[1:]]
    return [trial_overrides(trial) for trial in (first, *others)]


def _examples(distribution: BaseDistribution) -> tuple[Any, ...]:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return (distribution.low,)


def grid_values(key: str, distribution: BaseDistribution) -> list[Any]:
    """Return the values that the sampler grid combines.

    Raises:
        UserError: They are without number.
    """
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if not isinstance(distribution, IntDistribution):
        raise UserError(f"{key}: the sampler grid needs choices or a range, not an interval")
    return list(range(distribution.low, distribution.high + 1, distribution.step))


def trial_overrides(parameters: Mapping[str, Any]) -> list[str]:
    """Return the parameters of a trial as overrides of the command line."""
    return [f"{key}={value if isinstance(value, str) else written(value)}" for key, value in parameters.items()]


def _distribution(override: Override) -> BaseDistribution:
    value, key = override.value(), override.key_or_group
    log = "log" in getattr(value, "tags", ())
    try:
        if isinstance(value, IntervalSweep):
            assert value.start is not None and value.end is not None
            if isinstance(value.start, int) and isinstance(value.end, int):
                return IntDistribution(value.start, value.end, log=log)
            return FloatDistribution(value.start, value.end, log=log)
        if isinstance(value, RangeSweep) and isinstance(value.start, int) and isinstance(value.stop, int):
            step = int(value.step)
            last = value.start + (value.stop - value.start - 1) // step * step
            return IntDistribution(value.start, last, log=log, step=1 if log else step)
        assert isinstance(value, ChoiceSweep | RangeSweep)
        return CategoricalDistribution([_choice(choice) for choice in override.sweep_iterator(Transformer.identity)])
    except ValueError as error:  # Optuna says what is wrong with the limits
        raise UserError(f"{key}: {' '.join(str(error).split())}") from error


def _choice(value: Any) -> Any:
    """Return a number or truth value unchanged, and every other value as a word of the command line."""
    return value if isinstance(value, bool | int | float) else Transformer.encode(value)
