"""The largest difference of written programs from the task that they were made of, at lengths that were not traced."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rnnlab.export.programs import Program, Run, state_of
from rnnlab.tasks.classifier import PooledTask


def stepwise_difference(run: Run, programs: Mapping[str, Program], inputs: Tensor, truth: Tensor) -> float:
    """Return how far off the programs are of a network that answers at every step.

    Args:
        run: Runs a program.
        programs: `step`, `sequence` or both.
        inputs: `(B, T, …)`, of which all are real.
        truth: The outputs of the task, `(B, T, K)`.
    """
    differences = []
    if "step" in programs:
        state, outputs = state_of(programs["step"], len(inputs)), []
        for x in inputs.unbind(dim=1):
            output, *state = run("step", [x.contiguous()], state)
            outputs.append(output)
        differences.append(off(torch.stack(outputs, dim=1), truth))
    if "sequence" in programs:
        lengths = [torch.full((len(inputs),), inputs.shape[1])] if "lengths" in programs["sequence"].inputs else []
        output, *_ = run("sequence", [inputs, *lengths], state_of(programs["sequence"], len(inputs)))
        differences.append(off(output, truth))
    return max(differences)


def pooled_difference(run: Run, programs: Mapping[str, Program], inputs: Tensor, task: PooledTask) -> float:
    """Return how far off programs are that answer once a sequence `(B, K)`, at several lengths of rows `(B, T, …)`."""
    rows, steps = inputs.shape[:2]
    lengths = torch.arange(steps - rows + 1, steps + 1)
    truth, differences = task(inputs, lengths), []
    if "step" in programs:
        state, answers = state_of(programs["step"], rows), truth.clone()
        for place in range(steps):
            output, *state = run("step", [inputs[:, place].contiguous()], state)
            answers = torch.where((lengths == place + 1)[:, None], output, answers)
        differences.append(off(answers, truth))
    if "sequence" in programs:
        output, *_ = run("sequence", [inputs, lengths], ())
        differences.append(off(output, truth))
    return max(differences)


def off(outputs: Tensor, truth: Tensor) -> float:
    """Return the largest difference, in shares of the largest number where that is above 1."""
    return float((outputs - truth).abs().max() / truth.abs().max().clamp(min=1))
