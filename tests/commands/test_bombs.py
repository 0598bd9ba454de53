"""Files that unfold to more than any machine has, or that never end: each is one line, within 2 GB, and ends.

One process works through all cases. It may take 2 GB of memory beyond what its imports took, and is killed where it
does not end.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from rnnlab.training.checkpoints import write_checkpoint

LIMIT = 2 << 30  # bytes
PATIENCE = 900  # seconds; a bound on a process that would never end, generous on a busy machine
DEEP = "[" * 500_000
LAUGHS = "a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
STUDY = "# Which?\ndefaults: [train, _self_]\nsweep: laughs\n"
SEARCH = (
    *("train", "-m", "debug=fast", "hydra/sweeper=optuna", "model.hidden_size=4,5", "hydra.sweeper.n_trials=1"),
    "hydra.launcher.workers=1",
)

CHILD = """
import contextlib, io, json, resource, sys
from pathlib import Path
from rnnlab.cli import main
import torch, optuna, lightning.pytorch, pandas, matplotlib, plotly, scipy  # noqa
from rnnlab.commands import compare, evaluate, generate, predict, status, study, train
import rnnlab.training.run, rnnlab.training.trained, rnnlab.sweeps.search.optuna_search

def size():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

commands, limit = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_AS, (size() + limit, size() + limit))
answers = {}
for name, words in commands.items():
    out, err = io.StringIO(), io.StringIO()
    print(name, file=sys.stderr, flush=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except BaseException as error:
            code = repr(error)[:300]
    answers[name] = [code, out.getvalue()[-500:], err.getvalue()[-2000:]]
json.dump(answers, sys.stdout)
"""


def study_of(content: str) -> Callable[[Path, Path], object]:
    return lambda folder, _: _written(folder / "study.yaml", STUDY + content)


def _written(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def recorded(text: str) -> Callable[[Path, Path], object]:
    def prepare(folder: Path, _: Path) -> None:
        _written(folder / "study.yaml", STUDY)
        _written(folder / "runs.jsonl.gz", gzip.compress(text.encode(), 1))

    return prepare


def unpacking(folder: Path, _: Path) -> None:
    """A recording of a megabyte that unpacks to a gigabyte."""
    _written(folder / "study.yaml", STUDY)
    piece = gzip.compress(b"[" * (1 << 26), 1)
    _written(folder / "runs.jsonl.gz", piece * 16)


def pipe(name: str, **files: str) -> Callable[[Path, Path], object]:
    def prepare(folder: Path, _: Path) -> None:
        for file, content in files.items():
            _written(folder / file.replace("_", "."), content)
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(place)

    return prepare


def tokenizer(content: dict[str, Any] | str) -> Callable[[Path, Path], object]:
    text = content if isinstance(content, str) else json.dumps({"version": "1.0", "added_tokens": [], "model": content})
    return lambda folder, _: _written(folder / "tokenizer.json", text)


def checkpoint_with(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path], object]:
    def prepare(folder: Path, source: Path) -> None:
        content = torch.load(source, weights_only=True)
        change(content)
        write_checkpoint(content, folder / "x.ckpt")

    return prepare


def larger(content: dict[str, Any], **model: int) -> None:
    content["rnnlab"]["config"]["model"].update(model)


def victim(file: str, content: str | None) -> Callable[[Path, Path], object]:
    """Put a text, or a pipe, into a run of the sweep `small` that lies in the folder."""

    def prepare(folder: Path, source: Path) -> None:
        shutil.copytree(source.parents[2], folder / "runs", dirs_exist_ok=True)
        place = sorted(folder.glob("runs/lstm*"))[-1] / file
        place.unlink()
        os.mkfifo(place) if content is None else place.write_text(content)

    return prepare


def repeated(folder: Path, _: Path) -> None:
    """A table of a megabyte that unfolds to a hundred million cells."""
    texts = pa.array(["a"] * (1 << 20)).dictionary_encode()
    schema = pa.schema([(name, texts.type) for name in ("text", "label")])
    folder.mkdir(parents=True)
    with parquet.ParquetWriter(folder / "x.parquet", schema) as writer:
        for _group in range(64):
            writer.write_table(pa.table([texts, texts], schema=schema))


def long_text(folder: Path, _: Path) -> None:
    """A table of a megabyte with one text of a gigabyte and a half."""
    folder.mkdir(parents=True)
    with parquet.ParquetWriter(
        folder / "x.parquet", pa.schema([("text", pa.large_string())]), compression="zstd"
    ) as writer:
        writer.write_table(pa.table({"text": pa.array(["a" * (3 << 29)], type=pa.large_string())}))


def endless(name: str, content: str) -> Callable[[Path, Path], object]:
    """A file with a line of a hundred million characters."""
    return lambda folder, _: _written(folder / name, content + "a" * 100_000_000)


def unfolding(name: str, codec: str, size: int) -> Callable[[Path, Path], object]:
    """A text of so many million letters of one kind, packed."""

    def prepare(folder: Path, _: Path) -> None:
        folder.mkdir(parents=True)
        with pa.output_stream(str(folder / name), compression=codec) as stream:
            for _million in range(size):
                stream.write(b"a" * 1_000_000)

    return prepare


def journal(content: str | None) -> Callable[[Path, Path], object]:
    def prepare(folder: Path, _: Path) -> None:
        place = folder.parents[1] / "runs" / folder.name / "search.journal"
        place.parent.mkdir(parents=True)
        os.mkfifo(place) if content is None else place.write_text(content)

    return prepare


def of_study(name: str, *more: str) -> tuple[str, ...]:
    return ("study", f"name={name}", *more)


def _file(name: str, content: str) -> Callable[[Path, Path], object]:
    return lambda folder, _: _written(folder / name, content)


ONLY = "report=only"
TEXT = ("train", "task=chars", "data=file")
WORDS = (*TEXT, "data.level=word")
CLASSES = ("train", "task=sentiment", "data=file", "debug=fast")
HUGE = {"type": "BPE", "vocab": {"a": 0, "b": 4_000_000_000}, "merges": []}
LINES = (  # name, preparation, command, words of its line; FOLDER is the case's own
    ("aliases", study_of(LAUGHS), of_study("aliases"), "20,000"),
    ("aliases-to-train", study_of(LAUGHS), ("train", "-cd", "FOLDER", "-cn", "study"), "20,000"),
    ("deep-yaml", study_of("a: " + "[" * 5_000), of_study("deep-yaml"), "study.yaml"),
    ("deep-flow", study_of("a: " + "{b: " * 5_000), of_study("deep-flow"), "study.yaml"),
    ("unpacked", unpacking, of_study("unpacked", ONLY), "unpacks to more than"),
    ("deep-recording", recorded(DEEP), of_study("deep-recording", ONLY), "not the runs of a study"),
    ("wide-recording", recorded("[" + "[]," * (20 << 20) + "0]"), of_study("wide-recording", ONLY), "not the runs"),
    ("piped-recording", pipe("runs.jsonl.gz", study_yaml=STUDY), of_study("piped-recording", ONLY), "a pipe"),
    ("piped-study", pipe("study.yaml"), of_study("piped-study"), "piped-study"),
    (
        "huge-ids",
        tokenizer(HUGE),
        ("train", "task=chars", "data.level=bpe", "data.tokenizer=FOLDER/tokenizer.json"),
        "",
    ),
    (
        "deep-ids",
        tokenizer(DEEP),
        ("train", "task=chars", "data.level=bpe", "data.tokenizer=FOLDER/tokenizer.json"),
        "",
    ),
    ("piped-ids", pipe("tokenizer.json"), ("train", "data.level=bpe", "data.tokenizer=FOLDER/tokenizer.json"), "pipe"),
    (
        "wide",
        checkpoint_with(lambda c: larger(c, hidden_size=10**9)),
        ("generate", "checkpoint=FOLDER/x.ckpt"),
        "x.ckpt",
    ),
    (
        "deep",
        checkpoint_with(lambda c: larger(c, num_layers=10**9)),
        ("generate", "checkpoint=FOLDER/x.ckpt"),
        "x.ckpt",
    ),
    ("piped-data", pipe("x.txt"), ("train", "data=file", "data.path=FOLDER/x.txt"), "a pipe"),
    ("repeated", repeated, (*CLASSES, "data.path=FOLDER/x.parquet"), "x.parquet"),
    ("long-text", long_text, (*CLASSES, "data.path=FOLDER/x.parquet"), "x.parquet"),
    ("long-line", endless("x.jsonl", '{"text": "'), (*CLASSES, "data.path=FOLDER/x.jsonl"), "more than"),
    ("long-cell", endless("x.csv", 'text,label\na,"'), (*CLASSES, "data.path=FOLDER/x.csv"), "more than"),
    ("packed", unfolding("x.gz", "gzip", 400), (*TEXT, "data.path=FOLDER/x.gz"), "200 times its size"),
    ("packed-more", unfolding("x.zst", "zstd", 3000), (*TEXT, "data.path=FOLDER/x.zst"), "200 times its size"),
    (
        "packed-words",
        unfolding("x.gz", "gzip", 400),
        (*TEXT, "data.path=FOLDER/x.gz", "data.level=word"),
        "without a blank",
    ),
    ("packed-rows", unfolding("x.csv.gz", "gzip", 400), (*CLASSES, "data.path=FOLDER/x.csv.gz"), "more than"),
    ("deep-line", _file("x.jsonl", DEEP), (*CLASSES, "data.path=FOLDER/x.jsonl"), "nested too deeply"),
    ("piped-table", pipe("x.parquet"), (*CLASSES, "data.path=FOLDER/x.parquet"), "a pipe"),
    ("device", pipe("x.txt"), ("train", "data=file", "data.path=/dev/zero"), "a device"),
    ("device-ckpt", pipe("x.txt"), ("evaluate", "checkpoint=/dev/zero"), "/dev/zero"),
    ("deep-journal", journal(f"{DEEP}\n"), (*SEARCH, "sweep=deep-journal"), "search.journal"),
    ("piped-journal", journal(None), (*SEARCH, "sweep=piped-journal"), "a pipe"),
)
GOES_ON = (  # what is damaged so in one run of a sweep hides no other: the command succeeds
    ("summary", victim("summary.json", DEEP)),
    ("wide-summary", victim("summary.json", "[" + "[]," * (2 << 20) + "0]")),
    ("piped-summary", victim("summary.json", None)),
    ("config", victim("config.yaml", LAUGHS)),
    ("piped-config", victim("config.yaml", None)),
    ("metrics", victim("metrics.csv", "epoch,val/loss\n" + "0,0\n" * (1 << 20))),
    ("piped-metrics", victim("metrics.csv", None)),
    ("piped-examples", victim("examples.json", None)),
)


@pytest.mark.memory
def test_every_bomb_ends_in_one_line_within_two_gigabytes(workdir: Path, checkpoint: Path) -> None:
    commands: dict[str, list[str]] = {}
    for name, prepare, words, _ in LINES:
        folder = workdir / "experiments" / name
        prepare(folder, checkpoint)
        commands[name] = [word.replace("FOLDER", f"experiments/{name}") for word in words]
    for name, prepare in GOES_ON:
        prepare(workdir / name, checkpoint)
        commands |= {f"{command} {name}": [command, f"path={name}"] for command in ("compare", "status")}
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([commands, LIMIT]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    answers: dict[str, list[Any]] = json.loads(child.stdout)
    lines = {name: (answers.pop(name), named) for name, _, _, named in LINES}
    wrong = [
        (name, code, err)
        for name, ((code, _, err), named) in lines.items()
        if code != 2 or len(err.splitlines()) != 1 or named not in err or "out of memory" in err
    ]
    wrong += [(name, code, err) for name, (code, out, err) in answers.items() if code != 0 or not out or err]
    assert wrong == []
