"""The inputs of networks under a probe: a text of the user, or a part of their data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Windows
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import Classifies, EncodesText


@dataclass(frozen=True)
class Inputs:
    """A text, or a part of data that is read from its files only when a probe asks for it.

    Attributes:
        text: The text; None for the part.
        part: Reads the part.
        key: Where the person wrote the text, for messages.
    """

    text: str | None
    part: Callable[[], Part]
    key: str = "text"

    def symbols(self, task: nn.Module, most: int | None = None) -> Tensor:
        """Return one sequence `(T, …)`, as the task reads it: the text, or the first of the part, cut after `most`.

        Raises:
            UserError: The task reads no texts, or the text has a symbol that it does not know.
        """
        if self.text is not None:
            return read(task, self.text, self.key)[:most]
        if not hasattr(task, "vocabulary"):
            raise UserError(f"{type(task).__name__} reads no symbols")
        part = self.part()
        sequences = part.sequences
        if isinstance(sequences, Windows):  # windows on one text
            sequence = sequences.symbols
        else:
            first = np.zeros(1, dtype=np.int64)
            begin, length = int(sequences.starts(first)[0]), int(sequences.lengths(first)[0])
            sequence = sequences.symbols[begin : begin + length]
        sequence = sequence[:most]
        if part.spelling is not None:
            return torch.from_numpy(part.spelling[sequence])
        return torch.from_numpy(sequence.copy() if sequence.dtype == np.float32 else sequence.astype(np.int64))

    def counts(self, task: nn.Module) -> Tensor:
        """Count how often each symbol is read, `(V,)` by its index."""
        size = len(task.vocabulary)  # type: ignore[arg-type]
        if self.text is not None:
            return read(task, self.text, self.key).bincount(minlength=size)
        part = self.part()
        sequences = part.sequences
        if isinstance(sequences, Windows):
            return torch.from_numpy(part.counts(size).copy())
        rows = np.arange(len(sequences))
        begins, lengths = sequences.starts(rows), sequences.lengths(rows)
        marks = np.zeros(len(sequences.symbols) + 1, dtype=np.int64)  # which places belong to a sequence of the part
        np.add.at(marks, begins, 1)
        np.add.at(marks, begins + lengths, -1)
        times = np.cumsum(marks[:-1])
        return torch.from_numpy(np.bincount(sequences.symbols, weights=times, minlength=size).astype(np.int64))

    def batch(self, task: SequenceTask, rows: int, steps: int) -> Batch:
        """Return sequences from all over the part, each cut after `steps` inputs; or the text alone.

        The targets of a text are its own next symbols; for a classifier, the class that it predicts.

        Raises:
            UserError: As `symbols`; or the text is too short to predict anything.
        """
        return self._of_part(task, rows, steps) if self.text is None else self._of_text(task, self.text, steps)

    def _of_part(self, task: SequenceTask, rows: int, steps: int) -> Batch:
        part = self.part()
        if isinstance(part.sequences, Windows):  # a text can be cut anew, into windows of that length
            text = part.sequences.symbols
            length = min(steps, len(text) - 1)
            part = replace(part, sequences=Windows(text, length, stride=length))
        count = len(part.sequences)
        whole = np.flatnonzero(part.sequences.lengths(np.arange(count)) > 1 - (part.labels is not None))
        chosen = whole[np.linspace(0, len(whole) - 1, min(rows, len(whole))).astype(np.int64)]
        pad = getattr(getattr(task, "vocabulary", None), "pad", 0)
        batch = Collation(part, pad)(chosen)
        lengths = batch.lengths.clamp(max=steps)
        longest = int(lengths.max())
        targets = batch.targets if batch.targets.dim() == 1 else batch.targets[:, :longest]
        return Batch(batch.inputs[:, :longest], lengths, targets)

    def _of_text(self, task: SequenceTask, text: str, steps: int) -> Batch:
        symbols = read(task, text, self.key)
        if isinstance(task, Classifies):
            (prediction,) = task.classify([text])
            target = 0 if prediction.label is None else task.labels.index(prediction.label)
            return Batch(symbols[None, :steps], torch.tensor([len(symbols[:steps])]), torch.tensor([target]))
        if len(symbols) < 2:
            raise UserError(f"{self.key}: {text!r} is a single symbol, after which nothing is predicted")
        inputs = symbols[None, :-1][:, :steps]
        return Batch(inputs, torch.tensor([inputs.shape[1]]), symbols[None, 1:][:, :steps])


def read(task: nn.Module, text: str, key: str) -> Tensor:
    """Return the symbols of a text `(T,)`.

    Raises:
        UserError: The task reads no texts, or the text has a symbol that it does not know; the line begins with `key`.
    """
    if not isinstance(task, EncodesText):
        raise UserError(f"{key}: {type(task).__name__} reads no texts")
    return task.encode_text(text, key)


def vocabulary_of(task: nn.Module) -> Vocabulary:
    """Return the symbols that a task reads.

    Raises:
        UserError: It reads none.
    """
    vocabulary = getattr(task, "vocabulary", None)
    if not isinstance(vocabulary, Vocabulary):
        raise UserError(f"{type(task).__name__} reads no symbols")
    return vocabulary
