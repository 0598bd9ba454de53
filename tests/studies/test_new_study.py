"""Starting a study, and the index of all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from rnnlab.errors import UserError
from rnnlab.studies.index import write_index
from rnnlab.studies.study import Results, Study
from support import assert_refused

pytestmark = pytest.mark.studies

QUESTION = "Which cell, (really), learns `it's` plants best: 100%?"


def test_a_new_study_asks_its_question_and_can_be_run(rnnlab, workdir):
    answer = rnnlab("study", "new", "name=plants", f"question={QUESTION}")
    assert (answer.code, answer.out) == (
        0,
        "experiments/plants/study.yaml asks; `rnnlab study name=plants` answers.\n",
    )
    study = workdir / "experiments" / "plants"
    assert (study / "study.yaml").read_text().startswith(f"# {QUESTION}\n")
    assert (study / "README.md").read_text().startswith(f"# {QUESTION}\n")
    assert "Not answered yet: `rnnlab study name=plants`" in (workdir / "experiments" / "README.md").read_text()
    for line, quick in (
        ("  - _self_", "  - override debug: fast\n  - _self_"),
        ("0,1,2,3,4", "0,1"),
        ("32,64", "8,9"),
        ("rnn,gru,lstm", "rnn,gru"),
        ("  mode: MULTIRUN", "  mode: MULTIRUN\n  launcher: {workers: 1}"),
    ):
        (study / "study.yaml").write_text((study / "study.yaml").read_text().replace(line, quick))
    answer = rnnlab("study", "name=plants")
    assert answer.code == 0, answer.err
    readme = (study / "README.md").read_text()
    assert "Asked: Which cell has the lowest validation loss" in readme and "Made up by the best run" in readme
    index = (workdir / "experiments" / "README.md").read_text()
    assert f"**{QUESTION}**" in index and 'src="plants/answer.png"' in index
    (headline,) = re.findall(r"^\*\*(.* cell .*|Use .*)\*\*$", readme, re.MULTILINE)
    assert headline in index and len(headline.split()) <= 30
    before = {file: file.read_bytes() for file in (workdir / "experiments").rglob("*") if file.is_file()}
    assert rnnlab("study", "name=plants").code == 0
    assert {file: file.read_bytes() for file in before} == before, "the same results, the same bytes"


@pytest.mark.parametrize("name", ["007", "yes", "1e3", "null", "-"])
def test_a_name_is_taken_literally(rnnlab, workdir, name):
    answer = rnnlab("study", "new", f"name={name}", "question=a <!-- results\n: {b}?")
    assert answer.code == 0, answer.err
    text = (workdir / "experiments" / name / "study.yaml").read_text()
    assert yaml.safe_load(text)["sweep"] == name and text.startswith("# a results : {b}?\n")


@pytest.mark.parametrize(
    ("words", "named"),
    [(["name=../x"], ["name must be"]), ([], ["name"]), (["name=a", "quest=b"], ["quest"])],
)
def test_a_study_that_cannot_be_begun_leaves_nothing(rnnlab, workdir, words, named):
    assert_refused(rnnlab("study", "new", *words), named)
    assert not (workdir / "experiments").exists()


def test_a_study_that_is_there_is_not_overwritten(rnnlab, workdir):
    rnnlab("study", "new", "name=plants")
    file = workdir / "experiments" / "plants" / "study.yaml"
    file.write_text("# mine")
    assert_refused(rnnlab("study", "new", "name=plants"), ["name=plants", "is there already"])
    assert file.read_text() == "# mine"


def test_the_index_shows_the_answer_and_its_picture(tmp_path: Path):
    study = Study(tmp_path / "a")
    study.folder.mkdir()
    study.file.write_text("# What\n# now?\nsweep: a\n")
    study.write_results(Results("One sentence.\n\n- cell: another.", "first.png", ["first.png", "second.png"]))
    write_index(tmp_path)
    index = (tmp_path / "README.md").read_text()
    assert '**What now?**\n\nOne sentence.\n\n<img src="a/first.png"' in index, "a list stands on the study's page"
    assert "second.png" not in index


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2",
        "[]",
        '{"answer": "a"}',
        '{"answer": 1, "figure": "", "figures": []}',
        "[" * 100_000,
        '{"answer": "", "figure": "", "figures": ["../../x.png"]}',
        '{"answer": "", "figure": "", "figures": ["study.yaml"]}',
    ],
)
def test_damaged_results_are_named(tmp_path: Path, text: str):
    study = Study(tmp_path / "a")
    study.folder.mkdir()
    study.file.write_text("# What now?\n")
    study.results_file.write_text(text)
    with pytest.raises(UserError, match=r"a/results\.json: not the results of a study"):
        write_index(tmp_path)


def test_a_study_that_rnnlab_ships_is_put_where_none_is(rnnlab):
    """Its recorded runs are compared in a folder where nothing lay."""
    answer = rnnlab("study", "name=quotation", "report=only", "-q")
    assert answer.code == 0 and Path("experiments/quotation/README.md").is_file()
    assert_refused(rnnlab("study", "name=quotatoin"), ["name=quotatoin", "did you mean quotation?"])
