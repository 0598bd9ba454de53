"""A task from outside, in four files: its module, its data preparation and two YAML files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import ALONE, Answer

TASK = '''
"""Counting the vowels of a word."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torchmetrics import MeanAbsoluteError, MeanMetric

from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.data.collation import Collation
from rnnlab.records.metrics import Metric, ranking_loss
from rnnlab.tasks.classifier import PooledTask
from rnnlab.tasks.predictions import TextAnswers
from vowels.data import encode

MAE = Metric("mae", "test error", "how many vowels a word is off by on average")


@dataclass(frozen=True)
class Count:
    word: str
    vowels: float


class VowelCounter(TextAnswers, PooledTask):
    """Predicts how many vowels a word has; the loss is the squared error."""

    answer_type = Count

    def __init__(self, vocabulary, data, **nodes):
        size = nodes["model"]["embedding_size"]
        super().__init__(nn.Embedding(len(vocabulary), size), size, 1, **nodes)
        self.vocabulary = vocabulary
        self.build_metrics()

    def loss(self, logits, batch):
        return nn.functional.mse_loss(logits[:, 0], batch.targets)

    def declare_metrics(self):
        return {ranking_loss("squared error per word"): MeanMetric(), MAE: MeanAbsoluteError()}

    def update(self, metrics, logits, batch):
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        metrics["mae"].update(logits[:, 0], batch.targets)

    @torch.no_grad()
    def answer(self, inputs):
        counts = self.outputs(self._batch(encode(inputs, self.vocabulary), len(inputs)))[:, 0]
        return [Count(word, round(count, 2)) for word, count in zip(inputs, counts.tolist())]

    @torch.no_grad()
    def charts(self, part, name, count):
        batch = self._batch(part, min(count, len(part.sequences)))
        x = tuple(map(float, range(len(batch.targets))))
        lines = [
            Line(label, x, values, values, values)
            for label, values in (
                ("truth", tuple(batch.targets.tolist())), ("predicted", tuple(self.outputs(batch)[:, 0].tolist()))
            )
        ]
        return [Lines("vowels", "Vowels", f"Vowels of {name} words.", Axis("word"), Axis("vowels"), tuple(lines))]

    def _batch(self, part, count):
        return Collation(part, self.vocabulary.pad)(np.arange(count)).to(self.device)
'''

DATA = '''
"""Words with the number of their vowels."""

import hashlib
import random

import numpy as np

from rnnlab.data.items import items_of_texts, measured
from rnnlab.data.prepared import Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.split import split_items
from rnnlab.data.text.vocabulary import PAD, Vocabulary
from rnnlab.errors import UserError

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Words(list):
    @property
    def sha256(self):
        return hashlib.sha256(" ".join(self).encode()).hexdigest()


def made_up(count, seed):
    """Words of 2 to 8 letters."""
    random_ = random.Random(seed)
    return Words("".join(random_.choices(LETTERS, k=random_.randint(2, 8))) for _ in range(count))


def encode(words, vocabulary):
    """Words as a part of a data set."""
    for word in words:
        if not word or set(word) - set(LETTERS):
            raise UserError(f"{word!r} is not a word of the letters a to z")
    sizes = np.array([len(word) for word in words], dtype=np.int64)
    symbols = np.array([LETTERS.index(letter) for word in words for letter in word], dtype=np.uint8)
    counts = np.array([sum(letter in "aeiou" for letter in word) for word in words], dtype=np.float32)
    return Part(Sequences(symbols, np.cumsum(sizes) - sizes, sizes), labels=counts)


def prepare(source, split, data, known=None):
    """Split and encode words."""
    vocabulary = Vocabulary((*LETTERS, PAD))
    words = list(source.content)[: source.limit]
    parts = {"test": words} if known else split_items(words, split["seed"], split["deduplicate"])
    encoded = {part: encode(words, vocabulary) for part, words in parts.items()}
    items = measured(items_of_texts, parts)
    return Prepared(source.name, source.sha256, vocabulary, encoded, items=items)
'''

TASK_OPTION = """# @package _global_
# Counting the vowels of a word.
defaults:
  - _self_
  - /data: made_up_words

task:
  name: vowels
  module:
    _target_: vowels.VowelCounter
  prepare:
    _target_: vowels.data.prepare
  file_reader:
    _target_: rnnlab.data.sources.names.read_lines

data:
  batch_size: 32
  sequence_length: 8
  limit: null

model:
  embedding_size: 8
  hidden_size: 16
  pooling: last      # how outputs become one vector

optimizer:
  lr: 0.02

trainer:
  max_epochs: 6
"""

DATA_OPTION = """# Words of random letters.
name: made_up_words
reader:
  _target_: vowels.data.made_up
  count: 1000       # how many words
  seed: 0           # of the letters
"""

FILES = {
    "vowels/__init__.py": TASK,
    "vowels/data.py": DATA,
    "vowels/conf/task/vowels.yaml": TASK_OPTION,
    "vowels/conf/data/made_up_words.yaml": DATA_OPTION,
}


@pytest.fixture
def plugin(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The files of the task, listed in RNNLAB_PLUGINS; Python forgets them after the test."""
    for name, content in FILES.items():
        (workdir / name).parent.mkdir(parents=True, exist_ok=True)
        (workdir / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("RNNLAB_PLUGINS", "vowels")
    yield
    for module in ("vowels", "vowels.data"):
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("plugin")
def test_a_task_from_outside_does_what_a_task_of_rnnlab_does(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """It is swept, compared, evaluated, also on a user's file, and predicts; reports draw its chart."""
    done = rnnlab("train", "-m", "task=vowels", "cell=gru,bag", "sweep=vowels", ALONE)
    assert done.code == 0, done.err
    (run,) = (workdir / "runs/vowels").glob("gru*")
    summary = json.loads((run / "summary.json").read_text())
    assert summary["unit"] == "squared error per word" and summary["metrics"]["test"]["test/mae"] < 0.6
    assert summary["flops"] == 2 * 3 * 16 * (8 + 16) + 2 * 16 / 8
    assert summary["data"]["validation_count"] == 98 and len(summary["data"]["test_items"]) == 16
    assert not list(run.glob("test_items*")), "it does not measure its items"

    compared = rnnlab("compare", "sweep=vowels")
    assert compared.code == 0, compared.err
    report = (workdir / "runs/vowels/report/report.md").read_text()
    assert (
        "squared error per word" in report and "![Vowels](vowels.png)" in report and "Vowels of test words." in report
    )
    assert (workdir / "runs/vowels/report/vowels.png").read_bytes().startswith(b"\x89PNG")

    (workdir / "words.txt").write_text("banana\nrhythm\n")
    lines = rnnlab("predict", f"checkpoint={run}", "file=words.txt").out.splitlines()
    assert [line.split()[0] for line in lines] == ["banana", "rhythm"]
    answers = json.loads(rnnlab("predict", f"checkpoint={run}", "file=words.txt", "format=json").out)
    assert [answer["word"] for answer in answers] == ["banana", "rhythm"]
    assert answers[0]["vowels"] == pytest.approx(3, abs=1) and answers[1]["vowels"] == pytest.approx(0, abs=1)
    rows = rnnlab("predict", f"checkpoint={run}", "text=banana", "format=csv").out.splitlines()
    assert rows[0] == '"word","vowels"' and rows[1].startswith('"banana",')
    assert float(rows[1].split(",")[1]) == pytest.approx(answers[0]["vowels"], abs=0.011)
    refused = rnnlab("predict", f"checkpoint={run}", "text=42")
    assert refused.code == 2 and "'42' is not a word" in refused.err and len(refused.err.splitlines()) == 1

    own = json.loads(rnnlab("evaluate", f"checkpoint={run}", "format=json").out)
    assert own["metrics"] == summary["metrics"]["test"]
    other = json.loads(rnnlab("evaluate", f"checkpoint={run}", "data.path=words.txt", "format=json").out)
    assert other["predictions"] == 2 and other["unit"] == "squared error per word"
