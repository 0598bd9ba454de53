"""`rnnlab evaluate`: the metrics of a run again, and those of other data."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rnnlab as package
from rnnlab.config.reference import command_keys
from support import Answer, assert_refused, table

Evaluate = Callable[..., Any]
RUNS = {
    "names": ("sweep_folder", "runs/small/lstm*seed1*"),
    "chars": ("chars_folder", "runs/chars/[!.]*"),
    "sentiment": ("sentiment_folder", "runs/tone/gru*seed1*"),
}


@pytest.fixture
def evaluate(rnnlab: Callable[..., Answer]) -> Evaluate:
    """`rnnlab evaluate … format=json` as what it printed."""

    def run(*words: str) -> Any:
        answer = rnnlab("evaluate", *words, "format=json")
        assert answer.code == 0, answer.err
        return json.loads(answer.out)

    return run


@pytest.fixture
def text_run(chars_folder: Path, workdir: Path) -> tuple[Path, str]:
    """The run of a character model, and its text, copied into the current folder as moved.txt."""
    shutil.copy(chars_folder / "text.txt", workdir / "moved.txt")
    (run,) = chars_folder.glob("runs/chars/[!.]*")
    return run, (workdir / "moved.txt").read_text()


@pytest.mark.parametrize("task", RUNS)
def test_evaluating_a_run_gives_its_own_metrics_to_the_last_bit(
    evaluate: Evaluate, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    fixture, pattern = RUNS[task]
    folder: Path = request.getfixturevalue(fixture)
    (run,) = folder.glob(pattern)
    monkeypatch.chdir(folder)  # where data.path leads to the data
    summary = json.loads((run / "summary.json").read_text())
    assert evaluate(f"checkpoint={run}")["metrics"] == summary["metrics"]["test"]
    evaluation = evaluate(f"checkpoint={run}", "part=val")
    assert evaluation["checkpoint"] == str(run / "checkpoints" / "best.ckpt") and evaluation["part"] == "val"
    best = min(table(run / "metrics.csv"), key=lambda row: float(row["val/loss"] or "inf"))
    assert evaluation["metrics"] == {name: float(value) for name, value in best.items() if name.startswith("val/")}
    assert evaluation["unit"] == summary["unit"]


def test_the_table_begins_with_what_was_measured_and_the_loss(
    rnnlab: Callable[..., Answer], sentiment_folder: Path, reviews: Path
) -> None:
    answer = rnnlab("evaluate", f"checkpoint={sentiment_folder / 'runs' / 'tone'}")
    rows = [line.split(maxsplit=1) for line in answer.out.splitlines()]
    assert [row[0] for row in rows if row] == [
        "checkpoint",
        "data",
        "texts",
        "test/loss",
        "test/accuracy",
        "test/auroc",
        "test/f1",
    ]
    said = dict(row for row in rows if row)
    assert said["checkpoint"].endswith("best.ckpt") and said["data"] == f"{reviews}, part test"
    assert said["test/loss"].endswith(" nats per text") and "%" in said["texts"]
    count, negative, positive = (int(said["texts"].replace(":", "").split()[i]) for i in (0, 1, 4))
    assert count == negative + positive > 0
    assert answer.err.startswith("text, label of reviews.csv: 600 rows, ")


def test_metrics_as_csv_and_as_json_are_the_same(
    evaluate: Evaluate, rnnlab: Callable[..., Answer], checkpoint: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO(rnnlab("evaluate", f"checkpoint={checkpoint}", "format=csv").out)))
    metrics = evaluate(f"checkpoint={checkpoint}")["metrics"]
    assert {row["metric"]: float(row["value"]) for row in rows} == metrics
    assert next(iter(metrics)) == "test/loss"


def test_data_that_has_moved_is_found_by_its_path(
    evaluate: Evaluate, rnnlab: Callable[..., Answer], text_run: tuple[Path, str]
) -> None:
    run, _ = text_run
    lost = rnnlab("evaluate", f"checkpoint={run}")
    assert lost.code == 2 and lost.err == "rnnlab: data.path: there is no file text.txt\n"
    evaluation = evaluate(f"checkpoint={run}", "data.path=moved.txt")
    assert evaluation["metrics"] == json.loads((run / "summary.json").read_text())["metrics"]["test"]
    assert (evaluation["data"], evaluation["part"]) == ("moved.txt", "test")


def test_data_that_was_edited_has_other_parts(
    evaluate: Evaluate, rnnlab: Callable[..., Answer], text_run: tuple[Path, str], workdir: Path
) -> None:
    run, text = text_run
    (workdir / "text.txt").write_text(text + "the end")
    refused = rnnlab("evaluate", f"checkpoint={run}")
    assert refused.code == 2 and "text.txt is not what the model was trained on" in refused.err
    assert "data.path=FILE" in refused.err and len(refused.err.splitlines()) == 1
    evaluation = evaluate(f"checkpoint={run}", "data.path=text.txt", "part=val")
    assert evaluation["part"] is None and evaluation["predictions"] == len(text) + len("the end") - 1
    assert next(iter(evaluation["metrics"])) == "test/loss"
    said = rnnlab("evaluate", f"checkpoint={run}", "data.path=text.txt").out
    assert "all of text.txt, not the data of training" in said and f"{evaluation['predictions']:,}" in said


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("the Quick fox", ["other.txt", "'Q'", "it knows"]),
        ("t", ["other.txt", "at least 2"]),
        ("", ["data.path", "other.txt is empty"]),
        ("".join(map(chr, range(0x4E00, 0x4F00))), ["other.txt", "and 246 more"]),
    ],
)
def test_a_text_that_the_model_cannot_read_is_refused_in_one_line(
    rnnlab: Callable[..., Answer], text_run: tuple[Path, str], workdir: Path, content: str, named: list[str]
) -> None:
    (workdir / "other.txt").write_text(content, encoding="utf-8")
    answer = rnnlab("evaluate", f"checkpoint={text_run[0]}", "data.path=other.txt")
    assert answer.code == 2 and answer.out == "" and len(answer.err.splitlines()) == 1
    assert all(words in answer.err for words in named), answer.err
    assert len(answer.err) < 400


def test_names_of_another_alphabet_are_refused_by_file(
    rnnlab: Callable[..., Answer], checkpoint: Path, workdir: Path
) -> None:
    (workdir / "other.txt").write_text("zoé\n", encoding="utf-8")
    answer = rnnlab("evaluate", f"checkpoint={checkpoint}", "data.path=other.txt")
    assert answer.code == 2 and "other.txt: the vocabulary has no 'é'" in answer.err


def test_labelled_texts_of_one_s_own(
    evaluate: Evaluate, rnnlab: Callable[..., Answer], sentiment_folder: Path, workdir: Path
) -> None:
    words = (f"checkpoint={sentiment_folder / 'runs' / 'tone'}", "data.path=mine.csv")
    (workdir / "mine.csv").write_text("review,stars\na good film,positive\n,positive\na bad one,negative\n")
    missing = rnnlab("evaluate", *words)
    assert missing.code == 2 and "data.text_column=text" in missing.err and "review, stars" in missing.err
    columns = ("data.text_column=review", "data.label_column=stars")
    evaluation = evaluate(*words, *columns)
    assert evaluation["balance"] == {"negative": 1, "positive": 1} and evaluation["predictions"] == 2
    read, left_out, run = rnnlab("evaluate", *words, *columns).err.splitlines()
    assert read == "review, stars of mine.csv: 3 rows, 2 positive, 1 negative"
    assert left_out == "1 text without a word was left out" and run.startswith("best run: ")
    (workdir / "mine.csv").write_text("text,label\na good film,great\n")
    strange = rnnlab("evaluate", *words)
    assert strange.code == 2 and "no label 'great'; it was trained on negative, positive" in strange.err


def test_what_is_undefined_is_said_and_null_in_json(
    evaluate: Evaluate, rnnlab: Callable[..., Answer], sentiment_folder: Path, workdir: Path
) -> None:
    (workdir / "mine.csv").write_text("text,label\na good film,positive\n")
    words = (f"checkpoint={sentiment_folder / 'runs' / 'tone'}", "data.path=mine.csv")
    answer = rnnlab("evaluate", *words)
    assert ["test/auroc", "undefined"] in [line.split() for line in answer.out.splitlines()]
    assert answer.err.splitlines()[0] == "text, label of mine.csv: 1 row, 1 positive"
    assert evaluate(*words)["metrics"]["test/auroc"] is None
    assert "test/auroc,\n" in rnnlab("evaluate", *words, "format=csv").out


def test_the_data_of_training_elsewhere_is_still_the_data_of_training(
    evaluate: Evaluate, sentiment_folder: Path, reviews: Path, workdir: Path
) -> None:
    (workdir / "copy").mkdir()
    shutil.copy(reviews, workdir / "copy")
    sweep = f"checkpoint={sentiment_folder / 'runs' / 'tone'}"
    here, there = evaluate(sweep), evaluate(sweep, "data.path=copy")
    assert there["data"] == "copy" and {**there, "data": here["data"]} == here


def test_columns_without_a_table_are_refused(
    rnnlab: Callable[..., Answer], checkpoint: Path, sentiment_folder: Path, workdir: Path
) -> None:
    (workdir / "names.txt").write_text("ann\n")
    answer = rnnlab("evaluate", f"checkpoint={checkpoint}", "data.path=names.txt", "data.text_column=name")
    assert answer.code == 2 and "data.text_column=name: names.txt is no table by its name" in answer.err
    answer = rnnlab("evaluate", f"checkpoint={sentiment_folder / 'runs' / 'tone'}", "data.label_column=stars")
    assert answer.code == 2 and "data.label_column" in answer.err and "data.path=FILE" in answer.err


def test_what_may_be_a_header_of_other_data_is_refused_with_a_key_that_decides(
    rnnlab: Callable[..., Answer], evaluate: Evaluate, checkpoint: Path, workdir: Path
) -> None:
    (workdir / "names.txt").write_text("name\nann\n")
    words = (f"checkpoint={checkpoint}", "data.path=names.txt")
    assert_refused(rnnlab("evaluate", *words), ["names.txt, line 1", "'name' may be a header", "data.header=true"])
    assert evaluate(*words, "data.header=true")["predictions"] == 4  # a, n, n and the end
    assert evaluate(*words, "data.header=false")["predictions"] == 4 + 5


def test_labels_that_a_model_does_not_read_are_left_where_they_are(
    rnnlab: Callable[..., Answer], evaluate: Evaluate, checkpoint: Path, workdir: Path
) -> None:
    (workdir / "names.txt").write_text("ann\tF\nbob\tM\n")
    words = (f"checkpoint={checkpoint}", "data.path=names.txt")
    assert_refused(rnnlab("evaluate", *words), ["has a tab", "data.labels=WORD"])
    assert evaluate(*words, "data.labels=sex")["predictions"] == 8


def test_evaluate_takes_every_key_with_which_a_reader_refuses_a_file() -> None:
    data = Path(package.__file__).parent / "data"
    rooms = (data / "formats", data / "sources", data / "sources" / "series_files")
    files = [file for room in rooms for file in room.glob("*.py")]
    said = {key for file in files for key in re.findall(r"data\.(\w+)[=:]", file.read_text())}
    of_data = {key.name.removeprefix("data.") for key in command_keys("evaluate") if key.name.startswith("data.")}
    assert {"header", "decimal", "stacked", "missing", "labels"} <= said - {"name"} <= of_data  # data=ucr data.name=


def test_a_classifier_says_that_it_generates_nothing(rnnlab: Callable[..., Answer], sentiment_folder: Path) -> None:
    answer = rnnlab("generate", f"checkpoint={sentiment_folder / 'runs' / 'tone'}")
    assert answer.code == 2 and "SentimentClassifier (task=sentiment, cell=" in answer.err
    assert "generates nothing" in answer.err and len(answer.err.splitlines()) == 1
