"""A study whose sweep proceeds in rounds: a tuning that ends in a race, and a race."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from forked import PATIENCE, Command
from rnnlab.records.recording import read_recording
from rnnlab.studies.study import Study
from support import Answer

pytestmark = pytest.mark.launchers

STUDY = """\
# Which cell?
defaults: [train, {{override debug: fast}}, {{override hydra/sweeper: {sweeper}}}, _self_]
sweep: rounds
model: {{hidden_size: 8, embedding_size: 8}}
trainer: {{max_epochs: 2}}
hydra:
  mode: MULTIRUN
  launcher: {{workers: 1}}
  sweeper: {{first: 2, most: 3, params: {{cell: "rnn,gru", {params}}}, {more}}}
"""
SWEEPERS = {
    "tune": {
        "params": 'optimizer.lr: "tag(log,interval(2e-3,4e-2))"',
        "more": "trials: 3, extend: 0, confirm: race",
    },
    "race": {"params": 'model.num_layers: "1,2"', "more": "within: [model.num_layers]"},
}


@pytest.fixture(params=SWEEPERS)
def study(request: pytest.FixtureRequest, workdir: Path) -> Study:
    written = Study(workdir / "experiments" / "rounds")
    written.folder.mkdir(parents=True)
    written.file.write_text(STUDY.format(sweeper=request.param, **SWEEPERS[request.param]))
    return written


def files(study: Study) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in study.folder.iterdir()}


def summaries(workdir: Path) -> dict[str, Mapping[str, Any]]:
    """What every run of the sweep has measured."""
    return {
        file.parent.name: json.loads(file.read_text())["metrics"] for file in workdir.glob("runs/rounds/*/summary.json")
    }


def test_its_page_says_what_its_fresh_seeds_say_and_comes_from_the_recording_alone(
    rnnlab: Callable[..., Answer], workdir: Path, study: Study
) -> None:
    done = rnnlab("study", "name=rounds")
    assert done.code == 0, done.err
    before, results, recording = files(study), study.read_results(), read_recording(study.recording)
    assert results and results.figure == "answer.png" and recording.rounds and recording.rounds.done
    assert {run.folder.name for run in recording.runs} == set(summaries(workdir)), "those of every round"
    tried = [run for run in recording.runs if run.draw is not None]
    if recording.rounds.sweeper == "tune":
        assert "Asked: Which cell has the lowest validation loss, each at its own best lr?" in study.readme.read_text()
        assert len(tried) == 6 and {run.config["seed"] for run in tried} == {0}
        assert "tuning-curves.png" in results.figures and min(r.config["seed"] for r in recording.runs if not r.draw)
    else:
        assert "at each num_layers?" in study.readme.read_text() and not tried
    ended = rnnlab("study", "name=rounds")
    assert ended.code == 0, ended.err
    assert files(study) == before, "a study whose runs have ended trains nothing, and says the same"
    shutil.rmtree(workdir / "runs")
    again = rnnlab("study", "name=rounds", "report=only")
    assert again.code == 0, again.err
    assert files(study) == before


@pytest.mark.parametrize("study", ["tune", pytest.param("race", marks=pytest.mark.slow)], indirect=True)
def test_killed_and_asked_again_it_has_the_runs_that_it_would_have_had(
    rnnlab: Callable[..., Answer], workdir: Path, study: Study
) -> None:
    process = Command("study", "name=rounds", cwd=workdir)
    deadline = time.monotonic() + PATIENCE
    while len(summaries(workdir)) < 3:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    kept = {name: Path(f"runs/rounds/{name}/summary.json").stat().st_mtime_ns for name in summaries(workdir)}
    assert rnnlab("study", "name=rounds").code == 0
    assert all(Path(f"runs/rounds/{name}/summary.json").stat().st_mtime_ns == at for name, at in kept.items())
    disturbed, rounds = summaries(workdir), read_recording(study.recording).rounds
    shutil.rmtree(workdir / "runs")
    assert rnnlab("study", "name=rounds").code == 0
    assert summaries(workdir) == disturbed and len(disturbed) > len(kept)
    assert read_recording(study.recording).rounds == rounds


def test_seeds_are_no_part_of_such_a_study(rnnlab: Callable[..., Answer], workdir: Path, study: Study) -> None:
    study.file.write_text(study.file.read_text().replace('cell: "rnn,gru"', 'cell: "rnn,gru", seed: "0,1"'))
    answer = rnnlab("study", "name=rounds")
    assert answer.code == 2 and "seed" in answer.err and not (workdir / "runs").exists()
    assert not study.readme.exists()
