"""Gradient flow: the gradient of a loss with respect to each earlier state, and of the recurrent weights."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.number_format import three_digits
from rnnlab.charts.values import Axis, Chart, Lines, lines_at
from rnnlab.data.collation import Batch
from rnnlab.errors import UserError
from rnnlab.probes.probe import AFTER, BEFORE, STAGE_IN_TABLES, Probe, Subject
from rnnlab.probes.trace import Network, part_names, undisturbed, unroll

REACH = 0.01  # the share of a gradient down to which it is said to reach a state
DISTANCES = (5, 10, 20, 50, 100)  # of the table
FIGURES = {BEFORE: "gradient-flow-before", AFTER: "gradient-flow"}  # the name of each stage's figure


@dataclass(frozen=True)
class GradientFlow:
    """Norms of gradients against the distance to the step at which the loss arises.

    Attributes:
        norms: For each part of the state (`h`, and `c` of an LSTM) `(D + 1,)`: the Euclidean norm of the gradient of
            a row's loss with respect to the state, over all layers, averaged over the rows that are so long. Entry
            d belongs to the state d steps before the loss: 0 is the last one, T the initial one.
        state: `(D + 1,)`, the norm over all parts of the state together.
        rows: `(D + 1,)`, the number of rows that each mean is over.
    """

    norms: dict[str, Tensor]
    state: Tensor
    rows: Tensor

    @property
    def first_to_last(self) -> float:
        """The norm at the farthest distance as a share of the nearest: below 1 it vanishes, above it explodes."""
        h = self.norms["h"]
        return float(h[-1] / h[nearest(h)])

    @property
    def left(self) -> Tensor:
        """`(D + 1,)`, the norm of all parts together as a share of the norm at the nearest state."""
        return self.state / self.state[nearest(self.state)]


def gradient_flow(task: nn.Module, batch: Batch) -> GradientFlow:
    """Measure the gradient flow on a batch, each row read from the initial state on.

    The loss of a row is that at its own last step alone: the cross-entropy of the last target of a language model or of
    the label of a classifier, whose head is given the last output, or the squared error of a number. The gradients of
    such a loss are what vanishes and explodes in Pascanu, Mikolov and Bengio (2013), section 2.

    Args:
        task: With an embedding, a causal encoder and a head, trained or not.
        batch: On the device of the task.

    Raises:
        UserError: The task has no states that follow one another in time, or its loss lies behind a decoder.
    """
    if hasattr(task, "decoder"):
        raise UserError("the loss of a forecaster lies behind its decoder, and gradients are followed in encoders only")
    network = Network.of(task)
    with undisturbed(task):
        inputs, targets = _as_read(task, batch.inputs), batch.targets.clone()
        ends = batch.lengths.to(inputs.device).clone()
        with torch.no_grad():
            x = network.embedding(inputs)  # (B, T, D)
        steps, outputs = unroll(network.encoder, x)
        rows = torch.arange(len(inputs), device=inputs.device)
        logits = network.head(torch.stack(outputs)[ends - 1, rows])  # (B, classes), or (B, 1) of a number
        last = targets if targets.dim() == 1 else targets[rows, ends - 1]
        loss = _loss(logits, last).sum()  # rows share nothing, so each has its own gradients
        flat = [part for state in steps for part in state]
        gradients = torch.autograd.grad(loss, flat, allow_unused=True, materialize_grads=True)
    return _by_distance(gradients, len(steps[0]), ends)


def nearest(norms: Tensor) -> int:
    """Return the distance of the nearest state that the loss depends on: 0, or 1 if outputs do not depend on it."""
    return int((norms > 0).int().argmax())


def state_weights_gradient(task: nn.Module, batch: Batch, lengths: Sequence[int]) -> dict[int, float]:
    """Measure the norm of the gradient of the weights that multiply the state, against the steps that are read.

    The loss is that of `gradient_flow` at the last of the T steps, a mean over the rows that are at least so long, each
    read from the initial state on.

    Args:
        task: With an embedding, a causal encoder and a head, trained or not.
        batch: On the device of the task.
        lengths: Each T, in steps.

    Returns:
        The Euclidean norm over all such weights of all layers by T, for as many T as there are rows; nothing where
        the cell has no such weights or does not tell.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    encoder = network.encoder
    weights = [block.weight for layer in range(encoder.num_layers) for block in encoder.state_weights(layer)]
    norms: dict[int, float] = {}
    with undisturbed(task):
        for length in lengths if weights else ():
            rows = (batch.lengths >= length).nonzero()[:, 0]
            if not len(rows):
                continue
            rows = rows.to(batch.inputs.device)
            with torch.no_grad():
                x = network.embedding(_as_read(task, batch.inputs[rows, :length]))
            y, _ = encoder(x)
            targets = batch.targets[rows].clone()
            last = targets if targets.dim() == 1 else targets[:, length - 1]
            gradients = torch.autograd.grad(_loss(network.head(y[:, -1]), last).mean(), weights)
            squares = torch.stack([gradient.double().square().sum() for gradient in gradients])
            norms[length] = float(squares.sum().sqrt())
    return norms


def _as_read(task: nn.Module, inputs: Tensor) -> Tensor:
    """Copy inputs, since what an evaluation made has no gradients; vectors come in the precision of the weights."""
    return inputs.clone().to(next(task.parameters()).dtype) if inputs.is_floating_point() else inputs.clone()


def _loss(output: Tensor, target: Tensor) -> Tensor:
    """Return the loss of each row `(B,)`: the cross-entropy of a class, the squared error of a number."""
    if target.is_floating_point():
        return nn.functional.mse_loss(output[:, 0], target.to(output.dtype), reduction="none")
    return nn.functional.cross_entropy(output, target, reduction="none")


def _by_distance(gradients: tuple[Tensor, ...], parts: int, ends: Tensor) -> GradientFlow:
    """Turn gradients, step by step and part by part, into means over rows of equal distance to their end."""
    count = len(gradients) // parts  # T + 1 states
    distance = ends[None, :] - torch.arange(count, device=ends.device)[:, None]  # (T + 1, B), negative behind an end
    real = distance >= 0
    rows = torch.zeros(count, dtype=torch.long, device=ends.device)
    rows.index_add_(0, distance[real], torch.ones_like(distance[real]))
    farthest = int(ends.max())

    def mean(squares: Tensor) -> Tensor:  # of the roots of (T + 1, B)
        sums = torch.zeros(count, dtype=squares.dtype, device=ends.device)
        sums.index_add_(0, distance[real], squares.sqrt()[real])
        return (sums / rows)[: farthest + 1].cpu()

    squares = [torch.stack([g.double().square().sum(dim=(0, 2)) for g in gradients[n::parts]]) for n in range(parts)]
    norms = {name: mean(of_part) for name, of_part in zip(part_names(parts), squares, strict=True)}
    return GradientFlow(norms, mean(torch.stack(squares).sum(dim=0)), rows[: farthest + 1].cpu())


Flows = Mapping[tuple[str, str], GradientFlow]  # by label and stage


class FlowThroughTime(Probe):
    """The gradient with respect to each earlier state, and of the recurrent weights against the length."""

    compares = True

    def __init__(self, rows: int, steps: int, lengths: Sequence[int]) -> None:
        """Set up the probe.

        Args:
            rows: Sequences that are averaged over.
            steps: Symbols of each at most.
            lengths: The lengths, in steps, at which the gradient of the recurrent weights is taken.
        """
        self.rows = rows
        self.steps = steps
        self.lengths = sorted(set(lengths))

    def measure(self, subjects: Sequence[Subject]) -> Document:
        flows, weights = {}, {}
        for subject in subjects:
            batch = subject.inputs.batch(subject.task, self.rows, max(self.steps, *self.lengths))
            near = batch._replace(inputs=batch.inputs[:, : self.steps], lengths=batch.lengths.clamp(max=self.steps))
            for stage, task in subject.stages.items():
                exact = copy.deepcopy(task).double()  # 0.5 to the power of 200 is nothing in single precision
                flows[subject.label, stage] = gradient_flow(exact, near)
                weights[subject.label, stage] = state_weights_gradient(exact, batch, self.lengths)
        if not min(len(flow.state) for flow in flows.values()) > 1:
            raise UserError("there is no step back to look at: what is read is a single symbol")
        if len(subjects) == 1:
            charts = [flow_chart(subjects[0].name, {stage: flow for (_, stage), flow in flows.items()})]
        else:
            charts = _charts_of_stages(flows)
        return Document([_answer(flows), _table(flows), *charts, *_recurrent_weights(weights)])


def reach(flow: GradientFlow) -> int | None:
    """Return the first distance at which less than 1% is left of the gradient at the nearest state, or None."""
    left = flow.left.tolist()
    return next((d for d in range(nearest(flow.state), len(left)) if left[d] < REACH), None)


def flow_chart(network: str, flows: Mapping[str, GradientFlow]) -> Lines:
    """Draw each part of the state of one network.

    Args:
        network: The name of the network.
        flows: Its gradient flow by stage, such as `at initialisation`.
    """
    norms = {f"{part} {stage}": values.tolist() for stage, flow in flows.items() for part, values in flow.norms.items()}
    rows = int(next(iter(flows.values())).rows[0])
    caption = f"{CAPTION} {network}: means over {rows} sequences."
    return _chart("gradient-flow", f"Gradient flow: {network}", caption, norms)


CAPTION = (
    "The Euclidean norm of the gradient of the loss at the last step with respect to the state so many steps before it,"
)


def _charts_of_stages(flows: Flows) -> list[Lines]:
    """Draw the whole state of every network, in a figure for each stage."""
    charts = []
    for stage, name in FIGURES.items():
        norms = {label: flow.state.tolist() for (label, when), flow in flows.items() if when == stage}
        if norms:
            caption = f"{CAPTION} all of its parts together, {stage}."
            charts.append(_chart(name, f"Gradient flow {stage}", caption, norms))
    return charts


def _chart(name: str, title: str, caption: str, norms: Mapping[str, Sequence[float]]) -> Lines:
    """Draw norms against the distance on a logarithmic axis, which has no place for a 0."""
    common = min(map(len, norms.values()))
    positive = {
        label: [value if value > 0 else math.nan for value in values[:common]] for label, values in norms.items()
    }
    x, y = Axis("steps before the loss"), Axis("norm of the gradient", log=True)
    return Lines(name, title, caption, x, y, lines_at(range(common), positive))


def _answer(flows: Flows) -> str:
    stages = []
    for stage in dict.fromkeys(stage for _, stage in flows):
        reached = [f"{label} {_reached(flow)}" for (label, when), flow in flows.items() if when == stage]
        stages.append(f"{stage} {', '.join(reached)}")
    return f"After how many steps back less than 1% is left of a loss's gradient: {'; '.join(stages)}."


def _reached(flow: GradientFlow) -> str:
    steps = reach(flow)
    return f"{steps}" if steps is not None else f"more than {len(flow.state) - 1}"


def _table(flows: Flows) -> Table:
    longest = max(len(flow.state) for flow in flows.values())
    distances = [distance for distance in DISTANCES if distance < longest]
    rows = []
    for (label, stage), flow in flows.items():
        left = [three_digits(float(flow.left[d])) if d < len(flow.state) else "" for d in distances]
        norm = three_digits(float(flow.state[nearest(flow.state)]))
        rows.append([label, STAGE_IN_TABLES[stage], norm, *left, _reached(flow)])
    after = (f"left after {distance}" for distance in distances)
    return Table(["network", "when", "‖∂L/∂s‖ nearest", *after, "below 1% after"], rows)


def _recurrent_weights(weights: Mapping[tuple[str, str], Mapping[int, float]]) -> list[str | Table | Chart]:
    """Show the gradient of the weights that multiply the state against the length."""
    silent = list(dict.fromkeys(label for (label, _), norms in weights.items() if not norms))
    blocks: list[str | Table | Chart] = []
    if silent:
        blocks.append(f"No weights that multiply a state are known of {', '.join(silent)}.")
    known = {" ".join(key): norms for key, norms in weights.items() if norms}
    if not known:
        return blocks
    lengths = sorted(set.intersection(*(set(norms) for norms in known.values())))
    rows = [[label, *(three_digits(norms[length]) for length in lengths)] for label, norms in known.items()]
    blocks.append(Table(["‖∂L/∂W_hh‖ at length", *map(str, lengths)], rows))
    if len(lengths) > 1:
        several = len({label for label, _ in weights}) > 1
        for stage in FIGURES if several else [""]:
            lines = {label: [norms[n] for n in lengths] for label, norms in known.items() if label.endswith(stage)}
            if lines:
                blocks.append(_chart_of_lengths(stage, lengths, lines))
    return blocks


def _chart_of_lengths(stage: str, lengths: Sequence[int], norms: Mapping[str, Sequence[float]]) -> Lines:
    return Lines(
        name="recurrent-gradient-before" if stage == BEFORE else "recurrent-gradient",
        title=f"Gradient of the recurrent weights against the length {stage}".strip(),
        caption="The norm of the gradient of the recurrent weights, of the loss at the last of so many steps alone.",
        x=Axis("steps that are read", log=True),
        y=Axis("norm of the gradient", log=True),
        lines=lines_at(lengths, norms),
    )
