"""The functions of Python in a notebook: progress while they work, one line where something is wrong, rich displays."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import rnnlab

pytestmark = pytest.mark.python


class Watched(NotebookClient):
    """A client that keeps what was shown for a while and taken away again."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.shown: dict[int, str] = {}

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] in ("display_data", "update_display_data"):
            page = msg["content"]["data"].get("text/html", "")
            self.shown[cell_index] = self.shown.get(cell_index, "") + page
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    cells = [
        "import rnnlab",
        "rnnlab.train('task=names', cell='gru', hidden_size=32, max_epochs=4)",
        "rnnlab.sweep({'cell': ['rnn', 'gru']}, 'debug=fast', seeds=2, workers=2, sweep='cells')",
        "rnnlab.compare('cells').figure()",
        "rnnlab.train(hiden_size=4)",
        "rnnlab.train(enabled=True)",
        "rnnlab.train('debug=fast', quiet=True, cell='rnn', sweep='quiet')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    place = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    client = Watched(notebook, timeout=300, kernel_name="python3", allow_errors=True, resources=place)
    client.execute()
    return client


def outputs(client: Watched, cell: int) -> str:
    return str(client.nb.cells[cell].outputs)


def test_a_run_shows_epoch_and_loss_while_it_trains(executed: Watched) -> None:
    assert re.search("epoch [1-4]/4", executed.shown[1]) and "val/loss" in executed.shown[1]
    assert not re.search("epoch [1-4]/4", outputs(executed, 1))  # it is taken away at the end
    assert "NamesLM (task=names, cell=gru)" in outputs(executed, 1)


def test_a_sweep_shows_how_many_runs_have_ended(executed: Watched) -> None:
    assert "of 4 runs" in executed.shown[2] and "of 4 runs" not in outputs(executed, 2)
    assert "[4/4]" in outputs(executed, 2)


def test_an_answer_shows_its_headline_chart_and_table(executed: Watched) -> None:
    result = executed.nb.cells[2].outputs[-1]["data"]
    page = result["text/html"]
    assert page.startswith("<p><b>") and "<svg" in page and "<?xml" not in page and "<table" in page
    assert "application/vnd.plotly.v1+json" in executed.nb.cells[3].outputs[-1]["data"]


def test_what_is_wrong_is_one_line_without_a_traceback(executed: Watched) -> None:
    for cell, name, line in ((4, "UserError", "did you mean model.hidden_size?"), (5, "UserError", "end in it")):
        (error,) = executed.nb.cells[cell].outputs
        assert error["ename"] == name and line in error["evalue"]
        assert error["traceback"] == [f"{name}: {error['evalue']}"]


def test_a_quiet_call_shows_no_progress(executed: Watched) -> None:
    assert "epoch" not in executed.shown.get(6, "")


def test_a_script_needs_no_guard_around_a_sweep_of_several_processes(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import rnnlab\n"
        "found = rnnlab.sweep({'cell': ['rnn', 'gru']}, 'debug=fast', seeds=2, workers=2, sweep='s', quiet=True)\n"
        "print(len(rnnlab.runs('s')), found)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "\n4 " in f"\n{done.stdout}" and "Traceback" not in done.stderr


def test_every_function_is_typed_for_those_who_check_types() -> None:
    for name in rnnlab.__all__:
        signature = inspect.signature(getattr(rnnlab, name))
        untyped = [key for key, value in signature.parameters.items() if value.annotation is value.empty]
        assert not untyped and signature.return_annotation is not signature.empty, name
    assert (Path(rnnlab.__file__).parent / "py.typed").is_file()
