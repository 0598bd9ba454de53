"""What the terminal says when a run has ended."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlab.data.text.vocabulary import CHANNEL, Vocabulary
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.records.reading import Run, read_run
from rnnlab.sweeps.closing import data_of, next_commands, result_of
from rnnlab.training.trained import Trained
from support import Answer

CLASSIFIER = [
    ranking_loss("nats per text", chance="class frequencies"),
    share("accuracy", "test accuracy", chance="most frequent class"),
    share("f1", "test macro F1", shown="results", chance="most frequent class"),
]
LANGUAGE_MODEL = [
    ranking_loss("nats per token", comparable_at=["data.level"], chance="symbol frequencies"),
    ranking_loss("nats per character", key="loss_per_char", chance="symbol frequencies"),
    Metric("perplexity", "test perplexity", shown="results", chance="symbol frequencies"),
]
FORECASTER = [
    ranking_loss("naive errors per value", chance="last value"),
    Metric("mae", "test error", chance="last value"),
    Metric("mae_last", "last value", baseline_of="mae"),
]


def run_of(declared: list[Metric], test: dict[str, Any], chance: dict[str, Any] | None) -> Run:
    summary: dict[str, Any] = {
        "measures": [metric.to_json() for metric in declared],
        "metrics": {"best": {"val/loss": 0.5}, "test": {f"test/{key}": value for key, value in test.items()}},
    }
    if chance is not None:
        summary["chance"] = {f"test/{key}": value for key, value in chance.items()}
    return Run(Path("runs/a/gru"), "complete", "", {}, summary)


@pytest.mark.parametrize(
    ("declared", "test", "chance", "said"),
    [
        (
            CLASSIFIER,
            {"loss": 0.31234, "accuracy": 0.904, "f1": 0.7},
            {"loss": 0.6584, "accuracy": 0.63, "f1": 0.3865},
            "accuracy 0.904 (most frequent class: 0.63), macro F1 0.700 (chance: 0.387),"
            " loss 0.3123 nats per text (class frequencies: 0.658)",
        ),
        (
            LANGUAGE_MODEL,
            {"loss": 2.0309, "loss_per_char": 2.0309, "perplexity": 7.6212},
            {"loss": 2.8519, "loss_per_char": 2.8519, "perplexity": 17.3},
            "loss 2.031 nats per token (symbol frequencies: 2.85), perplexity 7.621 (chance: 17.3)",
        ),
        (
            FORECASTER,
            {"loss": 0.9, "mae": 12.5, "mae_last": 15.1},
            {"loss": 1.2, "mae": 15.1},
            "error 12.5 (last value: 15.1), loss 0.9 naive errors per value (chance: 1.2)",
        ),
        (CLASSIFIER, {"loss": 0.3, "accuracy": 0.9, "f1": None}, None, "accuracy 0.900, loss 0.3 nats per text"),
        (CLASSIFIER[:1], {"loss": 0.3}, {"loss": "a coin"}, "loss 0.3 nats per text"),
        (
            CLASSIFIER,
            {"loss": 0.01, "accuracy": 1.0, "f1": 1.0},
            {},
            "accuracy 1.000, macro F1 1.000, loss 0.01 nats per text",
        ),
        (CLASSIFIER, {}, {}, "no metric is a number"),
    ],
    ids=[
        "classifier",
        "characters",
        "forecaster",
        "a run of an earlier version",
        "an edited summary",
        "nothing is wrong",
        "nothing",
    ],
)
def test_a_result_is_said_in_the_words_of_the_task_with_chance_beside_it(
    declared: list[Metric], test: dict[str, Any], chance: dict[str, Any] | None, said: str
) -> None:
    assert result_of(run_of(declared, test, chance)) == f"test: {said}"


def test_a_run_ends_with_its_result_its_place_and_commands_that_work(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    words = ("train", "task=names", "debug=fast", "model.hidden_size=8", "trainer.max_epochs=1", "sweep=größe")
    ended = rnnlab(*words)
    (folder,) = (workdir / "runs/größe").glob("gru*")
    run = read_run(folder)
    first, loss, *rest = ended.out.splitlines()
    place = folder.relative_to(workdir)
    quoted = shlex.quote(str(place))
    assert first.startswith(f"{place}: ")
    assert loss == f"val/loss {run.loss:.4f} in 1 epoch, {run.summary['seconds']:.1f} s"
    assert rest[:3] == [result_of(run), f"in {folder}", "next:"]
    assert f"loss {run.value('test/loss'):.4g} nats per token (symbol frequencies: " in rest[0]
    assert (
        f"accuracy {run.value('test/accuracy'):.3f} (most frequent symbol: {run.chance('test/accuracy'):.3g})"
        in rest[0]
    )
    assert rest[3:] == [
        f"  rnnlab generate checkpoint={quoted} samples=10",
        "  rnnlab compare sweep='größe'",
        "  rnnlab tensorboard sweep='größe'",
    ]
    generate, compare, _ = (shlex.split(line)[1:] for line in rest[3:])
    assert len(rnnlab(*generate).out.splitlines()) == 10
    alone = rnnlab(*compare)
    assert alone.code == 0 and "There is one configuration, gru, and nothing to compare it with:" in alone.out

    again = rnnlab(*words)
    assert again.out.splitlines() == [f"{place} is complete already: val/loss {run.loss:.4f}", result_of(run)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"description": "text, label of a.csv: 9 rows", "notes": ["1 text without a word was left out"]},
            "data: text, label of a.csv: 9 rows; 1 text without a word was left out",
        ),
        ({"description": "", "notes": ["2 items that repeat another were left out"]}, "data: 2 items that repeat"),
        ({"description": "9 items, the first 'a\x1b[31m\nb'", "notes": []}, "data: 9 items, the first 'a"),
        ({"notes": "edited"}, ""),
        ({}, ""),
    ],
    ids=["a table", "data of rnnlab", "a hostile name", "an edited summary", "nothing to say"],
)
def test_a_run_ends_with_what_was_read_and_left_out(data: dict[str, Any], said: str) -> None:
    line = data_of(Run(Path("runs/a/gru"), "complete", "", {}, {"data": data}))
    assert line.startswith(said) and bool(line) == bool(said)
    assert "\x1b" not in line and "\n" not in line


class GoesOnWithASeries:
    answer_type = dict

    def read_inputs(self, source: Any) -> Any: ...

    def answer(self, inputs: Any) -> Any: ...

    def print_answers(self, blocks: Any, style: str) -> None: ...


@pytest.mark.parametrize(("path", "file"), [("my sales.csv", "'my sales.csv'"), (None, "FILE")])
def test_a_forecaster_is_asked_to_go_on_with_its_own_series_next(path: str | None, file: str) -> None:
    run = Run(Path("runs/a/gru"), "complete", "", {"sweep": "a", "data.path": path}, {})
    assert next_commands(run, GoesOnWithASeries())[0] == f"rnnlab predict checkpoint=runs/a/gru file={file}"  # type: ignore[arg-type]


class ReadsSignals(GoesOnWithASeries):
    vocabulary = Vocabulary(("x",), CHANNEL)

    def encode_text(self, text: str, key: str) -> Any: ...


@pytest.mark.parametrize(("data", "asked"), [("file", "file=wide.csv"), ("half_sums", "text='1 2 3'")])
def test_a_classifier_of_signals_is_asked_about_the_file_that_it_was_trained_on(data: str, asked: str) -> None:
    config = {"sweep": "a", "data.name": data, "data.path": "wide.csv", "task.shown": ["1 2 3"]}
    run = Run(Path("runs/a/gru"), "complete", "", config, {})
    assert next_commands(run, ReadsSignals())[0] == f"rnnlab predict checkpoint=runs/a/gru {asked}"  # type: ignore[arg-type]


def test_a_classifier_is_asked_about_a_text_next(
    sentiment_folder: Path, rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sentiment_folder)
    run = read_run(next(Path("runs/tone").glob("gru*")))
    predict, *others = next_commands(run, Trained(run.folder).task)
    assert predict == f"rnnlab predict checkpoint={run.folder} text='…'"
    assert others == ["rnnlab compare sweep=tone", "rnnlab tensorboard sweep=tone"]
    data_of_rnnlab = replace(run, config={**run.config, "data.name": "reviews"})
    predict = next_commands(data_of_rnnlab, Trained(run.folder).task)[0]
    answer = rnnlab(*shlex.split(predict)[1:], "format=json")
    assert json.loads(answer.out)[0]["text"] == "this film was absolutely wonderful"
