"""The one padding collation: it cuts the batches of every task out of flat symbols by gathers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Rows, Symbols
from rnnlab.errors import UserError

GATHERED = 1 << 16  # places of a gather: enough that a call into NumPy costs little, few enough to stay in the cache
IGNORE = -100  # the target of a padded position; torch's cross-entropy and torchmetrics leave it out


class Batch(NamedTuple):
    """A padded batch, as every task receives it.

    Attributes:
        inputs: `(B, T)` long, symbols; `(B, T, C)` long where words have a spelling; or `(B, T, D)` float, vectors of
            numbers; padded.
        lengths: `(B,)` long, how many inputs of each row are real.
        targets: `(B, T)` long, padded with `IGNORE`, for a language model or a tagger; `(B,)` long for a classifier,
            float for a regression, `(B, …)` where a sequence has several labels; `(B, T, D)` float, padded with 0,
            where the next vector is predicted.
        continues: Whether each row goes on where the same row of the batch before ended.
        weight: `()`, the batch's predictions over those of an average batch: the weight of its mean loss in training,
            so that every prediction of an epoch counts alike. None where batches count alike.
        characters: How many characters the predictions stand for; None where each is one, or the data is no text.
        first: The row of a larger batch that this piece of it begins with; None for a whole batch.
    """

    inputs: Tensor
    lengths: Tensor
    targets: Tensor
    continues: bool = False
    weight: Tensor | None = None
    characters: int | None = None
    first: int | None = None

    def pieces(self, rows: int) -> Iterator[Batch]:
        """Yield the batch in pieces of at most so many rows, padded as it is; itself where it has no more."""
        if len(self.lengths) <= rows:
            yield self
            return
        columns = zip(self.inputs.split(rows), self.lengths.split(rows), self.targets.split(rows), strict=True)
        for number, (inputs, lengths, targets) in enumerate(columns):
            yield self._replace(inputs=inputs, lengths=lengths, targets=targets, first=number * rows)

    def rows(self, rows: slice) -> Batch:
        """Return some of its rows as a batch of their own, padded as they are."""
        return self._replace(inputs=self.inputs[rows], lengths=self.lengths[rows], targets=self.targets[rows])

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device; the lengths stay on the CPU, where packing and counting need them."""
        if device.type == "cpu":
            return self
        inputs, targets = (part.to(device, non_blocking=True) for part in (self.inputs, self.targets))
        weight = None if self.weight is None else self.weight.to(device, non_blocking=True)
        return self._replace(inputs=inputs, targets=targets, weight=weight)


def ordinary_batch(given: Any) -> Batch:
    """Make a batch of what a data loader of one's own yields; a `Batch` stays as it is.

    Args:
        given: `(inputs, targets)`, `(inputs, lengths, targets)` or a dict of these names, tensors as in `Batch`.
            Without lengths, every row is as long as the inputs are wide.

    Raises:
        UserError: It is neither.
    """
    if isinstance(given, Batch):
        return given
    names = ("inputs", "lengths", "targets")
    values = dict(given) if isinstance(given, Mapping) else {}
    if isinstance(given, list | tuple) and len(given) in (2, 3):
        values = dict(zip(names if len(given) == 3 else names[::2], given, strict=True))
    if not {"inputs", "targets"} <= set(values) <= set(names):
        raise UserError("batch: (inputs, targets), (inputs, lengths, targets) or a dict of these names is understood")
    inputs = values["inputs"]
    lengths = values.get("lengths", torch.full((len(inputs),), inputs.shape[1]))
    return Batch(inputs, lengths.cpu(), values["targets"])


class Collation:
    """Cuts padded batches out of flat symbols or vectors.

    Where sequences have labels, or symbols have tags, those are the targets. Otherwise a target is the symbol or vector
    after its input.
    """

    def __init__(self, part: Part, pad: int, average: float | None = None) -> None:
        """Set up the collation of a part.

        Args:
            part: The sequences.
            pad: The symbol that fills a row behind its end; vectors are filled with 0.
            average: Predictions of an average batch, by which batches are weighted; None for no weights.
        """
        self.sequences = part.sequences
        self.labels = part.labels
        self.tags = part.tags
        self.spelling = part.spelling
        self.characters = part.characters
        self.vectors = part.sequences.symbols.ndim > 1
        self.pad, self.ignore = (0, 0) if self.vectors else (pad, IGNORE)
        if part.tags is not None:
            self.ignore = IGNORE
        if part.spelling is not None:
            self.pad = len(part.spelling) - 1
        self.average = average

    def __call__(self, rows: Rows) -> Batch:
        """Return the batch of the sequences `rows` `(B,)`, padded to the longest."""
        return self.block([rows], [False])[0]

    def block(self, batches: Sequence[Rows], continues: Sequence[bool]) -> list[Batch]:
        """Return several batches, cut out together by few large gathers; each is padded to its longest sequence."""
        places = len(batches[0]) * int(self.sequences.lengths(batches[0]).max())
        several = max(1, GATHERED // places)
        begins = range(0, len(batches), several)
        return [b for i in begins for b in self._cut(batches[i : i + several], continues[i : i + several])]

    def _cut(self, batches: Sequence[Rows], continues: Sequence[bool]) -> list[Batch]:
        rows, sizes = np.concatenate(batches), np.fromiter(map(len, batches), np.int64, len(batches))
        predicts_next = self.labels is None and self.tags is None
        lengths = self.sequences.lengths(rows) - predicts_next  # the last symbol is then only ever a target
        begins = np.cumsum(sizes) - sizes
        longest = np.maximum.reduceat(lengths, begins)
        inputs, targets = self._gather(rows, lengths, np.repeat(longest, sizes))
        counts, places = sizes.tolist(), (sizes * longest).tolist()
        columns = (
            self._rows(inputs, places, counts),
            torch.from_numpy(lengths).split(counts),
            self._rows(targets, places, counts)
            if self.labels is None
            else torch.from_numpy(self.labels[rows]).split(counts),
            continues,
            self._weights(np.add.reduceat(lengths, begins)),
            self._characters(rows, begins),
        )
        return [Batch(*batch) for batch in zip(*columns, strict=True)]

    def _rows(self, flat: Tensor, places: Sequence[int], counts: Sequence[int]) -> Iterator[Tensor]:
        """Yield flat values batch by batch, `(B, T)` or `(B, T, …)`."""
        pieces = zip(flat.split(places), counts, strict=True)
        return (piece.view(count, -1, *piece.shape[1:]) for piece, count in pieces)

    def _gather(self, rows: Rows, lengths: Rows, widths: Rows) -> tuple[Tensor, Tensor]:
        """Return inputs, and their tags or the symbols after them, row behind row, each padded to its width."""
        ends = np.cumsum(widths)
        begins = ends - widths
        places = np.arange(ends[-1])
        padded = places >= np.repeat(begins + lengths, widths)
        places += np.repeat(self.sequences.starts(rows) - begins, widths)
        inputs = self._take(self.sequences.symbols, places)
        inputs[padded] = self.pad
        if self.spelling is not None:
            inputs = self.spelling[inputs]
        if self.labels is not None:
            return torch.from_numpy(inputs), torch.empty(0)
        if self.tags is None:
            places += 1
        if self.tags is None:
            targets = self._take(self.sequences.symbols, places)
        else:
            targets = self.tags.take(places, mode="clip").astype(np.int64)
        targets[padded] = self.ignore
        return torch.from_numpy(inputs), torch.from_numpy(targets)

    def _take(self, flat: Symbols, places: Rows) -> NDArray[np.int64] | NDArray[np.float32]:
        taken = flat.take(places, axis=0, mode="clip")
        return taken if self.vectors else taken.astype(np.int64)  # type: ignore[return-value]  # vectors are float32

    def characters_in(self, rows: Rows) -> NDArray[np.int64] | None:
        """Return how many characters the predictions of each row stand for `(B,)`: all of its symbols but the first.

        None where each prediction is a character, or the data is no text.
        """
        if self.characters is None:
            return None
        firsts = self.sequences.starts(rows)
        lasts = firsts + self.sequences.lengths(rows) - 1
        by_row: NDArray[np.int64] = self.characters[lasts] - self.characters[firsts]
        return by_row

    def _characters(self, rows: Rows, begins: Rows) -> Sequence[int | None]:
        """Return the characters of each batch."""
        by_row = self.characters_in(rows)
        if by_row is None:
            return [None] * len(begins)
        return [int(total) for total in np.add.reduceat(by_row, begins)]

    def _weights(self, predictions: Rows) -> Sequence[Tensor | None]:
        if self.average is None:
            return [None] * len(predictions)
        return torch.from_numpy((predictions / self.average).astype(np.float32)).unbind()
