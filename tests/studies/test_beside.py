"""A study that computes something beside its networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnnlab.studies.study import Study
from support import Answer

pytestmark = pytest.mark.studies

STUDY = """\
# Which cell tells bumps from dents?
defaults: [train, {override task: signals}, {override data: ucr}, _self_]
sweep: bumps
compare: {metric: test/accuracy}
model: {hidden_size: 4}
trainer: {max_epochs: 2}
callbacks: {confusion_matrix: {enabled: false}, pr_curve: {enabled: false}, graph: {enabled: false}}
beside:
  _target_: rnnlab.reference.neighbours.neighbours
  sets: [Bumps]
  SETTING
hydra:
  mode: MULTIRUN
  launcher: {workers: 1}
  sweeper: {params: {data.name: Bumps, cell: "rnn,gru", seed: "0,1"}}
"""


def write_set(folder: Path) -> None:
    """Write a set in the archive's form: a bump up or down, early or late."""
    draw = np.random.default_rng(0)
    for part, count in (("TRAIN", 20), ("TEST", 10)):
        lines = ["@problemName Bumps", "@univariate true", "@classLabel true up down", "@data"]
        for number in range(count):
            values = draw.normal(0, 0.05, 10)
            values[draw.integers(1, 8)] += 1 if number % 2 else -1
            lines.append(",".join(f"{value:.4f}" for value in values) + f":{('down', 'up')[number % 2]}")
        file = folder / "ts" / "Bumps" / f"Bumps_{part}.ts"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")


@pytest.fixture
def study(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(workdir / "cache"))
    write_set(workdir / "cache")
    written = Study(workdir / "experiments" / "bumps")
    written.folder.mkdir(parents=True)
    written.file.write_text(STUDY.replace("SETTING", "published: {Bumps: 0.98}"))
    return written


def test_it_stands_below_the_networks_and_is_recorded(
    rnnlab: Callable[..., Answer], study: Study, workdir: Path
) -> None:
    done = rnnlab("study", "name=bumps")
    assert done.code == 0, done.err
    page = study.readme.read_text()
    assert (
        "| set | sequences, training and test |" in page and "| nearest neighbour, DTW | the same, published |" in page
    )
    (row,) = [line.split(" | ") for line in page.splitlines() if line.startswith("| Bumps |")]
    assert row[-2:] == ["1.000", "0.980 |"] and all(0 <= float(cell) <= 1 for cell in row[6:8])
    shutil.rmtree(workdir / "runs")
    assert rnnlab("study", "name=bumps", "report=only").code == 0
    assert study.readme.read_text() == page


@pytest.mark.parametrize(
    ("node", "named"),
    [
        ("_target_: rnnlab.reference.neighbours.neighbors", "there is no 'rnnlab.reference.neighbours.neighbors'"),
        ("_target_: os.system", "beside._target_: 'os.system' is not something a configuration may call"),
        (
            "_target_: rnnlab.reference.neighbours.neighbours\n  names: [Bumps]",
            "neighbours cannot be called with these keys",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_before_anything_is_trained(
    rnnlab: Callable[..., Answer], study: Study, workdir: Path, node: str, named: str
) -> None:
    head, _, rest = study.file.read_text().partition("beside:\n")
    study.file.write_text(f"{head}beside:\n  {node}\n{rest[rest.index('hydra:') :]}")
    refused = rnnlab("study", "name=bumps")
    assert refused.code == 2 and named in refused.err and not (workdir / "runs").exists()
