"""What a trained model does, left in its run folder for reports, which load no model: samples or a confusion matrix."""

from __future__ import annotations

import json
from typing import Any

from torchmetrics.classification import MulticlassConfusionMatrix

from rnnlab.tasks.abilities import Classifies, Generates, Sampling, Tags
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.folder import RunFolder, write_atomically

SAMPLES = 10


def write_specimens(task: SequenceTask, folder: RunFolder) -> None:
    """Write specimens.json: `samples` that a task makes up; `labels` and the `confusion` counts of the test.

    Args:
        task: With the best weights, and just tested.
        folder: Of its run.
    """
    found: dict[str, Any] = {}
    if isinstance(task, Generates):
        found["samples"] = task.sample(SAMPLES, Sampling())
    counts = getattr(task, "confusion", None)
    # True class by predicted one.
    if isinstance(task, Classifies | Tags) and isinstance(counts, MulticlassConfusionMatrix):
        found |= {"labels": list(task.labels), "confusion": counts.compute().int().tolist()}
    write_atomically(folder.specimens, json.dumps(found, ensure_ascii=False) + "\n")
