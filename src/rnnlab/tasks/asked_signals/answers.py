"""Signals that a user asks a model about, and the table of its answers, whatever a model predicts of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from rnnlab.config.targets import build
from rnnlab.control_characters import in_one_line
from rnnlab.data.source import check_reading, remembering_columns
from rnnlab.data.sources.signal_files.columns import with_decimals, without_index
from rnnlab.data.sources.signal_files.content import Reading, listed
from rnnlab.data.sources.signal_files.wide_tables import check_steps, read_wide
from rnnlab.data.sources.signals import is_signal_file, read_frame
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn.modes import evaluation_mode
from rnnlab.tasks.asked_signals.arrays import Recording, as_recording, batch_of, channels_of, recordings_of
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.predictions import TextAnswers
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import note

if TYPE_CHECKING:
    import pandas as pd

ID, STEP, NOTE = "id", "step", "note"  # columns of a table of answers


class SignalAnswers(TextAnswers, SequenceTask):
    """Mixin of a task that answers signals: arrays, data frames, the recordings of a file, or texts of numbers.

    Attributes:
        vocabulary: The inputs of the network.
        data: What the checkpoint carries of the data.
    """

    vocabulary: Vocabulary
    data: Mapping[str, Any]

    @abstractmethod
    def answer_recordings(self, recordings: Sequence[Recording]) -> list[Any]:
        """Return an answer for each recording, of which there is at least one."""

    @abstractmethod
    def unanswered(self, text: str, why: str) -> Any:
        """Return the answer to what is no signal of the model."""

    @abstractmethod
    def table_columns(self, probabilities: bool) -> dict[str, type]:
        """Return the columns of a table of answers, the first one `id`, and what each holds."""

    @abstractmethod
    def table_rows(self, answer: Any, probabilities: bool) -> list[list[Any]]:
        """Return an answer as rows of this table."""

    @property
    def every_length(self) -> int | None:
        """The number of steps that every sequence of training had; None where they differed, or were generated."""
        length: int | None = self.data.get("every_length")
        return length

    def answer(self, inputs: Sequence[Any]) -> list[Any]:
        """Answer signals: arrays, data frames, recordings, or written as numbers (see `signal_arrays.numbers`).

        What is no signal of the channels and steps of training has no answer, and a note that says why.
        """
        read = [self._recording_or_why(given) for given in inputs]
        recordings = [one for one in read if isinstance(one, Recording)]
        answers = iter(self.answer_recordings(recordings) if recordings else [])
        return [
            next(answers)
            if isinstance(one, Recording)
            else self.unanswered(given if isinstance(given, str) else "", one)
            for given, one in zip(inputs, read, strict=True)
        ]

    @torch.no_grad()
    def outputs_of(self, recordings: Sequence[Recording]) -> Tensor:
        """Return the outputs of the network for recordings, padded to the longest."""
        batch = batch_of(self, recordings)
        with evaluation_mode(self):
            outputs: Tensor = self(batch.inputs.to(self.device), batch.lengths)
        return outputs

    @property
    def answers_rows(self) -> bool:
        """True if a row of a table is a signal: so it is, unless the model was trained on another kind of file."""
        return bool(self.data.get("steps"))

    def read_inputs(self, source: UserInput) -> Iterator[list[Any]]:
        """Yield signals: those of a file of the kind that the model was trained on, or lines of numbers.

        Raises:
            UserError: The file cannot be read as that of training was, or it was said how to read another kind.
        """
        if source.file is None or not is_signal_file(Path(source.file)):
            yield from source.lines()
            return
        check_reading(self.card["config"], source.reading)
        signals = build({**self._reader, **source.reading, "labelled": False}, files=[Path(source.file)])
        recordings = recordings_of(signals, self, f"file: {source.file}")
        note(in_one_line(signals.description))
        yield recordings

    def read_rows(self, rows: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Recording]:
        """Return each row as a signal of one channel.

        Raises:
            UserError: The columns are not those of training, or a cell is no number.
        """
        if not len(rows):
            return []
        said = self._reading(reading, WIDE_KEYS)
        table, _ = without_index(rows.map(str.strip), said.named)
        content = read_wide(with_decimals(table, said.decimal, listed(said.id_column), file), file, said)
        check_steps(self.data["steps"], content.steps, str(file))
        ends = np.cumsum(content.sizes)[:-1]
        names = content.names or [str(number + 1) for number in rows.index]
        return [Recording(values, name) for values, name in zip(np.split(content.values, ends), names, strict=True)]

    def read_table(self, table: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Recording]:
        """Return the recordings of a whole table, which know their rows.

        Raises:
            UserError: The columns are not those of training, or a cell is no number.
        """
        signals = read_frame(table, self._reading(reading, LONG_KEYS), file)
        return recordings_of(signals, self, str(file))

    def read_arrays(self, given: Any) -> list[Any]:
        """Return signals: the recordings of a data frame, arrays, or texts of numbers.

        Raises:
            UserError: A data frame has not the columns of training.
        """
        if not hasattr(given, "columns"):
            return [given] if isinstance(given, str) else list(given)
        frame = given.astype(object).where(given.notna(), "").map(str).rename(columns=str).reset_index(drop=True)
        read = self.read_rows if self.answers_rows else self.read_table
        return read(frame, {}, Path("the data frame"))

    def header(self, probabilities: bool) -> list[str]:
        return [*self.table_columns(probabilities), NOTE]

    def rows(self, number: int, answer: Any, probabilities: bool) -> list[list[Any]]:
        return [[*row, answer.note] for row in self.table_rows(answer, probabilities)]

    @property
    def _reader(self) -> dict[str, Any]:
        """The reader of training, with what it found out of the file of training."""
        return remembering_columns(self.card["config"], (), self.data.get("reading"))

    def _reading(self, said: Mapping[str, Any], keys: Iterable[str]) -> Reading:
        """Return how a table is read: as that of training, but for what was said."""
        known = {**self._reader, **{key: value for key, value in said.items() if value is not None}}
        return Reading(**{key: known[key] for key in keys if key in known}, labelled=False)

    def _recording_or_why(self, given: Any) -> Recording | str:
        """Return a signal, or why it is none."""
        try:
            return self._signal(given)
        except UserError as error:
            return str(error)

    def _signal(self, given: Any, key: str = "") -> Recording:
        recording = as_recording(given, channels_of(self), key)
        if self.every_length not in (None, len(recording.values)):
            steps = f"{len(recording.values)} step{'s'[: len(recording.values) != 1]}"
            where = f"{key}: " if key else ""
            raise UserError(f"{where}the signal has {steps}; every signal of training had {self.every_length}")
        return recording


WIDE_KEYS = ("label_column", "id_column", "group_column", "missing", "decimal")
LONG_KEYS = (*WIDE_KEYS, "time_column", "channels", "form")
