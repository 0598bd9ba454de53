"""Small tasks for tests of probes."""

from __future__ import annotations

from typing import Any

import torch
import yaml

from rnnlab.config.locations import conf_folder
from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.text.vocabulary import PAD, START_STOP, UNKNOWN, Vocabulary
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.names import NamesLM
from rnnlab.tasks.sentiment import SentimentClassifier

# What the default of a key is too large for, or what other keys would say.
SMALL: dict[str, dict[str, Any]] = {"transformer": {"context": 5, "heads": 2}, "mlp_flat": {"steps": 16}}
# Every option of cell= with its keys, so that a new one is in the tests of all cells without being named there.
CELLS: dict[str, dict[str, Any]] = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) | SMALL.get(file.stem, {})
    for file in sorted((conf_folder() / "cell").glob("*.yaml"))
}
LETTERS = Vocabulary(("a", "b", " ", START_STOP, PAD))
WORDS = Vocabulary(("bad", "film", "good", UNKNOWN, PAD), "word")


def settings_of(cell: str, layers: int, bidirectional: bool = False, hidden_size: int = 4) -> dict[str, Any]:
    torch.manual_seed(0)
    model = {
        "embedding_size": 3,
        "hidden_size": hidden_size,
        "num_layers": layers,
        "dropout": 0.3,
        "bidirectional": bidirectional,
        "pooling": "max",
        "word_dropout": 0.5,
    }
    return {"model": model, "cell": CELLS[cell], "optimizer": {}, "scheduler": {}}


def language_model(cell: str, layers: int = 1, hidden_size: int = 4) -> NamesLM:
    return NamesLM(LETTERS, {}, **settings_of(cell, layers, hidden_size=hidden_size))


def classifier(cell: str, layers: int = 1, bidirectional: bool = False) -> SentimentClassifier:
    data = {"labels": ["negative", "positive"], "sequence_length": 5}
    return SentimentClassifier(WORDS, data, **settings_of(cell, layers, bidirectional))


def batch_of(task: SequenceTask, lengths: tuple[int, ...] = (6, 2, 4)) -> Batch:
    random = torch.Generator().manual_seed(1)
    inputs = torch.randint(3, (len(lengths), max(lengths)), generator=random)
    ends = torch.tensor(lengths)
    if isinstance(task, SentimentClassifier):
        return Batch(inputs, ends, torch.randint(2, (len(lengths),), generator=random))
    targets = torch.randint(3, inputs.shape, generator=random)
    return Batch(inputs, ends, targets.masked_fill(torch.arange(max(lengths)) >= ends[:, None], IGNORE))
