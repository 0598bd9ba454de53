"""The metric that a search optimises, and its direction."""

from __future__ import annotations

from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.search.search import Direction

LOSS = "val/loss"  # the first metric that every task declares
DIRECTIONS: dict[str, Direction] = {"lower": "minimize", "higher": "maximize"}


def direction_of(metric: str, given: str | None, run: PlannedRun) -> Direction:
    """Return the direction in which a metric is better, as the task of a run declares it.

    Args:
        metric: Such as `val/accuracy`.
        given: The direction that the user asks for; None for the declared one.
        run: A run of the searched task.

    Raises:
        UserError: The task has no such metric, or declares the other direction.
    """
    direction = "minimize" if metric == LOSS else DIRECTIONS[_declared(metric, run).direction]
    if given not in (None, direction):
        better = "a higher" if direction == "maximize" else "a lower"
        raise UserError(
            f"hydra.sweeper.direction={given}: {better} {metric} is better; leave it out, or give {direction}"
        )
    return direction


def _declared(metric: str, run: PlannedRun) -> Metric:
    from rnnlab.training.checkpoints import new_task  # imports torch

    assert run.prepared is not None
    declared = {known.validation: known for known in new_task(run.config, run.prepared).declared}
    if metric not in declared:
        raise UserError(f"hydra.sweeper.metric={metric}: there is no such metric; choose {', '.join(declared)}")
    return declared[metric]
