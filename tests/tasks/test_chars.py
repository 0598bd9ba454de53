"""The model of a text: the documents' figures, carried state, and generation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import IGNORE
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.sequences import Windows
from rnnlab.tasks.base import parameters_of
from rnnlab.tasks.chars import CharRNN
from rnnlab.training.checkpoints import new_task
from support import Answer, table, trained

A7 = ["data=nursery_rhyme", "cell=rnn", "model.embedding_size=32", "model.hidden_size=128", "model.num_layers=2"]
E8 = ["data=quotation", "cell=rnn", "model.embedding_size=32", "model.hidden_size=64"]
RARELY = "+trainer.check_val_every_n_epoch=50"  # what is learned by heart takes many epochs, and few looks at them


def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(["task=chars", *arguments])[1])


def ready(*arguments: str) -> tuple[CharRNN, SequenceDataModule, Prepared]:
    settings = config(*arguments)
    prepared = prepare(settings)
    torch.manual_seed(0)
    task = new_task(settings, prepared)
    assert isinstance(task, CharRNN)
    return task, SequenceDataModule(prepared, settings["data"]["batch_size"], seed=0), prepared


def test_the_rhyme_has_the_symbols_windows_and_batches_of_the_tutorial() -> None:
    """SYSTEMS A1, A2 and A4."""
    _, module, prepared = ready(*A7)
    vocabulary = prepared.vocabulary
    assert len(vocabulary) == 21 and vocabulary.symbols == (*" abcdefghi", *"lmno", *"rstuvw", "y")
    assert vocabulary.encode("mary had a").tolist() == [11, 1, 14, 20, 0, 8, 1, 4, 0, 1]
    windows = prepared.parts["train"].sequences
    assert isinstance(windows, Windows) and len(windows.symbols) == 328 and len(windows) == 308
    batches = list(module.train_batches())
    assert len(batches) == 10 and batches[0].inputs.shape == (32, 20)
    assert torch.equal(batches[0].inputs[:, 1:], batches[0].targets[:, :-1])
    assert vocabulary.decode(windows.symbols.tolist()).startswith("mary had a little lamb little lamb")


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [(A7, 57_141), (E8, 8_891), (["data=shakespeare"], 350_593)],
    ids=["A7", "E8", "shakespeare"],
)
def test_models_have_the_parameters_of_the_documents(arguments: list[str], parameters: int) -> None:
    assert parameters_of(ready(*arguments)[0]) == parameters


def test_carried_state_makes_windows_of_a_stream_one_long_sequence() -> None:
    """Reading in windows with the state carried gives the logits of reading everything at once."""
    task, module, prepared = ready(
        "data=quotation", "data.windows=streams", "data.batch_size=1", "data.sequence_length=7"
    )
    task.eval()
    windowed = torch.cat([task.outputs(batch) for batch in module.train_batches()], dim=1)
    symbols = prepared.parts["train"].sequences.symbols.astype(np.int64)
    whole, _ = task(torch.from_numpy(symbols[None, :-1]))
    assert torch.allclose(windowed, whole, atol=1e-5)


def test_a_new_epoch_and_a_validation_in_between_start_and_stay_on_their_own() -> None:
    task, module, _ = ready("data=quotation", "data.windows=streams", "data.batch_size=2", "data.sequence_length=7")
    first = [task.outputs(batch).detach() for batch in module.train_batches()]
    again = []
    for batch in module.train_batches():
        again.append(task.outputs(batch).detach())
        task.eval()
        for held_out in module.val_dataloader():
            task.outputs(held_out)
        task.train()
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_gradients_stop_where_a_window_begins() -> None:
    task, module, _ = ready("data=quotation", "data.windows=streams", "data.batch_size=2", "data.sequence_length=7")
    for batch in module.train_batches():
        task.loss(task.outputs(batch), batch).backward()  # would raise, were the graph of the last window part of it


def test_validation_is_the_mean_over_every_character_of_the_text() -> None:
    task, module, prepared = ready(*A7)
    task.eval()
    metrics = task.metrics_of("val")
    for batch in module.val_dataloader():
        task.update(metrics, task.outputs(batch), batch)
    symbols = torch.from_numpy(prepared.parts["val"].sequences.symbols.astype(np.int64))
    logits, _ = task(symbols[None, :-1])
    expected = nn.functional.cross_entropy(logits[0], symbols[1:], ignore_index=IGNORE).item()
    values = metrics.compute()
    assert values["val/loss"].item() == pytest.approx(expected, abs=1e-5)
    assert values["val/bits_per_char"].item() == pytest.approx(expected / math.log(2), abs=1e-5)


def test_a_text_is_split_where_it_stands_and_its_vocabulary_is_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("".join(chr(0x4E00 + i % 300) for i in range(1_000)), encoding="utf-8")
    _, _, prepared = ready("data=file", f"data.path={file}")
    lengths = {part: len(prepared.parts[part].sequences.symbols) for part in prepared.parts}
    assert lengths == {"train": 800, "val": 100, "test": 100}
    assert len(prepared.vocabulary) == 300 and prepared.parts["train"].sequences.symbols.dtype == np.uint16


def test_words_come_from_the_training_part_and_others_are_unknown(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("the cat sat " * 40 + "on a mat " * 10, encoding="utf-8")
    _, _, prepared = ready("data=file", f"data.path={file}", "data.level=word", "data.sequence_length=5")
    assert prepared.vocabulary.symbols == ("cat", "sat", "the", "[UNK]")
    assert prepared.vocabulary.encode("the dog sat").tolist() == [2, 3, 1]
    assert set(prepared.parts["test"].sequences.symbols.tolist()) == {3}


def test_the_standard_library_is_a_corpus_on_every_machine() -> None:
    prepared = prepare(config())
    assert prepared.name == "stdlib" and len(prepared.sha256) == 64
    assert len(prepared.parts["train"].sequences.symbols) > 2_000_000


def learned_by_heart(folder: Path, epochs: int) -> Path:
    """The run of SYSTEMS A7, trained as the tutorial does."""
    arguments = [*A7, "optimizer=adam", "optimizer.lr=0.003", "scheduler=constant", f"trainer.max_epochs={epochs}"]
    arguments.append(f"+trainer.check_val_every_n_epoch={epochs}")
    trained(folder, "task=chars", *arguments, "callbacks.samples.enabled=false")
    (summary,) = folder.glob("runs/chars/*/summary.json")
    return summary.parent


@pytest.fixture(scope="module")
def rhyme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fifth of the tutorial's epochs, which it prints a loss of."""
    return learned_by_heart(tmp_path_factory.mktemp("rhyme"), epochs=60)


def test_the_rhyme_is_learned_and_the_run_says_that_nothing_was_held_out(rhyme: Path) -> None:
    rows = table(rhyme / "metrics.csv")
    assert float(rows[-1]["train/loss"]) == pytest.approx(0.1532, abs=0.005)
    assert "training, validation and test are the whole text" in (rhyme / "run.log").read_text()
    summary = json.loads((rhyme / "summary.json").read_text())
    assert {"val/loss", "val/bits_per_char", "val/accuracy"} <= set(summary["metrics"]["best"])


@pytest.mark.slow
def test_the_rhyme_is_learned_as_well_as_the_tutorial_learns_it(tmp_path: Path) -> None:
    rows = table(learned_by_heart(tmp_path, epochs=300) / "metrics.csv")
    assert float(rows[-1]["train/loss"]) <= 0.150


def test_the_quotation_is_learned(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """SYSTEMS E8, with sliding windows."""
    settings = ["optimizer=adam", "optimizer.lr=0.01", "scheduler=constant", "trainer.max_epochs=100"]
    assert rnnlab("train", "task=chars", *E8, *settings, "trainer.gradient_clip_val=5.0", RARELY).code == 0
    (metrics,) = workdir.glob("runs/chars/*/metrics.csv")
    assert float(table(metrics)[-1]["train/loss"]) <= 0.12


def test_a_sample_of_the_rhyme_has_its_words_only(rnnlab: Callable[..., Answer], rhyme: Path) -> None:
    """SYSTEMS A8."""
    answer = rnnlab("generate", f"checkpoint={rhyme}", "prompt=mary", "length=120", "temperature=0.5", "samples=1")
    assert answer.code == 0
    text = answer.out.rstrip("\n")
    assert text.startswith("mary") and len(text) == 124
    from importlib.resources import files

    words = set((files("rnnlab") / "data/shipped/nursery_rhyme.txt").read_text().split())
    assert set(text.split()[:-1]) <= words


def test_several_texts_at_once_differ_and_the_seed_repeats_them(rnnlab: Callable[..., Answer], rhyme: Path) -> None:
    arguments = ("generate", f"checkpoint={rhyme}", "prompt=mary", "length=40", "temperature=2", "samples=3")
    first = rnnlab(*arguments, "seed=1").out
    assert len(set(first.splitlines())) == 3
    assert first == rnnlab(*arguments, "seed=1").out != rnnlab(*arguments, "seed=2").out


def test_an_unknown_character_of_a_prompt_is_named(rnnlab: Callable[..., Answer], rhyme: Path) -> None:
    answer = rnnlab("generate", f"checkpoint={rhyme}", "prompt=mary 2 qs")
    assert answer.code == 2 and "'2', 'q'" in answer.err


def test_the_next_word_after_mary_had_a_is_little(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """SYSTEMS A9."""
    trained = rnnlab(
        "train",
        "task=chars",
        *A7,
        "data.level=word",
        "data.sequence_length=5",
        "optimizer=adam",
        "optimizer.lr=0.003",
        "scheduler=constant",
        "trainer.max_epochs=50",
        "trainer.log_every_n_steps=1000",
        RARELY,
    )
    assert trained.code == 0, trained.err
    answer = rnnlab("generate", "checkpoint=runs/chars", "prompt=mary had a", "length=1", "temperature=0", "samples=1")
    assert answer.out == "mary had a little\n"


def test_a_sentence_of_the_users_own_is_learned_by_heart(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    """SYSTEMS C8: embedding and state of 64 units, and the sentence as one window."""
    sentence = "a penny saved is a penny earned, as they say."
    assert (len(sentence), len(set(sentence))) == (45, 15)
    (workdir / "sentence.txt").write_text(sentence)
    trained = rnnlab(
        "train",
        "task=chars",
        "data=file",
        "data.path=sentence.txt",
        "data.parts=whole",
        "data.sequence_length=44",
        "cell=rnn",
        "model.embedding_size=64",
        "model.hidden_size=64",
        "optimizer=adam",
        "optimizer.lr=0.01",
        "scheduler=constant",
        "trainer.max_epochs=200",
        RARELY,
    )
    assert trained.code == 0 and ": 10,255 parameters" in trained.out, trained.err
    answer = rnnlab("generate", "checkpoint=runs/chars", "prompt=a penny s", "length=36", "temperature=0", "samples=1")
    assert answer.out == f"{sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["data=nursery_rhyme", "data.sequence_length=400"], "data.sequence_length=400"),
        (["data.windows=tumbling"], "data.windows must be one of streams, sliding"),
        (["data.parts=70/30"], "data.parts"),
        (["data=file", "data.path=short.txt"], "symbols"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_one_line(
    rnnlab: Callable[..., Answer], workdir: Path, arguments: list[str], named: str
) -> None:
    (workdir / "short.txt").write_text("too short")
    answer = rnnlab("train", "task=chars", *arguments)
    assert answer.code == 2 and named in answer.err and len(answer.err.splitlines()) == 1
    assert not (workdir / "runs").exists()
