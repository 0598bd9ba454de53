"""An output layer that shares the weights of the embedding."""

from __future__ import annotations

from torch import Tensor, nn


class TiedLinear(nn.Module):
    """Logits from the vectors of the symbols themselves (Inan et al. 2017; Press and Wolf 2017): y = E (P h) + b.

    P is a linear map from outputs to the size of those vectors, and left out where the sizes are equal.
    """

    def __init__(self, output_size: int, embedding: nn.Embedding) -> None:
        super().__init__()
        symbols, size = embedding.weight.shape
        self.projection = nn.Linear(output_size, size, bias=False) if output_size != size else nn.Identity()
        self.to_symbols = nn.Linear(size, symbols)
        self.to_symbols.weight = embedding.weight
        # As `nn.Linear` begins: with torch's standard deviation of 1 the first predictions would be far too sure.
        nn.init.uniform_(embedding.weight, -(size**-0.5), size**-0.5)

    def forward(self, hidden: Tensor) -> Tensor:
        """Compute logits `(…, V)` from outputs `(…, H)`."""
        logits: Tensor = self.to_symbols(self.projection(hidden))
        return logits
