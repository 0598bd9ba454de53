"""`rnnlab.load`: a trained model in a process that has other things to do."""

from __future__ import annotations

import logging
import math
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import rnnlab as package
from rnnlab.errors import UserError
from rnnlab.training.outputs.log import LIGHTNING
from rnnlab.training.trained import AT_ONCE, Trained
from support import Answer


@pytest.fixture
def names(checkpoint: Path) -> Trained:
    return package.load(checkpoint)


@pytest.fixture
def tone(sentiment_folder: Path) -> Trained:
    return package.load(sentiment_folder / "runs" / "tone")


@pytest.fixture
def chars(chars_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.chdir(chars_folder)
    return package.load("runs/chars")


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def state_of_the_process() -> list[Any]:
    """What a notebook's other cells rely on."""
    loggers = [logging.getLogger(name) for name in LIGHTNING]
    return [
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        signal.getsignal(signal.SIGINT),
        *((logger.level, logger.propagate, list(logger.handlers)) for logger in loggers),
    ]


def test_a_file_a_run_and_a_sweep_open_the_same_model(sentiment_folder: Path) -> None:
    sweep = package.load(sentiment_folder / "runs" / "tone")
    assert sweep.checkpoint.name == "best.ckpt" and sweep.checkpoint.is_file()
    run, file = package.load(sweep.checkpoint.parents[1]), package.load(str(sweep.checkpoint))
    assert sweep.checkpoint == run.checkpoint == file.checkpoint
    assert sweep.predict("a good film") == run.predict("a good film") == file.predict("a good film")
    assert repr(file).startswith("<SentimentClassifier (task=sentiment, cell=") and "best.ckpt>" in repr(file)
    assert file.config["task"]["name"] == "sentiment" and file.labels == ("negative", "positive")


def test_one_text_and_many_are_answered_alike(tone: Trained) -> None:
    texts = [f"a good film number {number} " * (number % 5) for number in range(2 * AT_ONCE + 3)]
    many = tone.predict(texts)
    assert [prediction.text for prediction in many] == texts and tone.predict(iter(texts)) == many
    for text, prediction in zip(texts, many, strict=True):
        (alone,) = tone.predict(text)
        assert (alone.label, alone.note) == (prediction.label, prediction.note)
        assert alone.probabilities == pytest.approx(prediction.probabilities, abs=1e-6)
        assert prediction.label is None or sum(prediction.probabilities.values()) == pytest.approx(1)
    assert tone.predict([]) == []


@pytest.mark.usefixtures("two_threads")
def test_the_process_stays_as_it_was(names: Trained, tone: Trained, chars: Trained) -> None:
    before = state_of_the_process()
    for model in (names, tone, chars):
        model.evaluate()
        model.evaluate(part="val")
        assert not any(module.training for module in model.task.modules())
    tone.predict(["good", "bad"])
    names.generate(samples=2)
    assert state_of_the_process() == before
    pieces = chars.stream("the ", length=3)
    next(pieces)
    next(pieces)
    assert state_of_the_process() == before, "also between the pieces of a text"
    assert tone.task.head.weight.requires_grad and not tone.task.head.weight.is_inference()


def test_models_keep_out_of_each_other_s_way(names: Trained, tone: Trained, chars: Trained, chars_folder: Path) -> None:
    again = package.load(chars_folder / "runs" / "chars")
    alone = "".join(again.stream("the ", length=20))
    pieces = chars.stream("the ", length=20)
    text = next(pieces)
    first = [model.evaluate() for model in (names, tone, chars)]
    assert text + "".join(pieces) == alone
    assert [model.evaluate() for model in (names, tone, again)] == first


def test_ctrl_c_in_an_evaluation_reaches_the_notebook(names: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
    handler = signal.getsignal(signal.SIGINT)
    expected = names.evaluate()

    def interrupted(*_: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(names.task, "test_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            names.evaluate()
    assert signal.getsignal(signal.SIGINT) is handler
    assert names.evaluate() == expected
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has what the other one had")
@pytest.mark.parametrize("precision", ["32-true", "16-mixed", "bf16-mixed"])
def test_a_model_of_a_gpu_is_measured_without_one(names: Trained, precision: str) -> None:
    expected = names.evaluate().metrics
    names.config["trainer"].update(accelerator="gpu", precision=precision)
    metrics = names.evaluate().metrics
    assert metrics == pytest.approx(expected, rel=0.02)
    assert metrics["test/perplexity"] == pytest.approx(math.exp(metrics["test/loss"]), rel=1e-4)


def test_data_that_is_tokens_of_in_another_way_is_not_measured(names: Trained) -> None:
    """Another version of Python may know other letters or words."""
    symbols = names.task.card["vocabulary"]["symbols"]
    symbols[0], symbols[1] = symbols[1], symbols[0]
    with pytest.raises(UserError, match="names has other symbols here than in training"):
        names.evaluate()


def test_generating_is_what_the_command_prints(rnnlab: Callable[..., Answer], names: Trained, checkpoint: Path) -> None:
    settings = {"prompt": "ma", "temperature": 0.8, "seed": 3}
    items = names.generate(samples=4, **settings)
    words = [f"{key}={value}" for key, value in settings.items()]
    answer = rnnlab("generate", f"checkpoint={checkpoint}", "samples=4", *words)
    assert answer.out.splitlines() == items and answer.err.strip() == names.remark(items)


WRONG: list[tuple[str, Callable[[Any], Any], str]] = [  # m has two models
    ("part=train", lambda m: m.names.evaluate("train"), "part must be one of val, test, not 'train'"),
    ("no file", lambda m: m.names.evaluate(path="nowhere.txt"), "data.path: there is no file nowhere.txt"),
    ("no classes", lambda m: m.names.predict("good"), r"holds a NamesLM \(task=names, .*tells no classes"),
    ("no labels", lambda m: m.names.labels, "tells no classes"),
    ("no tags", lambda m: m.tone.tag("good"), r"tells no tags of words; a model of task=tagging does"),
    ("no text", lambda m: m.tone.predict(["good", None]), "number 2 is None"),
    ("no generator", lambda m: m.tone.generate(), "SentimentClassifier .* generates nothing"),
    ("no samples", lambda m: m.names.generate(samples=0), "samples must be a whole number of at least 1"),
    ("cold", lambda m: m.names.generate(temperature=-1), "temperature must be a number of at least 0"),
    ("none of", lambda m: next(m.names.stream(top_k=0)), "top_k must be a whole number of at least 1"),
    ("prompt", lambda m: m.names.generate("zoé"), "the vocabulary has no 'é'"),
    ("checkpoint", lambda _: package.load("nowhere.ckpt"), "checkpoint: there is no file nowhere.ckpt"),
]


@pytest.mark.parametrize(("call", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_one_kind_of_error(
    names: Trained, tone: Trained, call: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        call(SimpleNamespace(names=names, tone=tone))
