"""What a GPU is used for: precisions, complex numbers, two runs at once, probes, several devices.

`make bench-gpu` runs these, and measures; without a GPU they are skipped, as is said in pytest's summary.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnlab.training.trained import Trained
from support import Answer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]

SMALL = ("train", "debug=fast", "trainer.accelerator=gpu")


def figures(folder: Path) -> dict[str, float]:
    """The metrics of the only run below a folder."""
    (file,) = folder.glob("runs/*/*/summary.json")
    content = json.loads(file.read_text())["metrics"]
    return {**content["best"], **content["test"]}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("cell", ["lstm", "lru"])
def test_a_run_learns_in_every_precision(
    rnnlab: Callable[..., Answer], workdir: Path, cell: str, precision: str
) -> None:
    answer = rnnlab(*SMALL, f"cell={cell}", f"trainer.precision={precision}")
    assert answer.code == 0, answer.err
    assert "NVIDIA" in answer.out + answer.err
    assert np.isfinite(figures(workdir)["val/loss"])


def test_a_model_of_a_gpu_answers_as_on_a_cpu(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*SMALL).code == 0
    (folder,) = (file.parent for file in workdir.glob("runs/*/*/summary.json"))
    measured = Trained(folder).evaluate("test").metrics
    assert measured["test/loss"] == pytest.approx(figures(workdir)["test/loss"], rel=1e-4)


def test_two_runs_share_a_gpu(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab("train", "-m", *SMALL[1:], "cell=rnn,gru", "hydra.launcher.workers=2", "sweep=two")
    assert answer.code == 0, answer.err
    assert len(list(workdir.glob("runs/two/*/summary.json"))) == 2


@pytest.mark.parametrize("probe", ["hidden_states", "gradient_flow"])
def test_probes_look_into_a_model_of_a_gpu(rnnlab: Callable[..., Answer], workdir: Path, probe: str) -> None:
    assert rnnlab(*SMALL).code == 0
    (folder,) = (file.parent for file in workdir.glob("runs/*/*/summary.json"))
    assert rnnlab("probe", f"probe={probe}", f"checkpoint={folder}", "text=anna").code == 0


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are no two GPUs")
def test_two_gpus_train_one_run(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*SMALL, "trainer.devices=2")
    assert answer.code == 0, answer.err
