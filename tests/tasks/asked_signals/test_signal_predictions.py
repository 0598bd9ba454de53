"""Models of numbers and of a class at each step answer whatever signals they are given, as they do in evaluation."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab import load
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.preparation.signals import split_signals
from rnnlab.data.source import locate
from rnnlab.tasks.signals import SignalLabeller, SignalRegression
from rnnlab.training.evaluation import data_of_training
from rnnlab.training.trained import Trained
from support import Answer, assert_refused, table, trained

TINY = ("task=signals", "data=file", "model.hidden_size=4", "trainer.max_epochs=1", "trainer.threads=1", "-q")
CLOSE = 1e-5


def long_table(recordings: int = 30) -> pd.DataFrame:
    """Recordings of 4 to 9 steps, with two numbers each, a phase at each step and a column that nobody reads."""
    draw = random.Random(0)
    rows = []
    for number in range(recordings):
        height, depth = 100 + 10 * draw.random(), draw.random()
        for step in range(draw.randint(4, 9)):
            x, y = draw.gauss(height / 100, 0.1), draw.gauss(depth, 0.1)
            rows.append(
                (f"r{number}", step, x, y, height, depth, "on" if y > 0.5 else "off", f"remark {number}, {step}")
            )
    return pd.DataFrame(rows, columns=["run", "t", "x", "y", "height", "depth", "phase", "remark"])


def wide_table(rows: int = 30) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    values = draw.normal(size=(rows, 5))
    return pd.DataFrame(values, columns=[f"s{n}" for n in range(1, 6)]).assign(y=values.sum(axis=1), who="me")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two numbers, one of a class at each step, and one of a number of a row."""
    folder = tmp_path_factory.mktemp("signals")
    long_table().to_csv(folder / "long.csv", index=False)
    wide_table().drop(columns="who").to_csv(folder / "wide.csv", index=False)
    long = (f"data.path={folder}/long.csv", "data.id_column=run", "data.channels=[x,y]")
    trained(folder, *TINY, *long, "data.label_column=[height,depth]", "sweep=numbers")
    trained(folder, *TINY, *long, "data.label_column=phase", "data.target=steps", "sweep=steps")
    trained(folder, *TINY, f"data.path={folder}/wide.csv", "data.label_column=y", "data.target=number", "sweep=rows")
    return folder


@pytest.fixture
def predict(folder: Path, rnnlab: Callable[..., Answer], workdir: Path) -> Callable[..., Answer]:
    """`rnnlab predict` with one of these models."""

    def predicted(sweep: str, *words: str) -> Answer:
        answer = rnnlab("predict", f"checkpoint={folder}/runs/{sweep}", *words)
        assert answer.code == 0, answer.err
        return answer

    return predicted


def new_table() -> pd.DataFrame:
    """Without labels, its rows in disorder."""
    frame = long_table(6).drop(columns=["height", "depth", "phase"])
    return frame.sample(frac=1, random_state=0)


def outputs_of_test(model: Trained) -> tuple[list[str], list[torch.Tensor], list[int]]:
    """The names of the sequences of the test part, and what the network computes of each in its batches."""
    task, data = model.task, model.config["data"]
    signals = locate(data).content
    rows = split_signals(signals, model.config["split"]["seed"], None, "data")["test"]
    batches = SequenceDataModule(data_of_training(task), 4, 0).test_dataloader()
    with torch.no_grad():
        computed = [(task.outputs(batch), batch.lengths.tolist()) for batch in batches]
    outputs = [row for outputs, _ in computed for row in outputs]
    return [signals.names[row] for row in rows], outputs, [size for _, sizes in computed for size in sizes]


def test_numbers_are_those_of_the_evaluation_in_their_own_units(folder: Path) -> None:
    model = load(folder / "runs/numbers")
    assert isinstance(model.task, SignalRegression)
    answers = {answer.id: answer for answer in model.predict(folder / "long.csv")}
    names, outputs, _ = outputs_of_test(model)
    expected = model.task.in_units(torch.stack(outputs))
    computed = torch.tensor([list(answers[name].numbers.values()) for name in names])
    assert sorted(map(tuple, computed.tolist())) == [pytest.approx(row, rel=CLOSE) for row in sorted(expected.tolist())]
    assert set(answers["r0"].numbers) == {"height", "depth"} and 50 < answers["r0"].numbers["height"] < 150


def test_steps_are_those_of_the_evaluation(folder: Path) -> None:
    model = load(folder / "runs/steps")
    assert isinstance(model.task, SignalLabeller) and model.labels == ("off", "on")
    answers = {answer.id: answer for answer in model.predict(folder / "long.csv")}
    names, outputs, sizes = outputs_of_test(model)
    computed = sorted([step.probabilities["on"] for step in answers[name].steps] for name in names)
    expected = [row.softmax(-1)[:size, 1].tolist() for row, size in zip(outputs, sizes, strict=True)]
    assert computed == [pytest.approx(row, abs=CLOSE) for row in sorted(expected)]
    for step in answers["r0"].steps:
        assert step.probability == max(step.probabilities.values()) == step.probabilities[step.label]


@settings(max_examples=8)
@given(sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5), seed=st.integers(0, 99))
@pytest.mark.parametrize("sweep", ["numbers", "steps"])
def test_no_sequence_changes_the_answer_to_another(folder: Path, sweep: str, sizes: list[int], seed: int) -> None:
    model = MODELS.setdefault(sweep, load(folder / "runs" / sweep))
    draw = np.random.default_rng(seed)
    arrays = [draw.normal(size=(size, 2)) for size in sizes]
    together, alone = model.predict(arrays), [model.predict([array])[0] for array in arrays]
    for one, other in zip(together, alone, strict=True):
        assert numbers_of(one) == pytest.approx(numbers_of(other), rel=CLOSE, abs=CLOSE)


MODELS: dict[str, Trained] = {}


def numbers_of(answer: object) -> list[float]:
    if hasattr(answer, "numbers"):
        return list(answer.numbers.values())
    return [share for step in answer.steps for share in step.probabilities.values()]


@pytest.mark.parametrize("sweep", ["numbers", "steps"])
def test_every_way_to_give_a_signal_has_the_same_answer(folder: Path, sweep: str, workdir: Path) -> None:
    model, frame = load(folder / "runs" / sweep), long_table(6)
    arrays = [part[["x", "y"]].to_numpy() for _, part in frame.groupby("run")]
    expected = [numbers_of(answer) for answer in model.predict(frame)]
    longest = max(map(len, arrays))
    padded = np.stack([np.pad(array, ((0, longest - len(array)), (0, 0))) for array in arrays])
    np.savez(workdir / "new.npz", X=padded, lengths=np.array([len(array) for array in arrays]))
    np.save(workdir / "X.npy", padded[:, :4])
    channels = [":".join(",".join(map(repr, column)) for column in array.T.tolist()) for array in arrays]
    lines = ["@univariate false", "@dimensions 2", "@equalLength false", "@classLabel false", "@data", *channels]
    (workdir / "new.ts").write_text("\n".join(lines))
    frame.to_parquet(workdir / "new.parquet")
    texts = [" ".join(f"{x!r},{y!r}" for x, y in array.tolist()) for array in arrays]
    given = [arrays, [pd.DataFrame(array, columns=["x", "y"]) for array in arrays], texts]
    for signals in [*given, *(workdir / f"new.{ending}" for ending in ("npz", "ts", "parquet"))]:
        for answer, numbers in zip(model.predict(signals), expected, strict=True):
            assert numbers_of(answer) == pytest.approx(numbers, rel=CLOSE, abs=CLOSE)
    short = [numbers_of(answer) for answer in model.predict(padded[:, :4])]
    assert short == [pytest.approx(numbers_of(answer), rel=CLOSE) for answer in model.predict(workdir / "X.npy")]


def test_numbers_are_a_row_a_sequence_in_every_form(predict: Callable[..., Answer], workdir: Path) -> None:
    new_table().to_csv("new.csv", index=False)
    answers = json.loads(predict("numbers", "file=new.csv", "format=json").out)
    assert {answer["id"] for answer in answers} == {f"r{n}" for n in range(6)}
    rows = list(csv.DictReader(predict("numbers", "file=new.csv", "format=csv").out.splitlines()))
    assert [{**row, "note": ""} for row in rows] == [
        {"id": answer["id"], **{name: str(number) for name, number in answer["numbers"].items()}, "note": ""}
        for answer in answers
    ]
    lines = predict("numbers", "file=new.csv").out.splitlines()
    assert (
        lines[0]
        == "  ".join(f"{name} {float(rows[0][name]):.6g}" for name in ("height", "depth")) + f"  {rows[0]['id']}"
    )
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        said = predict("numbers", "file=new.csv", f"output=out.{ending}").err
        assert "read 6 sequences of 7 to 9 steps, 2 channels (x, y) from new.csv" in said
        assert "6 answered: 6 rows of id, height, depth" in said
        frame = read(workdir / f"out.{ending}")
        assert frame.columns.tolist() == ["id", "height", "depth"]
        assert frame["height"].tolist() == pytest.approx([answer["numbers"]["height"] for answer in answers], rel=1e-12)


def read(file: Path) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    return pd.read_json(file, lines=True) if file.suffix == ".jsonl" else pd.read_csv(file, sep=None, engine="python")


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_a_long_table_comes_back_with_a_label_in_every_row(
    ending: str, predict: Callable[..., Answer], folder: Path, workdir: Path
) -> None:
    new = new_table()
    new.to_csv("new.csv", index=False)
    said = predict("steps", "file=new.csv", f"output=out.{ending}", "probabilities=true").err
    assert f"new.csv: {len(new)} rows, prediction, probability, probability_off, probability_on appended" in said
    back = read(workdir / f"out.{ending}").astype({"t": int, "x": float, "y": float})
    pd.testing.assert_frame_equal(back[new.columns], new.reset_index(drop=True), check_dtype=False, rtol=1e-12)
    answers = {answer.id: answer for answer in load(folder / "runs/steps").predict(new)}
    steps = [answers[run].steps[step] for run, step in zip(back["run"], back["t"], strict=True)]
    assert back["prediction"].tolist() == [step.label for step in steps]
    assert back["probability_on"].tolist() == pytest.approx([step.probabilities["on"] for step in steps], abs=CLOSE)


def test_a_file_that_is_no_table_has_a_row_a_step(predict: Callable[..., Answer], workdir: Path) -> None:
    np.savez("new.npz", X=np.zeros((2, 3, 2)), lengths=np.array([3, 1]))
    predict("steps", "file=new.npz", "output=out.csv", "probabilities=true")
    rows = table(workdir / "out.csv")
    assert list(rows[0]) == ["id", "step", "prediction", "probability", "probability_off", "probability_on"]
    assert [(row["id"], row["step"]) for row in rows] == [("1", "1"), ("1", "2"), ("1", "3"), ("2", "1")]
    printed = csv.DictReader(predict("steps", "file=new.npz", "format=csv", "probabilities=true").out.splitlines())
    assert [{name: row[name] for name in rows[0]} for row in printed] == rows
    lines = predict("steps", "text=0.1 0.2 0.3 0.4").out.splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["step 1", "step 2"]
    (answer,) = json.loads(predict("steps", "text=0.1 0.2 0.3", "format=json").out)
    assert answer["steps"] == [] and answer["note"] == "3 numbers are no whole steps of 2 each"


def test_a_row_that_is_a_sequence_gets_its_number(predict: Callable[..., Answer], folder: Path, workdir: Path) -> None:
    new = wide_table(4).drop(columns="who")
    new.to_csv("new.csv", index=False)
    predict("rows", "file=new.csv", "output=out.csv")
    back = pd.read_csv(workdir / "out.csv")
    pd.testing.assert_frame_equal(back[new.columns], new, rtol=1e-12)
    model = load(folder / "runs/rows")
    numbers = [answer.numbers["y"] for answer in model.predict(new)]
    assert back["prediction"].tolist() == pytest.approx(numbers, rel=CLOSE)
    assert model.predict(["1 2 3"])[0].note == "the signal has 3 steps; every signal of training had 5"
    with pytest.raises(Exception, match="step 1 is the column s2, where it was s1 before"):
        model.predict(new[["s2", "s1", "s3", "s4", "s5"]])


def test_files_of_that_form_are_evaluated(folder: Path, rnnlab: Callable[..., Answer], workdir: Path) -> None:
    long_table(6).to_json(workdir / "new.jsonl", orient="records", lines=True)
    model = load(folder / "runs/numbers")
    answer = rnnlab("evaluate", f"checkpoint={folder}/runs/numbers", "data.path=new.jsonl", "format=json")
    assert answer.code == 0, answer.err
    frame = long_table(6).drop_duplicates("run")
    predicted = [answer.numbers["height"] for answer in model.predict(workdir / "new.jsonl")]
    error = np.abs(np.array(predicted) - frame["height"]).mean()
    assert json.loads(answer.out)["metrics"]["test/mae_1"] == pytest.approx(error, rel=1e-4)
    steps = rnnlab("evaluate", f"checkpoint={folder}/runs/steps", "data.path=new.jsonl", "format=json")
    labels = [label for answer in load(folder / "runs/steps").predict(long_table(6)) for label in answer.labels]
    assert json.loads(steps.out)["metrics"]["test/accuracy"] == pytest.approx(np.mean(labels == long_table(6)["phase"]))


def test_steps_behind_the_longest_of_training_have_no_label(folder: Path, workdir: Path) -> None:
    model = load(folder / "runs/steps")
    model.task.data["sequence_length"] = 3
    long_table(2).to_csv("new.csv", index=False)
    (said,) = model.predict_file("new.csv", "out.csv")
    back = pd.read_csv(workdir / "out.csv")
    assert (back["prediction"].notna() == (back["t"] < 3)).all()
    assert said.endswith(
        f"{(back['t'] > 2).sum()} without prediction: steps behind data.sequence_length=3 have no prediction"
    )


@pytest.mark.parametrize(
    ("sweep", "words", "named"),
    [
        ("numbers", "file=new.csv probabilities=true", ["probabilities", "tells no classes"]),
        ("numbers", "file=new.csv output=new.csv overwrite=true", ["new.csv is the file that is read"]),
        ("numbers", "file=new.csv output=out.xlsx", ["out.xlsx is no table by its name"]),
        ("steps", "file=new.csv output=there.csv", ["there.csv exists"]),
        ("steps", "file=bare.csv", ["bare.csv", "t", "no such column"]),
        ("steps", "file=bare.csv output=out.csv", ["bare.csv", "no such column"]),
        ("numbers", "file=new.csv data.header=true", ["data.header"]),
        ("steps", "file=new.csv data.decimal=comma", ["data.decimal"]),
        ("numbers", "file=three.npz", ["its steps have 3 numbers, those of training 2"]),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    sweep: str, words: str, named: list[str], folder: Path, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    new_table().to_csv("new.csv", index=False)
    new_table().drop(columns="t").to_csv("bare.csv", index=False)
    (workdir / "there.csv").write_text("mine")
    np.savez("three.npz", X=np.zeros((2, 3, 3)))
    before = {file.name: file.read_bytes() for file in workdir.iterdir()}
    assert_refused(rnnlab("predict", f"checkpoint={folder}/runs/{sweep}", *words.split()), named)
    assert {file.name: file.read_bytes() for file in workdir.iterdir()} == before
