"""The index of many runs: it spares their files, and never says anything that the folders do not."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnnlab.config import plain_files
from rnnlab.records import run_index
from rnnlab.records.reading import Run, find_runs
from rnnlab.records.run_index import LEAST_RUNS, index_file
from run_folders import config_of, summary_of

COUNT = LEAST_RUNS + 2


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sweep of runs that count as written long ago."""
    monkeypatch.setattr(run_index, "JUST_WRITTEN", 0.0)
    folder = tmp_path / "runs" / "many"
    for seed in range(COUNT):
        config = config_of(("rnn", "gru")[seed % 2], 16, seed, "many", {"data": {"shares": [1, 1.0, seed % 3]}})
        run = folder / f"run-{seed:03}-{seed:08x}"
        run.mkdir(parents=True)
        (run / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        (run / "summary.json").write_text(json.dumps(summary_of(config, 2 + seed / 1000)))
        (run / "metrics.csv").write_text(f"epoch,step,val/loss\n0,4,{3 + seed / 1000}\n1,8,{2 + seed / 1000}\n")
        (run / "timing.csv").write_text("epoch,step,seconds\n0,4,1.5\n1,8,3.0\n")
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often files of each name are read as text."""
    names = Counter[str]()
    check = plain_files.check_file

    def counted(file: Path, *arguments: Any) -> None:
        if file.is_file():
            names[file.name] += 1
        check(file, *arguments)

    monkeypatch.setattr(plain_files, "check_file", counted)
    return names


def said(runs: list[Run]) -> list[str]:
    """Return everything that runs say, in which 1 is not 1.0."""
    parts = [
        (run.folder, run.status, run.reason, list(run.config.items()), list(run.summary.items()), run.loss, run.seed)
        for run in runs
    ]
    return [repr((part, run.curves(), run.timing(), run.steps)) for part, run in zip(parts, runs, strict=True)]


def without_an_index(folder: Path) -> list[str]:
    index_file(folder).unlink(missing_ok=True)
    return said(find_runs([folder]))


def test_a_warm_start_opens_no_file_of_a_run(sweep: Path, opened: Counter[str]) -> None:
    cold = said(find_runs([sweep]))
    assert opened["config.yaml"] == opened["summary.json"] == COUNT
    opened.clear()
    assert said(find_runs([sweep])) == cold
    assert not opened


def test_one_run_that_has_changed_is_read_again_and_no_other(sweep: Path, opened: Counter[str]) -> None:
    find_runs([sweep])
    opened.clear()
    metrics = sorted(sweep.iterdir())[7] / "metrics.csv"
    with metrics.open("a") as stream:
        stream.write("2,12,1.5\n")
    runs = find_runs([sweep])
    assert opened == {"config.yaml": 1, "summary.json": 1, "metrics.csv": 1, "timing.csv": 1}
    assert sum(len(run.curves()) for run in runs) == 2 * COUNT + 1
    assert said(runs) == without_an_index(sweep)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config.yaml", "hidden_size: 16", "hidden_size: 32"),
        ("summary.json", '"complete"', '"failed"'),
        ("summary.json", '"complete"', '"pruned", "a": 1'),
        ("metrics.csv", "0,4,3", "0,4,9"),
        ("timing.csv", "3.0", "4.0"),
        ("config.yaml", "seed: 7", "seed: [7"),
        ("summary.json", "{", "["),
    ],
)
def test_an_edit_by_hand_counts_even_of_the_same_size_and_time(sweep: Path, file: str, old: str, new: str) -> None:
    find_runs([sweep])
    edited = sorted(sweep.glob("run-*"))[7] / file
    before, text = edited.stat(), edited.read_text()
    assert old in text
    edited.write_text(text.replace(old, new, 1))
    os.utime(edited, ns=(before.st_atime_ns, before.st_mtime_ns))
    warm = said(find_runs([sweep]))
    assert warm == without_an_index(sweep)


def test_runs_that_go_and_come_are_noticed(sweep: Path) -> None:
    find_runs([sweep])
    first, second, *_ = sorted(sweep.glob("run-*"))
    shutil.rmtree(first)
    (second / "summary.json").unlink()
    shutil.copytree(second, sweep / "copied-0000ffff")
    second.rename(sweep / "renamed-0000fffe")
    warm = said(find_runs([sweep]))
    assert warm == without_an_index(sweep)
    assert len(warm) == COUNT


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "version", "hostile", "folder", "places"])
def test_an_index_that_is_damaged_is_made_anew(sweep: Path, opened: Counter[str], damage: str) -> None:
    whole = said(find_runs([sweep]))
    file = index_file(sweep)
    content = file.read_bytes()
    lines = gzip.decompress(content).splitlines(keepends=True)
    if damage == "folder":
        file.unlink()
        file.mkdir()
    else:
        broken = {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "other": b"rnn" * 100,
            "version": gzip.compress(b'{"version":0}\n' + b"".join(lines[1:])),
            "hostile": gzip.compress(lines[0] + b"[" * 100_000),
            "places": gzip.compress(lines[0] + b"".join(line.replace(b"[0,{", b"[77,{") for line in lines[1:])),
        }
        file.write_bytes(broken[damage])
    opened.clear()
    assert said(find_runs([sweep])) == whole
    assert opened["config.yaml"] == COUNT
    if damage != "folder":
        opened.clear()
        assert said(find_runs([sweep])) == whole
        assert not opened


def test_what_was_written_just_now_may_be_written_again(
    sweep: Path, opened: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_index, "JUST_WRITTEN", 3600.0)
    find_runs([sweep])
    opened.clear()
    find_runs([sweep])
    assert opened["config.yaml"] == COUNT


def test_a_configuration_that_json_cannot_hold_is_read_each_time(sweep: Path) -> None:
    run = sorted(sweep.glob("run-*"))[3]
    with (run / "config.yaml").open("a") as stream:
        stream.write("since: 2026-01-31\n1: one\n")
    cold = said(find_runs([sweep]))
    assert said(find_runs([sweep])) == cold == without_an_index(sweep)


def test_few_runs_need_no_index(sweep: Path) -> None:
    for run in sorted(sweep.glob("run-*"))[LEAST_RUNS - 1 :]:
        shutil.rmtree(run)
    find_runs([sweep])
    assert not index_file(sweep).exists()


def test_a_folder_that_cannot_be_written_to_has_no_index(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(run_index, "write_atomically", refuse)
    assert len(find_runs([sweep])) == COUNT
    assert not index_file(sweep).exists()
