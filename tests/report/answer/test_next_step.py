"""What a report says of a setting that is best at the edge of its range."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.analysis.answer import answer
from rnnlab.analysis.configurations import configurations
from rnnlab.analysis.question import Asked, question
from rnnlab.records.reading import Run
from rnnlab.records.rounds import Draw
from rnnlab.report.answer.next_step import next_step

LR = "optimizer.lr"
TRIED = {"rnn": {0.01: 2.3, 0.03: 2.0, 0.11: 2.4}, "lstm": {0.02: 2.2, 0.09: 1.9, 0.004: 2.5}}  # losses


def drawn(cell: str, lr: float, loss: float, beginning: str) -> Run:
    """A run with which a tuning tried a learning rate between 0.002 and 0.12."""
    summary = {"metrics": {"best": {"val/loss": loss}}, "repeat": f"rnnlab train {beginning}cell={cell} {LR}={lr}"}
    draw = Draw(f"cell={cell}", 1, at_edge=(LR,) if lr in (0.09, 0.11) else ())
    return Run(Path(f"{cell}-{lr}"), "complete", "", {"cell.name": cell, LR: lr, "seed": 0}, summary, draw=draw)


@pytest.mark.parametrize("beginning", ["", "-cd experiments/cells -cn study "])
def test_beyond_the_upper_edge_lies_a_larger_number_whatever_another_level_has_drawn(beginning: str) -> None:
    runs = [drawn(cell, lr, loss, beginning) for cell, row in TRIED.items() for lr, loss in row.items()]
    asked = Asked(by=("cell.name",), tune=(LR,))
    step = next_step(answer(question(configurations(runs), [runs[0].measure], asked), runs))
    assert step.why.startswith("lstm is best at the edge of what was tried, lr 0.09; beyond it may lie something")
    if beginning:  # its sweeper gives seeds, and refuses those of a command
        assert step.command is None and "study.yaml" in step.why
    else:
        assert step.command == "rnnlab train -m cell=lstm optimizer.lr=0.27 seed=0"
