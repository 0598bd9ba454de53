"""`rnnlab export`: a folder that answers as the trained model does, without rnnlab."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import rnnlab as package
from export_scripts import ask, run
from rnnlab.tasks.user_input import UserInput
from support import Answer, assert_refused

pytestmark = pytest.mark.export

KEPT = Path(__file__).parents[1] / "kept" / "0.1.0"
CLOSE = 1e-5


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The export of the kept model of a task in a format, made once."""
    folder = tmp_path_factory.mktemp("exported")

    def made(task: str, form: str) -> Path:
        if not (there := folder / f"{task}-{form}").exists():
            package.load(KEPT / "runs" / task).export(there, form)
        return there

    return made


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_names_are_the_greedy_ones_and_have_the_loss_that_rnnlab_measures(
    exported: Callable[[str, str], Path], form: str
) -> None:
    folder, model = exported("names", form), package.load(KEPT / "runs" / "names")
    (answer,) = ask(folder, "generate", "--temperature", "0", "--prompt", "an", blocked=form)
    assert answer["text"] == model.generate(prompt="an", temperature=0)[0]
    scored = ask(folder, "score", "maria", "bo", blocked=form)
    for said in scored:
        symbols = torch.tensor([*model.task.encode_text(said["text"], "text"), model.task.vocabulary.start_stop])
        with torch.no_grad():
            loss = torch.nn.functional.cross_entropy(model.task(symbols[None, :-1])[0][0], symbols[1:])
        assert said["loss"] == pytest.approx(float(loss), abs=CLOSE) and said["symbols"] == len(symbols) - 1


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_a_text_is_continued_as_rnnlab_continues_it(exported: Callable[[str, str], Path], form: str) -> None:
    folder, model = exported("chars", form), package.load(KEPT / "runs" / "chars")
    for prompt in ("", "Row", "Life is but"):
        (answer,) = ask(folder, "generate", "--temperature", "0", "--prompt", prompt, "--length", "40", blocked=form)
        assert answer["text"] == model.generate(prompt=prompt, temperature=0, length=40)[0]


def test_samples_are_drawn_by_the_temperature_and_among_the_likeliest(exported: Callable[[str, str], Path]) -> None:
    folder = exported("names", "onnx")
    wild = ask(folder, "generate", "--samples", "20", "--seed", "1")
    assert len({answer["text"] for answer in wild}) > 10
    assert wild == ask(folder, "generate", "--samples", "20", "--seed", "1")
    likeliest = ask(folder, "generate", "--samples", "3", "--top-k", "1")
    assert {answer["text"] for answer in likeliest} == {ask(folder, "generate", "--temperature", "0")[0]["text"]}


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_texts_of_any_length_have_the_classes_of_predict(exported: Callable[[str, str], Path], form: str) -> None:
    folder, model = exported("sentiment", form), package.load(KEPT / "runs" / "sentiment")
    texts = ["a lovely warm day", "dull", "the cold tired film was dull " * 30, "xyzzy", "", "Fine!<br/>Bright"]
    answers = ask(folder, *texts, blocked=form)
    for said, truth in zip(answers, model.predict(texts), strict=True):
        assert (said["text"], said["label"], said["note"]) == (truth.text, truth.label, truth.note)
        assert said["probabilities"] == pytest.approx(truth.probabilities, abs=CLOSE)
    assert answers[:2] == ask(folder, typed="\n".join(texts[:2]), blocked=form)


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_words_have_the_tags_of_predict(exported: Callable[[str, str], Path], form: str) -> None:
    folder, model = exported("tagging", form), package.load(KEPT / "runs" / "tagging")
    texts = ["the old man sees a boat .", "", "Incomprehensibilities-of-a-very-long-word", "a Ω " * 20]
    for said, truth in zip(ask(folder, *texts, blocked=form), model.tag(texts), strict=True):
        assert [word["tag"] for word in said["words"]] == list(truth.tags)
        for word, expected in zip(said["words"], truth.words, strict=True):
            assert word["probabilities"] == pytest.approx(expected.probabilities, abs=CLOSE)


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_recordings_with_holes_and_times_have_the_classes_of_predict(
    exported: Callable[[str, str], Path], form: str, workdir: Path
) -> None:
    folder, model = exported("signals", form), package.load(KEPT / "runs" / "signals")
    with (KEPT / "data" / "signals.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    files = []
    for name in ("0", "1", "7"):
        files.append(f"{name}.csv")
        with Path(files[-1]).open("w", newline="") as stream:
            csv.writer(stream).writerows([header, *(row for row in rows if row[0] == name)])
    answers = ask(folder, "--csv", *files, blocked=form)
    truth = [model.predict(Path(file))[0] for file in files]
    for said, expected in zip(answers, truth, strict=True):
        assert said["label"] == expected.label
        assert said["probabilities"] == pytest.approx(expected.probabilities, abs=CLOSE)
    done = run(folder, "0.5 1 2", blocked=form)
    assert done.returncode == 2 and "no whole steps of 2" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("form", ["onnx", "torch"])
def test_a_series_goes_on_as_predict_says(
    exported: Callable[[str, str], Path], form: str, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    folder, table = exported("forecasting", form), KEPT / "data" / "sales.csv"
    (said,) = ask(folder, str(table), blocked=form)
    model = package.load(KEPT / "runs" / "forecasting")
    (series,) = next(model.predictor.read_inputs(UserInput(None, str(table), {}, None)))
    (truth,) = model.answer([series])
    assert said == {"sold": pytest.approx([value for (value,) in truth.values], rel=CLOSE)}
    short = "".join(table.read_text().splitlines(keepends=True)[:5])
    Path("short.csv").write_text(short)
    done = run(folder, "short.csv", blocked=form)
    assert done.returncode == 2 and "its 4 values are too few" in done.stderr.splitlines()[-1]


def test_what_the_vocabulary_lacks_is_said_in_a_line(exported: Callable[[str, str], Path]) -> None:
    done = run(exported("names", "onnx"), "generate", "--prompt", "Ω")
    assert done.returncode == 2 and "the vocabulary has no 'Ω'" in done.stderr.splitlines()[-1]


def test_the_command_says_what_it_wrote_and_writes_it_anew(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("export", f"checkpoint={KEPT / 'runs' / 'names'}", "output=out/model")
    answer = rnnlab(*words)
    assert answer.code == 0 and "out/model/predict.py" in answer.out
    names = {"model.json", "README.md", "predict.py", "step.onnx", "sequence.onnx"}
    assert {file.name for file in Path("out/model").iterdir()} == names
    assert [file.name for file in Path("out").iterdir()] == ["model"]
    assert rnnlab(*words, "format=torch").code == 0
    assert {file.suffix for file in Path("out/model").iterdir()} == {".json", ".md", ".py", ".pt2"}
    assert json.loads(Path("out/model/model.json").read_text())["format_version"] == 1


def test_a_folder_with_something_else_is_left_alone(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    checkpoint = f"checkpoint={KEPT / 'runs' / 'names'}"
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    assert_refused(rnnlab("export", checkpoint, "output=mine"), ["output", "mine", "something else"])
    assert_refused(rnnlab("export", checkpoint, "output=mine/notes.txt"), ["output", "is a file"])
    assert_refused(rnnlab("export", checkpoint, "output=x", "format=csv"), ["format must be one of onnx, torch"])
    assert_refused(rnnlab("export", checkpoint, "output="), ["output"])
    assert [file.name for file in Path("mine").iterdir()] == ["notes.txt"] and not Path("x").exists()


def test_a_package_that_is_missing_is_named(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    refused = rnnlab("export", f"checkpoint={KEPT / 'runs' / 'names'}", "output=model")
    assert_refused(refused, ["onnxscript is not installed", "rnnlab[export]"])
    assert not Path("model").exists()


def test_the_folder_of_a_sweep_stands_for_its_best_run(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    shutil.copytree(KEPT / "runs" / "names", "runs/names")
    assert rnnlab("export", "checkpoint=runs/names", "output=model", "format=torch").code == 0
