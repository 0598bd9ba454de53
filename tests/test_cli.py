"""The command line's front door: routes, help, and one clear line for every ending."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnnlab.cli import main
from rnnlab.config import reference
from rnnlab.errors import RunsFailedError, UserError

HEAVY = ("torch", "lightning", "pandas", "matplotlib", "hydra", "omegaconf", "numpy")


def stand_in(monkeypatch: pytest.MonkeyPatch, command: str, ending: Any) -> list[str]:
    """Put a function in a command's place that returns or raises `ending`; its arguments are kept."""
    seen: list[str] = []

    def run(arguments: list[str]) -> int:
        seen.extend(arguments)
        if isinstance(ending, BaseException):
            raise ending
        return int(ending)

    monkeypatch.setitem(sys.modules, f"rnnlab.commands.{command}", SimpleNamespace(main=run))
    return seen


def in_new_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("code", [0, 1])
def test_a_command_gets_its_arguments_and_gives_the_exit_code(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    seen = stand_in(monkeypatch, "train", code)
    assert main(["train", "-m", "cell=gru,lstm", "seed=1"]) == code
    assert seen == ["-m", "cell=gru,lstm", "seed=1"]


def test_literal_values_reach_a_command_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stand_in(monkeypatch, "generate", 0)
    main(["generate", "prompt=it's", "checkpoint=a/epoch=3.ckpt"])
    assert seen == [r"prompt='it\'s'", "checkpoint='a/epoch=3.ckpt'"]


def test_what_a_user_can_put_right_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, "train", UserError("a=b=c: not of the form key=value\n  at  character 3\n\n^"))
    assert main(["train"]) == 2
    assert capsys.readouterr() == ("", "rnnlab: a=b=c: not of the form key=value at  character 3 ^\n")


def test_failed_runs_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, "train", RunsFailedError("2 of 6 runs failed:\n  a\n  b"))
    assert main(["train"]) == 1
    assert capsys.readouterr().err == "2 of 6 runs failed:\n  a\n  b\n"


def test_ctrl_c_ends_with_a_short_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, "train", KeyboardInterrupt())
    assert main(["train"]) == 130
    assert capsys.readouterr().err == "rnnlab: interrupted; the same command again goes on with what is not complete\n"


def test_ctrl_c_promises_nothing_of_a_command_that_does_not_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, "predict", KeyboardInterrupt())
    assert main(["predict"]) == 130
    assert capsys.readouterr().err == "rnnlab: interrupted\n"


MISUSES = {
    ("trian",): "trian: unknown command; did you mean train?",
    ("dance",): "dance: unknown command; the commands are train, cache, compare, evaluate, export, generate, predict, ",
    ("",): ": unknown command; the commands are train, cache, compare, evaluate, export, generate, predict, ",
    ("cell=gru",): "cell=gru: the command comes first, such as `rnnlab train cell=gru`",
    ("-m",): "-m: the command comes first",
    ("train", "--foo"): "--foo: unknown flag; `rnnlab train --help` shows what there is",
    ("train", "-x=1"): "-x: unknown flag",
    ("train", "-m=1"): "-m: unknown flag",
    ("train", "--hydra-help"): "--hydra-help: unknown flag",
    ("train", "-cd"): "-cd: needs a folder after it",
    ("train", "--config-name", "-m"): "--config-name: needs a name after it",
    ("generate", "-m"): "-m: unknown flag; `rnnlab generate --help` shows what there is",
    ("completion",): "completion: say for which shell: rnnlab completion bash or zsh",
    ("completion", "fish"): "completion: say for which shell",
}


@pytest.mark.parametrize("arguments", MISUSES, ids=" ".join)
def test_a_mistyped_line_is_answered_in_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    # Further commands may stand in the list.
    assert err.startswith(f"rnnlab: {MISUSES[arguments]}"[:60])
    assert err.count("\n") == 1


def test_flags_of_a_study_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-cd", "experiments/x", "--config-name=study", "--multirun", "seed=1"]
    seen = stand_in(monkeypatch, "train", 0)
    assert main(["train", *words]) == 0
    assert seen == words


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_overview(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: rnnlab COMMAND")
    assert err == ""


@pytest.mark.parametrize("command", reference.commands())
@pytest.mark.parametrize("words", [["--help"], ["-h"], ["no=such", "cell=elman", "--foo", "-h"]])
def test_help_stands_anywhere_and_never_fails(
    command: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *words]) == 0
    assert capsys.readouterr().out.startswith(f"usage: rnnlab {command} ")


def test_help_shows_the_keys_of_the_options_on_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--help", "optimizer=sgd", "data=file"])
    out = capsys.readouterr().out
    assert "optimizer.momentum=0.9" in out
    assert "data.path=" in out


def test_the_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"1.2.3 of {name}")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "rnnlab 1.2.3 of rnnlab\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["train", "--help"],
        ["generate", "-h"],
        ["completion", "bash"],
        ["completion", "query", "--", "train", "cell="],
        ["trian"],
    ],
    ids=" ".join,
)
def test_quick_answers_import_nothing_heavy(words: list[str]) -> None:
    code = f"""
import sys
from rnnlab.cli import main
main(sys.argv[1:])
sys.exit(", ".join(name for name in {HEAVY} if name in sys.modules))
"""
    ended = in_new_process(code, *words)
    assert ended.stderr.splitlines()[1 if words == ["trian"] else 0 :] in ([], [""])


def test_python_m_rnnlab_is_rnnlab() -> None:
    ended = subprocess.run([sys.executable, "-m", "rnnlab", "trian"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "rnnlab: trian: unknown command; did you mean train?\n"


def test_a_reader_that_stops_reading_is_no_error() -> None:
    line = f'"{sys.executable}" -m rnnlab train --help | true; echo "${{PIPESTATUS[0]}}"'
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert ended.stderr == ""
    assert ended.stdout in ("0\n", "141\n"), "0 where the page was written before the reader left"


def test_a_plugin_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RNNLAB_PLUGINS", "not_a_module")
    assert main(["train", "--help"]) == 2
    assert "there is no module 'not_a_module'" in capsys.readouterr().err


def test_every_command_has_its_module() -> None:
    folder = Path(sys.modules["rnnlab.cli"].__file__ or "").parent / "commands"
    modules = {file.stem.partition("_")[0] for file in folder.glob("*.py") if file.stem != "__init__"}
    assert modules <= set(reference.commands())


def test_flags_may_stand_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = stand_in(monkeypatch, "train", 0)
    assert main(["train", "seed=0,1", "-m", "cell=gru", "-cd", "here", "--config-name=study", "sweep=a"]) == 0
    assert seen == ["-m", "-cd", "here", "--config-name=study", "seed=0,1", "cell=gru", "sweep=a"]
