"""Gradients before and after clipping."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from rnnlab.charts.document import Document, Table
from rnnlab.charts.number_format import three_digits
from rnnlab.charts.values import Axis, Lines, lines_at
from rnnlab.data.collation import Batch
from rnnlab.probes.probe import STAGE_IN_TABLES, Probe, Subject
from rnnlab.probes.trace import undisturbed
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.clipping import clip_gradients, gradient_norm


def clipped_norms(task: SequenceTask, batch: Batch, limits: Sequence[float]) -> tuple[float, dict[float, float]]:
    """Measure the gradient of a batch's loss over all weights before and after clipping; the task stays as it was.

    Args:
        task: The network.
        batch: On the device of the task.
        limits: The norms to clip to.

    Returns:
        The Euclidean norm of the gradient, and its norm after clipping to each limit.
    """
    clone = copy.deepcopy(task)
    weights = [weight for weight in clone.parameters() if weight.requires_grad]
    with undisturbed(clone):
        fresh = Batch(batch.inputs.clone(), batch.lengths.clone(), batch.targets.clone())
        gradients = torch.autograd.grad(clone.loss(clone.outputs(fresh), fresh), weights, allow_unused=True)
    before, after = 0.0, {}
    for limit in limits:
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = None if gradient is None else gradient.clone()
        before = float(clip_gradients(weights, limit))
        after[limit] = float(gradient_norm(weights))
    return before, after


class Clipping(Probe):
    """The norm of each batch's gradient before and after clipping."""

    def __init__(self, rows: int, steps: int, batches: int, largest: Sequence[float]) -> None:
        """Set up the probe.

        Args:
            rows: Sequences of a batch.
            steps: Symbols of each at most.
            batches: The number of batches.
            largest: The norms to which gradients are clipped.
        """
        self.rows = rows
        self.steps = steps
        self.batches = batches
        self.largest = sorted(set(largest), reverse=True)

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        whole = subject.inputs.batch(subject.task, self.rows * self.batches, self.steps)
        count = min(self.batches, len(whole.inputs))
        places = [torch.arange(first, len(whole.inputs), count) for first in range(count)]  # rows from all over
        batches = [_rows(whole, rows) for rows in places]
        rows: list[list[str]] = []
        lines: dict[str, list[float]] = {}
        for stage, task in subject.stages.items():
            measured = [clipped_norms(task, batch, self.largest) for batch in batches]
            before = lines[f"before, {stage}"] = [norm for norm, _ in measured]
            for limit in self.largest:
                after = lines[f"clipped to {limit:g}, {stage}"] = [norms[limit] for _, norms in measured]
                rows.append([STAGE_IN_TABLES[stage], f"{limit:g}", *_cells(before, after, limit)])
        ranges = (f"{stage} {_range(lines[f'before, {stage}'])}" for stage in subject.stages)
        return Document(
            [
                f"The norm of the gradient of {subject.name}, from the lowest to the highest of {count} batches:"
                f" {'; '.join(ranges)}. Clipping leaves what is below its limit as it is, and shortens what is above"
                " it to the limit without turning it.",
                Table(["when", "clipped to", "mean before", "largest before", "clipped", "largest after"], rows),
                Lines(
                    name="clipping",
                    title=f"Clipping: {subject.name}",
                    caption=f"The norm of the gradient over all weights of {subject.name}, batch by batch of"
                    f" {len(places[0])}.",
                    x=Axis("batch"),
                    y=Axis("norm of the gradient", log=True),
                    lines=lines_at(range(1, count + 1), lines),
                ),
            ]
        )


def _cells(before: Sequence[float], after: Sequence[float], limit: float) -> list[str]:
    """Return the mean and largest norm before clipping, the share of clipped batches, and the largest norm after."""
    share = f"{sum(norm > limit for norm in before) / len(before):.0%}"
    mean = sum(before) / len(before)
    return [three_digits(mean), three_digits(max(before)), share, three_digits(max(after))]


def _range(norms: Sequence[float]) -> str:
    return f"{three_digits(min(norms))} to {three_digits(max(norms))}"


def _rows(batch: Batch, rows: Tensor) -> Batch:
    """Return some rows of a batch, cut to the longest of them."""
    lengths = batch.lengths[rows]
    longest = int(lengths.max())
    targets = batch.targets[rows]
    return Batch(batch.inputs[rows, :longest], lengths, targets if targets.dim() == 1 else targets[:, :longest])
