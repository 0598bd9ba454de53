"""The meaning of the unit of a loss, for people who do not think in nats."""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.records.metrics import Metric

NATS = "nats per "
PERPLEXITY = "perplexity"


def unit_in_words(loss: Metric, metrics: Iterable[Metric]) -> str:
    """Say what a small difference of a loss in nats is; '' of another unit.

    A loss in nats is the mean of -ln p, p being the probability of what was right: lower by d, and p grows by the
    factor exp(d), in the geometric mean; the perplexity exp(loss) falls by the same.
    """
    if not loss.unit.startswith(NATS):
        return ""
    item = loss.unit.removeprefix(NATS)
    if any(metric.key == PERPLEXITY for metric in metrics):
        return f"0.01 {loss.unit} less is about 1% lower perplexity for each {item}."
    return f"0.01 {loss.unit} less: what is right is about 1% more probable; to guess between two costs 0.693."
