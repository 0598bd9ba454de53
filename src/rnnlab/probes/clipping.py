"""Gradients before and after clipping."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from rnnlab.data.collation import Batch
from rnnlab.probes.probe import BRIEFLY, Probe, Subject, number
from rnnlab.probes.trace import undisturbed
from rnnlab.reference.lesson import Curves, Lesson, Table
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.clipping import clip_gradients, gradient_norm


def clipped_norms(task: SequenceTask, batch: Batch, largest: Sequence[float]) -> tuple[float, dict[float, float]]:
    """The norm of the gradient of a batch's loss over all weights, and what clipping to each of `largest` makes of it.

    The task is left as it was.
    """
    own = copy.deepcopy(task)
    weights = [weight for weight in own.parameters() if weight.requires_grad]
    with undisturbed(own):
        fresh = Batch(batch.inputs.clone(), batch.lengths.clone(), batch.targets.clone())
        found = torch.autograd.grad(own.loss(own.predict(fresh), fresh), weights, allow_unused=True)

    def give(gradients: Sequence[Tensor | None]) -> None:
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = None if gradient is None else gradient.clone()

    after = {}
    for limit in largest:
        give(found)
        before = float(clip_gradients(weights, limit))
        after[limit] = float(gradient_norm(weights))
    return before, after


class Clipping(Probe):
    """The norm of each batch's gradient, and what clipping makes of it."""

    def __init__(self, rows: int, steps: int, batches: int, largest: Sequence[float]) -> None:
        """Look at nothing yet.

        Args:
            rows: Sequences of a batch.
            steps: Symbols of each at most.
            batches: How many.
            largest: The norms to which gradients are clipped.
        """
        self.rows = rows
        self.steps = steps
        self.batches = batches
        self.largest = sorted(set(largest), reverse=True)

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        whole = subject.material.batch(subject.task, self.rows * self.batches, self.steps)
        count = min(self.batches, len(whole.inputs))
        places = [torch.arange(number, len(whole.inputs), count) for number in range(count)]  # each from all over
        rows: list[list[str]] = []
        lines: dict[str, list[float]] = {}
        for stage, task in subject.stages.items():
            measured = [clipped_norms(task, _rows(whole, its), self.largest) for its in places]
            before = lines[f"before, {stage}"] = [norm for norm, _ in measured]
            for limit in self.largest:
                after = lines[f"clipped to {limit:g}, {stage}"] = [norms[limit] for _, norms in measured]
                share = f"{sum(norm > limit for norm in before) / count:.0%}"
                mean = sum(before) / count
                rows.append(
                    [BRIEFLY[stage], f"{limit:g}", *map(number, (mean, max(before))), share, number(max(after))]
                )
        told = (
            f"{stage} {number(min(its := lines[f'before, {stage}']))} to {number(max(its))}" for stage in subject.stages
        )
        heads = ["when", "clipped to", "mean before", "largest before", "clipped", "largest after"]
        caption = f"The norm of the gradient over all weights of {subject.name}, batch by batch of {len(places[0])}."
        title = f"Clipping: {subject.name}"
        blocks = (
            f"The norm of the gradient of {subject.name}, from the lowest to the highest of {count} batches:"
            f" {'; '.join(told)}. Clipping leaves what is below its limit as it is, and shortens what is above it to"
            " the limit without turning it.",
            Table(heads, rows),
            Curves("clipping", title, caption, "batch", "norm of the gradient", range(1, count + 1), lines, log="y"),
        )
        return Lesson(blocks)


def _rows(batch: Batch, rows: Tensor) -> Batch:
    lengths = batch.lengths[rows]
    longest = int(lengths.max())
    targets = batch.targets[rows]
    return Batch(batch.inputs[rows, :longest], lengths, targets if targets.dim() == 1 else targets[:, :longest])
