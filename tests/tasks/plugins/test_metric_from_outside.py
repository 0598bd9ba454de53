"""A metric from outside, in one file: its declaration, the object that measures it, and its update."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from support import ALONE, Answer

PLUGIN = '''
"""Names, measured by how many of their vowels are predicted."""

import torch
from torchmetrics import MeanMetric

from rnnlab.records.metrics import Metric
from rnnlab.tasks.names import NamesLM

VOWELS = Metric(
    "vowels", "vowels predicted", "the share of vowels that are predicted", direction="higher", kind="share",
    explanation="Vowels are a, e, i, o and u.",
    finding="vowels: of those of the test, the best configuration predicts $vowels.",
)


class VowelNames(NamesLM):
    def declare_metrics(self):
        return {**super().declare_metrics(), VOWELS: MeanMetric()}

    def update(self, metrics, logits, batch):
        super().update(metrics, logits, batch)
        vowels = torch.tensor([self.vocabulary.symbols.index(vowel) for vowel in "aeiou"])
        asked = torch.isin(batch.targets, vowels)
        metrics["vowels"].update((logits.argmax(-1) == batch.targets)[asked].float())
'''


@pytest.fixture
def plugin(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The one file, listed in RNNLAB_PLUGINS; Python forgets it after the test."""
    (workdir / "vowel_names.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("RNNLAB_PLUGINS", "vowel_names")
    yield
    sys.modules.pop("vowel_names", None)


@pytest.mark.usefixtures("plugin")
def test_a_metric_that_one_file_adds_is_shown_everywhere(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    module = "task.module._target_=vowel_names.VowelNames"
    done = rnnlab("train", "-m", "task=names", module, "cell=gru,rnn", "debug=fast", "sweep=vowels", ALONE)
    assert done.code == 0, done.err
    compared = rnnlab("compare", "sweep=vowels")
    assert compared.code == 0, compared.err
    sweep = workdir / "runs/vowels"
    rows = list(csv.DictReader((sweep / "report/results.csv").read_text().splitlines()))
    summary = list(csv.DictReader((sweep / "report/summary.csv").read_text().splitlines()))
    measured = [json.loads((Path(row["folder"]) / "summary.json").read_text())["metrics"] for row in rows]
    assert [float(row["test/vowels"]) for row in rows] == [metrics["test"]["test/vowels"] for metrics in measured]
    assert [float(row["val/vowels"]) for row in rows] == [metrics["best"]["val/vowels"] for metrics in measured]
    best = float(rows[0]["test/vowels"])
    assert float(summary[0]["test_vowels"]) == best and 0 < best < 1

    terminal = compared.out.split("* best mean")[0]
    assert "predicted" in terminal and f"{best:.4f}" in terminal
    report = (sweep / "report/report.md").read_text()
    heads = next(line for line in report.splitlines() if line.startswith("| cell"))
    assert "| vowels predicted |" in heads and f"**{best:.4f}**" in report
    assert "Vowels are a, e, i, o and u." in report and f"the best configuration predicts {best:.3f}." in report
    page = (sweep / "report/report.html").read_text()
    assert "the share of vowels that are predicted" in page and f"{best:.4f}" in page

    events = EventAccumulator(rows[0]["folder"])
    events.Reload()
    tags = events.Tags()["scalars"]
    assert {"val/vowels", "test/vowels", "val_best/vowels"} <= set(tags)
    (layout,) = events.Tensors("custom_scalars__config__")
    assert b"^val/vowels$" in layout.tensor_proto.string_val[0]
    assert events.Scalars("test/vowels")[0].value == pytest.approx(best)
