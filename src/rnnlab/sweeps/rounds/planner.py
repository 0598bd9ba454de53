"""The protocol of a planner, which says which runs of a sweep come next.

A planner is a pure function from the runs that have ended to the next round, or to the reason why there is none. It
reads no file, no clock and no random number that its settings do not fix, so that the same runs lead to the same
rounds: on every machine, with every number of workers, and after a kill. Write one as a frozen dataclass of settings:

    @dataclass(frozen=True)
    class Twice:
        configurations: tuple[Words, ...]

        def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
            seeds = {run.seed for run in ended}
            if len(seeds) == 2:
                return Done("every configuration has two seeds")
            runs = tuple((*words, f"seed={len(seeds)}") for words in self.configurations)
            return Round("another seed", runs, at_most=0 if seeds else len(runs))

`rnnlab.sweeps.rounds.sweep.sweep_in_rounds` trains its rounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rnnlab.records.folder import COMPLETE

Words = tuple[str, ...]
"""The overrides that make a run of a sweep, such as `("cell=gru", "optimizer.lr=0.003", "seed=1")`."""


@dataclass(frozen=True)
class EndedRun:
    """A run that a planner asked for, and how it ended.

    Attributes:
        words: The overrides, exactly as the planner wrote them.
        config: The resolved configuration by dotted key.
        seed: Its seed.
        status: complete, failed or pruned.
        value: The validation metric of its best epoch, of which less is better: a metric of which more is better comes
            with its sign changed. NaN where the run is not complete.
        parameters: The number of trainable parameters; None where the run did not say.
        diverged: True if it failed since its loss was no finite number, as it would again.
        chance: What a model reaches of the metric that has learned nothing, with the sign of `value`; NaN where that is
            not known.
    """

    words: Words
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    seed: int = 0
    status: str = COMPLETE
    value: float = math.nan
    parameters: int | None = None
    diverged: bool = False
    chance: float = math.nan


@dataclass(frozen=True)
class Round:
    """The runs that come next.

    Attributes:
        name: What they are for, in a word or two, such as `confirmation`.
        runs: The overrides of each; at least one. A run that has ended before may be among them and is not trained
            again.
        open: What is still open, such as the labels of configurations that could be the best; `rnnlab status` shows it.
        out: What is decided against.
        at_most: How many runs can follow after this round; None where that is not known.
        ahead: Runs that later rounds may ask for, the likeliest first. Where the round leaves workers idle, they train
            some of these.
        record: Plain values that reports read from rounds.json.
    """

    name: str
    runs: tuple[Words, ...]
    open: tuple[str, ...] = ()
    out: tuple[str, ...] = ()
    at_most: int | None = None
    ahead: tuple[Words, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """No run comes next.

    Attributes:
        reason: Why, in one line for the user.
        record: Plain values that reports read from rounds.json.
    """

    reason: str
    record: Mapping[str, Any] = field(default_factory=dict)


class Planner(Protocol):
    """Says which runs come next."""

    def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
        """Return the next round, or why there is none.

        Args:
            ended: The runs of all rounds so far, in the order in which the planner asked for them.
        """
        ...
