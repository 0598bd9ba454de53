"""A cell from outside: one class and one YAML file, as the README tells it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import ALONE, Answer, shell

CELL = '''
import torch
from torch import nn
from rnnlab.nn import Cell, linear_flops


class MinimalGatedUnit(Cell):
    """One gate (Zhou et al. 2016)."""

    def __init__(self, input_size, hidden_size, gate_bias):
        super().__init__(input_size, hidden_size)
        self.gate = nn.Linear(input_size + hidden_size, hidden_size)
        self.candidate = nn.Linear(input_size + hidden_size, hidden_size)
        nn.init.constant_(self.gate.bias, gate_bias)

    def step(self, x, state):
        gate = torch.sigmoid(self.gate(torch.cat([x, state], dim=-1)))
        candidate = torch.tanh(self.candidate(torch.cat([x, gate * state], dim=-1)))
        return (1 - gate) * state + gate * candidate

    def flops(self):
        return linear_flops(self)
'''
OPTION = "# Minimal gated unit.\nname: mgu\n_target_: {module}.MinimalGatedUnit\ngate_bias: 1.0   # openness at first\n"


@pytest.fixture(params=["package", "single file"])
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The user's code, in the two forms that Python knows; it is forgotten after the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    if request.param == "package":
        conf = tmp_path / "my_cells" / "conf" / "cell"
        conf.mkdir(parents=True)
        (tmp_path / "my_cells" / "__init__.py").write_text(CELL)
    else:
        conf = tmp_path / "conf" / "cell"
        conf.mkdir(parents=True)
        (tmp_path / "my_cells.py").write_text(CELL)
    (conf / "mgu.yaml").write_text(OPTION.format(module="my_cells"))
    yield "my_cells"
    sys.modules.pop("my_cells", None)


def test_a_cell_from_outside_is_swept_beside_the_others_and_generates(
    rnnlab: Callable[..., Answer], tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_PLUGINS", module)
    done = rnnlab("train", "-m", "cell=mgu,gru", "model.num_layers=2", "debug=fast", "sweep=mine", ALONE)
    assert done.code == 0, done.err
    (run,) = (tmp_path / "runs" / "mine").glob("mgu*")
    summary = json.loads((run / "summary.json").read_text())
    assert summary["status"] == "complete" and summary["hparams"]["cell"] == "mgu"
    assert summary["parameters"] == 28 * 96 + 2 * 2 * (192 * 96 + 96) + 96 * 28 + 28
    assert summary["flops"] == 2 * 2 * 2 * 192 * 96 + 2 * 96 * 28
    made = rnnlab("generate", f"checkpoint={run}", "samples=3")
    assert made.code == 0 and len(made.out.splitlines()) == 3, made.err
    monkeypatch.delenv("RNNLAB_PLUGINS")
    refused = rnnlab("generate", f"checkpoint={run}")
    assert refused.code == 2 and "my_cells.MinimalGatedUnit" in refused.err
    assert "RNNLAB_PLUGINS" in refused.err and len(refused.err.splitlines()) == 1


def test_its_keys_and_its_option_are_in_the_help(tmp_path: Path, module: str) -> None:
    page = shell("train", "cell=mgu", "--help", cwd=tmp_path, RNNLAB_PLUGINS=module).stdout
    assert "mgu" in page and "cell.gate_bias=1.0" in page and "openness at first" in page
