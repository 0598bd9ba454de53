"""Every study that ships: it composes, it runs, and its README holds what it found."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnnlab.report.readme import BEGIN, END, write_index
from support import ALONE, ROOT, Answer

FILES = {path.parent.name: path.read_text() for path in sorted((ROOT / "experiments").glob("*/study.yaml"))}
LESSONS = [name for name, text in FILES.items() if "\nreference:" in text]  # they train nothing
STUDIES = [name for name in FILES if name not in LESSONS]


def recorded(study: str) -> str:
    """What the study's README says between its two marks."""
    text = (ROOT / "experiments" / study / "README.md").read_text(encoding="utf-8")
    return text.partition(BEGIN)[2].partition(END)[0]


def ranked(study: str) -> list[dict[str, str]]:
    """The rows of a study's ranking by the heads of its columns, the best first; of a mean ± its error, the mean."""
    lines = recorded(study).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|") and " validation loss " in line)
    cells = [
        [cell.strip().strip("*").partition(" ± ")[0] for cell in line.split("|")[1:-1]]
        for line in itertools.takewhile(lambda line: line.startswith("|"), lines[first:])
    ]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def losses(study: str) -> dict[str, float]:
    """The mean validation losses of a study, of each cell the lowest."""
    return {row["cell"]: float(row["validation loss"]) for row in reversed(ranked(study))}


def trains(rnnlab: Callable[..., Answer], folder: Path) -> list[dict[str, Any]]:
    """The summaries of a study's runs, trained small: it is a plain Hydra configuration, with overrides."""
    done = rnnlab(
        "train", "-cd", str(folder), "-cn", "study", ALONE, "debug=fast", "seed=0",
        "model.embedding_size=8", "model.hidden_size=8", "data.sequence_length=20", "optimizer.lr=0.007",
        "trainer.max_epochs=2",
        *(["hydra.sweeper.n_trials=2"] if "hydra/sweeper: optuna" in (folder / "study.yaml").read_text() else []),
    )  # fmt: skip
    assert done.code == 0, done.err
    return [json.loads(file.read_text()) for file in Path.cwd().glob(f"runs/{folder.name}/*/summary.json")]


@pytest.mark.parametrize("study", STUDIES)
def test_the_first_run_of_a_study_trains(rnnlab: Callable[..., Answer], workdir: Path, study: str) -> None:
    config = yaml.safe_load(FILES[study])
    sweeper = config["hydra"]["sweeper"]
    if "cases" in sweeper:
        sweeper["cases"] = sweeper["cases"][:1]
    if "override hydra/sweeper: optuna" not in FILES[study]:
        sweeper["params"] = {key: str(values).split(",")[0] for key, values in sweeper["params"].items()}
    folder = workdir / "experiments" / study
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    summaries = trains(rnnlab, folder)
    assert summaries and all(summary["status"] == "complete" for summary in summaries)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_every_run_of_a_study_trains(rnnlab: Callable[..., Answer], workdir: Path, study: str) -> None:
    summaries = trains(rnnlab, ROOT / "experiments" / study)
    assert summaries and all(summary["status"] == "complete" for summary in summaries)


@pytest.mark.parametrize("study", LESSONS)
def test_a_lesson_says_again_what_it_has_recorded_and_the_same_bytes_each_time(
    rnnlab: Callable[..., Answer], workdir: Path, study: str
) -> None:
    """But for the last line, which has versions; a picture's bytes depend on the fonts and packages of a machine."""
    folder = workdir / "experiments" / study
    shutil.copytree(ROOT / "experiments" / study, folder)
    pictures = {file.name for file in folder.glob("*.png")}
    for file in folder.glob("*.png"):
        file.unlink()
    done = rnnlab("study", f"name={study}")
    assert done.code == 0, done.err
    results = (folder / "README.md").read_text().partition(BEGIN)[2].partition(END)[0]
    assert results.partition("\nMade with ")[0] == recorded(study).partition("\nMade with ")[0]
    written = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(written) == {"study.yaml", "README.md", *pictures} and pictures
    assert all(f"({name})" in results for name in pictures)
    assert f"## [{study}]({study}/README.md)" in (workdir / "experiments" / "README.md").read_text()
    assert rnnlab("study", f"name={study}").code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == written


@pytest.mark.parametrize("name", ["fast", "best"])
def test_a_configuration_of_the_benchmark_runs_by_the_command_in_its_head(
    rnnlab: Callable[..., Answer], name: str
) -> None:
    head = (ROOT / "experiments" / "speed" / f"{name}.yaml").read_text().splitlines()[1]
    words = head.removeprefix("# $ rnnlab ").replace("experiments/speed", str(ROOT / "experiments" / "speed")).split()
    done = rnnlab(*words, "debug=fast", "model.hidden_size=8", "trainer.max_epochs=1")
    assert done.code == 0, done.err


def test_the_benchmark_has_recorded_every_section() -> None:
    titles = re.findall(r"^## (.+)$", recorded("speed"), flags=re.MULTILINE)
    assert titles == ["Training", "Time to quality", "Data", "Generation", "Start-up", "Comparing", "A sweep",
                      "Threads", "On a GPU"]  # fmt: skip


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_has_recorded_its_answer_and_its_figure(study: str) -> None:
    results = recorded(study)
    assert re.search(r"(nats|naive errors) per ", results) and "learning-curves.png" in results
    assert (ROOT / "experiments" / study / "learning-curves.png").read_bytes().startswith(b"\x89PNG")
    assert "missing" not in results


def test_the_recorded_figures_reach_what_was_asked_of_them() -> None:
    lecture = losses("names-lecture")
    assert set(lecture) == {"scratch_rnn", "rnn"} and max(lecture.values()) <= 2.070
    assert losses("names-makemore")["gru"] <= 2.03
    assert losses("shakespeare")["lstm"] <= 1.53
    assert "20 of 20 seeds spell `hello`; with averaged ones, 3 do" in recorded("hello")
    parameters = {"names-lecture": 24_028, "nursery-rhyme": 57_141, "quotation": 8_891, "shakespeare": 350_593}
    assert all(f"{count:,}" in recorded(study) for study, count in parameters.items())


def test_the_models_for_all_studies_answer_their_questions() -> None:
    cells, context = recorded("names-cells"), recorded("chars-context")
    assert "- cell: lstm beats gru by 0.0" in cells and "gru beats rnn by 0.0" in cells
    assert "- hidden_size: 128 beats 64 by 0.0" in cells and "- num_layers: " in cells
    assert "- cell: gru beats lstm by 0.0" in context
    assert "- sequence_length (batch_size with it) by cell: the smallest that" in context
    assert all("less time" in text and "over 5 seeds" in text for text in (cells, context))
    figures = {"names-cells": "loss-by-hidden_size", "chars-context": "loss-by-sequence_length"}
    assert all((ROOT / "experiments" / study / f"{name}.png").is_file() for study, name in figures.items())


def test_the_index_says_what_the_studies_say(tmp_path: Path) -> None:
    for study in FILES:
        (tmp_path / study).mkdir()
        for name in ("study.yaml", "README.md"):
            shutil.copy(ROOT / "experiments" / study / name, tmp_path / study / name)
    write_index(tmp_path)
    assert (tmp_path / "README.md").read_bytes() == (ROOT / "experiments" / "README.md").read_bytes()


def test_the_recorded_search_found_a_better_model_than_the_grid_of_as_many_runs() -> None:
    """Both below 30,000 parameters."""
    best = {study: ranked(study)[0] for study in ("search-names", "grid-names")}
    losses = {study: float(row["validation loss"]) for study, row in best.items()}
    assert losses["search-names"] < losses["grid-names"]
    assert all(int(row["parameters"].replace(",", "")) <= 30_000 for row in best.values())
    assert "The search did 40 trials" in recorded("search-names")
    pictures = ("search-history.png", "search-importance.png")
    assert all((ROOT / "experiments" / "search-names" / name).is_file() for name in pictures)


@pytest.mark.parametrize(("study", "asked"), [("rt-polarity", 0.765), ("sst2", 0.80), ("reviews", 0.87)])
def test_the_recorded_classifiers_are_as_right_as_was_asked_of_them(study: str, asked: float) -> None:
    """Accuracy on the test part, mean of three seeds, of the best recurrent layer, not only of the bag of words."""
    accuracy = {row["cell"]: float(row["test accuracy"]) for row in ranked(study) if row["seeds"] == "3"}
    assert set(accuracy) == {"bag", "rnn", "gru", "lstm"}
    assert max(accuracy[cell] for cell in ("rnn", "gru", "lstm")) >= asked
    assert "not good" in recorded(study) and "good not" in recorded(study)


def test_the_recorded_taggers_are_right_about_more_words_with_characters_than_without() -> None:
    """Accuracy on the test part of the web treebank, without pretrained vectors."""
    accuracy = {(row["cell"], int(row["char_hidden_size"])): float(row["test accuracy"]) for row in ranked("tagging")}
    assert set(accuracy) == {(cell, units) for cell in ("rnn", "gru", "lstm") for units in (0, 48)}
    assert accuracy["lstm", 48] >= 0.94
    assert all(accuracy[cell, 48] > accuracy[cell, 0] + 0.02 for cell in ("rnn", "gru", "lstm"))


def test_the_best_classifier_of_reviews_is_right_about_nine_in_ten() -> None:
    ideas = {"cell": "gru", "word_dropout": "0.3", "pooling": "concat", "averaging": "true", "sequence_length": "800"}
    (every,) = [row for row in ranked("reviews-best") if ideas.items() <= row.items()]
    assert every["seeds"] == "3" and float(every["test accuracy"]) >= 0.9


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
    assert set(before) == {"study.yaml", "README.md", "learning-curves.png"}
    assert b"Made up by the best run" in before["README.md"]
    assert rnnlab("study", "name=tiny").code == 0
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
