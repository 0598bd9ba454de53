"""What a user can get wrong about labelled data: one clear line, exit code 2, no traceback, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer, assert_refused

FILES = {
    "good.csv": "text,label\n" + "".join(f"film {n},{'ab'[n % 2]}\n" for n in range(20)),
    "unlabelled.csv": "text,label\ngood,a\nbad,\n",
    "single.csv": "text,label\n" + "".join(f"film {n},a\n" for n in range(20)),
    "rare.csv": "text,label\n" + "".join(f"film {n},a\n" for n in range(20)) + "fine,b\ndull,b\n",
    "notes.txt": "a film\n",
    "broken.csv": 'text,label\n"good,a\nbad,b\n',
    "commas.csv": "text,label\nbad, really,a\ngood, really,b\n",
    "header.csv": "text,label\n",
    "mixed/a.csv": "text,label\ngood,a\n",
    "mixed/readme.md": "about a.csv",
    "beside/a/1.txt": "good",
    "beside/b/1.txt": "bad",
    "beside/readme.md": "about these",
    "alone/a/1.txt": "good",
    "alone/a/2.txt": "fine",
}
OWN = "train task=sentiment data=file data.path="
TABLE = [
    # arguments                                    what the line names, and what would be right
    (OWN + "good.csv data.text_column=review", ["data.text_column=review", "good.csv", "text, label"]),
    (OWN + "good.csv data.label_column=stars", ["data.label_column=stars", "good.csv", "text, label"]),
    (OWN + "unlabelled.csv", ["unlabelled.csv", "row 2", "no label", "column label"]),
    (OWN + "single.csv", ["single.csv", "only label is 'a'", "two classes"]),
    (OWN + "rare.csv", ["rare.csv", "label 'b'", "2 distinct texts", "at least 3"]),
    (OWN + "good.csv data.limit=1", ["good.csv", "data.limit=1", "two classes"]),
    (OWN + "notes.txt", ["data.path", "notes.txt", "no table", ".csv or .tsv", "folder"]),
    (OWN + "broken.csv", ["broken.csv", "lines 2 to 3", "a quote begins a cell", "data.quoting=false"]),
    (OWN + "commas.csv", ["commas.csv", "more cells than its header", "quotes"]),
    (OWN + "header.csv", ["header.csv", "no text"]),
    (OWN + "latin.csv", ["latin.csv", "line 2", "UTF-8"]),
    (OWN + "mixed", ["data.path", "mixed/readme.md", "no table"]),
    (OWN + "beside", ["data.path", "beside/readme.md", "no folder of a class"]),
    (OWN + "alone", ["alone", "only label is 'a'", "two classes"]),
    (OWN + "missing.csv", ["data.path", "missing.csv"]),
    ("train task=sentiment data=file", ["data.path", "data.path=VALUE"]),
    ("train task=sentiment data=names", ["data=names", "no labels", "data=reviews"]),
    ("train task=names data=reviews", ["data=reviews", "no list of items", "data=names"]),
    ("train task=chars data=reviews", ["data=reviews", "no running text", "data=stdlib"]),
    ("train task=names data.text_column=text", ["data.text_column"]),
    ("train task=sentiment model.pooling=sum", ["model.pooling", "last, mean, max, concat"]),
    ("train task=sentiment model.word_dropout=1", ["model.word_dropout", "not including 1"]),
    ("train cell=bag", ["cell=bag", "language model"]),
]


@pytest.mark.parametrize(("command", "named"), TABLE, ids=[command for command, _ in TABLE])
def test_bad_labelled_data_ends_in_one_clear_line(
    rnnlab: Callable[..., Answer], workdir: Path, command: str, named: list[str]
) -> None:
    for name, content in FILES.items():
        (workdir / name).parent.mkdir(parents=True, exist_ok=True)
        (workdir / name).write_text(content, encoding="utf-8")
    (workdir / "latin.csv").write_bytes("text,label\ncliché,a\n".encode("latin-1"))
    before = sorted(workdir.rglob("*"))
    assert_refused(rnnlab(*command.split()), named)
    assert sorted(workdir.rglob("*")) == before
