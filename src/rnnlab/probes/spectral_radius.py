"""Spectral radii: the factor by which a step shrinks or grows a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.number_format import three_digits
from rnnlab.charts.values import Axis, Chart, Lines, lines_at
from rnnlab.data.collation import Batch
from rnnlab.probes.probe import STAGE_IN_TABLES, Probe, Subject
from rnnlab.probes.trace import Network, parts_of, trace, undisturbed

STEP = "∂s_t/∂s_(t-1)"
PLACES = 8  # states at which a Jacobian is taken


@dataclass(frozen=True)
class Radius:
    """The spectral radius of a recurrent matrix: the largest absolute value of its eigenvalues.

    Attributes:
        layer: Counted from 1.
        block: The gate or candidate that the matrix computes, such as `forget`.
        value: The spectral radius.
    """

    layer: int
    block: str
    value: float


def spectral_radius(matrix: Tensor) -> float:
    """Return the largest absolute eigenvalue of a matrix `(H, H)`."""
    return float(torch.linalg.eigvals(matrix.detach().double()).abs().max())


def norms_of_powers(matrix: Tensor, steps: int) -> list[float]:
    """Return ‖W^t v‖ / ‖v‖ for t = 0 … steps, as a root mean square over all directions of v.

    This is ‖W^t‖_F / √H, and of a normal matrix with eigenvalues of one size r exactly r^t. Of any other it follows r^t
    as t grows (Gelfand's formula).
    """
    power = torch.eye(len(matrix), dtype=torch.double)
    norms = []
    for _ in range(steps + 1):
        norms.append(float(power.norm() / len(matrix) ** 0.5))
        power = matrix.detach().double() @ power
    return norms


def weight_radii(task: nn.Module) -> list[Radius]:
    """Return the radius of every matrix that multiplies a state, layer by layer; empty if the cell reports none.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    return [Radius(layer, name, spectral_radius(matrix)) for layer, name, matrix in _matrices(task)]


def jacobian_spectra(task: nn.Module, batch: Batch) -> list[Tensor]:
    """Measure the eigenvalues of each layer's ∂s_t/∂s_(t-1), s_t its whole state: h, and c of an LSTM.

    Their absolute values are averaged over a few states from all over the batch.

    Returns:
        Layer by layer `(S,)`, S the units of the whole state, largest first: the first one is the spectral radius.

    Raises:
        UserError: The task has no states that follow one another in time.
    """
    network = Network.of(task)
    traced = trace(task, batch.inputs)
    steps = torch.arange(len(traced.inputs))[:, None]
    real = (steps < batch.lengths.cpu()).nonzero()  # the steps (t, row) that are no padding
    t, rows = real[torch.linspace(0, len(real) - 1, min(PLACES, len(real))).long()].unbind(dim=1)
    with undisturbed(task):
        x = traced.inputs[t, rows][:, None].clone()  # (N, 1, D)
        state = [part[t, :, rows].transpose(0, 1).contiguous().requires_grad_() for part in traced.states.values()]
        _, after = network.encoder(x, state[0] if len(state) == 1 else tuple(state))
        spectra = []
        for layer in range(network.encoder.num_layers):
            ends = torch.cat([part[layer] for part in parts_of(after)], dim=-1)  # (N, S)
            rows_of_jacobian = []
            for unit in range(ends.shape[1]):  # states of different rows share nothing, so a sum keeps them apart
                gradients = torch.autograd.grad(
                    ends[:, unit].sum(), state, retain_graph=True, allow_unused=True, materialize_grads=True
                )
                rows_of_jacobian.append(torch.cat([part[layer] for part in gradients], dim=-1))  # (N, S)
            jacobian = torch.stack(rows_of_jacobian, dim=1)  # (N, S, S)
            sizes = torch.linalg.eigvals(jacobian.double()).abs()
            spectra.append(sizes.sort(dim=-1, descending=True).values.mean(dim=0))
    return spectra


class SpectralRadius(Probe):
    """The radii of a network, and the powers of its recurrent matrix."""

    compares = True

    def __init__(self, rows: int, steps: int, radii: Sequence[float]) -> None:
        """Set up the probe.

        Args:
            rows: Sequences that typical states come from.
            steps: Symbols of each, and powers of the matrix.
            radii: The radii to which the matrix is scaled for comparison.
        """
        self.rows = rows
        self.steps = steps
        self.radii = radii

    def measure(self, subjects: Sequence[Subject]) -> Document:
        rows, radii, matrices, sizes_of = [], [], dict[str, Tensor](), dict[str, list[float]]()
        for subject in subjects:
            batch = subject.inputs.batch(subject.task, self.rows, self.steps)
            for stage, task in subject.stages.items():
                spectra = jacobian_spectra(task, batch)
                for layer, sizes in enumerate(spectra, start=1):
                    weights = ", ".join(f"{r.block} {r.value:.2f}" for r in weight_radii(task) if r.layer == layer)
                    stage_name = STAGE_IN_TABLES[stage]
                    rows.append([subject.label, stage_name, str(layer), f"{float(sizes[0]):.3f}", weights])
                sizes_of[f"{subject.label} {stage}"] = spectra[-1].tolist()
                radii.append(f"{subject.label} {stage} {float(spectra[-1][0]):.2f}")
                for matrix in (matrix for _, name, matrix in _matrices(task) if name == "state"):
                    matrices[subject.label] = matrix
        blocks: list[str | Table | Chart] = [
            "What a step makes of the state before it, as the largest eigenvalue of ∂s_t/∂s_(t-1) in size, a mean over"
            f" {PLACES} states, of the last layer: {'; '.join(radii)}. Below 1 a gradient fades on its way back, above"
            " 1 it may grow.",
            Table(["network", "when", "layer", STEP, "recurrent matrices"], rows),
            _eigenvalues(sizes_of),
        ]
        if matrices:
            blocks += self._powers(*next(iter(matrices.items())))
        return Document(blocks)

    def _powers(self, label: str, matrix: Tensor) -> list[str | Table | Chart]:
        """Show the powers of a recurrent matrix, as it is and scaled to other radii."""
        radius = spectral_radius(matrix)
        lines = {f"as it is, {radius:.2f}": norms_of_powers(matrix, self.steps)}
        for other in self.radii if radius else ():
            lines[f"scaled to {other:g}"] = norms_of_powers(matrix.double() * other / radius, self.steps)
        at = [steps for steps in (10, 50) if steps <= self.steps]
        powers = "; ".join(
            f"{radius:g} → {' and '.join(three_digits(radius**steps) for steps in at)}" for radius in self.radii
        )
        return [
            f"A radius r leaves r^t of a vector after t steps: after {' and '.join(map(str, at))} steps {powers}. The"
            f" recurrent matrix of {label}, scaled to these radii, tends to that.",
            Lines(
                name="powers",
                title="Powers of the recurrent matrix",
                caption=f"‖W^t v‖ / ‖v‖ for the recurrent matrix of {label}, by its spectral radius.",
                x=Axis("t"),
                y=Axis("‖W^t v‖ / ‖v‖", log=True),
                lines=lines_at(range(self.steps + 1), lines),
            ),
        ]


def _eigenvalues(sizes: Mapping[str, Sequence[float]]) -> Lines:
    common = min(map(len, sizes.values()))
    return Lines(
        name="eigenvalues",
        title="Eigenvalues of a step",
        caption=f"The sizes of the eigenvalues of {STEP} of the last layer, largest first: means over {PLACES} states.",
        x=Axis("eigenvalue, by its size"),
        y=Axis("size"),
        lines=lines_at(range(1, common + 1), {label: line[:common] for label, line in sizes.items()}),
    )


def _matrices(task: nn.Module) -> Iterator[tuple[int, str, Tensor]]:
    """Yield layer, block and matrix `(H, H)` of all weights that multiply a state."""
    encoder = Network.of(task).encoder
    for layer in range(encoder.num_layers):
        for weights in encoder.state_weights(layer):
            for name, matrix in weights.matrices().items():
                yield layer + 1, name, matrix
