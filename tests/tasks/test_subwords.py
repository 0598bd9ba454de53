"""Models of sub-words: what they generate begins with its prompt, and their losses can be set beside each other."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import made
import rnnlab as package
from rnnlab.data.collation import IGNORE
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare
from rnnlab.data.text.subwords import Subwords
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.tasks.generation.prefix_constraint import PrefixConstraint
from rnnlab.training.trained import Trained
from support import ALONE, Answer, table, trained

SMALL = ["model.embedding_size=16", "model.hidden_size=32"]
RHYME = ["task=chars", "data=nursery_rhyme", "cell=gru", "optimizer.lr=0.01", *SMALL]
RARELY = "+trainer.check_val_every_n_epoch=30"
NAMES = ["data.limit=1500", "trainer.max_epochs=1", *SMALL]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rhyme by heart in sub-words; names and reviews for a moment."""
    folder = tmp_path_factory.mktemp("subwords")
    trained(folder, *RHYME, "data.level=bpe", "data.vocab_size=60", "trainer.max_epochs=60", RARELY, "sweep=rhyme")
    trained(folder, *NAMES, "data.level=bpe", "data.vocab_size=80", "sweep=names")
    data = ["data=file", f"data.path={made.reviews(folder / 'reviews.csv')}"]
    tone = ["task=sentiment", *data, "data.limit=300", "trainer.max_epochs=1"]
    for level in ("char", "bpe"):
        trained(folder, *tone, *SMALL, f"data.level={level}", "data.vocab_size=300", f"sweep={level}")
    return folder


@pytest.fixture
def rhyme(runs: Path) -> Trained:
    return package.load(runs / "runs" / "rhyme")


@pytest.mark.parametrize("prompt", ["", "m", "mar", "mary ", "mary had", "everywhere that ma"])
def test_a_text_goes_on_where_its_prompt_ends_whatever_sub_words_that_cuts_in_two(rhyme: Trained, prompt: str) -> None:
    texts = rhyme.generate(prompt=prompt, samples=3, length=8)
    assert all(text.startswith(prompt) and len(text) > len(prompt) + 8 for text in texts)
    pieces = list(rhyme.stream(prompt=prompt, length=8))
    assert pieces[0] == prompt and "".join(pieces) == rhyme.generate(prompt=prompt, length=8)[0]


def test_a_model_that_knows_a_text_by_heart_goes_on_with_it_from_the_middle_of_a_word(rhyme: Trained) -> None:
    """`lam` and the blank behind a word are no beginning that training has shown: `lamb` and ` was` are."""
    assert rhyme.generate(prompt="fleece was white as sn", temperature=0, length=6)[0].startswith(
        "fleece was white as snow and"
    )
    assert rhyme.generate(prompt="mary had ", temperature=0, length=6)[0].startswith("mary had a little lamb")


def test_symbols_spell_the_prefix_and_then_anything() -> None:
    constraint = PrefixConstraint("ab", Vocabulary(("a", "b", "ab", "abc", "c", "[S]"), "bpe"), rows=2)
    logits = torch.zeros(2, 6)
    assert constraint.mask(logits).isfinite().tolist() == [[True, False, True, True, False, False]] * 2
    constraint.advance(torch.tensor([0, 3]))
    assert constraint.mask(logits).isfinite().tolist() == [[False, True, False, False, False, False], [True] * 6]
    constraint.select(torch.tensor([1]))
    assert constraint.satisfied


@pytest.mark.parametrize("prompt", ["", "m", "mar", "elizab"])
def test_names_of_sub_words_begin_with_their_prompt(runs: Path, prompt: str) -> None:
    model = package.load(runs / "runs" / "names")
    names = model.generate(prompt=prompt, samples=20)
    assert all(name.startswith(prompt) and "[" not in name for name in names) and len(set(names)) > 10
    assert all(len(model.task.vocabulary.encode(name)) <= 4 for name in model.generate(samples=20, length=4))


def test_an_unknown_character_in_a_prompt_is_one_clear_line(
    rnnlab: Callable[..., Answer], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs)
    answer = rnnlab("generate", "checkpoint=runs/rhyme", "prompt=Mary é")
    assert answer.code == 2 and len(answer.err.splitlines()) == 1
    assert "prompt: the vocabulary has no 'M', 'é'" in answer.err


def test_the_loss_per_character_is_the_loss_of_the_text_over_its_characters(runs: Path, rhyme: Trained) -> None:
    """All of it but the first sub-word, which is not predicted; computed from the probabilities one by one."""
    prepared = prepare(dict(rhyme.config))
    symbols = prepared.parts["val"].sequences.symbols.astype(np.int64)
    logits, _ = rhyme.task(torch.from_numpy(symbols[None, :-1]))
    nats = torch.nn.functional.cross_entropy(logits[0].double(), torch.from_numpy(symbols[1:]), reduction="sum").item()
    text = prepared.vocabulary.decode(symbols[1:].tolist())
    metrics = rhyme.evaluate("val").metrics
    assert metrics["val/loss_per_char"] == pytest.approx(nats / len(text), abs=1e-5)
    assert metrics["val/bits_per_char"] == pytest.approx(nats / len(text) / math.log(2), abs=1e-5)
    assert metrics["val/loss"] == pytest.approx(nats / (len(symbols) - 1), abs=1e-5)
    best = json.loads(next(runs.glob("runs/rhyme/*/summary.json")).read_text())
    assert best["objective"] == best["metrics"]["best"]["val/loss_per_char"] < best["metrics"]["best"]["val/loss"]


def test_the_loss_of_a_name_per_character_counts_its_end(runs: Path) -> None:
    model = package.load(runs / "runs" / "names")
    batches = list(SequenceDataModule(prepare(dict(model.config)), 64, seed=0).test_dataloader())
    nats, characters = 0.0, 0
    for batch in batches:
        logits = model.task.outputs(batch).double().flatten(0, 1)
        targets = batch.targets.flatten()
        nats += torch.nn.functional.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="sum").item()
        for row, length in zip(batch.targets.tolist(), batch.lengths.tolist(), strict=True):
            characters += len(model.task.vocabulary.decode(row[:length])) + 1
    assert model.evaluate().metrics["test/loss_per_char"] == pytest.approx(nats / characters, abs=1e-5)


def test_of_characters_the_two_losses_are_the_same_to_the_bit(tmp_path: Path) -> None:
    trained(tmp_path, *NAMES, "sweep=chars")
    rows = table(next(tmp_path.glob("runs/chars/*/metrics.csv")))
    assert rows and all(row["val/loss"] == row["val/loss_per_char"] for row in rows)


def test_texts_are_classified_by_sub_words_and_by_characters(runs: Path) -> None:
    for level in ("char", "bpe"):
        model = package.load(runs / "runs" / level)
        predictions = model.predict(["a wonderful film", "A wonderful ☃ film", "☃☃", "  "])
        assert [prediction.label is None for prediction in predictions] == [False, False, True, True]
        assert "is known" in predictions[2].note and predictions[3].note == "the text is empty"
        alone = model.predict("a wonderful film")[0]
        assert alone.probability == pytest.approx(predictions[0].probability, abs=1e-5)


def test_a_checkpoint_needs_no_tokenizer_file_and_its_sub_words_serve_other_runs(
    runs: Path, tmp_path: Path, rnnlab: Callable[..., Answer]
) -> None:
    """Another run reads the tokenizer.json of the first one; then the file is gone. Its content is what counts."""
    (first,) = runs.glob("runs/names/*/tokenizer.json")
    (tmp_path / "t.json").write_text(first.read_text())
    words = [*NAMES, "data.level=bpe", "data.tokenizer=t.json"]
    assert rnnlab("train", *words, "sweep=again").code == 0
    (run,) = tmp_path.glob("runs/again/[!.]*")
    (tmp_path / "t.json").rename(tmp_path / "u.json")
    model = package.load(run)
    assert isinstance(model.task.vocabulary, Subwords)
    summary = json.loads((run / "summary.json").read_text())
    assert model.evaluate().metrics == summary["metrics"]["test"]
    (tmp_path / "list.txt").write_text("mary\njohn\n")
    assert model.evaluate(path=tmp_path / "list.txt").metrics["test/loss_per_char"] > 0
    moved = [*NAMES, "data.level=bpe", "data.tokenizer=u.json", "sweep=again"]
    assert "is complete already" in rnnlab("train", *moved).out
    (tmp_path / "u.json").write_text(first.read_text().replace('"dropout":null', '"dropout": null') + "\n")
    assert rnnlab("train", *moved, "dry_run=true").out.count("to be done") == 1


def test_levels_are_ranked_by_their_loss_per_character(rnnlab: Callable[..., Answer], tmp_path: Path) -> None:
    """The number of sub-words is nothing to a model of characters: it is trained once."""
    levels = ["data.level=char,bpe", "data.vocab_size=40,60", "data.limit=200", "trainer.max_epochs=1"]
    done = rnnlab("train", "-m", *RHYME, *levels, ALONE, "sweep=levels")
    assert done.code == 0, done.err
    summaries = {file.parent: json.loads(file.read_text()) for file in tmp_path.glob("runs/levels/*/summary.json")}
    assert len(summaries) == 3
    answer = rnnlab("compare", "sweep=levels")
    assert "nats per character" in answer.out and "nats per token" not in answer.out
    table = package.runs("runs/levels")
    per_character = [summary["metrics"]["best"]["val/loss_per_char"] for summary in summaries.values()]
    assert table["val/loss_per_char"].tolist() == sorted(per_character)
    best = min(summaries, key=lambda run: summaries[run]["metrics"]["best"]["val/loss_per_char"])
    assert package.load("runs/levels").checkpoint.resolve().is_relative_to(best)
    curves = (tmp_path / "runs/levels/report/report.md").read_text()
    assert "Losses in nats per character" in curves
