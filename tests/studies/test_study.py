"""A study of classifiers, as `rnnlab study` writes it down."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer

STUDY = """\
defaults: [train, {{override task: sentiment}}, {{override data: file}}, {{override debug: fast}}, _self_]
sweep: tone
data: {{path: {path}}}
hydra:
  mode: MULTIRUN
  sweeper:
    params: {{cell: "bag,gru", seed: "0,1"}}
"""
Study = Callable[[str], tuple[Answer, str]]


@pytest.fixture
def study(rnnlab: Callable[..., Answer], workdir: Path, sentiment_folder: Path, reviews: Path) -> Study:
    """Writes a study of the runs that are there, with more keys, and carries it out; also what its README says."""
    shutil.copytree(sentiment_folder / "runs", workdir / "runs")
    folder = workdir / "experiments" / "tone"
    folder.mkdir(parents=True)
    shutil.copy(reviews, folder)

    def carry_out(more: str = "") -> tuple[Answer, str]:
        (folder / "study.yaml").write_text(STUDY.format(path=f"experiments/tone/{reviews.name}") + more)
        answer = rnnlab("study", "name=tone")
        readme = folder / "README.md"
        return answer, readme.read_text() if readme.is_file() else ""

    return carry_out


def test_a_study_of_classifiers_shows_what_each_configuration_says_of_the_shown_texts(study: Study) -> None:
    answer, readme = study("")
    assert answer.code == 0, answer.err
    assert "Made up" not in readme + answer.out
    heads = re.search(r"^\| text \| (\w+) \| (\w+) \|$", readme, flags=re.MULTILINE)
    assert heads and {heads[1], heads[2]} == {"bag", "gru"}
    cell = r"(?:positive|negative) (?:0\.\d\d|>0\.99)"
    for text in ("this film was absolutely wonderful", "not good", "good not", "not bad , good"):
        assert re.search(rf"^\| {text} \| {cell} \| {cell} \|$", readme, flags=re.MULTILINE)
        assert text in answer.out
    assert "bag cannot tell “not good” from “good not”, nor “not bad , good” from “not good , bad”" in readme
    assert "bag cannot tell" in " ".join(answer.out.split())
    assert "| cell | validation loss | test accuracy | test macro F1 | seeds |" in readme
    assert "nats per text" in readme and "token" not in readme


def test_other_texts_are_shown_without_training_again(study: Study, workdir: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in workdir.glob("runs/tone/*/summary.json")}
    answer, readme = study('task:\n  shown: [a good film, "film good, a!", a bad film]\n')
    assert answer.code == 0, answer.err
    assert "| a good film |" in readme and "| film good, a! |" in readme and "| not good |" not in readme
    assert "in another order" not in readme, "a comma and an exclamation mark are words of their own"
    assert {file: file.stat().st_mtime_ns for file in workdir.glob("runs/tone/*/summary.json")} == before


def test_its_readme_is_the_same_bytes_again_whatever_a_folder_is_called_and_without_the_networks(
    study: Study, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    answer, readme = study("")
    (folder,) = workdir.glob("runs/tone/gru-*seed0-*")
    folder.rename(folder.with_name(f"mine-{folder.name[-8:]}"))
    again, after = study("")
    assert (answer.code, again.code, after) == (0, 0, readme), again.err
    shutil.rmtree(workdir / "runs")
    recorded = rnnlab("study", "name=tone", "report=only")
    assert recorded.code == 0, recorded.err
    assert recorded.out.endswith(answer.out[answer.out.index("What the best run") :])
    assert (workdir / "experiments" / "tone" / "README.md").read_text() == readme


def test_no_texts_no_table(study: Study) -> None:
    answer, readme = study("task:\n  shown: []\n")
    assert answer.code == 0, answer.err
    assert "test accuracy" in readme and "| text |" not in readme


def test_texts_have_to_be_texts(study: Study) -> None:
    answer, readme = study("task:\n  shown: [good, 1984]\n")
    assert (answer.code, readme) == (2, "")
    assert "task.shown must be a list of texts" in answer.err
