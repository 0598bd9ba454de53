"""The tagger: its size, what it reads of a word, its figures, and what it learns from real sentences."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import made
from networks import CELLS
from resuming import Interruption, outcome, run, same
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.tagging import in_one_array
from rnnlab.data.prepared import Part
from rnnlab.data.text.spelling import spelling_table
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError
from rnnlab.probes.gradient_flow import gradient_flow
from rnnlab.probes.hidden_states import hidden_states
from rnnlab.records.reading import read_run
from rnnlab.report.sections.examples import read_examples
from rnnlab.tasks.base import parameters_of
from rnnlab.tasks.tagging import Tagger
from rnnlab.training.trained import Trained
from support import Answer, assert_refused, real_data, trained

WORDS = ("boat", "man", "old", "the")
VOCABULARY = Vocabulary((*WORDS, UNKNOWN, PAD), "word")
LETTERS = Vocabulary((*sorted({*"".join(WORDS), "T", "s"}), UNKNOWN, PAD))
SENTENCES = st.lists(
    st.lists(st.sampled_from([*WORDS, "The", "boats", "zzz", "thematoladelman"]), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
)
FORWARDS = ("transformer", "mlp_window")  # what reads in one direction only


def tagger(cell: str = "gru", tags: int = 3, vocabulary: Vocabulary = VOCABULARY, **model: Any) -> Tagger:
    shape = {
        "embedding_size": 4,
        "hidden_size": 4,
        "num_layers": 1,
        "dropout": 0.0,
        "bidirectional": False,
        "word_dropout": 0.0,
        "char_embedding_size": 3,
        "char_hidden_size": 4,
    }
    data = {"labels": [f"T{tag}" for tag in range(tags)], "characters": LETTERS.card, "word_length": 12}
    torch.manual_seed(0)
    return Tagger(vocabulary, data, {**shape, **model}, CELLS[cell], {}, {})


def batch_of(*sentences: list[str], tags: int = 3) -> Batch:
    """Every word has the tag that the number of its letters leaves when divided by that of the tags."""
    indices = {word: index for index, word in enumerate(sorted({w for words in sentences for w in words}))}
    labels = np.array([len(word) % tags for words in sentences for word in words])
    part = Part(
        in_one_array(sentences, indices), tags=labels, spelling=spelling_table(list(indices), VOCABULARY, LETTERS, 12)
    )
    return Collation(part, VOCABULARY.pad)(np.arange(len(sentences)))


def test_a_tagger_has_the_parameters_of_the_document() -> None:
    """SYSTEMS E9."""
    vocabulary = Vocabulary(tuple(map(str, range(5_000))), "word")
    task = tagger("rnn", 45, vocabulary, embedding_size=100, hidden_size=128, char_hidden_size=0)
    assert parameters_of(task) == 535_245
    assert task(torch.randint(5_000, (8, 50, 3)), torch.full((8,), 50)).shape == (8, 50, 45)


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=4)
@given(sentences=SENTENCES)
def test_a_padded_batch_gives_every_sentence_what_it_gets_alone(cell: str, sentences: list[list[str]]) -> None:
    """Logits and loss, with every cell, in one or two directions; in float64, where rounding is out of the way."""
    batch = batch_of(*sentences)
    for bidirectional in (False,) if cell in FORWARDS else (False, True):
        task = tagger(cell, bidirectional=bidirectional).double().eval()
        logits, total = task.outputs(batch), 0.0
        for row, words in enumerate(sentences):
            alone = batch_of(words)
            alone_logits = task.outputs(alone)[0]
            assert torch.allclose(logits[row, : len(words)], alone_logits, atol=1e-9)
            total += task.loss(alone_logits[None], alone).item() * len(words)
        assert task.count(batch) == sum(map(len, sentences))
        assert task.loss(logits, batch).item() == pytest.approx(total / task.count(batch), abs=1e-9)


@pytest.mark.parametrize(("units", "distinct"), [(4, True), (0, False)])
def test_words_outside_of_the_vocabulary_are_told_apart_by_their_characters(units: int, distinct: bool) -> None:
    logits = tagger(char_hidden_size=units).eval().outputs(batch_of(["boats"], ["mats"], ["man"], ["Man"]))[:, 0]
    assert torch.equal(logits[0], logits[1]) is not distinct
    assert torch.equal(logits[2], logits[3]) is not distinct  # case is seen by the characters


def test_the_characters_of_a_word_are_read_once_a_batch() -> None:
    task, read = tagger(), list[Tensor]()
    assert task.embedding.characters is not None
    task.embedding.characters.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    task.outputs(batch_of(["the", "old", "the", "the"], ["old", "the"]))
    assert [["".join(LETTERS.symbols[i] for i in row) for row in rows.tolist()] for rows in read] == [
        ["old", "the", PAD * 3]
    ]


def test_words_are_hidden_in_training_only_and_their_characters_are_not() -> None:
    task, seen = tagger(word_dropout=0.3), list[Tensor]()
    task.embedding.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    batch = batch_of(*[["boat"] * 20] * 500)
    before = batch.inputs.clone()
    task.train().outputs(batch)
    task.eval().outputs(batch)
    hidden = (seen[0][..., 1] == VOCABULARY.unknown).float().mean().item()
    assert abs(hidden - 0.3) < 5 * (0.3 * 0.7 / 10_000) ** 0.5  # five standard deviations
    assert torch.equal(seen[0][..., 2:], batch.inputs[..., 2:])
    assert torch.equal(seen[1], batch.inputs) and torch.equal(batch.inputs, before)


def test_metrics_are_those_of_a_plain_computation() -> None:
    task, batches = tagger().eval(), [batch_of(["the", "zzz"], ["boats"]), batch_of(["old", "man", "snow", "The"])]
    metrics, predicted, true, unknown = task.metrics_of("val"), list[int](), list[int](), list[bool]()
    loss = 0.0
    for batch in batches:
        logits = task.outputs(batch)
        task.update(metrics, logits, batch)
        for row, length in enumerate(batch.lengths.tolist()):
            predicted += logits[row, :length].argmax(-1).tolist()
            true += batch.targets[row, :length].tolist()
            unknown += (batch.inputs[row, :length, 1] == VOCABULARY.unknown).tolist()
            loss -= logits[row, :length].log_softmax(-1)[range(length), true[-length:]].sum().item()
    values = {name: value.item() for name, value in metrics.compute().items()}
    right = [a == b for a, b in zip(predicted, true, strict=True)]
    f1 = [
        2 * sum(a == b == tag for a, b in zip(predicted, true, strict=True)) / (predicted + true).count(tag)
        for tag in {*predicted, *true}
    ]
    assert unknown.count(True) == 3
    assert values == pytest.approx(
        {
            "val/loss": loss / 7,
            "val/accuracy": np.mean(right),
            "val/f1": np.mean(f1),
            "val/accuracy_unknown": np.mean([hit for hit, new in zip(right, unknown, strict=True) if new]),
        },
        abs=1e-5,
    )
    counts = np.zeros((3, 3))
    np.add.at(counts, (true, predicted), 1)
    assert task.confusion.compute().tolist() == counts.tolist()


def test_without_any_unknown_word_their_accuracy_is_undefined() -> None:
    task, batch = tagger(), batch_of(["the", "man"])
    task.update(task.metrics_of("val"), task.outputs(batch), batch)
    assert math.isnan(task.metrics_of("val").compute()["val/accuracy_unknown"])


def test_probes_look_into_a_tagger_that_reads_forwards() -> None:
    task, batch = tagger("lstm", num_layers=2), batch_of(["the", "old", "boats"], ["zzz"])
    read = hidden_states(task, "The old zzz")
    assert read.symbols == ("The", "old", "[UNK][UNK][UNK]") and read.states["c"].shape == (4, 2, 4)
    assert hidden_states(task, batch.inputs[0]).symbols == ("the", "old", "boats")
    assert gradient_flow(task, batch).norms["h"].shape == (4,)
    with pytest.raises(UserError, match="text: ' ' has no words"):
        hidden_states(task, " ")


SMALL = (
    "task=tagging",
    "data=file",
    "model.embedding_size=16",
    "model.hidden_size=16",
    "model.char_hidden_size=8",
    "model.char_embedding_size=8",
    "optimizer.lr=0.02",
)

UNSEEN = ("callbacks.confusion_matrix.enabled=false", "callbacks.graph.enabled=false")  # pictures, which take a while


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """800 made-up sentences."""
    return made.sentences(tmp_path_factory.mktemp("corpus") / "sentences.conllu")


def small_tagger(folder: Path, sentences: Path) -> Path:
    """The run folder of a tagger of little size."""
    words = (f"data.path={sentences}", "trainer.max_epochs=4", "callbacks.embedding.symbols=500")
    trained(folder, *SMALL, *words, *UNSEEN)
    return next((folder / "runs" / "tagging").glob("lstm*"))


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    return small_tagger(tmp_path_factory.mktemp("tagging"), corpus)


@pytest.mark.data
def test_it_learns_parts_of_speech(tmp_path: Path) -> None:
    """On the 2,001 sentences of the web treebank's validation part."""
    _, dev, _ = real_data("ewt")
    run_folder = small_tagger(tmp_path, dev)
    assert len(Trained(run_folder).task.card["data"]["labels"]) == 17
    test = json.loads((run_folder / "summary.json").read_text())["metrics"]["test"]
    assert test["test/accuracy"] > 0.8 and test["test/accuracy_unknown"] > 0.4 and test["test/loss"] < 0.7
    assert Trained(run_folder).tag("He saw the house .")[0].tags == ("PRON", "VERB", "DET", "NOUN", "PUNCT")


def test_a_run_leaves_the_confusion_matrix_of_its_tags(run_folder: Path) -> None:
    examples = read_examples(read_run(run_folder))
    summary = json.loads((run_folder / "summary.json").read_text())
    counts = np.array(examples.confusion)
    assert examples.labels == tuple(summary["data"]["classes"]["test"])
    assert counts.sum(axis=1).tolist() == list(summary["data"]["classes"]["test"].values())
    assert counts.trace() / counts.sum() == pytest.approx(summary["metrics"]["test"]["test/accuracy"], abs=1e-6)
    assert len((run_folder / "projector/symbols.tsv").read_text().splitlines()) == 500


def test_evaluating_repeats_what_the_run_found(run_folder: Path) -> None:
    summary = json.loads((run_folder / "summary.json").read_text())
    evaluation = Trained(run_folder).evaluate()
    assert evaluation.metrics == summary["metrics"]["test"] and evaluation.unit == "nats per word"
    assert evaluation.balance == summary["data"]["classes"]["test"]
    assert evaluation.predictions == sum(evaluation.balance.values())


def test_other_sentences_are_evaluated_and_a_strange_tag_is_named(
    rnnlab: Callable[..., Answer], workdir: Path, run_folder: Path
) -> None:
    (workdir / "mine.txt").write_text("The DET\nsnorgly ADJ\nboat NOUN\n")
    answer = rnnlab("evaluate", f"checkpoint={run_folder}", "data.path=mine.txt", "format=json")
    assert answer.code == 0, answer.err
    evaluation = json.loads(answer.out)
    assert evaluation["predictions"] == 3 and evaluation["balance"]["NOUN"] == 1
    (workdir / "mine.txt").write_text("The ART\n")
    answer = rnnlab("evaluate", f"checkpoint={run_folder}", "data.path=mine.txt")
    assert answer.code == 2 and "mine.txt: the model knows no tag 'ART'; it was trained on ADJ, ADP" in answer.err


def test_a_sentence_is_tagged_word_by_word(rnnlab: Callable[..., Answer], run_folder: Path) -> None:
    (tagged,) = Trained(run_folder).tag("The old man the boat .")
    answer = rnnlab("predict", f"checkpoint={run_folder}", "text=The old man the boat .")
    expected = " ".join(
        f"{word}/{tag}" for word, tag in zip(["The", "old", "man", "the", "boat", "."], tagged.tags, strict=True)
    )
    assert (answer.code, answer.out, answer.err) == (0, f"{expected}\n", "")
    assert expected.startswith("The/DET ") and expected.endswith(" ./PUNCT")
    answer = rnnlab("predict", f"checkpoint={run_folder}", "text=I saw the house.")
    assert answer.out.count("/") == 4
    assert answer.err == "'house.' was read as one word; put blanks around punctuation marks\n"


def test_every_line_of_a_file_is_tagged_as_it_would_be_alone(
    rnnlab: Callable[..., Answer], workdir: Path, run_folder: Path
) -> None:
    lines = ["The old man the boat .", "", "Zzyzx 🙂 and/or both", "no"]
    (workdir / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    model = Trained(run_folder)
    alone = [tagged for line in lines for tagged in model.tag(line)]
    words = ("predict", f"checkpoint={run_folder}", "file=lines.txt")
    printed = rnnlab(*words).out.splitlines()
    tags = [tuple(pair.rpartition("/")[2] for pair in line.split()) for line in printed]
    assert tags == [tagged.tags for tagged in alone]
    assert printed[1] == "" and printed[2].split()[2].startswith("and/or/")
    objects = json.loads(rnnlab(*words, "format=json").out)
    assert [content["text"] for content in objects] == lines and objects[1]["words"] == []
    for tagged, content in zip(alone, objects, strict=True):
        for word, printed_word in zip(tagged.words, content["words"], strict=True):
            assert printed_word["probability"] == pytest.approx(word.probability, abs=1e-5)
            probabilities = printed_word["probabilities"]
            assert printed_word["probability"] == probabilities[printed_word["tag"]] == max(probabilities.values())
            assert sum(probabilities.values()) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(rnnlab(*words, "format=csv").out)))
    assert [row["text"] for row in rows] == ["1"] * 6 + ["3"] * 4 + ["4"]
    assert [(row["word"], row["tag"]) for row in rows] == [(w.word, w.tag) for tagged in alone for w in tagged.words]


def conllu(number: int, word: str) -> str:
    return f"{number}\t{word}\t_\tX\t_\t_\t_\t_\t_\t_\n"


def test_the_words_of_a_treebank_are_tagged_and_its_tags_are_not_read(
    rnnlab: Callable[..., Answer], workdir: Path, run_folder: Path
) -> None:
    predict = ("predict", f"checkpoint={run_folder}")
    expected = rnnlab(*predict, "text=The old man .").out + rnnlab(*predict, "text=boat").out
    words = ["The", "old", "man", "."]
    whole = "# text = The old man .\n" + "".join(map(conllu, range(1, 5), words)) + "\n" + conllu(1, "boat")
    (workdir / "new.conllu").write_text(whole)
    (workdir / "pairs.tsv").write_text("".join(f"{word}\tX\n" for word in words) + "\nboat\tX\n")
    for name in ("new.conllu", "pairs.tsv"):
        answer = rnnlab(*predict, f"file={name}")
        assert (answer.code, answer.out) == (0, expected), answer.err
        assert answer.err == f"{name}: 5 words in 2 sentences; its tags were not read\n"
        assert rnnlab(*predict, f"file={name}", f"output={name}.csv").code == 0
        rows = list(csv.DictReader(io.StringIO((workdir / f"{name}.csv").read_text(encoding="utf-8"))))
        assert [row["text"] for row in rows] == ["The old man .", "boat"]


def test_words_of_a_treebank_may_have_blanks_in_them(
    rnnlab: Callable[..., Answer], workdir: Path, run_folder: Path
) -> None:
    (workdir / "new.conllu").write_text(conllu(1, "New York") + conllu(2, "."))
    predict = ("predict", f"checkpoint={run_folder}", "file=new.conllu")
    rows = list(csv.DictReader(io.StringIO(rnnlab(*predict, "format=csv").out)))
    assert [row["word"] for row in rows] == ["New York", "."]
    answer = rnnlab(*predict, "output=new.csv")
    assert answer.code == 2 and "output: the word 'New York' has a blank in it" in answer.err
    assert not (workdir / "new.csv").exists()


def test_columns_are_not_taken_for_sentences(
    rnnlab: Callable[..., Answer], workdir: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(conllu(1, "boat").encode())))
    assert_refused(rnnlab("predict", f"checkpoint={run_folder}"), ["has a tab"])
    (workdir / "bad.conllu").write_text(conllu(1, "The") + conllu(3, "boat"))
    assert_refused(rnnlab("predict", f"checkpoint={run_folder}", "file=bad.conllu"), ["bad.conllu, line 2"])


def test_a_tagger_is_not_taken_for_a_classifier(run_folder: Path) -> None:
    with pytest.raises(UserError, match=r"Tagger \(task=tagging, cell=lstm\), which tells tags of words.*ask `tag`"):
        Trained(run_folder).predict("good")


def test_a_checkpoint_holds_no_word_of_the_test_that_training_has_not(run_folder: Path) -> None:
    """What is outside of the vocabulary is read by its characters, so nothing else is needed."""
    card = Trained(run_folder).task.card
    assert set(card["data"]) == {"characters", "word_length", "labels", "balance"}
    assert all(symbol == symbol.lower() for symbol in card["vocabulary"]["symbols"][:-2])


def test_an_interrupted_tagger_ends_with_the_same_bits(tmp_path: Path, corpus: Path) -> None:
    words = [
        *SMALL,
        f"data.path={corpus}",
        "data.limit=80",
        "data.batch_size=4",
        "trainer.max_epochs=1",
        *UNSEEN,
        "callbacks.last_checkpoint.minutes=0",
        "model.hidden_size=4",
        "trainer.block_size=8",
    ]
    config = plain(compose_train(words)[1])
    run(config, tmp_path / "whole")
    assert run(config, tmp_path / "other", Interruption("on_train_batch_end", 1))
    run(config, tmp_path / "other")
    resumed, expected = outcome(tmp_path / "other"), outcome(tmp_path / "whole")
    assert resumed[1:] == expected[1:] and same(resumed[0], expected[0])


def test_tensorboard_shows_what_a_forward_tagger_does(tmp_path: Path, corpus: Path) -> None:
    folder = trained(
        tmp_path,
        *SMALL,
        f"data.path={corpus}",
        "data.limit=20",
        "trainer.max_epochs=1",
        "model.hidden_size=4",
        "model.bidirectional=false",
        *(f"callbacks.{name}.enabled=true" for name in ("gradient_flow", "hidden_states", "gates")),
        "callbacks.confusion_matrix.enabled=false",
    )
    (log,) = folder.glob("runs/tagging/*/run.log")
    assert "shows nothing" not in log.read_text() and "cannot be drawn" not in log.read_text()


def test_dry_run_counts_a_taggers_parameters(rnnlab: Callable[..., Answer], corpus: Path) -> None:
    answer = rnnlab(
        "train", *SMALL, f"data.path={corpus}", "data.limit=100", "model.char_hidden_size=0", "dry_run=true"
    )
    assert answer.code == 0 and "to be done" in answer.out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("model.char_hidden_size=-1",), ["model.char_hidden_size", "at least 0"]),
        (("model.char_embedding_size=0",), ["model.char_embedding_size", "at least 1"]),
        (("data.word_length=0",), ["data.word_length", "at least 1"]),
        (("data.tag_column=POS",), ["data.tag_column", "UPOS, XPOS, FEATS, DEPREL"]),
        (("data.path=broken.txt",), ["broken.txt, line 2", "a word and its tag"]),
        (("data.path=single.txt",), ["single.txt", "only tag of training is 'X'", "two classes"]),
        (("cell=transformer",), ["model.bidirectional=true is not for cell=transformer"]),
        (
            ("cell=transformer", "model.bidirectional=false", "model.char_hidden_size=50"),
            ["model.char_hidden_size=50", "no multiple"],
        ),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_about_a_tagger_is_one_clear_line(
    rnnlab: Callable[..., Answer], workdir: Path, words: tuple[str, ...], named: list[str]
) -> None:
    (workdir / "broken.txt").write_text("the DET\nboat\n")
    (workdir / "single.txt").write_text("".join(f"word{n} X\n\n" for n in range(20)))
    (workdir / "own.txt").write_text("".join(f"word{n} A\nand B\n\n" for n in range(10)))
    assert_refused(rnnlab("train", "task=tagging", "data=file", "data.path=own.txt", *words), named)
    assert not (workdir / "runs").exists()
