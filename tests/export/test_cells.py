"""Every cell as one step with its state: in a loop it computes what the task computes, at any length."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from networks import CELLS, batch_of, classifier, language_model
from rnnlab.errors import UserError
from rnnlab.export.contents import contents_of
from rnnlab.export.difference import pooled_difference, stepwise_difference
from rnnlab.export.folder import export
from rnnlab.export.formats import FORMATS
from rnnlab.tasks.base import SequenceTask

pytestmark = pytest.mark.export

CLOSE = 1e-5
WHOLE = {"rnn", "gru", "lstm", "irnn"}


def in_both_forms(cells: Sequence[str]) -> Any:
    """Every cell in one form or the other; with the slow tests in both."""
    params = [
        pytest.param(cell, form, marks=[pytest.mark.slow] if (number + place) % 2 else [])
        for number, cell in enumerate(cells)
        for place, form in enumerate(FORMATS)
    ]
    return pytest.mark.parametrize(("cell", "form"), params)


def trained(task: SequenceTask, cell: str, bidirectional: bool = False) -> Any:
    """The task as a checkpoint gives it."""
    config = {"task": {"name": "test"}, "cell": {"name": cell}, "model": {"bidirectional": bidirectional}}
    task.card = {"config": config}
    return task.eval()


def written(task: SequenceTask, folder: Path, form: str = "onnx") -> Any:
    """The programs of a task, and what runs their files."""
    contents, chosen = contents_of(task), FORMATS[form]
    for name, program in contents.programs.items():
        chosen.write(program, folder / name)
    return contents.programs, lambda name, inputs, state: chosen.run(folder / name, inputs, tuple(state))


@pytest.mark.parametrize("cell", sorted(CELLS))
@torch.no_grad()
def test_a_classifier_step_by_step_is_the_classifier(cell: str, tmp_path: Path) -> None:
    task = trained(classifier(cell, layers=2), cell)
    programs, run = written(task, tmp_path)
    assert set(programs) == {"step", "sequence"} if cell in WHOLE else {"step"}
    inputs = torch.randint(5, (3, 12), generator=torch.Generator().manual_seed(1))
    assert pooled_difference(run, programs, inputs, task) < CLOSE
    assert pooled_difference(run, programs, inputs[:1, :1], task) < CLOSE


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
@torch.no_grad()
def test_every_pooling_is_a_running_one(pooling: str, tmp_path: Path) -> None:
    task = trained(classifier("gru"), "gru")
    task.pooling = pooling
    if pooling == "concat":
        task.head = torch.nn.Linear(12, 2)
    programs, run = written(task, tmp_path)
    inputs = torch.randint(5, (4, 50), generator=torch.Generator().manual_seed(1))
    assert pooled_difference(run, programs, inputs, task) < CLOSE


@in_both_forms(["rnn", "gru", "lstm", "irnn", "transformer", "lru"])
@torch.no_grad()
def test_a_language_model_of_two_layers_is_the_same_at_every_step(cell: str, form: str, tmp_path: Path) -> None:
    task = trained(language_model(cell, layers=2), cell)
    programs, run = written(task, tmp_path, form)
    for rows, steps in ((1, 1), (3, 13)):
        symbols = torch.randint(5, (rows, steps), generator=torch.Generator().manual_seed(1))
        assert stepwise_difference(run, programs, symbols, task(symbols)[0]) < CLOSE


@in_both_forms(sorted(WHOLE))
@torch.no_grad()
def test_what_reads_both_ways_is_exported_over_whole_sequences(cell: str, form: str, tmp_path: Path) -> None:
    task = trained(classifier(cell, layers=2, bidirectional=True), cell, bidirectional=True)
    programs, run = written(task, tmp_path, form)
    assert set(programs) == {"sequence"}
    batch = batch_of(task, lengths=(9, 2, 5, 1))
    (outputs,) = run("sequence", [batch.inputs, batch.lengths], ())
    torch.testing.assert_close(outputs, task(batch.inputs, batch.lengths), atol=CLOSE, rtol=CLOSE)


def test_cells_that_read_both_ways_are_refused_in_a_line(tmp_path: Path) -> None:
    task = trained(classifier("coupled_lstm", bidirectional=True), "coupled_lstm", bidirectional=True)
    with pytest.raises(UserError, match=r"model.bidirectional=true: .* cell=coupled_lstm has no operator"):
        export(task, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_task_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    task = trained(language_model("gru"), "gru")
    usual = task.forward
    task.forward = lambda *given: (usual(*given)[0] + 1, None)
    with pytest.raises(UserError, match="computes something else"):
        export(task, tmp_path / "out", "torch")
    assert not list(tmp_path.iterdir())
