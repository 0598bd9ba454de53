"""Comparing the configurations of a sweep, finished or still in progress."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rnnlab.analysis.configurations import Configuration, configurations, losses
from rnnlab.analysis.factors import Factor, factors
from rnnlab.analysis.measure import comparable, declared_metrics
from rnnlab.analysis.missing import Missing
from rnnlab.analysis.origins import data_sets, machines, packages
from rnnlab.analysis.overfitting import Overfit, findings_of, overfitting
from rnnlab.analysis.ranking import in_order, ranking, usual_target
from rnnlab.analysis.runs_table import runs_table
from rnnlab.analysis.saturation import enough
from rnnlab.analysis.threshold import Holding, Threshold, holdings
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import OBJECTIVE, Run, find_runs
from rnnlab.report.findings import Contender, findings, verdict
from rnnlab.report.metric_findings import metric_findings

# What decides which items a run is validated on, beside the data set itself.
VALIDATED_ON = ("data.limit", "data.labels", "split.seed", "split.deduplicate", "trainer.limit_val_batches")


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes:
        name: The sweep, the sweeps or the folder that was compared.
        measure: The loss that runs are ranked by.
        metrics: What the runs were measured by, in the order of their tasks' declarations.
        sentence: Which configuration is best, and whether the seeds separate it from the others.
        findings: A sentence for each factor, on which of its levels are better and what they cost; and for each series
            that was forecast, on what naive forecasts would have reached.
        base: The configuration of which the labels say what is changed; empty where they say all.
        settings: The columns of `ranking` that tell configurations apart, such as `cell`.
        ranking: One row a configuration, best first; see `rnnlab.analysis.ranking`.
        factors: What varied, compared where everything else is equal.
        overfitting: The configurations that learn their training part by heart, the steepest case first.
        holdings: How far the bound that was asked for holds; nothing where none was.
        target: The validation loss to which `ranking` has the seconds.
        runs: One row a run, as results.csv has it: the ranked ones first, then those without a result.
        best: The best configuration's best run.
        missing: The runs that have no result.
        notes: What a reader should know before trusting the ranking, one sentence each.
        provenance: The data sets, the versions of packages and the machines behind the results, one line each.
    """

    name: str
    measure: Metric
    metrics: tuple[Metric, ...]
    sentence: str
    findings: tuple[str, ...]
    base: str
    settings: tuple[str, ...]
    ranking: pd.DataFrame
    factors: tuple[Factor, ...]
    overfitting: tuple[Overfit, ...]
    holdings: tuple[Holding, ...]
    target: float
    runs: pd.DataFrame
    best: Run
    missing: Missing
    notes: tuple[str, ...]
    provenance: tuple[str, ...]

    @property
    def unit(self) -> str:
        """What every loss is a mean of, such as `nats per token`."""
        return self.measure.unit

    @property
    def repeated(self) -> bool:
        """Whether any configuration was trained from more than one seed: without, a ranking finds nothing."""
        return bool(self.ranking["seeds"].max() > 1)

    @property
    def best_runs(self) -> list[tuple[str, Run]]:
        """Each configuration's label and its best run, in the order of the ranking."""
        return [(label, runs[0]) for label, runs in zip(self.ranking["label"], self.ranking["runs"], strict=True)]


def compare(
    folders: Sequence[Path],
    only: Collection[str] | None = None,
    target: float | None = None,
    holds: str | None = None,
) -> Comparison:
    """Compare the configurations whose runs lie in or below the folders by their validation loss.

    Args:
        folders: Sweeps, or any folders that hold runs.
        only: The names of the runs to be considered; None for all.
        target: The validation loss to which training times are compared; None for the one that the better half of the
            configurations reach.
        holds: A bound on a metric, such as test/accuracy>=0.9, of which is said how far it holds along every factor of
            numbers; None for what the runs' own configurations ask.

    Raises:
        UserError: Not one of the runs is complete, or their losses are not in one unit.
    """
    name = ", ".join(folder.resolve().name for folder in folders)
    runs = [run for run in find_runs(folders) if only is None or run.folder.name in only]
    return compare_runs(name, runs, target, holds)


def compare_runs(name: str, runs: Sequence[Run], target: float | None = None, holds: str | None = None) -> Comparison:
    """The same for runs that were read; the comparison is called `name`."""
    complete = comparable([run for run in runs if run.is_complete])
    missing = Missing.of(runs)
    if not complete:
        raise UserError(_nothing_yet(name, missing))
    unit, metrics = complete[0].unit, declared_metrics(complete)
    ranked = in_order(configurations(complete))
    varied = factors(ranked)
    sentence, found = conclusions(ranked, varied, unit)
    overfit = overfitting(ranked)
    target = usual_target(ranked) if target is None else target
    asked = holds or next((str(its) for run in complete if (its := run.config.get("holds"))), None)
    held = holdings(ranked, varied, Threshold.of(asked)) if asked else []
    table = ranking(ranked, metrics, target)
    return Comparison(
        name=name,
        measure=complete[0].measure,
        metrics=metrics,
        sentence=sentence,
        findings=(
            *(each.sentence for each in held),
            *found,
            *metric_findings(metrics, table),
            *findings_of(overfit, unit),
        ),
        base=ranked[0].base,
        settings=tuple(ranked[0].settings),
        ranking=table,
        factors=tuple(varied),
        overfitting=tuple(overfit),
        holdings=tuple(held),
        target=target,
        runs=runs_table(ranked, runs),
        best=table["runs"][0][0],
        missing=missing,
        notes=tuple(_notes(ranked, varied, complete, missing)),
        provenance=(*data_sets(complete), *packages(complete), *machines(complete)),
    )


def conclusions(ranked: Sequence[Configuration], varied: Sequence[Factor], unit: str) -> tuple[str, list[str]]:
    """What the seeds support: the sentence on the best configuration, and one for each factor."""
    alone = len(varied) == 1 and len(varied[0].levels) == len(ranked)
    contenders = [Contender(each.label, losses(each)) for each in ranked]
    told = [*findings(varied, unit), *enough(ranked, varied)]
    return verdict(contenders, unit, varied[0] if alone else None), told


def _nothing_yet(name: str, missing: Missing) -> str:
    verb = "is" if missing.planned == 1 else "are"
    failed = len(missing.failed)
    failures = f" ({failed} failed: {missing.failed[0][1]})" if failed else ""
    return f"no run of {name} is complete yet; {missing.planned} {verb} planned{failures}"


def _notes(
    ranked: Sequence[Configuration], varied: Sequence[Factor], complete: Sequence[Run], missing: Missing
) -> list[str]:
    notes = []
    repeated = len(complete) - sum(len(entry.runs) for entry in ranked)
    if repeated:
        runs, verb, one = ("run", "repeats", "it counts") if repeated == 1 else ("runs", "repeat", "each counts")
        notes.append(f"{repeated} {runs} {verb} the configuration and seed of another; {one} once.")
    if len(data_sets(complete)) > 1:
        notes.append(f"The runs used different data, so their {OBJECTIVE} may not measure the same thing.")
    for key in VALIDATED_ON:
        if len({str(run.config.get(key)) for run in complete}) > 1:
            notes.append(f"{key} differs, so the runs were not validated on the same items.")
    alone = {name for factor in varied for name in (factor.axis, *factor.others)}
    if mixed := [name for name in ranked[0].settings if len(ranked) > 1 and name not in alone]:
        notes.append(f"Never varied at equal settings of the rest, so not compared alone: {', '.join(mixed)}.")
    if missing.failed:
        notes.append("A configuration that lost seeds to failures is ranked by those that survived.")
    return notes
