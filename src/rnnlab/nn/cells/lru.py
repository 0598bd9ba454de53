"""Linear recurrent units: a diagonal complex recurrence between layers that mix the units."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rnnlab.errors import UserError
from rnnlab.nn.cells.scan import linear_recurrence
from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State

LEAST = 1e-6  # of a random number whose logarithm is taken


class LRU(Cell):
    """A block of linear recurrent units.

    Orvieto et al. 2023, "Resurrecting recurrent neural networks for long sequences":

        u_t = LN(P x_t)
        h_t = λ ⊙ h_(t-1) + γ ⊙ (B u_t)    complex, λ = exp(-exp(ν) + i · exp(θ)), so that |λ| < 1
        y_t = P x_t + GLU(gelu(Re(C h_t) + D ⊙ u_t))

    The recurrence is linear, so the block has the paper's norm, gated linear unit and skip connection around it
    (figure 1): without them a stack of layers were no more than one. Inputs of a size other than H are first made
    as many by P. The state holds the H complex h as two real tensors, the real and the imaginary parts, `(B, H)` each.

    At first |λ| is uniform on a ring's area, the phase uniform, and γ = sqrt(1 - |λ|²), which lets every unit be
    about as large as its input (lemma 3.2 and section 3.4). From D = H inputs, H units have 6 · H · H + 8 · H
    parameters; P adds D · H.

    Args:
        input_size: D.
        hidden_size: H, which are both the complex units and the real outputs.
        r_min: The ring's inner radius.
        r_max: The ring's outer radius, at most 1.
        max_phase: The largest phase, in radians.

    Raises:
        UserError: The radii or the phase are out of range.
    """

    def __init__(self, input_size: int, hidden_size: int, r_min: float, r_max: float, max_phase: float) -> None:
        super().__init__(input_size, hidden_size)
        if not (0 <= r_min < r_max <= 1 and max_phase > 0):
            raise UserError(
                "cell: an LRU needs 0 <= cell.r_min < cell.r_max <= 1 and cell.max_phase above 0, not"
                f" {r_min}, {r_max} and {max_phase}"
            )
        same = input_size == hidden_size
        self.adapt = nn.Identity() if same else nn.Linear(input_size, hidden_size, bias=False)  # P
        self.norm = nn.LayerNorm(hidden_size)
        area = torch.rand(hidden_size).clamp(LEAST, 1 - LEAST)
        squared = area * (r_max**2 - r_min**2) + r_min**2  # |λ|²
        self.nu = nn.Parameter(torch.log(-0.5 * torch.log(squared)))
        self.theta = nn.Parameter(torch.log(max_phase * torch.rand(hidden_size).clamp(min=LEAST)))
        self.log_gamma = nn.Parameter(0.5 * torch.log1p(-squared))
        self.into = nn.Linear(hidden_size, 2 * hidden_size, bias=False)  # B: real parts, then imaginary parts
        self.out = nn.Linear(2 * hidden_size, hidden_size, bias=False)  # C, the sign of its imaginary part turned
        self.direct = nn.Parameter(torch.randn(hidden_size))  # D
        self.glu = nn.Linear(hidden_size, 2 * hidden_size)
        nn.init.normal_(self.into.weight, std=1 / math.sqrt(2 * hidden_size))
        nn.init.normal_(self.out.weight, std=1 / math.sqrt(hidden_size))

    def initial_state(self, x: Tensor) -> State:
        zeros = x.new_zeros(len(x), self.hidden_size)
        return zeros, zeros

    def eigenvalues(self) -> Tensor:
        """Return λ, complex `(H,)`."""
        return torch.exp(torch.complex(-self.nu.exp(), self.theta.exp()))

    def unroll(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        skipped = self.adapt(x)  # (B, T, H)
        u = self.norm(skipped)
        real, imaginary = (self.log_gamma.exp().repeat(2) * self.into(u)).to(self.nu.dtype).chunk(2, dim=-1)
        before = state[0].to(self.nu.dtype), state[1].to(self.nu.dtype)
        real, imaginary = self._recurrence(real, imaginary, before)
        y = self.out(torch.cat([real, imaginary], dim=-1)) + self.direct * u
        y = skipped + nn.functional.glu(self.glu(nn.functional.gelu(y)), dim=-1)
        return y, (real, imaginary)

    def _recurrence(self, real: Tensor, imaginary: Tensor, before: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the parts of all h `(B, T, H)` from those of the inputs and those `(B, H)` before the first."""
        if real.shape[1] == 1:  # without complex numbers, which an exported step must not have
            size, angle = torch.exp(-self.nu.exp()), self.theta.exp()
            cosine, sine = size * angle.cos(), size * angle.sin()
            x, y = (part[:, None] for part in before)
            return real + cosine * x - sine * y, imaginary + sine * x + cosine * y
        h = linear_recurrence(self.eigenvalues()[None, None], torch.complex(real, imaginary), torch.complex(*before))
        return h.real, h.imag

    def flops(self) -> int | None:
        return linear_flops(self)
