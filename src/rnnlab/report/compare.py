"""Comparing the configurations of a sweep, finished or still in progress."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rnnlab.errors import UserError
from rnnlab.report.configurations import Configuration, configurations
from rnnlab.report.missing import Missing
from rnnlab.report.provenance import data_sets, packages
from rnnlab.report.runs import OBJECTIVE, Run, find_runs, number
from rnnlab.report.statistics import mean, sample_sd
from rnnlab.report.table import runs_table
from rnnlab.report.wording import Contender, verdict

# What decides which items a run is validated on, beside the data set itself.
VALIDATED_ON = ("data.limit", "split.seed", "split.deduplicate", "trainer.limit_val_batches")


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes:
        name: The sweep, the sweeps or the folder that was compared.
        unit: What every loss is a mean of, such as `nats per token`.
        classifies: Whether the runs tell classes, so that their test accuracy is shown.
        sentence: Which configuration is best, and whether the seeds separate it from the next.
        settings: The columns of `ranking` that tell configurations apart, such as `cell`.
        ranking: One row a configuration, best first: `settings`, `label`, `val_loss`, `val_loss_sd` and
            `test_loss` (in `unit`), `test_accuracy` and `test_accuracy_sd` (shares of 1), `seeds`,
            `parameters`, `epochs`, `seconds` (means over seeds) and `runs`, the list of the run folders, best
            seed first. Equal means are ordered by label.
        runs: One row a run, as results.csv has it: the ranked ones first, then those without a result.
        missing: The runs that have no result.
        notes: What a reader should know before trusting the ranking, one sentence each.
        provenance: The data sets and the versions of packages behind the results, one line each.
    """

    name: str
    unit: str
    classifies: bool
    sentence: str
    settings: tuple[str, ...]
    ranking: pd.DataFrame
    runs: pd.DataFrame
    missing: Missing
    notes: tuple[str, ...]
    provenance: tuple[str, ...]

    @property
    def best_run(self) -> Path:
        """The folder of the best configuration's best run."""
        return self.best_runs[0][1]

    @property
    def best_runs(self) -> list[tuple[str, Path]]:
        """Each configuration's label and the folder of its best run, in the order of the ranking."""
        return [(label, runs[0]) for label, runs in zip(self.ranking["label"], self.ranking["runs"], strict=True)]


def compare(folders: Sequence[Path], only: Collection[str] | None = None) -> Comparison:
    """Rank the configurations whose runs lie in or below the folders by their mean validation loss.

    Args:
        folders: Sweeps, or any folders that hold runs.
        only: The names of the runs to be considered; None for all.

    Raises:
        UserError: Not one of the runs is complete, or their losses are not in one unit.
    """
    name = ", ".join(folder.resolve().name for folder in folders)
    runs = [run for run in find_runs(folders) if only is None or run.folder.name in only]
    complete = [run for run in runs if run.is_complete]
    missing = Missing.of(runs)
    if not complete:
        raise UserError(_nothing_yet(name, missing))
    unit = _one_unit(complete)
    ranked = sorted(configurations(complete), key=_order)
    return Comparison(
        name=name,
        unit=unit,
        classifies=any(run.classifies for run in complete),
        sentence=verdict([Contender(entry.label, losses(entry)) for entry in ranked], unit),
        settings=tuple(ranked[0].settings),
        ranking=pd.DataFrame([_row(entry) for entry in ranked]),
        runs=runs_table(ranked, runs),
        missing=missing,
        notes=tuple(_notes(ranked, complete, missing)),
        provenance=(*data_sets(complete), *packages(complete)),
    )


def _nothing_yet(name: str, missing: Missing) -> str:
    verb = "is" if missing.planned == 1 else "are"
    failed = len(missing.failed)
    failures = f" ({failed} failed: {missing.failed[0][1]})" if failed else ""
    return f"no run of {name} is complete yet; {missing.planned} {verb} planned{failures}"


def _one_unit(runs: Sequence[Run]) -> str:
    """The unit of all losses; a lower number in another unit would be no better result."""
    examples = {run.unit: run.folder.as_posix() for run in reversed(runs)}
    if len(examples) > 1:
        losses_in = " and ".join(f"{unit} ({folder})" for unit, folder in sorted(examples.items()))
        raise UserError(f"losses in {losses_in} cannot be ranked together; compare runs of one unit at a time")
    return next(iter(examples))


def losses(configuration: Configuration) -> list[float]:
    """The validation losses of a configuration, one a seed, in the unit of its runs."""
    return [run.loss for run in configuration.runs]


def _order(configuration: Configuration) -> tuple[float, str, str]:
    return mean(losses(configuration)), configuration.label, configuration.runs[0].folder.as_posix()


def _row(configuration: Configuration) -> dict[str, Any]:
    runs = configuration.runs
    accuracies = [number(run.metrics("test").get("test/accuracy")) for run in runs]

    def average(of: str) -> float:
        return mean(number(run.summary.get(of)) for run in runs)

    return {
        **configuration.settings,
        "label": configuration.label,
        "val_loss": mean(losses(configuration)),
        "val_loss_sd": sample_sd(losses(configuration)),
        "seeds": len(runs),
        "parameters": average("parameters"),
        "test_loss": mean(number(run.metrics("test").get("test/loss")) for run in runs),
        "test_accuracy": mean(accuracies),
        "test_accuracy_sd": sample_sd(accuracies),
        "epochs": average("epochs"),
        "seconds": average("seconds"),
        "runs": [run.folder for run in sorted(runs, key=lambda run: (run.loss, run.folder.as_posix()))],
    }


def _notes(ranked: Sequence[Configuration], complete: Sequence[Run], missing: Missing) -> list[str]:
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
    if missing.failed:
        notes.append("A configuration that lost seeds to failures is ranked by those that survived.")
    return notes
