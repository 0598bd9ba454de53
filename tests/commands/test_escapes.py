"""Labels and texts that would command a terminal, or be computed by a spreadsheet, in all that rnnlab writes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from rnnlab.config.plain_files import read_yaml
from rnnlab.control_characters import CONTROL, to_json
from support import Answer

pytestmark = pytest.mark.hostile

EVIL = "\x1b[31m\x7f\x9b\u202e"
FORBIDDEN = {chr(code) for code in CONTROL}
BINARY = (".png", ".pdf", ".ckpt", ".gz")
STUDY = """\
# Which?
defaults:
  - train
  - override task: sentiment
  - override data: file
  - override debug: fast
  - _self_
sweep: evil
data: {path: experiments/evil/reviews.csv, limit: null}
task: {shown: ["good =film"]}
trainer: {max_epochs: 1}
hydra:
  mode: MULTIRUN
  launcher: {workers: 1}
  sweeper: {params: {cell: bag, model.embedding_size: "8,1000000000", seed: 0}}
"""


def texts_below(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix not in BINARY and "tfevents" not in file.name and file.name != "reviews.csv":
            yield file, file.read_text(encoding="utf-8").replace(get_plotlyjs(), "")


def assert_harmless(text: str, place: object) -> None:
    assert not FORBIDDEN & set(text), (place, sorted(FORBIDDEN & set(text)))


def make_study(place: Path) -> None:
    """A study whose labels and texts have control characters and formulas; one of its runs fails."""
    place.mkdir(parents=True)
    with (place / "reviews.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        for number in range(120):
            label, word = (f"=neg{EVIL}", "awful") if number % 2 else (f"@pos{EVIL}", "lovely")
            writer.writerow([f"{word} =film {EVIL} {number}", label])
    (place / "study.yaml").write_text(STUDY, encoding="utf-8")


def test_nothing_that_is_printed_or_written_commands_a_terminal(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    make_study(workdir / "experiments" / "evil")
    answers = {
        "study": rnnlab("study", "name=evil"),
        "its page": rnnlab("study", "name=evil", "report=only"),
        "compare": rnnlab("compare", "sweep=evil"),
        "status": rnnlab("status", "sweep=evil"),
        "evaluate": rnnlab("evaluate", "checkpoint=runs/evil"),
        "evaluate as JSON": rnnlab("evaluate", "checkpoint=runs/evil", "format=json"),
        "predict": rnnlab("predict", "checkpoint=runs/evil", f"text=awful {EVIL}"),
        "predict as CSV": rnnlab("predict", "checkpoint=runs/evil", f"text=-awful {EVIL}", "format=csv"),
        "predict as JSON": rnnlab("predict", "checkpoint=runs/evil", f"text=awful {EVIL}", "format=json"),
    }
    assert [name for name, answer in answers.items() if answer.code not in (0, 1)] == []
    for name, answer in answers.items():
        assert_harmless(answer.out + answer.err, name)
    for file, text in (*texts_below(workdir / "runs"), *texts_below(workdir / "experiments")):
        assert_harmless(text, file)
    readme = (workdir / "experiments" / "evil" / "README.md").read_text(encoding="utf-8")
    assert "\\\\x1b\\[31m" in readme, "the label is there to be read"
    (predicted,) = json.loads(answers["predict as JSON"].out)
    assert predicted["text"] == f"awful {EVIL}" and set(predicted["probabilities"]) == {f"=neg{EVIL}", f"@pos{EVIL}"}
    (row,) = csv.DictReader(io.StringIO(answers["predict as CSV"].out))
    assert row["text"].startswith("'-awful \\x1b") and row["label"][:2] in ("'=", "'@")
    assert float(row["probability"]) > 0, "a number stays one"


def test_a_series_of_numbers_below_zero_stays_numbers(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    values = "".join(f"{-5 - (number * 7 % 5)}\n" for number in range(200))
    (workdir / "series.csv").write_text(f"=a{EVIL}\n{values}", encoding="utf-8")
    words = ("task=forecasting", "data=file", "data.path=series.csv", "debug=fast", "sweep=cold")
    assert rnnlab("train", *words).code == 0
    answer = rnnlab("predict", "checkpoint=runs/cold", "file=series.csv", "format=csv")
    header, *rows = csv.reader(io.StringIO(answer.out))
    assert header == ["step", "'=a\\x1b[31m\\x7f\\x9b\\u202e"]
    assert rows and all(float(value) < 0 for _, value in rows)
    for file, text in texts_below(workdir / "runs"):
        assert_harmless(text, file)
    (config,) = workdir.glob("runs/cold/*/config.yaml")
    assert read_yaml(config)["data"]["path"] == "series.csv"


def test_completion_offers_no_name_that_commands_a_terminal(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (workdir / "runs" / f"evil{EVIL}").mkdir(parents=True)
    (workdir / "runs" / "good").mkdir()
    assert rnnlab("completion", "query", "--", "compare", "sweep=").out == "sweep=good\n"


def test_json_with_every_control_character_is_read_back() -> None:
    text = "".join(map(chr, (*range(0xB0), *CONTROL, 0x1F600)))
    assert json.loads(to_json([text], ensure_ascii=False)) == [text]
    assert not FORBIDDEN & set(to_json([text], ensure_ascii=False))


def test_a_configuration_with_control_characters_is_read_back(workdir: Path) -> None:
    from rnnlab.records.folder import RunFolder

    config = {"text": f"größe {EVIL}\u2028", "name": "größe"}
    RunFolder(workdir).write_config(config)
    assert_harmless(RunFolder(workdir).config.read_text(encoding="utf-8"), "config.yaml")
    assert RunFolder(workdir).read_config() == config
