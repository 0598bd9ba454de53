"""Predicting a class or a number of a signal, or a class at each step. Its vectors are inputs as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanAbsoluteError, MeanMetric, MeanSquaredError, MetricCollection, R2Score
from torchmetrics import Metric as Measured
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix

from rnnlab.config.targets import build
from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.prepared import Part
from rnnlab.data.signals import CLASS, NUMBER, STEPS
from rnnlab.data.source import remembering_columns
from rnnlab.data.sources.signal_files.content import Reading
from rnnlab.data.sources.signal_files.wide_tables import check_steps, read_wide
from rnnlab.data.sources.signals import is_signal_file, read_frame
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.chance import (
    CLASS_FREQUENCIES,
    MOST_FREQUENT_CLASS,
    OF_TRAINING,
    class_counts,
    cross_entropy,
    most_frequent_accuracy,
    most_frequent_balanced,
    step_classes,
)
from rnnlab.tasks.classifier import Classifier, PooledTask
from rnnlab.tasks.items import ItemFigures, classified_steps
from rnnlab.tasks.predictions import Prediction
from rnnlab.tasks.signal_arrays import Recording, as_recording, batch_of, channels_of, recordings_of
from rnnlab.tasks.user_input import UserInput

if TYPE_CHECKING:
    import pandas as pd

MEAN = "mean"  # the model of chance
BALANCED = "balanced"  # of task.class_weights


def build_signal_task(
    vocabulary: Vocabulary, data: Config, class_weights: str | None = None, **nodes: Config
) -> SequenceTask:
    """Build a `SignalClassifier`, `SignalRegression` or `SignalLabeller`, whichever the data has targets for.

    Raises:
        UserError: `class_weights` is for classes, and the data has none.
    """
    tasks: dict[str, type[SequenceTask]] = {CLASS: SignalClassifier, NUMBER: SignalRegression, STEPS: SignalLabeller}
    task: Any = tasks[data["asked"]]
    built: SequenceTask = task(vocabulary, data, **nodes)
    if class_weights is not None:
        counts = data.get("class_counts")
        if counts is None or not isinstance(built, SignalClassifier | SignalLabeller):
            raise UserError(f"task.class_weights={class_weights}: this data has no classes that could be weighted")
        built.class_weights = balanced_weights(counts)
    return built


def balanced_weights(counts: Sequence[int]) -> Tensor:
    """Return the weight of each class `(K,)` with which all count alike: N / (K n), and 0 for one without examples.

    Args:
        counts: `(K,)`, how often each class occurs in the training part.
    """
    numbers = torch.tensor(counts, dtype=torch.float64)
    weights = numbers.sum() / (numbers.count_nonzero() * numbers.clamp(min=1))
    return torch.where(numbers > 0, weights, 0.0).float()


class BalancedAccuracy(MulticlassConfusionMatrix):
    """The mean share of each class that is classified right, over the classes that occur."""

    def compute(self) -> Tensor:
        counts = self.confmat.double()
        present = counts.sum(dim=1) > 0
        return (counts.diagonal()[present] / counts.sum(dim=1)[present]).mean().float()


def balanced_accuracy(chance: str) -> Metric:
    """Declare the accuracy in which every class counts alike."""
    hint = "the mean over the classes of the share that is classified right"
    return share("balanced_accuracy", "test balanced accuracy", hint, shown="summary", chance=chance)


class SignalClassifier(Classifier):
    """Predicts the class of a signal.

    The loss of training weighs classes by `class_weights`; that of validation and test does not, so that it can be
    compared.

    Attributes:
        every_length: How many steps every sequence of training had; None where they differed, or were generated.
        class_weights: `(K,)`, or None where every sequence counts alike.
    """

    class_weights: Tensor | None = None

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), data["labels"], **nodes)
        self.vocabulary = vocabulary
        self.sequence_length = int(data["sequence_length"])
        self.every_length: int | None = data.get("every_length")
        self.data = data
        self.build_metrics()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits, batch.targets, weight=_weights(self, logits))

    def loss_weight(self, batch: Batch) -> float | Tensor:
        return _loss_weight(self, batch)

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return super().measure_items(outputs, batch)  # the loss of a test weighs no classes

    def declare_metrics(self) -> dict[Metric, Measured]:
        declared = super().declare_metrics()
        if _is_own(self):
            declared[balanced_accuracy(MOST_FREQUENT_CLASS)] = BalancedAccuracy(len(self.labels), validate_args=False)
        return declared

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        super().update(metrics, logits, batch)
        if _is_own(self):
            metrics["balanced_accuracy"].update(logits, batch.targets)

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the frequencies of the classes in training reach."""
        known, counts = (class_counts(one.labels, len(self.labels)) for one in (train, part))
        return {**super().chance(train, part), "balanced_accuracy": most_frequent_balanced(counts, known)}

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a signal that is written as numbers as `(T, D)`; see `numbers`.

        Raises:
            UserError: The text is no signal; the line begins with `key`.
        """
        return batch_of(self, [self._signal(text, key)]).inputs[0]

    def classify(self, texts: Sequence[Any]) -> list[Prediction]:
        """Predict the class of each signal: an array, a data frame, a recording, or written as numbers (see `numbers`).

        What is no signal of the channels and steps of training has no label, and a note that says why.
        """
        recordings, notes = [], []
        for text in texts:
            try:
                recordings.append(self._signal(text))
                notes.append("")
            except UserError as error:
                notes.append(str(error))
        shares = iter(self.shares(batch_of(self, recordings)) if recordings else [])
        names = iter(recording.name for recording in recordings)
        return [
            Prediction(text if isinstance(text, str) else "", None, None, note)
            if note
            else self.prediction(next(names), next(shares))
            for text, note in zip(texts, notes, strict=True)
        ]

    @property
    def answers_rows(self) -> bool:
        """True if a row of a table is a signal: so it is, unless the model was trained on another kind of file."""
        return bool(self.data.get("steps"))

    def read_inputs(self, source: UserInput) -> Iterator[list[Any]]:
        """Yield signals: those of a file of the kind that the model was trained on, or lines of numbers.

        Raises:
            UserError: The file cannot be read as that of training was.
        """
        if source.file is None or not is_signal_file(Path(source.file)):
            return source.lines()
        reader = remembering_columns(self.card["config"], (), self.data.get("reading"))
        unlabelled = {**reader, **source.reading, "labelled": False}
        signals = build(unlabelled, files=[Path(source.file)])
        return iter([recordings_of(signals, self, f"file: {source.file}")])

    def read_rows(self, rows: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Recording]:
        """Return each row as a signal of one channel.

        Raises:
            UserError: The columns are not those of training, or a cell is no number.
        """
        if not len(rows):
            return []
        known = {**self.data.get("reading", {}), **{key: value for key, value in reading.items() if value is not None}}
        fields = {key: known[key] for key in ("label_column", "id_column", "group_column", "missing") if key in known}
        content = read_wide(rows.map(str.strip), file, Reading(**fields, labelled=False))
        check_steps(self.data["steps"], content.steps, str(file))
        ends = np.cumsum(content.sizes)[:-1]
        names = content.names or [str(number + 1) for number in rows.index]
        return [Recording(values, name) for values, name in zip(np.split(content.values, ends), names, strict=True)]

    def read_arrays(self, given: Any) -> list[Any]:
        """Return signals: the recordings of a data frame, arrays, or texts of numbers.

        Raises:
            UserError: A data frame has not the columns of training.
        """
        if not hasattr(given, "columns"):
            return [given] if isinstance(given, str) else list(given)
        frame = given.astype(object).where(given.notna(), "").map(str).reset_index(drop=True)
        reader = remembering_columns(self.card["config"], (), self.data.get("reading"))
        settings = {key: value for key, value in reader.items() if key != "_target_"}
        return recordings_of(read_frame(frame, Reading(**{**settings, "labelled": False})), self, "the data frame")

    def _signal(self, text: Any, key: str = "") -> Recording:
        recording = as_recording(text, channels_of(self), key)
        if self.every_length not in (None, len(recording.values)):
            steps = f"{len(recording.values)} step{'s'[: len(recording.values) != 1]}"
            where = f"{key}: " if key else ""
            raise UserError(f"{where}the signal has {steps}; every signal of training had {self.every_length}")
        return recording


class SignalRegression(PooledTask):
    """Predicts a number of a signal, or several; the loss is the mean squared error.

    Where the data says how far off a right answer may be, `accuracy` is the share of sequences whose prediction is off
    by less. Numbers of files are predicted by their mean and deviation in training; the errors are in their own units.

    Attributes:
        tolerance: How far off a right answer may be; 0 where nothing says it.
        names: What the K numbers are called.
    """

    chance_model = MEAN + OF_TRAINING

    mean: Tensor
    deviation: Tensor

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        target = data.get("target") or {"names": ["number"], "mean": [0.0], "deviation": [1.0]}
        super().__init__(nn.Identity(), len(vocabulary), len(target["names"]), **nodes)
        self.vocabulary = vocabulary
        self.tolerance = float(data["tolerance"])
        self.names = tuple(target["names"])
        self.data = data
        for name in ("mean", "deviation"):  # (K,) each, from the card
            self.register_buffer(name, torch.tensor(target[name], dtype=torch.float32), persistent=False)
        self.build_metrics()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.mse_loss(logits, self._targets(batch))

    def declare_metrics(self) -> dict[Metric, Measured]:
        if self.tolerance:
            hint = "the share of answers within the tolerance"
            accuracy = share("accuracy", "test accuracy", hint, shown="summary", chance=MEAN)
            return {ranking_loss("squared error per sequence", chance=MEAN): MeanMetric(), accuracy: MeanMetric()}
        unit = "squared error per sequence, in deviations of training"
        explained = Metric("r2", "test R²", R2_HINT, direction="higher", interval=False, chance=MEAN)
        declared: dict[Metric, Measured] = {ranking_loss(unit, chance=MEAN): MeanMetric(), explained: R2()}
        for key, name in self._keys.items():
            of = f" of {name}" if len(self.names) > 1 else ""
            hint = "absolute error in its own unit, a mean"
            declared[Metric(f"mae{key}", f"test error{of}", hint, interval=False, chance=MEAN)] = MeanAbsoluteError()
            hint = "root of the mean squared error"
            squared = Metric(f"rmse{key}", f"test RMSE{of}", hint, interval=False, chance=MEAN)
            declared[squared] = MeanSquaredError(squared=False)
        return declared

    @property
    def _keys(self) -> dict[str, str]:
        """The ends of the keys of errors, by the number that they are of: `_1`, …, and nothing of a single one."""
        if len(self.names) == 1:
            return {"": self.names[0]}
        return {f"_{number}": name for number, name in enumerate(self.names, start=1)}

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the mean of the numbers in training reaches."""
        assert train.labels is not None and part.labels is not None
        labels = part.labels.reshape(len(part.labels), -1)
        errors = labels - train.labels.reshape(len(train.labels), -1).mean(axis=0, dtype=np.float64)  # (N, K)
        reached = {"loss": float((errors**2).mean()), "accuracy": float((np.abs(errors) < self.tolerance).mean())}
        spread = labels.var(axis=0)
        if len(labels) > 1 and (spread > 0).all():
            reached["r2"] = float((1 - (errors**2).mean(axis=0) / spread).mean())
        for key, column, unit in zip(self._keys, errors.T, self.deviation.tolist(), strict=True):
            reached[f"mae{key}"] = unit * float(np.abs(column).mean())
            reached[f"rmse{key}"] = unit * float(np.sqrt((column**2).mean()))
        return reached

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        targets = self._targets(batch)
        if self.tolerance:
            metrics["accuracy"].update(((logits - targets).abs() < self.tolerance).float())
            return
        metrics["r2"].update(logits, targets)
        predicted, truth = (self.in_units(numbers) for numbers in (logits, targets))
        for place, key in enumerate(self._keys):
            for name in ("mae", "rmse"):
                metrics[name + key].update(predicted[:, place].contiguous(), truth[:, place].contiguous())

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        off = outputs - self._targets(batch)
        one = torch.ones(len(off), dtype=torch.long, device=off.device)
        figures = {"loss": off.square().mean(dim=1), "count": one}
        if self.tolerance:
            figures |= {"correct": (off[:, 0].abs() < self.tolerance).long(), "classified": one}
        return figures

    def in_units(self, numbers: Tensor) -> Tensor:
        """Return numbers `(B, K)` in their own units."""
        return numbers * self.deviation + self.mean

    def _targets(self, batch: Batch) -> Tensor:
        return batch.targets.reshape(len(batch.targets), -1)


R2_HINT = "the share of the variance in the test part that is explained"


class R2(R2Score):
    """The coefficient of determination, a mean over the numbers of an answer; NaN for a single sequence."""

    def __init__(self) -> None:
        super().__init__(multioutput="uniform_average")

    def compute(self) -> Tensor:
        if self.total < 2:
            return torch.tensor(torch.nan)
        value: Tensor = super().compute()
        return value


class SignalLabeller(PooledTask):
    """Predicts a class at each step of a signal from the steps so far.

    `accuracy` leaves out the steps whose class is `silent`, at which there is nothing to predict: of the copying
    problem, it is the share of symbols that are repeated right.

    Attributes:
        class_weights: `(K,)`, by which the loss of training weighs classes; None where every step counts alike.
    """

    chance_model = CLASS_FREQUENCIES + OF_TRAINING
    class_weights: Tensor | None = None

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), len(data["labels"]), **nodes)
        if not self.encoder.causal:
            raise UserError(
                f"cell={nodes['cell']['name']} with model.bidirectional={str(nodes['model']['bidirectional']).lower()}"
                " is not for data that asks for a class at each step, which would be told by the steps behind it"
            )
        self.vocabulary = vocabulary
        self.silent = data["silent"]
        self.data = data
        self.build_metrics()

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Compute the logits `(B, T, classes)` of inputs `(B, T, D)`; a causal encoder cannot see the padding."""
        hidden, _ = self.encoder(self.vectors(inputs))  # (B, T, H)
        logits: Tensor = self.head(self.dropout(hidden))
        return logits

    def flops(self, steps: int) -> float | None:
        return self._flops(steps, predictions=steps)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        weights = _weights(self, logits)
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), weights, ignore_index=IGNORE)

    def loss_weight(self, batch: Batch) -> float | Tensor:
        return _loss_weight(self, batch)

    def count(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def declare_metrics(self) -> dict[Metric, Measured]:
        classes = self.head.out_features
        hint = "the share of steps that are labelled right"
        accuracy = share("accuracy", "test accuracy", hint, shown="summary", chance=MOST_FREQUENT_CLASS)
        declared: dict[Metric, Measured] = {
            ranking_loss("nats per step", chance=CLASS_FREQUENCIES): MeanMetric(),
            accuracy: MulticlassAccuracy(classes, average="micro", ignore_index=self.silent, validate_args=False),
        }
        if _is_own(self):
            declared[balanced_accuracy(MOST_FREQUENT_CLASS)] = BalancedAccuracy(classes, validate_args=False)
        return declared

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        real = batch.targets != IGNORE
        for name in ("accuracy", "balanced_accuracy")[: 1 + _is_own(self)]:
            metrics[name].update(logits[real], batch.targets[real])

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the frequencies of the classes in training reach; for accuracies, of those that count."""
        known, counts = (class_counts(step_classes(one), self.head.out_features) for one in (train, part))
        loss = cross_entropy(counts, known)
        if self.silent is not None:
            known[self.silent] = counts[self.silent] = 0
        balanced = most_frequent_balanced(counts, known)
        return {"loss": loss, "accuracy": most_frequent_accuracy(counts, known), "balanced_accuracy": balanced}

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return classified_steps(outputs, batch.targets, self.silent)


def _weights(task: SignalClassifier | SignalLabeller, logits: Tensor) -> Tensor | None:
    """Return the weights of the classes in training; None elsewhere."""
    return None if task.class_weights is None or not task.training else task.class_weights.to(logits)


def _loss_weight(task: SignalClassifier | SignalLabeller, batch: Batch) -> float | Tensor:
    """Return what torch divides the loss of a batch by: predictions, or in training the weights of their classes."""
    weights = _weights(task, batch.inputs)
    if weights is None:
        return task.count(batch)
    return weights[batch.targets[batch.targets != IGNORE]].sum()


def _is_own(task: SignalClassifier | SignalLabeller) -> bool:
    """Return whether a task was trained on the user's own files; what is generated has the metrics of its studies."""
    return "inputs" in getattr(task, "data", {})
