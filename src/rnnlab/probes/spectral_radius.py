"""Spectral radii: how much a step makes of what the state held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch
from rnnlab.probes.probe import BRIEFLY, Probe, Subject, number
from rnnlab.probes.trace import Network, parts_of, trace, undisturbed
from rnnlab.reference.lesson import Curves, Lesson, Table

STEP = "∂s_t/∂s_(t-1)"
PLACES = 8  # states at which a Jacobian is taken


@dataclass(frozen=True)
class Radius:
    """The largest size that an eigenvalue of a recurrent matrix has.

    Attributes:
        layer: Counted from 1.
        of: What the matrix belongs to, such as `forget`.
        value: The spectral radius.
    """

    layer: int
    of: str
    value: float


def spectral_radius(matrix: Tensor) -> float:
    """The largest absolute eigenvalue of a matrix `(H, H)`."""
    return float(torch.linalg.eigvals(matrix.detach().double()).abs().max())


def norms_of_powers(matrix: Tensor, steps: int) -> list[float]:
    """‖W^t v‖ / ‖v‖ for t = 0 … steps, as a root mean square over all directions of v.

    It is ‖W^t‖_F / √H, and of a normal matrix with eigenvalues of one size r exactly r^t. Of any other it follows r^t
    as t grows (Gelfand's formula).
    """
    power = torch.eye(len(matrix), dtype=torch.double)
    norms = []
    for _ in range(steps + 1):
        norms.append(float(power.norm() / len(matrix) ** 0.5))
        power = matrix.detach().double() @ power
    return norms


def weight_radii(task: nn.Module) -> list[Radius]:
    """That of every matrix that multiplies a state, layer by layer; empty where the cell has none or does not tell.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    return [Radius(layer, name, spectral_radius(matrix)) for layer, name, matrix in _matrices(task)]


def jacobian_spectra(task: nn.Module, batch: Batch) -> list[Tensor]:
    """The sizes of the eigenvalues of each layer's ∂s_t/∂s_(t-1), s_t its whole state: h, and c of an LSTM.

    Means over a few states that the task comes through while it reads, from all over the batch.

    Returns:
        Layer by layer `(S,)`, S the units of the whole state, largest first: the first one is the spectral radius.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    traced = trace(task, batch.inputs)
    steps = torch.arange(len(traced.inputs))[:, None]
    inside = (steps < batch.lengths.cpu()).nonzero()  # the steps (t, row) that are real
    t, rows = inside[torch.linspace(0, len(inside) - 1, min(PLACES, len(inside))).long()].unbind(dim=1)
    with undisturbed(task):
        x = traced.inputs[t, rows][:, None].clone()  # (N, 1, D)
        state = [part[t, :, rows].transpose(0, 1).contiguous().requires_grad_() for part in traced.states.values()]
        _, after = network.encoder(x, state[0] if len(state) == 1 else tuple(state))
        spectra = []
        for layer in range(network.encoder.num_layers):
            ends = torch.cat([part[layer] for part in parts_of(after)], dim=-1)  # (N, S)
            rows_of_jacobian = []
            for unit in range(ends.shape[1]):  # states of different rows share nothing, so a sum keeps them apart
                found = torch.autograd.grad(
                    ends[:, unit].sum(), state, retain_graph=True, allow_unused=True, materialize_grads=True
                )
                rows_of_jacobian.append(torch.cat([part[layer] for part in found], dim=-1))  # (N, S)
            jacobian = torch.stack(rows_of_jacobian, dim=1)  # (N, S, S)
            sizes = torch.linalg.eigvals(jacobian.double()).abs()
            spectra.append(sizes.sort(dim=-1, descending=True).values.mean(dim=0))
    return spectra


class SpectralRadius(Probe):
    """The radii of a network, and what powers of its recurrent matrix make of a vector."""

    compares = True

    def __init__(self, rows: int, steps: int, radii: Sequence[float]) -> None:
        """Look at nothing yet.

        Args:
            rows: Sequences from which typical states are.
            steps: Symbols of each, and powers of the matrix.
            radii: To which the matrix is scaled for comparison.
        """
        self.rows = rows
        self.steps = steps
        self.radii = radii

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        rows, told, matrices, lines = [], [], dict[str, Tensor](), dict[str, list[float]]()
        for subject in subjects:
            batch = subject.material.batch(subject.task, self.rows, self.steps)
            for stage, task in subject.stages.items():
                spectra = jacobian_spectra(task, batch)
                for layer, sizes in enumerate(spectra, start=1):
                    its = ", ".join(f"{r.of} {r.value:.2f}" for r in weight_radii(task) if r.layer == layer)
                    rows.append([subject.label, BRIEFLY[stage], str(layer), f"{float(sizes[0]):.3f}", its])
                lines[f"{subject.label} {stage}"] = spectra[-1].tolist()
                told.append(f"{subject.label} {stage} {float(spectra[-1][0]):.2f}")
                for matrix in (each for _, name, each in _matrices(task) if name == "state"):
                    matrices[subject.label] = matrix
        blocks: list[str | Table | Curves] = [
            "What a step makes of the state before it, as the largest eigenvalue of ∂s_t/∂s_(t-1) in size, a mean over"
            f" {PLACES} states, of the last layer: {'; '.join(told)}. Below 1 a gradient fades on its way back, above 1"
            " it may grow.",
            Table(["network", "when", "layer", STEP, "recurrent matrices"], rows),
        ]
        common = min(map(len, lines.values()))
        caption = (
            f"The sizes of the eigenvalues of {STEP} of the last layer, largest first: means over {PLACES} states."
        )
        shown = {label: sizes[:common] for label, sizes in lines.items()}
        words = ("eigenvalues", "Eigenvalues of a step", caption, "eigenvalue, by its size", "size")
        blocks.append(Curves(*words, range(1, common + 1), shown))
        if matrices:
            blocks += self._of_powers(*next(iter(matrices.items())))
        return Lesson(blocks)

    def _of_powers(self, label: str, matrix: Tensor) -> Iterator[str | Curves]:
        radius = spectral_radius(matrix)
        scaled = {f"scaled to {its:g}": matrix.double() * its / radius for its in self.radii} if radius else {}
        lines = {f"as it is, {radius:.2f}": norms_of_powers(matrix, self.steps)}
        lines |= {name: norms_of_powers(its, self.steps) for name, its in scaled.items()}
        at = [steps for steps in (10, 50) if steps <= self.steps]
        powers = "; ".join(
            f"{radius:g} → {' and '.join(number(radius**steps) for steps in at)}" for radius in self.radii
        )
        yield (
            f"A radius r leaves r^t of a vector after t steps: after {' and '.join(map(str, at))} steps {powers}. The"
            f" recurrent matrix of {label}, scaled to these radii, tends to that."
        )
        caption = f"‖W^t v‖ / ‖v‖ for the recurrent matrix of {label}, by its spectral radius."
        yield Curves(
            "powers", "Powers of the recurrent matrix", caption, "t", "‖W^t v‖ / ‖v‖", range(self.steps + 1), lines,
            log="y",
        )  # fmt: skip


def _matrices(task: nn.Module) -> Iterator[tuple[int, str, Tensor]]:
    """Layer, block and matrix `(H, H)`."""
    encoder = Network.of(task).encoder
    for layer in range(encoder.num_layers):
        for weights in encoder.state_weights(layer):
            for name, matrix in weights.matrices().items():
                yield layer + 1, name, matrix
