"""Comparing the configurations of a sweep, finished or still in progress."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from rnnlab.analysis.answer import Answer, answer
from rnnlab.analysis.best_run import BestRun, best_run
from rnnlab.analysis.configurations import Configuration, configurations
from rnnlab.analysis.criterion import Criterion, criterion
from rnnlab.analysis.factors import Factor, factors
from rnnlab.analysis.findings.missing import Missing, missing_runs
from rnnlab.analysis.findings.mixing import were_mixed
from rnnlab.analysis.findings.overfitting import Overfit, overfitting
from rnnlab.analysis.findings.saturation import Saturation, saturations
from rnnlab.analysis.findings.threshold import ThresholdReach, threshold_reaches
from rnnlab.analysis.measure import comparable, declared_metrics
from rnnlab.analysis.question import Asked, asked_by, question
from rnnlab.analysis.races import with_roles
from rnnlab.analysis.tables.chosen import chosen_settings, with_values, without_tuned
from rnnlab.analysis.tables.ranking import in_order, ranking, usual_target
from rnnlab.analysis.tables.runs_table import runs_table
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.races import race_in
from rnnlab.records.reading import Run, find_runs
from rnnlab.records.rounds import RecordedRounds, read_rounds


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison as plain data: `rnnlab.report` puts it into words, tables and charts.

    Attributes:
        name: The sweep, the sweeps or the folder that was compared.
        metrics: The metrics of the runs, in the order of their tasks' declarations.
        complete: The runs with a result, all ranked by the same loss.
        missing: The runs that have no result.
        configurations: Best first.
        factors: The settings that varied where everything else is equal.
        saturations: The sizes from which on larger is no better.
        threshold_reaches: The range in which the requested bound holds; empty without a bound.
        overfitting: The configurations that overfit, the worst first.
        target: The validation loss to which `ranking` has the seconds.
        ranking: One row a configuration; see `rnnlab.analysis.tables.ranking`.
        table: What a report shows of it: the same, or of a tuning the chosen settings alone, ranked by the results that
            the answer has of them.
        runs: One row a run, as results.csv has it: the ranked ones first, then those without a result.
        answer: What the runs say to the question that was asked.
    """

    name: str
    metrics: tuple[Metric, ...]
    complete: tuple[Run, ...]
    missing: Missing
    configurations: tuple[Configuration, ...]
    factors: tuple[Factor, ...]
    saturations: tuple[Saturation, ...]
    threshold_reaches: tuple[ThresholdReach, ...]
    overfitting: tuple[Overfit, ...]
    target: float
    ranking: pd.DataFrame
    table: pd.DataFrame
    runs: pd.DataFrame
    answer: Answer

    @property
    def measure(self) -> Metric:
        """The loss that runs are ranked by."""
        return self.complete[0].measure

    @property
    def unit(self) -> str:
        """The unit of every loss, such as `nats per token`."""
        return self.measure.unit

    @property
    def base(self) -> str:
        """The label of the base whose changes the other labels name; empty where labels name every setting."""
        return self.configurations[0].base

    @property
    def settings(self) -> tuple[str, ...]:
        """The columns of `ranking` that tell configurations apart, such as `cell`."""
        return tuple(self.configurations[0].settings)

    @property
    def compared_settings(self) -> tuple[str, ...]:
        """Those of `settings` that tell the rows of `table` apart to a reader: of a tuning not what was tuned."""
        tuned = self.answer.question.tune if self.is_tuned else ()
        return tuple(name for name in self.settings if name not in tuned)

    @property
    def repeated(self) -> bool:
        """True if a configuration was trained from more than one seed; otherwise no difference can be tested."""
        return bool(self.table["seeds"].max() > 1)

    @property
    def is_tuned(self) -> bool:
        """True if settings were tried by a tuning, and `table` has those alone that it chose."""
        return self.table is not self.ranking

    @cached_property
    def timed(self) -> bool:
        """True if times may be compared: there is one configuration, or the runs were worked off in a mixed order."""
        place = {run.folder: entry.label for entry in self.configurations for run in entry.runs}
        runs = [run for run in self.complete if run.folder in place]
        return len(self.configurations) < 2 or were_mixed(runs, [place[run.folder] for run in runs])

    @property
    def criterion(self) -> Criterion:
        """The metric that runs are ranked and compared by."""
        return self.answer.question.criterion

    @property
    def best_runs(self) -> list[tuple[str, Run]]:
        """The label and the best run of each configuration of `table`: the best of all first, then in its order."""
        best = self.chosen.run
        owners = (one.label for one in self.configurations if any(run.folder == best.folder for run in one.runs))
        own = next(owners, self.table["label"].iloc[0])
        pairs = zip(self.table["label"], self.table["runs"], strict=True)
        return [(own, best), *((label, runs[0]) for label, runs in pairs if label != own)]

    @cached_property
    def chosen(self) -> BestRun:
        """The best run, and why it is this one."""
        return best_run(self.answer)

    @property
    def best(self) -> Run:
        """The best run, which `rnnlab.load` of the sweep opens, too."""
        return self.chosen.run

    @property
    def repeats(self) -> int:
        """The number of runs that repeat the configuration and seed of another, and do not count."""
        return len(self.complete) - sum(len(configuration.runs) for configuration in self.configurations)

    @property
    def not_alone(self) -> list[str]:
        """The settings that never varied at equal settings of the rest."""
        compared = {name for factor in self.factors for name in (factor.axis, *factor.others)}
        return [name for name in self.settings if len(self.configurations) > 1 and name not in compared]


def compare(
    folders: Sequence[Path],
    only: Collection[str] | None = None,
    target: float | None = None,
    holds: str | None = None,
    asked: Asked | None = None,
) -> Comparison:
    """Compare the configurations whose runs lie in or below the folders by their validation loss, or what is asked for.

    Args:
        folders: Sweeps, or any folders that hold runs.
        only: The names of the runs to be considered; None for all.
        target: The validation loss to which training times are compared; None for the one that the better half of the
            configurations reach.
        holds: A bound on a metric, such as test/accuracy>=0.9, of which is said how far it holds along every factor of
            numbers; None for what the runs' own configurations ask.
        asked: The question; what it leaves open, the runs' own configurations say where they agree, else the defaults.

    Raises:
        UserError: Not one of the runs is complete, or their losses are not in one unit.
    """
    name = ", ".join(folder.resolve().name for folder in folders)
    runs = [run for run in find_runs(folders) if only is None or run.folder.name in only]
    of_sweeps = [rounds for folder in folders if (rounds := read_rounds(folder))]
    return compare_runs(name, runs, target, holds, asked, next(filter(race_in, of_sweeps), None))


def compare_runs(
    name: str,
    runs: Sequence[Run],
    target: float | None = None,
    holds: str | None = None,
    asked: Asked | None = None,
    rounds: RecordedRounds | None = None,
) -> Comparison:
    """Compare runs that were read; the comparison is called `name`.

    Args:
        name: What the comparison is called.
        runs: The runs.
        target: As that of `compare`.
        holds: As that of `compare`.
        asked: As that of `compare`; a race has the roles that its command gave, where nobody gives any.
        rounds: The rounds of the sweep that the runs are of, if it proceeded in rounds.

    Raises:
        UserError: Not one of the runs is complete, or their losses are not in one unit.
    """
    complete, missing = comparable([run for run in runs if run.is_complete]), missing_runs(runs)
    if not complete:
        raise UserError(_nothing_yet(name, missing))
    metrics = declared_metrics(complete)
    asked = asked_by(complete, with_roles(asked or Asked(), race_in(rounds)))
    by = criterion(asked.metric, complete, metrics)
    ranked = in_order(configurations(complete), by)
    varied = factors(ranked, by)
    asks = question(ranked, metrics, asked)
    answered = answer(asks, complete, [run for run in runs if not run.is_complete], rounds)
    chosen = chosen_settings(answered, ranked)
    shown = in_order([one.configuration for one in chosen], by) or ranked
    untuned = without_tuned(shown, asks.tune) if chosen else ranked
    target = usual_target(shown) if target is None else target
    every = ranking(ranked, metrics, target, by)
    return Comparison(
        name=name,
        metrics=metrics,
        complete=tuple(complete),
        missing=missing,
        configurations=tuple(ranked),
        factors=tuple(varied),
        saturations=tuple(saturations(ranked, varied, metrics, asked.metric)),
        threshold_reaches=tuple(threshold_reaches(untuned, factors(untuned, by), metrics, holds)),
        overfitting=tuple(overfitting(shown)),
        target=target,
        ranking=every,
        table=with_values(ranking(shown, metrics, target, by), chosen, by) if chosen else every,
        runs=runs_table(ranked, runs),
        answer=answered,
    )


def _nothing_yet(name: str, missing: Missing) -> str:
    verb = "is" if missing.planned == 1 else "are"
    failed = len(missing.failed)
    failures = f" ({failed} failed: {missing.failed[0][1]})" if failed else ""
    return f"no run of {name} is complete yet; {missing.planned} {verb} planned{failures}"
