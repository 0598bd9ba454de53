"""Draws of settings from a space, each fixed by a seed and by what it is for.

At random, every draw has a random number generator of its own, so that draws are independent of each other within a
level, as bands around tuning curves need it (Lourie, Cho and He 2024), and between levels: the same draws for all would
make their curves rise together, and a gap between two bands would say less than it seems to. The settings of a grid or
of a quasi-random sequence are the same for all levels, and there are no bands.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState, create_trial

from rnnlab.errors import UserError
from rnnlab.sweeps.search.space import Space, grid_values

DIGITS = 4  # significant ones of a drawn number: a command that is read and typed
LOOKING = ("RandomSampler", "TPESampler", "GPSampler")  # draw one by one; the last two look at what was tried
SEQUENCES = ("GridSampler", "QMCSampler")  # go through settings that are the same for every level
LONGEST = 1000  # settings of a sequence

Parameters = dict[str, Any]

optuna.logging.set_verbosity(optuna.logging.WARNING)  # a line a run is ours


@dataclass(frozen=True)
class Drawn:
    """A setting that was drawn and tried.

    Attributes:
        parameters: The values by key.
        value: The metric that it reached, of which less is better; NaN where its run failed.
    """

    parameters: Parameters
    value: float = math.nan


@dataclass(frozen=True)
class Sampler:
    """A source of settings.

    Attributes:
        name: Of one of Optuna's samplers.
        seed: Of the draws.
        keys: The sampler's other arguments.
    """

    name: str
    seed: int
    keys: Mapping[str, Any]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Sampler:
        """Return the sampler that a node `hydra.sweeper.sampler` describes.

        Raises:
            UserError: A tuning cannot draw with it.
        """
        keys = dict(node)
        name = str(keys.pop("_target_")).rpartition(".")[2]
        if name not in LOOKING + SEQUENCES:  # which keeps a state that cannot be planned again from runs
            raise UserError("hydra/sweeper/sampler: a tuning draws with random, tpe, gp, qmc or grid")
        seed = keys.pop("seed", None)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise UserError("hydra.sweeper.sampler.seed must be a whole number, so that draws can be repeated")
        sampler = cls(name, seed, keys)
        if sampler.is_sequence:
            next(sampler.sequence({"x": CategoricalDistribution((0, 1))}))
        else:
            sampler.draw({"x": FloatDistribution(0.0, 1.0)}, (), "check")
        return sampler

    @property
    def is_random(self) -> bool:
        """True if draws are independent of each other and of what earlier ones reached."""
        return self.name == "RandomSampler"

    @property
    def is_sequence(self) -> bool:
        """True if it goes through settings in an order that is the same for every level."""
        return self.name in SEQUENCES

    @property
    def at_first(self) -> int:
        """The number of draws that do not look at earlier ones."""
        return max(1, int(self.keys.get("n_startup_trials", 1)))

    def sequence(self, space: Space) -> Iterator[Parameters]:
        """Yield settings in their order: of a grid every combination once, of qmc a thousand.

        Raises:
            UserError: The sampler does not take its arguments, or there is no grid.
        """
        if self.name == "GridSampler":
            self._build(search_space={})
            yield from self._grid(space)
            return
        study = optuna.create_study(sampler=self._build())
        for _ in range(LONGEST):
            trial = study.ask(space)
            yield {key: _rounded(value, space[key]) for key, value in trial.params.items()}
            study.tell(trial, 0.0)

    def _grid(self, space: Space) -> Iterator[Parameters]:
        values = [grid_values(key, distribution) for key, distribution in space.items()]
        combinations = [dict(zip(space, one, strict=True)) for one in itertools.product(*values)]
        random.Random(self.seed).shuffle(combinations)
        yield from combinations

    def _build(self, seed: int | None = None, **more: Any) -> optuna.samplers.BaseSampler:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # rnnlab follows changes of its interface
            try:
                kind = getattr(optuna.samplers, self.name)
                sampler: optuna.samplers.BaseSampler = kind(
                    seed=self.seed if seed is None else seed, **self.keys, **more
                )
            except (TypeError, ValueError) as error:
                raise UserError(f"hydra.sweeper.sampler: {' '.join(str(error).split())}") from error
        return sampler

    def draw(self, space: Space, tried: Sequence[Drawn], purpose: str) -> Parameters:
        """Draw a setting.

        Args:
            space: The distributions by key.
            tried: The settings of the same space that were tried before; a random draw does not look at them.
            purpose: What the draw is for, such as the level and its number: another purpose is another draw.

        Raises:
            UserError: The sampler does not take its arguments.
        """
        digest = hashlib.sha256(f"{self.seed}/{purpose}".encode()).digest()
        study = optuna.create_study(sampler=self._build(int.from_bytes(digest[:4], "big")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            if not self.is_random:
                study.add_trials([_trial(space, drawn) for drawn in tried])
            parameters = study.ask(space).params
        return {key: _rounded(value, space[key]) for key, value in parameters.items()}


def _trial(space: Space, drawn: Drawn) -> optuna.trial.FrozenTrial:
    ended = math.isfinite(drawn.value)
    return create_trial(
        state=TrialState.COMPLETE if ended else TrialState.FAIL,
        value=drawn.value if ended else None,
        params=drawn.parameters,
        distributions=space,
    )


def _rounded(value: Any, distribution: Any) -> Any:
    """Return a float with four significant digits, within its range; anything else unchanged."""
    if not isinstance(distribution, FloatDistribution):
        return value
    return min(max(float(f"{value:.{DIGITS}g}"), distribution.low), distribution.high)
