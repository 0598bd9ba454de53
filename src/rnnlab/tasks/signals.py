"""Predicting a class or a number of a signal, or a class at each step. Its vectors are inputs as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanAbsoluteError, MeanMetric, MeanSquaredError, MetricCollection, R2Score
from torchmetrics import Metric as Measured
from torchmetrics.classification import MulticlassAccuracy, MulticlassConfusionMatrix

from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.prepared import Part
from rnnlab.data.signals import CLASS, NUMBER, STEPS
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.asked_signals.answers import ID, STEP, SignalAnswers
from rnnlab.tasks.asked_signals.arrays import Recording, batch_of
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
from rnnlab.tasks.predictions import (
    PREDICTION,
    LabelledStep,
    LabelledSteps,
    Numbers,
    Prediction,
    class_cells,
    class_columns,
)

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


class SignalClassifier(SignalAnswers, Classifier):
    """Predicts the class of a signal.

    The loss of training weighs classes by `class_weights`; that of validation and test does not, so that it can be
    compared.

    Attributes:
        class_weights: `(K,)`, or None where every sequence counts alike.
    """

    class_weights: Tensor | None = None

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), data["labels"], **nodes)
        self.vocabulary = vocabulary
        self.sequence_length = int(data["sequence_length"])
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
        """Predict the class of each signal; see `answer`."""
        return self.answer(texts)

    def answer_recordings(self, recordings: Sequence[Recording]) -> list[Prediction]:
        shares = self.shares(batch_of(self, recordings))
        return [self.prediction(recording.name, row) for recording, row in zip(recordings, shares, strict=True)]

    def unanswered(self, text: str, why: str) -> Prediction:
        return Prediction(text, None, None, why)

    def table_columns(self, probabilities: bool) -> dict[str, type]:
        return {ID: str, **class_columns(self.labels, probabilities)}

    def table_rows(self, answer: Prediction, probabilities: bool) -> list[list[Any]]:
        return [[answer.text, *class_cells(self.labels, answer, probabilities)]]


class SignalRegression(SignalAnswers, PooledTask):
    """Predicts a number of a signal, or several; the loss is the mean squared error.

    Where the data says how far off a right answer may be, `accuracy` is the share of sequences whose prediction is off
    by less. Numbers of files are predicted by their mean and deviation in training; the errors are in their own units.

    Attributes:
        tolerance: How far off a right answer may be; 0 where nothing says it.
        names: What the K numbers are called.
    """

    chance_model = MEAN + OF_TRAINING
    answer_type = Numbers

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
            suffix = f" of {name}" if len(self.names) > 1 else ""
            hint = "absolute error in its own unit, a mean"
            declared[Metric(f"mae{key}", f"test error{suffix}", hint, interval=False, chance=MEAN)] = (
                MeanAbsoluteError()
            )
            hint = "root of the mean squared error"
            squared = Metric(f"rmse{key}", f"test RMSE{suffix}", hint, interval=False, chance=MEAN)
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

    def answer_recordings(self, recordings: Sequence[Recording]) -> list[Numbers]:
        numbers = self.in_units(self.outputs_of(recordings)).float().cpu().numpy()  # (N, K)
        # A number of 32 bits is written with the digits that it has, 0.1 and not 0.10000000149.
        rows = [[float(str(number)) for number in row] for row in numbers]
        return [
            Numbers(recording.name, dict(zip(self.names, row, strict=True)))
            for recording, row in zip(recordings, rows, strict=True)
        ]

    def unanswered(self, text: str, why: str) -> Numbers:
        return Numbers(text, note=why)

    def table_columns(self, probabilities: bool) -> dict[str, type]:
        return {ID: str, **dict.fromkeys(self.names, float)}

    def table_rows(self, answer: Numbers, probabilities: bool) -> list[list[Any]]:
        return [[answer.id, *self.answer_cells(answer, probabilities)]]

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        """Return `prediction`, or of several numbers `prediction_NAME`, since a table may have their true values."""
        if len(self.names) == 1:
            return {PREDICTION: float}
        return {f"{PREDICTION}_{name}": float for name in self.names}

    def answer_cells(self, answer: Numbers, probabilities: bool) -> list[Any]:
        return [answer.numbers.get(name) for name in self.names]

    def line(self, answer: Numbers) -> str:
        """Return the numbers by their names, `-` where there are none, and what the sequence is called."""
        numbers = [f"{name} {number:.6g}" for name, number in answer.numbers.items()] or ["-"]
        return "  ".join([*numbers, *([f"({answer.note})"] if answer.note else []), answer.id]).rstrip()

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


class SignalLabeller(SignalAnswers, PooledTask):
    """Predicts a class at each step of a signal from the steps so far.

    `accuracy` leaves out the steps whose class is `silent`, at which there is nothing to predict: of the copying
    problem, it is the share of symbols that are repeated right.

    Attributes:
        labels: The names of the classes.
        class_weights: `(K,)`, by which the loss of training weighs classes; None where every step counts alike.
    """

    chance_model = CLASS_FREQUENCIES + OF_TRAINING
    answer_type = LabelledSteps
    class_weights: Tensor | None = None

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        self.labels = tuple(data["labels"])
        model = {**nodes["model"], "pooling": "last"}  # a step is one vector, and nothing is pooled
        super().__init__(nn.Identity(), len(vocabulary), len(self.labels), **{**nodes, "model": model})
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

    def answer_recordings(self, recordings: Sequence[Recording]) -> list[LabelledSteps]:
        """Label the steps that the network reads; steps behind `data.sequence_length` have no label."""
        shares = self.outputs_of(recordings).double().softmax(dim=-1).cpu()  # (B, T, K)
        longest = self.data["sequence_length"]
        answers = []
        for recording, rows in zip(recordings, shares, strict=True):
            labelled = self._labelled(rows[: min(longest, len(recording.values))])
            behind = len(recording.values) > longest
            answers.append(LabelledSteps(recording.name, labelled, BEHIND.format(longest) if behind else ""))
        return answers

    def unanswered(self, text: str, why: str) -> LabelledSteps:
        return LabelledSteps(text, note=why)

    def table_columns(self, probabilities: bool) -> dict[str, type]:
        return {ID: str, STEP: int, **self.answer_columns(probabilities)}

    def table_rows(self, answer: LabelledSteps, probabilities: bool) -> list[list[Any]]:
        """Return a row for each step; of what is no signal, one without a step."""
        empty = [[answer.id, None, *[None] * len(self.answer_columns(probabilities))]]
        rows = [[answer.id, step.step, *class_cells(self.labels, step, probabilities)] for step in answer.steps]
        return rows or empty

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        return class_columns(self.labels, probabilities)

    def cells_of_rows(
        self, inputs: Sequence[Recording], answers: Sequence[LabelledSteps], probabilities: bool
    ) -> list[list[Any]]:
        empty: list[Any] = [None] * len(self.answer_columns(probabilities))
        cells = [empty] * sum(len(recording.values) for recording in inputs)
        for recording, answer in zip(inputs, answers, strict=True):
            assert recording.rows is not None
            for row, step in zip(recording.rows.tolist(), answer.steps, strict=False):
                cells[row] = class_cells(self.labels, step, probabilities)
        return cells

    def line(self, answer: LabelledSteps) -> str:
        """Return a line for each step: label, probability, sequence and step."""
        width = max(map(len, self.labels))
        lines = [
            f"{step.label:<{width}}  {step.probability:.4f}  {answer.id}  step {step.step}" for step in answer.steps
        ]
        return "\n".join([*lines, *([f"-  ({answer.note})  {answer.id}"] if answer.note else [])])

    def _labelled(self, shares: Tensor) -> tuple[LabelledStep, ...]:
        """Label the steps of a sequence by the probabilities of their classes `(T, K)`."""
        steps = []
        for number, (row, likeliest) in enumerate(zip(shares.tolist(), shares.argmax(dim=-1).tolist(), strict=True), 1):
            probabilities = dict(zip(self.labels, row, strict=True))
            steps.append(LabelledStep(number, self.labels[likeliest], row[likeliest], probabilities))
        return tuple(steps)


BEHIND = "steps behind data.sequence_length={} have no prediction"


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
