"""The confusion matrix of a task with classes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

from rnnlab.tasks.base import SequenceTask


class ConfusionCounts(SequenceTask):
    """A task that counts, over each validation and test, which classes it takes for which.

    A task calls `count_confusion` in its `__init__` and updates `confusion` with each batch.

    Attributes:
        labels: The names of the classes.
        confusion: The counts of the present validation or test.
    """

    labels: tuple[str, ...]
    confusion: MulticlassConfusionMatrix

    def count_confusion(self, labels: Sequence[str]) -> None:
        """Count among classes of these names."""
        self.labels = tuple(labels)
        self.confusion = MulticlassConfusionMatrix(len(self.labels), validate_args=False)

    def confusion_matrix(self) -> Tensor:
        """Return the counts `(classes, classes)`, a row for each true class."""
        counts: Tensor = self.confusion.compute()
        return counts.reshape(len(self.labels), -1)  # torchmetrics makes a number of a single class's matrix

    def on_validation_epoch_start(self) -> None:
        self.confusion.reset()

    def on_test_epoch_start(self) -> None:
        self.confusion.reset()
