"""What a trained model does, left in its run folder for reports, which load no model: samples, counts or forecasts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from torchmetrics.classification import MulticlassConfusionMatrix

from rnnlab.data.prepared import Prepared
from rnnlab.data.text.subwords import Subwords
from rnnlab.records.folder import RunFolder, write_atomically
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import Classifies, Forecasts, Generates, Sampling, Tags

SAMPLES = 10
FORECASTS = 6  # one behind the other: as many as a picture has room for
TOKENIZER = "tokenizer.json"  # sub-words that were trained, for data.tokenizer=


def write_specimens(task: SequenceTask, folder: RunFolder, prepared: Prepared) -> None:
    """Write specimens.json.

    It has `samples` that a task makes up; `labels` and the `confusion` counts of the test; or `forecasts` of the
    beginning of the test part.

    Sub-words are written as well, so that other runs can read the same ones.

    Args:
        task: With the best weights, and just tested.
        folder: Of its run.
        prepared: Its data.
    """
    found: dict[str, Any] = {}
    if isinstance(task, Generates):
        found["samples"] = task.sample(SAMPLES, Sampling())
    counts = getattr(task, "confusion", None)
    # True class by predicted one.
    if isinstance(task, Classifies | Tags) and isinstance(counts, MulticlassConfusionMatrix):
        found |= {"labels": list(task.labels), "confusion": counts.compute().int().tolist()}
    if isinstance(task, Forecasts):
        found["forecasts"] = asdict(task.rolling(prepared.parts["test"], FORECASTS))
    if isinstance(vocabulary := getattr(task, "vocabulary", None), Subwords):
        write_atomically(folder.path / TOKENIZER, vocabulary.tokenizer)
    write_atomically(folder.specimens, json.dumps(found, ensure_ascii=False) + "\n")
