"""The settings that a tuning chose, without its trials: what the table of a report ranks.

The trials of a tuning have a seed each that had a part in the choice, so that they are neither rivals of what was
chosen nor an estimate of it. They stay in results.csv and, a row a setting, in summary.csv.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import Configuration
from rnnlab.analysis.criterion import Criterion
from rnnlab.analysis.inference.judgement import Interval


@dataclass(frozen=True)
class ChosenSetting:
    """A level at its own best.

    Attributes:
        configuration: It, with those of its runs that its result is the mean of.
        value: The result, as the answer has it.
    """

    configuration: Configuration
    value: Interval


def chosen_settings(answer: Answer, ranked: Sequence[Configuration]) -> list[ChosenSetting]:
    """Return the levels of an answer, each at its own best; nothing where no setting was tried by a tuning.

    Args:
        answer: The answer.
        ranked: All configurations.
    """
    if not any(run.draw for entry in ranked for run in entry.runs):
        return []
    owners = {run.folder: entry for entry in ranked for run in entry.runs}
    chosen = []
    for group in answer.groups:
        for level in group.levels:
            runs = answer.measured_runs(group, level)
            owner = next((owners[run.folder] for run in runs if run.folder in owners), None)
            if owner is not None:
                runs = tuple(run for run in runs if run.folder in owners)
                chosen.append(ChosenSetting(replace(owner, runs=runs), level.value))
    return chosen


def without_tuned(configurations: Sequence[Configuration], tune: Collection[str]) -> list[Configuration]:
    """Return configurations without the settings that each is tuned by, of which it has the best for itself."""
    return [
        replace(entry, settings={name: value for name, value in entry.settings.items() if name not in tune})
        for entry in configurations
    ]


def with_values(table: pd.DataFrame, chosen: Sequence[ChosenSetting], by: Criterion) -> pd.DataFrame:
    """Return a ranking of chosen settings with the values and intervals of the answer for what they are ranked by."""
    values = {one.configuration.label: one.value for one in chosen}
    listed = [values[label] for label in table["label"]]
    return table.assign(
        **{
            by.column: [one.value for one in listed],
            f"{by.column}_half": [(one.high - one.low) / 2 for one in listed],
        }
    )
