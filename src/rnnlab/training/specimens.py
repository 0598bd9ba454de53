"""What a trained model does, left in its run folder for reports, which load no model: samples or a confusion matrix."""

from __future__ import annotations

import json
from typing import Any

from torchmetrics.classification import MulticlassConfusionMatrix

from rnnlab.data.subwords import Subwords
from rnnlab.tasks.abilities import Classifies, Generates, Sampling
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.folder import RunFolder, write_atomically

SAMPLES = 10
TOKENIZER = "tokenizer.json"  # sub-words that were trained, for data.tokenizer=


def write_specimens(task: SequenceTask, folder: RunFolder) -> None:
    """Write specimens.json: `samples` that a task makes up; `labels` and the `confusion` counts of the test.

    Sub-words are written as well, so that other runs can read the same ones.

    Args:
        task: With the best weights, and just tested.
        folder: Of its run.
    """
    found: dict[str, Any] = {}
    if isinstance(task, Generates):
        found["samples"] = task.sample(SAMPLES, Sampling())
    counts = getattr(task, "confusion", None)
    if isinstance(task, Classifies) and isinstance(counts, MulticlassConfusionMatrix):  # true class by predicted one
        found |= {"labels": list(task.labels), "confusion": counts.compute().int().tolist()}
    if isinstance(vocabulary := getattr(task, "vocabulary", None), Subwords):
        write_atomically(folder.path / TOKENIZER, vocabulary.tokenizer)
    write_atomically(folder.specimens, json.dumps(found, ensure_ascii=False) + "\n")
