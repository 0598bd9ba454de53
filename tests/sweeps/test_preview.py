"""A dry run of many kinds of runs tries a few of them, and says of each how large it is and how long it takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rnnlab.config.compose import compose_train
from rnnlab.config.jobs import compose_jobs
from rnnlab.sweeps.plan import PlannedRun, plan
from rnnlab.sweeps.preview import MOST_TRIED, show

SIZES = range(8, 68, 2)
WORDS = ["debug=fast", "data.limit=60", "trainer.max_epochs=1"]


@pytest.fixture
def planned(workdir: Path) -> list[PlannedRun]:
    command = compose_train(["-m", *WORDS])
    rates = [f"optimizer.lr={rate}" for rate in (0.1, 0.01)]
    jobs = [[*WORDS, f"model.hidden_size={size}", rate] for size in SIZES for rate in rates]
    return plan(compose_jobs(command.loader, command.config, jobs), [" ".join(words[-2:]) for words in jobs])


def test_a_few_kinds_of_runs_are_tried_and_tell_the_others(
    planned: list[PlannedRun], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[int] = []

    def pretended(config: dict[str, Any], prepared: object) -> tuple[int, float]:
        tried.append(config["model"]["hidden_size"])
        return 1000 + tried[-1], 600.0 * tried[-1]

    monkeypatch.setattr("rnnlab.training.estimate.estimate", pretended)
    show(planned)
    lines = [line for line in capsys.readouterr().out.splitlines() if "to be done" in line]
    assert len(tried) == len(set(tried)) == MOST_TRIED < len(SIZES), "one rate tells another"
    assert len(lines) == 2 * len(SIZES)
    small, large = (hours(next(line for line in lines if f"size={size} " in line)) for size in (8, 66))
    assert small < large / 4


def hours(line: str) -> float:
    """Return the time at the end of a line, such as `1 h 30 min`."""
    found = re.search(r"(?:(\d+) h )?(\d+) min$", line)
    assert found, line
    return float(found[1] or 0) + float(found[2]) / 60
