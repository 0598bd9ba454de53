"""Learning curves: validation loss against epochs, averaged over seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rnnlab.analysis.statistics import Mean, mean_of
from rnnlab.records.reading import OBJECTIVE, Run


def learning_curve(runs: Sequence[Run], measure: str = OBJECTIVE) -> dict[float, Mean]:
    """Average the validation losses of a configuration's runs, as far as every seed was trained.

    Returns:
        The mean over seeds and its interval by the passes over the training part, from 1 at the end of the first;
        nothing where no run has a metrics.csv.
    """
    seeds = [validations(run, measure) for run in runs]
    return mean_curve([seed for seed in seeds if seed])


def mean_curve(seeds: Sequence[Mapping[float, float]]) -> dict[float, Mean]:
    """Average several seeds' values by place, at the places that every seed has."""
    shared = sorted(set.intersection(*(set(seed) for seed in seeds))) if seeds else []
    return {place: mean_of([{number: seed[place] for number, seed in enumerate(seeds)}]) for place in shared}


def validations(run: Run, measure: str = OBJECTIVE) -> dict[float, float]:
    """Return the validation loss by epochs trained; in metrics.csv the first epoch has number 0.

    Several validations in an epoch are spread evenly over it. Rows without a finite loss are left out.
    """
    rows = [(int(row["epoch"]), row[measure]) for row in run.curves("epoch", measure)]
    per_epoch = max(Counter(epoch for epoch, _ in rows).values(), default=1)
    seen: Counter[int] = Counter()
    losses = {}
    for epoch, loss in rows:
        seen[epoch] += 1
        losses[round(epoch + seen[epoch] / per_epoch, 6)] = loss
    return losses
