"""Forecasts of quantiles: their loss, and the intervals between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnlab.errors import UserError
from rnnlab.tasks.predictions import MEDIAN


class Quantiles(nn.Module):
    """The quantiles that a forecaster predicts, in ascending order.

    Attributes:
        shares: Such as 0.1, 0.5 and 0.9.
        middle: The place of the median, which is the forecast of a number.
    """

    levels: Tensor

    def __init__(self, shares: Sequence[float]) -> None:
        """Set up the quantiles.

        Raises:
            UserError: They are not in ascending order, or the median is not among them.
        """
        super().__init__()
        self.shares = tuple(map(float, shares))
        if MEDIAN not in self.shares or list(self.shares) != sorted(set(self.shares)):
            raise UserError(
                f"task.quantiles={list(self.shares)}: shares in ascending order are expected, 0.5 among them, such as"
                " [0.1,0.5,0.9]"
            )
        self.middle = self.shares.index(MEDIAN)
        self.register_buffer("levels", torch.tensor(self.shares), persistent=False)

    def __len__(self) -> int:
        return len(self.shares)

    @property
    def has_interval(self) -> bool:
        """True if there is a quantile on either side of the median."""
        return 0 < self.middle < len(self) - 1

    @property
    def nominal(self) -> float:
        """The share of values that should lie between the first and the last quantile."""
        return self.shares[-1] - self.shares[0]

    def crps(self, forecasts: Tensor, truth: Tensor) -> Tensor:
        """Return twice the pinball loss, averaged over the quantiles, of every value `(…)`.

        The pinball loss (Koenker and Bassett 1978) is least where a forecast is the quantile. Twice its integral over
        all quantiles is the continuous ranked probability score, CRPS, which their mean approximates (Gneiting and
        Ranjan 2011, "Comparing density forecasts using threshold- and quantile-weighted scoring rules", equation 7).
        Of the median alone it is the absolute error.

        Args:
            forecasts: `(…, Q)`.
            truth: `(…)`.
        """
        error = truth[..., None] - forecasts
        return 2 * torch.maximum(self.levels * error, (self.levels - 1) * error).mean(dim=-1)

    def in_order(self, forecasts: Tensor) -> Tensor:
        """Return forecasts `(…, Q)` that do not cross: sorted, which is never worse (Chernozhukov et al. 2010)."""
        ordered: Tensor = forecasts.sort(dim=-1).values
        return ordered
