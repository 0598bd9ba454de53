"""Machines that are too small, files that never end, and text that would command the terminal: each is one line."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from rich.text import Text

from rnnlab.control_characters import shown
from rnnlab.records.files.csv_files import read_rows, table_csv
from rnnlab.report.wording import escaped
from rnnlab.terminal import Terminal
from rnnlab.training.blocks import OptimizerSteps
from support import ALONE, Answer, assert_refused, table

pytestmark = pytest.mark.hostile

WORDS = ["=3", "+=3", "~", "~=3", "", " ", ".=3", "@x=3", "=="]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("command", ["train", "generate", "compare", "probe"])
def test_a_key_without_a_name_is_said(rnnlab: Callable[..., Answer], command: str, word: str) -> None:
    assert_refused(rnnlab(command, word), [repr(word), "key=value"])


@pytest.mark.parametrize("size", [10**6, 10**10])
def test_a_network_that_no_memory_holds_is_one_line(rnnlab: Callable[..., Answer], workdir: Path, size: int) -> None:
    assert_refused(rnnlab("train", "debug=fast", f"model.hidden_size={size}"), ["GiB", "model.hidden_size"])
    assert not (workdir / "runs").exists()


def test_in_a_sweep_the_others_go_on(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab("train", "-m", "debug=fast", "model.hidden_size=8,1000000", ALONE)
    assert answer.code == 1 and "out of memory" in answer.err and "Traceback" not in answer.err
    statuses = [json.loads(file.read_text())["status"] for file in workdir.glob("runs/names/*/summary.json")]
    assert sorted(statuses) == ["complete", "failed"]


def test_a_gpu_without_memory_is_one_line_with_advice(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch says it in the middle of a step; the other runs go on."""
    real = OptimizerSteps.take
    message = (
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 8 GiB\nof which 1 is free."
    )

    def take(steps: OptimizerSteps, *given: Any, **named: Any) -> Any:
        if steps.task.card["config"]["seed"] == 0:
            raise torch.OutOfMemoryError(message)
        return real(steps, *given, **named)

    monkeypatch.setattr(OptimizerSteps, "take", take)
    answer = rnnlab("train", "-m", "debug=fast", "data.limit=300", "seed=0,1", ALONE)
    line = "out of memory (20.00 GiB were asked for at once); lower model.hidden_size, data.batch_size"
    assert answer.code == 1 and line in answer.err and "Traceback" not in answer.err
    summaries = [json.loads(file.read_text()) for file in workdir.glob("runs/names/*/summary.json")]
    assert sorted(summary["status"] for summary in summaries) == ["complete", "failed"]
    assert any(line in summary.get("reason", "") for summary in summaries)


@pytest.mark.parametrize(
    "words",
    [
        ("trainer.accelerator=cpu", "trainer.precision=16-mixed,32-true"),
        ("trainer.accelerator=cpu", "trainer.precision=16-mixed", "hydra/sweeper=optuna", "model.hidden_size=4,5"),
    ],
)
def test_a_sweep_in_a_precision_that_the_machine_lacks_is_refused(
    rnnlab: Callable[..., Answer], workdir: Path, words: tuple[str, ...]
) -> None:
    assert_refused(rnnlab("train", "-m", "debug=fast", "data.limit=300", *words), ["trainer.precision=16-mixed"])
    assert not (workdir / "runs").exists()


def test_a_full_disk_is_one_line_and_the_other_runs_go_on(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system says it: no byte more is written below the folder of the first seed."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if "seed0" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    answer = rnnlab("train", "-m", "debug=fast", "seed=0,1", ALONE)
    assert answer.code == 1 and "the disk is full" in answer.err and "Traceback" not in answer.err
    assert len(answer.err.splitlines()) <= 5, answer.err
    assert [file.parent.name[:18] for file in workdir.glob("runs/names/*/summary.json")]
    alone = rnnlab("train", "debug=fast", "seed=0")
    assert_line(alone, "the disk is full")
    assert "seed0" in alone.err, "it says where"


def assert_line(answer: Answer, words: str) -> None:
    assert answer.code == 2 and len(answer.err.splitlines()) == 1 and words in answer.err, answer.err


@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "folder"])
def test_data_that_never_ends_is_not_begun(rnnlab: Callable[..., Answer], workdir: Path, path: str) -> None:
    os.mkfifo(workdir / "pipe")
    (workdir / "folder").mkdir()
    os.mkfifo(workdir / "folder" / "pipe")
    answer = rnnlab("train", "debug=fast", "data=file", f"data.path={path}")
    assert_refused(answer, ["data.path", "holds no files" if path == "folder" else path])


@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_nothing_else_reads_a_pipe_or_a_device(
    rnnlab: Callable[..., Answer], workdir: Path, checkpoint: Path, path: str
) -> None:
    os.mkfifo(workdir / "pipe")
    assert_refused(rnnlab("predict", f"checkpoint={checkpoint}", f"file={path}"), [path, "pipe its lines"])
    assert_refused(rnnlab("predict", f"checkpoint={path}", "text=a"), [path])
    assert_refused(rnnlab("train", "debug=fast", "data.level=bpe", f"data.tokenizer={path}"), [path])
    assert_refused(rnnlab("train", "debug=fast", f"init_from={path}"), [path])


def test_a_tokenizer_of_huge_ids_is_refused(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    model = {"type": "BPE", "vocab": {"a": 0, "b": 4_000_000_000}, "merges": []}
    (workdir / "tokenizer.json").write_text(json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    answer = rnnlab("train", "task=chars", "debug=fast", "data.level=bpe", "data.tokenizer=tokenizer.json")
    assert_refused(answer, ["data.tokenizer", "4000000000"])


@pytest.mark.parametrize("file", ["summary.json", "config.yaml", "examples.json", "metrics.csv"])
def test_a_bomb_in_a_run_folder_spoils_no_comparison(
    rnnlab: Callable[..., Answer], workdir: Path, sweep_folder: Path, file: str
) -> None:
    shutil.copytree(sweep_folder / "runs", workdir / "runs")
    victim = sorted((workdir / "runs" / "small").glob("lstm*"))[0]
    victim.joinpath(file).write_text(f"epoch,x\n0,{'9' * 200_000}\n" if file == "metrics.csv" else "[" * 200_000)
    answer = rnnlab("compare", "sweep=small")
    assert answer.code == 0, answer.err
    assert rnnlab("status", "sweep=small").code == 0


@pytest.mark.parametrize("probe", ["{probe: nothing}", "{probe: units, probe.wat: 3}"])
def test_a_probe_that_there_is_not_is_said_before_training(
    rnnlab: Callable[..., Answer], workdir: Path, probe: str
) -> None:
    assert_refused(rnnlab("train", "debug=fast", f"probes=[{probe.replace(' ', '')}]"), ["probes.0"])
    assert not (workdir / "runs").exists()


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("holds=test/foo>=1", "test/foo"),
        ("trainer.accelerator=tpu", "trainer"),
        ("callbacks.early_stopping.enabled=true callbacks.early_stopping.monitor=val/los", "val/los"),
    ],
)
def test_what_is_wrong_with_every_run_of_a_sweep_is_said_before_the_first(
    rnnlab: Callable[..., Answer], workdir: Path, word: str, named: str
) -> None:
    assert_refused(rnnlab("train", "-m", "debug=fast", "seed=0,1", *word.split()), [named])
    assert not (workdir / "runs").exists()


EVIL = "\x1b[31m\x07\r\x9b\u202e"


def test_a_terminal_shows_escapes_and_carries_none_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(f"a\tb\nc{EVIL}é") == "a\tb\nc\\x1b[31m\\x07\\x0d\\x9b\\u202eé"
    Terminal(force_terminal=True, color_system="truecolor", width=200).print(Text(EVIL, style="red"), soft_wrap=True)
    printed = capsys.readouterr().out
    assert "\\x1b[31m" in printed and "\x1b[31m" in printed, "its own colour, and the text's as text"
    assert not set("\x07\r\x9b\u202e") & set(printed)


def test_no_command_sends_an_escape_of_a_file_to_the_terminal(
    rnnlab: Callable[..., Answer], workdir: Path, sweep_folder: Path
) -> None:
    shutil.copytree(sweep_folder / "runs", workdir / "runs")
    run = sorted((workdir / "runs" / "small").glob("lstm*"))[0]
    summary: dict[str, Any] = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({**summary, "status": "failed", "reason": f"{EVIL} <script> |x| `y`"}))
    for words in (["compare"], ["status"]):
        answer = rnnlab(*words, "sweep=small")
        assert answer.code == 0 and "\\x1b[31m" in answer.out
        assert not set(EVIL.replace("[31m", "")) & set(answer.out + answer.err)
    report = (workdir / "runs" / "small" / "report" / "report.md").read_text()
    assert "\x1b" not in report and "\\<script>" in report and "\\`y\\`" in report
    assert_line(rnnlab("train", f"data.path={EVIL}", "data=file"), "\\x1b[31m")
    assert_line(rnnlab(f"tr{EVIL}"), "\\x1b[31m")


def test_markdown_shows_what_a_file_says() -> None:
    assert escaped("<script>`x`[a](b)&lt;\n# *y*") == "\\<script>\\`x\\`\\[a](b)\\&lt; # \\*y\\*"


def test_a_spreadsheet_computes_nothing(workdir: Path) -> None:
    frame = pd.DataFrame({"=head": ["=1+1", "+x", "-x", "@x", "\tx", "-1.5", "plain"], "loss": [-1.0] * 7})
    Path("x.csv").write_text(table_csv(frame), newline="")
    assert [row["'=head"] for row in table(Path("x.csv"))] == ["'=1+1", "'+x", "'-x", "'@x", "'\tx", "-1.5", "plain"]
    assert [row["loss"] for row in read_rows(Path("x.csv"))] == [-1.0] * 7
