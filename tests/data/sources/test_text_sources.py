"""Running text from everywhere: patterns, packed files, columns of tables and saved data sets read alike."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.formats import packed
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.sources.files import files_at
from rnnlab.data.sources.labelled_texts import read_labelled_texts
from rnnlab.data.sources.names import read_lines
from rnnlab.data.sources.tagged_sentences import read_tagged_sentences
from rnnlab.data.sources.text_files import read_text
from rnnlab.errors import UserError
from support import Answer

TEXTS = [f"text {n} says: é{'!' * (n % 5)}\n{'and more' * (n % 3)}" for n in range(500)]
WHOLE = "".join(text if text.endswith("\n") else f"{text}\n" for text in TEXTS)


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


def json_lines(column: str = "text") -> bytes:
    rows = [{"id": number, column: text} for number, text in enumerate(TEXTS)]
    return "".join(json.dumps(row) + "\n" for row in [*rows, {"id": 7}, {column: None}]).encode()


def table(column: str = "text", kind: pa.DataType | None = None) -> pa.Table:
    texts = pa.array([*TEXTS, None], pa.string())
    return pa.table({"id": pa.array(range(len(texts))), column: texts.cast(kind or pa.string())})


def stream(file: Path, content: pa.Table) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content, max_chunksize=100)


def saved(folder: Path, content: pa.Table) -> None:
    """A data set as `Dataset.save_to_disk` of the library `datasets` writes it, with a file that it no longer uses."""
    stream(folder / "data-00000-of-00002.arrow", content.slice(0, 200))
    stream(folder / "data-00001-of-00002.arrow", content.slice(200))
    stream(folder / "cache-1234.arrow", content)
    names = ("data-00000-of-00002.arrow", "data-00001-of-00002.arrow")
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    (folder / "dataset_info.json").write_text("{}")


def text_of(path: Path | str, column: str | None = None) -> str:
    return "".join(read_text(files_at(str(path)), column).pieces())


WRITTEN: dict[str, Callable[[Path], object]] = {
    "a.txt": lambda file: file.write_bytes(WHOLE.encode()),
    "a.txt.gz": lambda file: file.write_bytes(gzip.compress(WHOLE.encode())),
    "two members.gz": lambda file: file.write_bytes(b"".join(gzip.compress(half.encode()) for half in halves())),
    "a.txt.zst": lambda file: file.write_bytes(zstd(WHOLE.encode())),
    "two frames.ZST": lambda file: file.write_bytes(b"".join(zstd(half.encode()) for half in halves())),
    "a.jsonl": lambda file: file.write_bytes(json_lines()),
    "a.ndjson.gz": lambda file: file.write_bytes(gzip.compress(json_lines())),
    "a.parquet": lambda file: parquet.write_table(table(), file),
    "dictionary.parquet": lambda file: parquet.write_table(table(kind=pa.dictionary(pa.int32(), pa.string())), file),
    "large.parquet": lambda file: parquet.write_table(table(kind=pa.large_string()), file),
    "a.arrow": lambda file: stream(file, table()),
    "a.feather": lambda file: feather.write_feather(table(), str(file)),
    "saved": lambda folder: saved(folder, table()),
}


def halves() -> Iterator[str]:
    yield from (WHOLE[:777], WHOLE[777:])


@pytest.mark.parametrize("name", WRITTEN)
def test_the_same_text_is_read_of_every_kind_of_file(tmp_path: Path, name: str) -> None:
    WRITTEN[name](tmp_path / name)
    assert text_of(tmp_path / name) == WHOLE


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow"])
def test_another_column_is_named_and_a_missing_one_said(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name == "a.jsonl":
        file.write_bytes(json_lines("body"))
    elif name == "a.parquet":
        parquet.write_table(table("body"), file)
    else:
        stream(file, table("body"))
    assert text_of(file, "body") == WHOLE
    with pytest.raises(UserError, match=r"data\.text_column=text: .* has no such column; it has id, body"):
        text_of(file)
    with pytest.raises(UserError, match=r"id is no text|the column id has int64, no text"):
        text_of(file, "id")


def test_a_plain_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(UserError, match=r"data\.text_column=body: .*a\.txt has no columns by its name; \.jsonl"):
        text_of(tmp_path / "a.txt", "body")


def test_a_pattern_is_read_in_the_order_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "c/d.txt", ".hidden.txt", "a.md", "x[1].txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    assert text_of("*.txt") == "a.txtb.txtx[1].txt" == text_of(f"{tmp_path}/*.txt")
    assert text_of("**/*.txt") == "a.txtb.txtc/d.txtx[1].txt" and text_of("[ab].txt") == "a.txtb.txt"
    assert text_of("x[1].txt") == "x[1].txt"  # a file of that name
    with pytest.raises(UserError, match=r"data\.path: no file matches \*\.csv"):
        text_of("*.csv")
    with pytest.raises(UserError, match=r"data\.path: a\*\*/x is no pattern of files"):
        text_of("a**/x")


def test_a_saved_data_set_of_several_parts_has_these(tmp_path: Path) -> None:
    for part in ("train", "validation", "test"):
        saved(tmp_path / part, table())
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "validation", "test"]}))
    read = read_text(files_at(str(tmp_path)))
    assert read.parts == ["train"] * 2 + ["val"] * 2 + ["test"] * 2
    assert "".join(read.part("val").pieces()) == WHOLE


def damaged_state(folder: Path, content: str) -> Path:
    saved(folder, table())
    (folder / "state.json").write_text(content)
    return folder


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda f: (f / "a.gz").write_bytes(gzip.compress(WHOLE.encode())[:-9]), "cannot be unpacked"),
        (lambda f: (f / "a.gz").write_bytes(b"no gzip at all"), "cannot be unpacked"),
        (lambda f: (f / "a.zst").write_bytes(zstd(WHOLE.encode())[:-9]), "cannot be unpacked"),
        (lambda f: (f / "a.gz").write_bytes(gzip.compress(b"ok\nn\xff")), "line 2 is not UTF-8"),
        (lambda f: (f / "a.arrow").write_bytes(b"no arrow at all"), "cannot be read as Arrow"),
        (lambda f: (f / "a.parquet").write_bytes(b"PAR1 not at all"), "cannot be read as Parquet"),
        (lambda f: (f / "a.jsonl").write_text('{"text": "a \\ud83d half"}'), "half a character"),
        (lambda f: (f / "a.jsonl").write_text('{"text": ["a"]}'), "line 1: text is no text but"),
        (lambda f: (f / "a.parquet.gz").write_bytes(gzip.compress(b"PAR1")), "packed twice"),
        (lambda f: damaged_state(f, "{"), "state.json is damaged"),
        (lambda f: damaged_state(f, '{"_data_files": [{"filename": "../x"}]}'), "names '../x', which is not in it"),
        (lambda f: damaged_state(f, '{"_data_files": []}'), "has no data"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, write: Callable[[Path], Any], expected: str) -> None:
    write(tmp_path)
    with pytest.raises(UserError) as caught:
        text_of(tmp_path)
    assert expected in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "pack"), [("a.gz", gzip.compress), ("a.zst", zstd)])
def test_what_unfolds_to_far_more_than_text_does_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(packed, "ALWAYS", 1 << 20)
    (tmp_path / name).write_bytes(pack(b"a" * (1 << 22)))
    with pytest.raises(UserError, match="unfolds to more than 200 times its size; unpack it yourself"):
        text_of(tmp_path / name)


def test_labelled_texts_names_and_tags_are_read_packed_and_of_arrow_as_well(tmp_path: Path) -> None:
    rows = "".join(f"text {n},{'good' if n % 2 else 'bad'}\n" for n in range(20))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"text,label\n{rows}".encode()))
    expected = read_labelled_texts([tmp_path / "a.csv.gz"], "text", "label")
    assert list(expected.texts)[:2] == ["text 0", "text 1"] and list(expected.labels)[:2] == ["bad", "good"]
    classes = {"info": {"features": {"label": {"_type": "ClassLabel", "names": ["bad", "good"]}}}}
    content = pa.table({"text": [f"text {n}" for n in range(20)], "label": [n % 2 for n in range(20)]})
    saved(tmp_path / "saved", content.replace_schema_metadata({"huggingface": json.dumps(classes)}))
    read = read_labelled_texts(files_at(str(tmp_path / "saved")), "text", "label")
    assert list(read.texts) == list(expected.texts) and list(read.labels) == list(expected.labels)
    (tmp_path / "names.txt.zst").write_bytes(zstd(b"anna\nbob\n"))
    assert read_lines([tmp_path / "names.txt.zst"]) == ["anna", "bob"]
    (tmp_path / "tagged.tsv.gz").write_bytes(gzip.compress(b"the\tDET\nsea\tNOUN\n\n"))
    assert read_tagged_sentences([tmp_path / "tagged.tsv.gz"], "UPOS").words == [["the", "sea"]]


def test_a_packed_text_is_prepared_as_the_plain_one_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(WHOLE.encode())
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(WHOLE.encode()))

    def prepared(name: str) -> Prepared:
        words = ["task=chars", "data=file", "data.path=FILE", "data.sequence_length=8"]
        config = plain(compose_train(words)[1])
        files = {**config["data"]["files"], "path": str(tmp_path / name)}
        return prepare({**config, "data": {**config["data"], "files": files}})

    one, other = prepared("a.txt"), prepared("a.txt.gz")
    assert one.items == other.items and one.vocabulary == other.vocabulary and one.sha256 != other.sha256
    assert one.parts["train"].sequences.symbols.tolist() == other.parts["train"].sequences.symbols.tolist()


def test_a_user_trains_on_a_pattern_of_packed_files(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    for name in ("b", "a"):
        (workdir / f"{name}.jsonl.gz").write_bytes(gzip.compress(json_lines("body")))
    words = ("train", "task=chars", "data=file", "data.path=*.jsonl.gz", "data.text_column=body", "debug=fast")
    answer = rnnlab(*words, "model.hidden_size=8")
    assert answer.code == 0 and "in the column body of 2 files" in answer.err
    wrong = rnnlab(*words, "data.text_column=texts")
    assert wrong.code == 2 and "data.text_column=texts: a.jsonl.gz has no such column; it has id, body" in wrong.err


def test_every_file_of_a_folder_is_text_also_one_that_a_limit_does_not_reach(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some text\n")
    (tmp_path / "b.bin").write_bytes(b"a\0b\0")
    with pytest.raises(UserError, match=r"b\.bin, line 1 has a zero byte"):
        read_text(files_at(str(tmp_path)))
