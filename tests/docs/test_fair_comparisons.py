"""`make sweep`: a fair comparison that ends with its answer."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable

import pytest

from support import ALONE, ROOT, Answer

SMALL = (
    "debug=fast",
    "hydra.sweeper.trials=2",
    "hydra.sweeper.first=2",
    "hydra.sweeper.most=3",
    "hydra.sweeper.extend=0",
)


def words_of_make_sweep(task: str) -> list[str]:
    """The arguments of `rnnlab` in `make sweep TASK=…`."""
    recipe = subprocess.run(
        ["make", "-n", "sweep", f"TASK={task}"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout.replace("\\\n", " ")
    (line,) = [line for line in recipe.splitlines() if "rnnlab train" in line]
    return shlex.split(line)[1:]


@pytest.mark.docs
def test_make_sweep_ends_with_headline_chart_made_up_names_page_and_tensorboard(rnnlab: Callable[..., Answer]) -> None:
    answer = rnnlab(*words_of_make_sweep("names"), *SMALL, ALONE, "trainer.max_epochs=1")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert "validation loss" in " ".join(lines[:3]) and any("●" in line for line in lines)
    assert "Made up by runs/names-fair/" in answer.out
    assert "Page: runs/names-fair/report/report.html" in answer.out
    assert "rnnlab tensorboard sweep=names-fair" in lines[-1]
    assert "done: cell=" in answer.err and "would be all seeds of all" in answer.err


@pytest.mark.docs
@pytest.mark.parametrize("task", ["chars", "sentiment"])
def test_make_sweep_plans_the_same_for_other_tasks(rnnlab: Callable[..., Answer], task: str) -> None:
    answer = rnnlab(*words_of_make_sweep(task), *SMALL, "dry_run=true")
    assert answer.code == 0, answer.err
    assert "round 1, tuning: 6 runs; at most 9 more may follow" in answer.out
