"""The probe `gradient_flow`: how far back a loss reaches, at initialisation and after training."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

from rnnlab.errors import UserError
from rnnlab.probes.gradient_flow import GradientFlow, gradient_flow, nearest, state_weights_gradient
from rnnlab.probes.probe import AFTER, BEFORE, BRIEFLY, Probe, Subject, number
from rnnlab.reference.lesson import Curves, Lesson, Table

FELT = 0.01  # the share of a gradient down to which a state is said to be reached
AT = (5, 10, 20, 50, 100)  # distances of the table
STAGES = {BEFORE: "gradient-flow-before", AFTER: "gradient-flow"}

Flows = Mapping[tuple[str, str], GradientFlow]  # by label and stage


class FlowThroughTime(Probe):
    """The gradient with respect to each earlier state, and that of the recurrent weights against the length."""

    compares = True

    def __init__(self, rows: int, steps: int, lengths: Sequence[int]) -> None:
        """Look at nothing yet.

        Args:
            rows: Sequences that are averaged over.
            steps: Symbols of each at most.
            lengths: At which the gradient of the recurrent weights is taken, in steps.
        """
        self.rows = rows
        self.steps = steps
        self.lengths = sorted(set(lengths))

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        flows, weights = {}, {}
        for subject in subjects:
            batch = subject.material.batch(subject.task, self.rows, max(self.steps, *self.lengths))
            near = batch._replace(inputs=batch.inputs[:, : self.steps], lengths=batch.lengths.clamp(max=self.steps))
            for stage, task in subject.stages.items():
                exact = copy.deepcopy(task).double()  # 0.5 to the power of 200 is nothing in single precision
                flows[subject.label, stage] = gradient_flow(exact, near)
                weights[subject.label, stage] = state_weights_gradient(exact, batch, self.lengths)
        if not min(len(flow.state) for flow in flows.values()) > 1:
            raise UserError("there is no step back to look at: what is read is a single symbol")
        figures = _figures(subjects[0], flows) if len(subjects) == 1 else _beside(flows)
        return Lesson([_answer(flows), _table(flows), *figures, *_of_weights(weights)])


def reach(flow: GradientFlow) -> int | None:
    """The first distance at which less than 1% is left of the gradient at the nearest state; None where more is."""
    left = flow.left.tolist()
    return next((d for d in range(nearest(flow.state), len(left)) if left[d] < FELT), None)


def _answer(flows: Flows) -> str:
    told = []
    for stage in dict.fromkeys(stage for _, stage in flows):
        its = {label: flow for (label, when), flow in flows.items() if when == stage}
        told.append(f"{stage} {', '.join(f'{label} {_reached(flow)}' for label, flow in its.items())}")
    return f"After how many steps back less than 1% is left of a loss's gradient: {'; '.join(told)}."


def _reached(flow: GradientFlow) -> str:
    steps = reach(flow)
    return f"{steps}" if steps is not None else f"more than {len(flow.state) - 1}"


def _table(flows: Flows) -> Table:
    longest = max(len(flow.state) for flow in flows.values())
    at = [distance for distance in AT if distance < longest]
    rows = []
    for (label, stage), flow in flows.items():
        left = [number(float(flow.left[d])) if d < len(flow.state) else "" for d in at]
        norm = number(float(flow.state[nearest(flow.state)]))
        rows.append([label, BRIEFLY[stage], norm, *left, _reached(flow)])
    heads = ["network", "when", "‖∂L/∂s‖ nearest", *(f"left after {distance}" for distance in at), "below 1% after"]
    return Table(heads, rows)


CAPTION = (
    "The Euclidean norm of the gradient of the loss at the last step with respect to the state so many steps before it,"
)


def _figures(subject: Subject, flows: Flows) -> list[Curves]:
    """Each part of the state of one network, and at initialisation."""
    lines = {
        f"{part} {stage}": norms.tolist() for (_, stage), flow in flows.items() for part, norms in flow.norms.items()
    }
    caption = f"{CAPTION} {subject.name}: means over {int(next(iter(flows.values())).rows[0])} sequences."
    return [_curves("gradient-flow", f"Gradient flow: {subject.name}", caption, lines)]


def _beside(flows: Flows) -> list[Curves]:
    """Every network's whole state, in a figure for each stage."""
    figures = []
    for stage, name in STAGES.items():
        lines = {label: flow.state.tolist() for (label, when), flow in flows.items() if when == stage}
        if lines:
            caption = f"{CAPTION} all of its parts together, {stage}."
            figures.append(_curves(name, f"Gradient flow {stage}", caption, lines))
    return figures


def _curves(name: str, title: str, caption: str, lines: Mapping[str, Sequence[float]]) -> Curves:
    common = min(map(len, lines.values()))
    shown = {label: [value if value > 0 else math.nan for value in line[:common]] for label, line in lines.items()}
    return Curves(name, title, caption, "steps before the loss", "norm of the gradient", range(common), shown, log="y")


def _of_weights(weights: Mapping[tuple[str, str], Mapping[int, float]]) -> list[str | Table | Curves]:
    """The gradient of the weights that multiply the state, against the length."""
    silent = list(dict.fromkeys(label for (label, _), norms in weights.items() if not norms))
    blocks: list[str | Table | Curves] = []
    if silent:
        blocks.append(f"No weights that multiply a state are known of {', '.join(silent)}.")
    told = {" ".join(key): norms for key, norms in weights.items() if norms}
    if not told:
        return blocks
    at = sorted(set.intersection(*(set(norms) for norms in told.values())))
    heads = ["‖∂L/∂W_hh‖ at length", *map(str, at)]
    blocks.append(Table(heads, [[label, *(number(norms[length]) for length in at)] for label, norms in told.items()]))
    if len(at) > 1:
        several = len({label for label, _ in weights}) > 1
        for stage in STAGES if several else [""]:
            lines = {label: [norms[length] for length in at] for label, norms in told.items() if label.endswith(stage)}
            if lines:
                blocks.append(_of_lengths(stage, at, lines))
    return blocks


def _of_lengths(stage: str, at: Sequence[int], lines: Mapping[str, Sequence[float]]) -> Curves:
    name = "recurrent-gradient-before" if stage == BEFORE else "recurrent-gradient"
    title = f"Gradient of the recurrent weights against the length {stage}".strip()
    caption = "The norm of the gradient of the recurrent weights, of the loss at the last of so many steps alone."
    return Curves(name, title, caption, "steps that are read", "norm of the gradient", at, lines, log="xy")
