"""A study's page, written from its recorded runs."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.records.reading import RecordedFiles, Run
from rnnlab.records.recording import Recording, Section, write_recording
from rnnlab.studies.readme import BEGIN
from rnnlab.studies.study import Results, Study
from support import ROOT, Answer, assert_refused

pytestmark = pytest.mark.studies

PROBES = Section(
    "### Inside: units\n\nUnit 3 counts.\n\n![Units](inside-units.png)", "Unit 3 counts.", ("inside-units.png",)
)
CODE = """
import sys
from rnnlab.cli import main
assert main(["study", "name=kept", "report=only"]) == 0
assert "torch" not in sys.modules and "lightning" not in sys.modules
"""


@pytest.fixture
def study(workdir: Path) -> Study:
    """A study whose two cells were trained from two seeds each, of which the recording is left."""
    kept = Study(workdir / "experiments" / "kept")
    kept.folder.mkdir(parents=True)
    kept.file.write_text("# Which cell?\ndefaults: [train, _self_]\n")
    runs = [recorded(cell, seed, loss + seed / 100) for cell, loss in (("gru", 2.0), ("rnn", 2.5)) for seed in (0, 1)]
    write_recording(kept.recording, Recording("kept", runs))
    return kept


def recorded(cell: str, seed: int, loss: float) -> Run:
    """A finished run of which no folder is left."""
    config = {"cell.name": cell, "seed": seed, "model.hidden_size": 8, "task.name": "names", "data.name": "names"}
    summary = {
        "status": "complete",
        "metrics": {"best": {"val/loss": loss}, "test": {"test/loss": loss}},
        "parameters": 80,
        "seconds": 1.5,
        "epochs": 2,
        "best_epoch": 1,
        "unit": "nats per token",
    }
    rows = [{"epoch": float(epoch), "step": epoch * 4.0, "val/loss": loss + 1 - epoch} for epoch in range(2)]
    files = RecordedFiles(rows, (), {"samples": [f"{cell} {seed}"]})
    return Run(Path("runs/kept") / f"{cell}-{seed}", "complete", "", config, summary, recorded=files)


def test_a_recording_is_enough_for_the_page_and_torch_is_not_needed(study: Study, workdir: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=workdir, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    readme = study.readme.read_text()
    answer = "**Use gru: validation loss 2.00 nats per token; rnn is worse by 0.50.**"
    assert answer in readme and "2.0050" in readme and "gru 0" in readme
    assert (study.folder / "learning-curves.png").read_bytes().startswith(b"\x89PNG")
    assert answer.strip("*") in (workdir / "experiments" / "README.md").read_text()
    assert not (workdir / "runs").exists()


def test_what_needs_networks_is_kept_and_named_and_old_pictures_go(
    study: Study, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    for name in ("inside-units.png", "loss-by-old.png"):
        (study.folder / name).write_bytes(b"picture")
    study.write_results(Results("Old.", "loss-by-old.png", ["loss-by-old.png", "inside-units.png"]))
    runs = [recorded("gru", seed, 2.0 + seed) for seed in (0, 1)]
    write_recording(study.recording, Recording("kept", runs, probes=PROBES))
    answer = rnnlab("study", "name=kept", "report=only")
    assert answer.code == 0, answer.err
    assert "inside-units.png" in answer.out
    assert (study.folder / "inside-units.png").read_bytes() == b"picture"
    assert not (study.folder / "loss-by-old.png").exists()
    assert PROBES.text in study.readme.read_text()
    index = (workdir / "experiments" / "README.md").read_text()
    assert "Unit 3 counts." in index and 'src="kept/inside-units.png"' in index


def test_what_a_probe_has_measured_is_the_answer_where_nothing_is_repeated(
    study: Study, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    runs = [recorded("gru", 0, 2.0), recorded("rnn", 0, 2.5)]
    write_recording(study.recording, Recording("kept", runs, probes=PROBES))
    assert rnnlab("study", "name=kept", "report=only").code == 0
    assert study.readme.read_text().partition(BEGIN)[2].strip().startswith(PROBES.text)
    results = study.read_results()
    assert results and results.answer == "Unit 3 counts."


def test_recorded_runs_are_asked_what_study_yaml_asks(study: Study, rnnlab: Callable[..., Answer]) -> None:
    study.file.write_text("# Which cell?\ndefaults: [train, _self_]\ncompare: {by: cell, worth: 9}\n")
    assert rnnlab("study", "name=kept", "report=only").code == 0
    results = study.read_results()
    assert results and results.answer.endswith("rnn is practically as good.") and results.figure == "answer.png"
    study.file.write_text("# Which cell?\ndefaults: [train, _self_]\ncompare: {by: seed}\n")
    assert_refused(rnnlab("study", "name=kept", "report=only"), ["seed: the seed repeats a comparison"])


def test_a_study_without_a_recording_says_how_it_gets_one(study: Study, rnnlab: Callable[..., Answer]) -> None:
    study.recording.unlink()
    assert_refused(rnnlab("study", "name=kept", "report=only"), ["experiments/kept/runs.jsonl.gz", "no such file"])
    assert not study.readme.exists()


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"no json", mtime=0), gzip.compress(b"[" * 100_000, mtime=0)]
)
def test_a_damaged_recording_leaves_the_page_alone(study: Study, rnnlab: Callable[..., Answer], content: bytes) -> None:
    study.recording.write_bytes(content)
    assert_refused(rnnlab("study", "name=kept", "report=only"), ["runs.jsonl.gz: not the runs of a study"])
    assert not study.readme.exists()


def test_a_report_is_only_or_all(study: Study, rnnlab: Callable[..., Answer]) -> None:
    assert_refused(rnnlab("study", "name=kept", "report=no"), ["report must be", "only"])


def test_a_study_is_run_compared_written_down_and_the_same_bytes_again(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    folder = workdir / "experiments" / "tiny"
    folder.mkdir(parents=True)
    text = (ROOT / "experiments" / "names-makemore" / "study.yaml").read_text()
    text = text.replace("names-makemore", "tiny").replace("data: names_makemore", "debug: fast")
    text = text.replace("  mode: MULTIRUN", "  mode: MULTIRUN\n  launcher: {workers: 1}")
    (folder / "study.yaml").write_text(text)
    first = rnnlab("study", "name=tiny")
    assert first.code == 0, first.err
    assert "nats per token" in first.out and "Made up by" in first.out
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(before) == {"study.yaml", "README.md", "learning-curves.png", "results.json", "runs.jsonl.gz"}
    assert b"Made up by the best run" in before["README.md"]
    assert rnnlab("study", "name=tiny").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    shutil.rmtree(workdir / "runs")
    for name in ("README.md", "learning-curves.png", "results.json"):
        (folder / name).unlink()
    again = rnnlab("study", "name=tiny", "report=only")
    assert again.code == 0, again.err
    assert again.out == first.out[first.out.index(again.out[:20]) :], "the same table and the same names"
    words_of_a_person = before["README.md"].partition(BEGIN.encode())[0]
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert after == {**before, "README.md": before["README.md"].replace(words_of_a_person, b"# tiny\n\n")}
    assert not (workdir / "runs").exists()


def test_what_a_search_has_found_is_kept_without_its_trials(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    folder = workdir / "experiments" / "search-names"
    folder.mkdir(parents=True)
    text = (ROOT / "experiments" / "search-names" / "study.yaml").read_text()
    text = text.replace("data: names_makemore", "debug: fast").replace("n_trials: 40", "n_trials: 2\n    n_jobs: 1")
    (folder / "study.yaml").write_text(text)
    first = rnnlab("study", "name=search-names")
    assert first.code == 0, first.err
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert b"The search did 2 trials" in before["README.md"] and "search-history.png" in before
    shutil.rmtree(workdir / "runs")
    assert rnnlab("study", "name=search-names", "report=only").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_readme_without_its_marks_is_not_overwritten(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    shutil.copytree(ROOT / "experiments" / "names-makemore", workdir / "experiments" / "mine")
    study = workdir / "experiments" / "mine" / "study.yaml"
    text = study.read_text().replace("- override data: names_makemore", "- override debug: fast")
    study.write_text(text.replace("  mode: MULTIRUN", "  mode: MULTIRUN\n  launcher: {workers: 1}"))
    readme = workdir / "experiments" / "mine" / "README.md"
    readme.write_text("My own words.\n")
    answer = rnnlab("study", "name=mine")
    assert answer.code == 2 and "README.md" in answer.err
    assert readme.read_text() == "My own words.\n"
