"""Names that start from a label: which pairs there are, where they are split, and that what is made up follows it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rnnlab as package
from resuming import Interruption, outcome, run
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.sequences import Sequences
from support import ALONE, Answer, assert_refused, trained

TINY = ["model.embedding_size=16", "model.hidden_size=32"]
LONG = "trainer.max_epochs=16"


@cache
def prepared(*arguments: str) -> Prepared:
    return prepare(plain(compose_train(list(arguments))[1]))


def pairs(data: Prepared, part: str) -> list[tuple[str, str]]:
    """First symbol and name of every item of a part."""
    sequences, vocabulary = data.parts[part].sequences, data.vocabulary
    assert isinstance(sequences, Sequences)
    rows = [sequences.symbols[at : at + size] for at, size in zip(sequences.offsets, sequences.sizes, strict=True)]
    return [(vocabulary.symbols[row[0]], vocabulary.decode(row[1:].tolist())) for row in rows]


def write_list(file: Path) -> Path:
    """600 words of which the label decides the first letter, and nothing else does."""
    draw = random.Random(0)
    words = {"".join(draw.choices("aeiou", k=draw.randint(3, 5))) for _ in range(900)}
    file.write_text("".join(f"{letter}{word}\t{letter * 2}\n" for word in sorted(words)[:300] for letter in "bk"))
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("condition")
    write_list(folder / "list.txt")
    words = ["data=file", "data.path=list.txt", "model.condition=kind", *TINY, "optimizer.lr=0.01"]
    trained(folder, *words, LONG, "sweep=gru")
    trained(folder, *words, LONG, "cell=transformer", "cell.heads=2", "sweep=transformer")
    return folder


def test_every_name_of_2017_comes_with_each_of_its_sexes_and_both_in_one_part() -> None:
    data = prepared("model.condition=sex")
    parts = {part: pairs(data, part) for part in ("train", "val", "test")}
    everything = [pair for part in parts.values() for pair in part]
    assert len(everything) == len(set(everything)) == 32_469
    assert sum(symbol == "[sex=F]" for symbol, _ in everything) == 18_309
    names = {part: {name for _, name in of_part} for part, of_part in parts.items()}
    assert sum(map(len, names.values())) == len(set.union(*names.values())) == 29_910
    assert data.vocabulary.labels == ("F", "M") and data.vocabulary.symbols[-2:] == ("[sex=F]", "[sex=M]")
    assert data.card["labels_of_training"] == {
        label: sum(symbol == f"[sex={label}]" for symbol, _ in parts["train"]) for label in "FM"
    }


def test_a_model_that_is_without_can_be_compared_on_the_very_same_items() -> None:
    labelled, without = prepared("model.condition=sex"), prepared("data.labels=sex")
    assert not without.vocabulary.labels and len(without.vocabulary) == 28
    for part in ("train", "val", "test"):
        assert [name for _, name in pairs(labelled, part)] == [name for _, name in pairs(without, part)]
        assert {first for first, _ in pairs(without, part)} == {"[S]"}
        assert labelled.parts[part].predictions == without.parts[part].predictions


def test_a_decade_has_its_most_frequent_names() -> None:
    data = prepared("model.condition=decade", "data.reader.most=50")
    everything = [pair for part in ("train", "val", "test") for pair in pairs(data, part)]
    assert data.vocabulary.labels == tuple(f"{year}s" for year in range(1880, 2020, 10))
    assert len(everything) == len(set(everything)) == 14 * 50
    old, new = ({name for symbol, name in everything if symbol == f"[decade={label}]"} for label in ("1880s", "2010s"))
    assert {"minnie", "john"} <= old and {"liam", "olivia"} <= new and "minnie" not in new


@pytest.mark.parametrize("cell", ["gru", "transformer"])
def test_what_is_made_up_follows_its_label(folder: Path, cell: str) -> None:
    model = package.load(folder / "runs" / cell)
    for letter in "bk":
        names = model.generate(samples=100, condition=letter * 2)
        assert sum(name.startswith(letter) for name in names) >= 97
        assert all(name.startswith("b") for name in model.generate(prompt="b", samples=5, condition=letter * 2))
    mixed = model.generate(samples=200)
    assert sum(f" ({name[:1] * 2})" in name for name in mixed) >= 194
    assert 60 <= sum(name.endswith(" (bb)") for name in mixed) <= 140
    assert mixed == model.generate(samples=200) != model.generate(samples=200, seed=1)


def test_the_first_letter_is_known_from_the_label_so_the_loss_is_lower_by_a_choice_of_two(folder: Path) -> None:
    """log 2 nats an item, at best: the label says which of the two letters it is, and nothing else."""
    without = ["data=file", f"data.path={folder / 'list.txt'}", "data.labels=kind", *TINY, "optimizer.lr=0.01"]
    trained(folder, *without, LONG, "sweep=nothing")
    losses = {
        sweep: package.load(folder / "runs" / sweep).evaluate(path=folder / "list.txt") for sweep in ("gru", "nothing")
    }
    assert losses["gru"].predictions == losses["nothing"].predictions
    items = 60
    gain = losses["nothing"].metrics["test/loss"] - losses["gru"].metrics["test/loss"]
    assert gain * losses["gru"].predictions / items == pytest.approx(np.log(2), abs=0.1)


def test_labels_are_seen_where_samples_are(folder: Path) -> None:
    (run_,) = (folder / "runs" / "gru").glob("[!.]*-*")
    samples = json.loads((run_ / "examples.json").read_text())["samples"]
    assert all(sample.endswith((" (bb)", " (kk)")) for sample in samples)
    assert "[kind=bb]" in (run_ / "projector" / "symbols.tsv").read_text()
    model = package.load(run_)
    assert model.task.share_new(["baeiouaeiouaeiou (bb)"]) == 1
    known = next(line.split("\t")[0] for line in (folder / "list.txt").read_text().splitlines())
    assert {model.task.share_new([f"{known} (bb)"]), model.task.share_new([known])} in ({0.0}, {1.0})


def test_other_lists_are_evaluated_on_with_their_labels(folder: Path, tmp_path: Path) -> None:
    model = package.load(folder / "runs" / "gru")
    (tmp_path / "right.txt").write_text("baeio\tbb\nkuoie\tkk\n")
    (tmp_path / "wrong.txt").write_text("baeio\tkk\nkuoie\tbb\n")
    right, wrong = (model.evaluate(path=tmp_path / f"{name}.txt").metrics["test/loss"] for name in ("right", "wrong"))
    assert right + 0.5 < wrong


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("generate checkpoint=runs/gru condition=xx", ["condition=xx", "bb, kk"]),
        ("generate checkpoint=runs/nothing-told condition=bb", ["condition=bb", "model.condition"]),
        ("train data=file data.path=plain.txt model.condition=kind", ["'plain'", "kind", "a tab"]),
        ("train data=names_makemore model.condition=sex", ["data.labels=sex", "names_makemore", "data=file"]),
        ("train model.condition=colour", ["data.labels=colour", "sex and decade"]),
        ("train model.condition=sex data.labels=decade", ["model.condition=sex", "data.labels=sex"]),
        ("train task=chars model.condition=sex", ["model.condition", "task=names"]),
        ("evaluate checkpoint=runs/gru data.path=strange.txt", ["'zz'", "bb, kk"]),
    ],
)
def test_what_is_wrong_about_labels_is_one_clear_line(
    rnnlab: Callable[..., Answer], folder: Path, monkeypatch: pytest.MonkeyPatch, words: str, named: list[str]
) -> None:
    monkeypatch.chdir(folder)
    (folder / "plain.txt").write_text("".join(f"{name}\tbb\n" for name in ("plai", "plans")) + "plain\n")
    (folder / "strange.txt").write_text("baeio\tzz\n")
    if "nothing-told" in words and not (folder / "runs" / "nothing-told").exists():
        trained(folder, "data.limit=100", "trainer.max_epochs=1", *TINY, "sweep=nothing-told")
    assert_refused(rnnlab(*words.split()), named)


def test_a_run_with_labels_and_sub_words_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    words = ["model.condition=sex", "data.level=bpe", "data.vocab_size=60", "data.limit=300", "trainer.max_epochs=2"]
    config = plain(compose_train([*words, *TINY])[1])
    run(config, tmp_path / "whole")
    run(config, tmp_path / "halved", Interruption("on_train_epoch_start", 2))
    run(config, tmp_path / "halved")
    whole, halved = outcome(tmp_path / "whole"), outcome(tmp_path / "halved")
    assert whole[1:] == halved[1:]
    assert all(bool((halved[0]["last"][name] == weight).all()) for name, weight in whole[0]["last"].items())


def test_a_sweep_of_both_says_what_the_label_is_worth(
    rnnlab: Callable[..., Answer], folder: Path, tmp_path: Path
) -> None:
    write_list(tmp_path / "list.txt")
    words = ["data=file", "data.path=list.txt", "data.labels=kind", *TINY, "trainer.max_epochs=1", ALONE]
    assert rnnlab("train", "-m", *words, "model.condition=null,kind", "sweep=both").code == 0
    assert rnnlab("compare", "sweep=both").code == 0
    asked = json.loads(Path("runs/both/report/answer.json").read_text())
    assert asked["question"]["by"] == "condition" and asked["question"]["within"] == []
    assert "different_items" not in [warning["kind"] for warning in asked["warnings"]]
