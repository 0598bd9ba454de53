"""Spelling "hello", as the study does it."""

from __future__ import annotations

import copy
import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import HeatMap, Lines
from rnnlab.reference.hello import NEXT, READ, SYMBOLS, hello, spelled, train
from rnnlab.reference.numpy_rnn import NumpyRNN, one_hot
from support import ROOT, Answer, assert_refused

Study = Callable[..., Answer]


@functools.cache
def learned(seed: int, average: bool = False) -> tuple[NumpyRNN, list[float]]:
    """A network that was trained as the study does, and its losses; for all tests, which change none."""
    return train(hidden_size=3, lr=0.01, epochs=1_000, seed=seed, average=average)


@pytest.fixture(scope="module")
def document() -> Document:
    return hello(seeds=2)


@pytest.fixture
def study(rnnlab: Callable[..., Answer], workdir: Path) -> Study:
    """`rnnlab study name=hello WORDS`, with something in its study.yaml replaced."""
    folder = workdir / "experiments" / "hello"
    shutil.copytree(ROOT / "experiments" / "hello", folder)

    def run(*words: str, replace: tuple[str, str] = ("seeds: 20", "seeds: 1")) -> Answer:
        text = (ROOT / "experiments" / "hello" / "study.yaml").read_text()
        assert replace[0] in text
        (folder / "study.yaml").write_text(text.replace(*replace))
        return rnnlab("study", "name=hello", *words)

    return run


def test_the_data_are_four_symbols_and_the_word_shifted_by_one() -> None:
    """SYSTEMS D1."""
    assert SYMBOLS == "ehlo"
    assert "".join(SYMBOLS[index] for index in READ) == "hell"
    assert "".join(SYMBOLS[index] for index in NEXT) == "ello"


def test_the_network_learns_to_spell_the_word_from_its_first_letter() -> None:
    """SYSTEMS D2 and D3."""
    network, losses = learned(seed=0)
    assert losses[0] == pytest.approx(np.log(4), abs=0.05), "at first it guesses"
    assert losses[-1] < 0.1
    assert spelled(copy.copy(network)) == "hello"


def test_every_seed_learns_from_summed_gradients_and_few_from_averaged_ones() -> None:
    """SYSTEMS D2; the study counts twenty seeds."""
    words = {average: [spelled(copy.copy(learned(seed, average)[0])) for seed in range(3)] for average in (False, True)}
    assert words == {False: ["hello"] * 3, True: ["helll", "helll", "hello"]}


def test_a_loss_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"lr=1e\+308 is too large"):
        train(3, 1e308, 5, 0)


def test_averaging_is_a_quarter_of_the_learning_rate() -> None:
    averaged, summed = train(3, 0.01, 50, 0, average=True)[0], train(3, 0.0025, 50, 0)[0]
    for name, value in averaged.parameters().items():
        np.testing.assert_allclose(value, summed.parameters()[name], rtol=1e-12)


def test_the_state_tells_the_two_ls_apart_where_the_input_cannot() -> None:
    """SYSTEMS D4."""
    network = copy.deepcopy(learned(seed=0)[0])
    network.forward(one_hot(READ, 4))
    first, second = network.states[3:]
    assert READ[2] == READ[3] and np.linalg.norm(first - second) > 1
    network.W_hh[:] = 0
    network.forward(one_hot(READ, 4))
    np.testing.assert_array_equal(network.states[3], network.states[4], "without a recurrence they are one")


def test_generating_carries_the_state_and_feeds_each_letter_back() -> None:
    network = NumpyRNN(2, 1, 2, scale=0.0)
    network.W_hh[:], network.b_h[:], network.W_hy[:] = 2.0, 0.1, [[1.0], [0.0]]
    network.b_y[:] = [0.0, 0.5]
    assert network.generate(1, 4) == [1, 1, 1, 0], "the state grows until 0 is likelier"
    assert network.generate(0, 1) == [0]


def test_the_study_begins_with_its_answer_and_shows_curves_states_and_the_worked_example(document: Document) -> None:
    answer = document.blocks[0]
    assert isinstance(answer, str) and "spells `hello`" in answer and "2 of 2 seeds" in answer
    curves = next(block for block in document.blocks if isinstance(block, Lines))
    assert [len(line.y) for line in curves.lines] == [1_000, 1_000]
    grid = next(block for block in document.blocks if isinstance(block, HeatMap))
    assert grid.columns == ["1: h", "2: e", "3: l", "4: l"]
    column = np.array(grid.values).T
    assert np.abs(column[2] - column[3]).max() > 0.5
    steps, worked = (block for block in document.blocks if isinstance(block, Table))
    assert [row[1:3] for row in steps.rows] == [["h", "e"], ["e", "l"], ["l", "l"], ["l", "o"]]
    assert worked.rows[2] == ["3", "0.61700069", "0.93072552", "0.98918831", "1.08920333"]


def test_other_settings_are_shown_and_not_written(study: Study, workdir: Path) -> None:
    before = (workdir / "experiments" / "hello" / "README.md").read_bytes()
    answer = study("reference.seed=1", "reference.hidden_size=9", "reference.seeds=1", "reference.lr=2e-2")
    assert answer.code == 0, answer.err
    assert "the network of seed 1 spells hello" in answer.out and "W_hh 9×9" in answer.out
    assert "0.61700069" in answer.out and "Not written" in answer.out
    assert (workdir / "experiments" / "hello" / "README.md").read_bytes() == before
    assert not (workdir / "experiments" / "README.md").exists()


def test_a_network_that_cannot_spell_is_shown_as_it_is(study: Study, workdir: Path) -> None:
    answer = study(replace=("epochs: 1000", "epochs: 2"))
    assert answer.code == 0, answer.err
    readme = (workdir / "experiments" / "hello" / "README.md").read_text()
    assert re.search(r"seed 0 spells `(?!hello)[ehlo]{5}`", readme) and "0 of 20 seeds spell `hello`" in readme
    assert "Made with hidden_size 3, lr 0.01, epochs 2, seed 0, seeds 20; python " in readme


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["reference.sed=3"], ["reference.sed", "hidden_size, lr, epochs, seed, seeds"]),
        (["reference.hidden_size=0"], ["hidden_size", "at least 1"]),
        (["reference.epochs=many"], ["epochs", "'many'"]),
        (["reference.seed=-1"], ["seed", "at least 0"]),
        (["reference.lr=0"], ["lr", "above 0"]),
        (["reference.lr='${oc.env:HOME}'"], ["lr", "oc.env"]),
        (["reference._target_=os.mkdir"], ["reference._target_", "unknown key"]),
        (["reference.seed=["], ["not YAML"]),
        (["seed=3"], ["seed", "unknown key"]),
    ],
)
def test_what_a_student_mistypes_is_named(study: Study, workdir: Path, words: list[str], named: list[str]) -> None:
    before = (workdir / "experiments" / "hello" / "README.md").read_bytes()
    assert_refused(study(*words), named)
    assert (workdir / "experiments" / "hello" / "README.md").read_bytes() == before


TARGET = "rnnlab.reference.hello.hello"


@pytest.mark.parametrize(
    ("replace", "named"),
    [
        ((TARGET, "os.mkdir"), ["os.mkdir", "not something a configuration may call"]),
        ((TARGET, "rnnlab.reference.hello.np.save"), ["np.save"]),
        ((TARGET, "rnnlab.reference.hello.spelled"), ["cannot be called with the keys"]),
        ((f"_target_: {TARGET}", "size: 3"), ["study.yaml", "reference", "_target_"]),
        (("reference:\n", "reference: 3\nelse:\n"), ["study.yaml", "reference", "_target_"]),
        (("reference:\n", "reference: [\n"), ["study.yaml", "not YAML"]),
    ],
)
def test_a_computed_study_from_a_stranger_runs_no_code(
    study: Study, workdir: Path, replace: tuple[str, str], named: list[str]
) -> None:
    before = sorted(workdir.rglob("*"))
    assert_refused(study(replace=replace), named)
    assert sorted(workdir.rglob("*")) == before


def test_what_returns_no_document_is_refused(study: Study) -> None:
    whole = (ROOT / "experiments" / "hello" / "study.yaml").read_text()
    keys = "input_size: 1, hidden_size: 1, output_size: 1"
    network = f"reference: {{_target_: rnnlab.reference.numpy_rnn.NumpyRNN, {keys}}}"
    assert_refused(study(replace=(whole, network)), ["reference._target_", "NumpyRNN returns no Document"])


def test_a_study_that_trains_has_no_reference_and_a_computed_one_does_not_train(
    rnnlab: Callable[..., Answer], study: Study, workdir: Path
) -> None:
    (workdir / "experiments" / "mine").mkdir()
    (workdir / "experiments" / "mine" / "study.yaml").write_text("defaults: [train, _self_]\n")
    assert_refused(rnnlab("study", "name=mine", "reference.seed=1"), ["reference.seed", "trains networks"])
    answer = rnnlab("train", "-cd", "experiments/hello", "-cn", "study")
    assert_refused(answer, ["experiments/hello/study.yaml", "rnnlab study name=hello"])
