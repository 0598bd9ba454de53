"""`rnnlab predict file=TABLE`: the table comes back as it is, with the answers behind it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import rnnlab as package
from rnnlab.errors import UserError
from rnnlab.training.tables import writers as table_writers
from rnnlab.training.tables.predictions import Destination, answer_table
from support import Answer, assert_refused

TABLE = (
    '\ufeffid,text,"who, what",label\r\n1,"a ""good"" film\r\nin two lines","x, y",positive\r\n'
    '02,"bad, dull plot",=1+1,\r\n\r\n3,,"",negative'
)
TEXTS = ['a "good" film\r\nin two lines', "bad, dull plot"]
Predict = Callable[..., Answer]


@pytest.fixture
def predict(rnnlab: Callable[..., Answer], sentiment_folder: Path) -> Predict:
    """`rnnlab predict checkpoint=… WORDS`."""
    return lambda *words: rnnlab("predict", f"checkpoint={sentiment_folder / 'runs' / 'tone'}", *words)


@pytest.fixture
def new(workdir: Path) -> Path:
    file = workdir / "new.csv"
    file.write_text(TABLE, encoding="utf-8", newline="")
    return file


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The rows of an output in any form, missing values as ''."""
    if file.suffix == ".jsonl":
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    elif file.suffix == ".parquet":
        rows = parquet.read_table(file).to_pylist()
    else:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t" if file.suffix == ".tsv" else ","))
    return [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]


def test_every_column_and_line_stays_as_it_is_written(predict: Predict, new: Path, sentiment_folder: Path) -> None:
    answer = predict("file=new.csv", "output=out.csv")
    assert answer.code == 0 and answer.out == ""
    assert answer.err.splitlines()[0] == (
        "text of new.csv: 3 rows, prediction, probability appended, 1 without prediction: they have nothing that the"
        " model knows"
    )
    predictions = package.load(sentiment_folder / "runs" / "tone").predict(TEXTS)
    expected = (
        '\ufeffid,text,"who, what",label,prediction,probability\r\n'
        '1,"a ""good"" film\r\nin two lines","x, y",positive,{}\r\n'
        '02,"bad, dull plot",=1+1,,{}\r\n'
        '3,,"",negative,,'
    )
    written = new.with_name("out.csv").read_bytes().decode()
    shares = re.findall(r",(\w+),(0\.\d+)\r\n", written)
    assert written == expected.format(*map(",".join, shares))
    assert [label for label, _ in shares] == [one.label for one in predictions]
    assert [float(share) for _, share in shares] == pytest.approx([one.probability for one in predictions])
    assert predict("file=new.csv").out == written


@pytest.mark.parametrize("ending", ["tsv", "jsonl", "parquet"])
def test_every_form_of_output_has_the_same_rows_and_can_be_read_again(predict: Predict, new: Path, ending: str) -> None:
    words = ("probabilities=true", "overwrite=true")
    for name in ("out.csv", f"out.{ending}"):
        assert predict("file=new.csv", f"output={name}", *words).code == 0
    rows = rows_of(new.with_name("out.csv"))
    assert list(rows[0])[-4:] == ["prediction", "probability", "probability_negative", "probability_positive"]
    shares = [float(rows[0][f"probability_{label}"]) for label in ("negative", "positive")]
    assert sum(shares) == pytest.approx(1) and float(rows[0]["probability"]) == max(shares)
    assert rows_of(new.with_name(f"out.{ending}")) == rows

    again = predict(f"file=out.{ending}", "output=again.csv", *words)
    assert again.code == 0 and "has a column prediction already; what is appended is called prediction_2" in again.err
    for before, after in zip(rows, rows_of(new.with_name("again.csv")), strict=True):
        assert {key: value.replace("\r\n", "\n") for key, value in before.items()}.items() <= {
            key: value.replace("\r\n", "\n") for key, value in after.items()
        }.items()
        assert after["prediction_2"] == before["prediction"] and after["probability_2"] == before["probability"]


def test_values_of_json_lines_and_parquet_keep_their_kinds(predict: Predict, workdir: Path) -> None:
    lines = [
        '{"text": "a good film", "n": 12345678901234567890, "x": 1.10, "tags": ["a"], "seen": true, "year": 1999}',
        '{ "year": null, "text" : "bad" , "x": 2 }',
        '{"text": null}',
    ]
    (workdir / "new.jsonl").write_text("\n".join(lines) + "\n")
    out = predict("file=new.jsonl").out.splitlines()
    for line, written in zip(lines, out, strict=True):
        assert written.startswith(line.removesuffix("}").rstrip()), "as it was written"
        assert json.loads(written).keys() - json.loads(line).keys() == {"prediction", "probability"}
    assert predict("file=new.jsonl", "output=out.parquet").code == 0
    types = {field.name: str(field.type) for field in parquet.read_schema(workdir / "out.parquet")}
    assert types == {
        "text": "string",
        "n": "string",
        "x": "double",
        "tags": "string",
        "seen": "bool",
        "year": "int64",
        "prediction": "string",
        "probability": "double",
    }
    table = pd.DataFrame(
        {
            "text": ["good", None],
            "at": [datetime(2024, 5, 1), None],
            "kind": pd.Categorical(["a", "b"]),
            "n": pd.array([1, None], dtype="Int32"),
        }
    )
    table.to_parquet(workdir / "typed.parquet")
    assert predict("file=typed.parquet", "output=more.parquet").code == 0
    more = pd.read_parquet(workdir / "more.parquet")
    assert list(more)[:4] == list(table) and more["prediction"].isna().tolist() == [False, True]
    kept = parquet.read_schema(workdir / "typed.parquet")
    assert [field.type for field in parquet.read_schema(workdir / "more.parquet")][:4] == [f.type for f in kept]
    assert predict("file=typed.parquet", "output=more.jsonl").code == 0
    assert json.loads((workdir / "more.jsonl").read_text().splitlines()[0])["at"] == "2024-05-01 00:00:00"


def test_a_file_of_that_form_is_evaluated_as_it_is(
    predict: Predict, rnnlab: Callable[..., Answer], sentiment_folder: Path, workdir: Path, reviews: Path
) -> None:
    rows = pd.read_csv(reviews).iloc[[0, 1, 2, 300, 301]]
    rows.to_parquet(workdir / "a.parquet")
    rows.to_json(workdir / "a.jsonl", orient="records", lines=True)
    rows.to_csv(workdir / "a.csv", index=False)
    shares = []
    for form in ("csv", "parquet", "jsonl"):
        words = (f"checkpoint={sentiment_folder / 'runs' / 'tone'}", f"data.path=a.{form}", "format=json")
        done = rnnlab("evaluate", *words)
        assert done.code == 0, done.err
        assert f"text, label of a.{form}: 5 rows, 3 negative, 2 positive" in done.err
        shares.append(json.loads(done.out)["metrics"]["test/accuracy"])
    predict("file=a.csv", "output=answered.csv")
    answered = pd.read_csv("answered.csv")
    assert shares == pytest.approx([(answered["prediction"] == answered["label"]).mean()] * 3)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("file=new.csv", "output=there.csv"), ["there.csv exists", "overwrite=true"]),
        (("file=new.csv", "output=new.csv", "overwrite=true"), ["new.csv is the file that is read"]),
        (("file=new.csv", "output=out.xlsx"), ["out.xlsx", ".parquet"]),
        (("file=new.csv", "output=nowhere/out.csv"), ["no folder nowhere"]),
        (("file=new.csv", "output=folder"), ["folder"]),
        (("file=new.csv", "output=out.csv", "data.text_column=review"), ["no such column", "id, text"]),
        (("file=new.csv", "data.stacked=true"), ["data.stacked", "task=sentiment"]),
        (("file=new.csv", "data.separator=bar"), ["data.text_column=text", "no such column"]),
        (("file=twice.csv", "output=out.csv"), ["twice.csv, line 3 has the header again"]),
        (("file=twice.csv", "output=out.parquet"), ["line 3"]),
        (("file=wide.csv", "output=out.csv"), ["line 2 has 3 cells"]),
        (("file=same.csv", "output=out.parquet"), ["two columns 'a'"]),
        (("file=array.jsonl", "output=out.csv"), ["array.jsonl, line 1 is no JSON object", "list"]),
        (("file=double.jsonl", "output=out.csv"), ["line 1", "'text' occurs twice"]),
        (("file=broken.parquet", "output=out.csv"), ["broken.parquet cannot be read as Parquet"]),
        (("file=new.jsonl", "data.separator=tab"), ["data.separator", "no CSV"]),
        (("file=empty.csv",), ["empty.csv is empty"]),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing_behind(
    predict: Predict, new: Path, words: Sequence[str], named: list[str]
) -> None:
    folder = new.parent
    contents = {
        "there.csv": "mine\n",
        "twice.csv": "text,a\nx,1\ntext,a\n",
        "wide.csv": "text,a\nx,1,2\n",
        "empty.csv": "",
        "same.csv": "text,a,a\nx,1,2\n",
        "array.jsonl": '[{"text": 1}]\n',
        "new.jsonl": '{"text": "a"}\n',
        "double.jsonl": '{"text": "a", "text": "b"}\n',
        "broken.parquet": "PAR1 broken PAR1",
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    (folder / "folder").mkdir()
    before = sorted(folder.iterdir())
    assert_refused(predict(*words), named)
    assert sorted(folder.iterdir()) == before and (folder / "there.csv").read_text() == "mine\n"


def test_an_output_is_whole_or_not_there(workdir: Path) -> None:
    """An answer that fails in the middle of a table, or a file that somebody else has written meanwhile."""
    (workdir / "new.csv").write_text("text\n" + "a\n" * 5000)

    def fails(inputs: Sequence[str]) -> list[str]:
        if len(inputs) < 4096:
            raise UserError("it has failed")
        return list(inputs)

    with pytest.raises(UserError, match="it has failed"):
        answer_table(fails, Length(), Path("new.csv"), {}, Destination(Path("out.csv")))
    assert [file.name for file in workdir.iterdir()] == ["new.csv"]


class Length:
    """A task without a network: how long the text of a row is."""

    def read_rows(self, rows: pd.DataFrame, reading: object, file: Path) -> list[Any]:
        texts: list[Any] = rows["text"].tolist()
        return texts

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        return {"length": int}

    def answer_cells(self, answer: Any, probabilities: bool) -> list[Any]:
        return [len(answer) or None]


def test_lines_and_a_text_become_a_table_where_an_output_is_named(predict: Predict, workdir: Path) -> None:
    (workdir / "new.txt").write_text("a good film\n\na bad, dull one\n")
    done = predict("file=new.txt", "output=out.csv")
    assert done.code == 0 and "3 rows, prediction, probability appended, 1 without prediction" in done.err
    rows = rows_of(workdir / "out.csv")
    assert [row["text"] for row in rows] == ["a good film", "", "a bad, dull one"]
    assert list(rows[0]) == ["text", "prediction", "probability"]
    assert_refused(predict("text=good", "output=out.csv"), ["out.csv exists"])
    assert predict("text=a good film", "output=out.jsonl", "probabilities=true").code == 0
    (row,) = rows_of(workdir / "out.jsonl")
    assert row["prediction"] == rows[0]["prediction"] and "probability_negative" in row


def test_python_answers_a_data_frame_and_a_file_as_it_answers_their_texts(new: Path, sentiment_folder: Path) -> None:
    model = package.load(sentiment_folder / "runs" / "tone")
    table = pd.DataFrame({"n": [1, 2, 3], "text": [*TEXTS, None]}, index=[5, 5, 5])
    expected = [one.label for one in model.predict([*TEXTS, ""])]
    assert [one.label for one in model.predict(table)] == expected
    assert [one.label for one in model.predict(new)] == expected
    assert [one.label for one in model.predict(table["text"].fillna(""))] == expected
    with pytest.raises(UserError, match=r"data\.text_column=text: the data frame has no such column"):
        model.predict(table[["n"]])


CELLS = st.text(st.sampled_from("ab,; \"'\n\r\té☃=\\"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from(["csv", "tsv", "jsonl"]),
    st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_is_in_a_table_comes_back(
    tmp_path: Path, rows: list[tuple[str, str]], read: str, written: str, end: str
) -> None:
    file, output = tmp_path / f"new.{read}", tmp_path / f"out.{written}"
    stream = io.StringIO(newline="")
    if read == "jsonl":
        for text, more in rows:
            stream.write(json.dumps({"text": text, "more": more}) + end)
    else:
        sign = "\t" if read == "tsv" else ","
        quoting: Any = csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL  # the module knows of one end of a line
        csv.writer(stream, delimiter=sign, lineterminator=end, quoting=quoting).writerows([("text", "more"), *rows])
    file.write_text(stream.getvalue(), encoding="utf-8", newline="")
    reading = {} if read == "jsonl" else {"quoting": True, "separator": "tab" if read == "tsv" else "comma"}
    answer_table(list, Length(), file, reading, Destination(output, overwrite=True))
    expected = [{"text": text, "more": more, "length": str(len(text) or "")} for text, more in rows]
    if output.suffix in (".csv", ".tsv"):
        assert file.suffix != output.suffix or output.read_bytes().count(end.encode()) >= len(rows) + 1
    assert rows_of(output) == expected


def test_rows_of_parquet_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_writers, "ROWS_OF_A_GROUP", 4096)
    table = pa.table({"text": [str(number) for number in range(10_000)]})
    parquet.write_table(table, tmp_path / "new.parquet", row_group_size=700)
    answer_table(list, Length(), tmp_path / "new.parquet", {}, Destination(tmp_path / "out.parquet"))
    out = parquet.ParquetFile(tmp_path / "out.parquet")
    assert out.num_row_groups == 3 and out.read().column("text").to_pylist() == table.column("text").to_pylist()
    assert out.read().column("length").to_pylist() == [len(str(number)) for number in range(10_000)]
