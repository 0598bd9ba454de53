"""TAB completion: what is answered, and what a real shell makes of it."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnlab.config import reference
from rnnlab.config.shell.completion import FILES, SCRIPTS, answers, main
from rnnlab.errors import UserError

PATIENCE = 60.0  # seconds until a shell that does not answer counts as broken


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two sweeps, one study and a file, where the person stands."""
    for name in ("runs/first", "runs/second", "runs/.hidden", "experiments/cells", "experiments/no-study"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "experiments/cells/study.yaml").touch()
    (tmp_path / "my names.txt").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_come_first() -> None:
    assert answers([""]) == list(reference.commands())
    assert answers([]) == list(reference.commands())
    assert answers(["tr"]) == ["train"]
    assert answers(["--v"]) == ["--version"]
    assert answers(["elsewhere", ""]) == []
    assert answers(["completion", ""]) == ["bash", "zsh"]


def test_groups_and_the_first_part_of_keys() -> None:
    words = answers(["train", ""])
    assert {"cell=", "data=", "seed=", "sweep=", "split.", "model.", "data.", "hydra."} <= set(words)
    assert "model=" not in words, "a group with one option leaves nothing to choose"
    assert not any(answer.startswith("-") for answer in words)
    assert len(words) == len(set(words))


def test_a_dotted_key_goes_on_to_its_next_dot() -> None:
    assert "model.hidden_size=" in answers(["train", "model."])
    assert answers(["train", "model.h"]) == ["model.hidden_size="]
    assert answers(["train", "callbacks."])[:3] == [
        f"callbacks.{name}." for name in ("early_stopping", "last_checkpoint", "averaging")
    ]
    assert answers(["train", "hydra.l"]) == ["hydra.launcher."]


def test_options_of_a_group_and_of_a_sweep() -> None:
    assert answers(["train", "cell=g"]) == ["cell=gru"]
    assert answers(["train", "-m", "cell=rnn,g"]) == ["cell=rnn,gru"]
    assert "cell=rnn,rnn" not in answers(["train", "-m", "cell=rnn,"])
    assert "model=default" in answers(["train", "model="])


def test_the_keys_follow_the_options_on_the_line() -> None:
    assert answers(["train", "data.pa"]) == []
    assert answers(["train", "data=file", "data.pa"]) == ["data.path="]
    assert answers(["train", "-m", "scheduler=one_cycle,cosine", "scheduler.f"]) == ["scheduler.final_lr="]


def test_what_stands_on_the_line_is_not_offered_again() -> None:
    assert answers(["train", "cell=bag", "seed=1", "ce"]) == []
    assert "seed=" not in answers(["train", "seed=1", ""])


def test_known_values() -> None:
    assert answers(["train", "model.bidirectional="]) == [
        "model.bidirectional=true",
        "model.bidirectional=false",
    ]
    assert "trainer.accelerator=cpu" in answers(["train", "trainer.accelerator="])
    assert answers(["train", "model.hidden_size="]) == []
    assert answers(["train", "no.such.key="]) == []


def test_sweeps_and_studies_are_folders_here(folder: Path) -> None:
    assert answers(["compare", "sweep="]) == ["sweep=first", "sweep=second"]
    assert answers(["compare", "sweep=[first,s"]) == ["sweep=[first,second]"]
    assert answers(["study", "name="]) == ["name=cells"]


def test_a_key_has_the_values_of_its_command() -> None:
    assert answers(["export", "format="]) == ["format=onnx", "format=torch"]
    assert answers(["predict", "format="]) == ["format=text", "format=csv", "format=json"]


def test_no_sweeps_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert answers(["compare", "sweep="]) == []
    assert answers(["study", "name=hel"]) == ["name=hello"]  # of those that rnnlab ships


@pytest.mark.parametrize(
    "words",
    [
        ["train", "data=file", "data.path=a"],
        ["generate", "checkpoint="],
        ["compare", "path=.."],
        ["train", "-cd", ""],
    ],
)
def test_files_are_left_to_the_shell(words: list[str]) -> None:
    assert answers(words) == [FILES]


def test_flags_when_asked_for() -> None:
    assert answers(["train", "-"]) == ["--help", "-q", "-v", "-m", "-cd", "-cn"]
    assert answers(["generate", "-"]) == ["--help", "-q", "-v"]


def test_an_open_quote_is_no_part_of_a_word() -> None:
    assert answers(["train", "'cell=gr"]) == ["cell=gru"]


def test_a_mistake_elsewhere_stays_silent(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("RNNLAB_PLUGINS", "not_a_module")
    assert main(["query", "--", "train", "cell="]) == 0
    assert capfd.readouterr() == ("\n", "")


@pytest.mark.parametrize("arguments", [[], ["fish"], ["bash", "zsh"]])
def test_a_shell_must_be_named(arguments: list[str]) -> None:
    with pytest.raises(UserError, match="bash or zsh"):
        main(arguments)


STARTED_BY = {"bash": "bash --norc --noprofile -i", "zsh": "zsh -f -i"}
COMPINIT = {"bash": "", "zsh": "autoload -Uz compinit && compinit -u;"}


class Terminal:
    """A shell in a terminal of its own, to press keys in."""

    def __init__(self, shell: str, bin_folder: Path) -> None:
        (bin_folder / "rnnlab").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rnnlab "$@"\n')
        (bin_folder / "rnnlab").chmod(0o755)
        source = str(Path(reference.__file__).parents[2])
        terminal, shells_end = pty.openpty()
        self.file = terminal
        self.process = subprocess.Popen(
            shlex.split(STARTED_BY[shell]),
            stdin=shells_end,
            stdout=shells_end,
            stderr=shells_end,
            start_new_session=True,
            env={
                **os.environ,
                "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": source,
                "TERM": "dumb",
                "INPUTRC": os.devnull,
                "ZDOTDIR": str(bin_folder),
            },
        )
        os.close(shells_end)
        script = f'{COMPINIT[shell]} eval "$(rnnlab completion {shell})"'
        self.press(f'{script}; PS1=; echo rea""dy\n', until="ready\r\n")

    def press(self, keys: str, until: str) -> str:
        """Type and read on until the screen shows what is awaited."""
        os.write(self.file, keys.encode())
        screen, deadline = "", time.monotonic() + PATIENCE
        while not re.search(until, screen):
            ready, _, _ = select.select([self.file], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"waited for {until!r} after {keys!r} and saw {screen!r}"
            # zsh rings the bell in the middle of what it completes.
            screen += os.read(self.file, 65536).decode(errors="replace").replace("\a", "")
        return screen

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.file)


TYPED = [
    ("rnnlab tr", "rnnlab train "),
    ("rnnlab train cell=g", "cell=gru "),
    ("rnnlab train -m cell=rnn,g", "cell=rnn,gru "),
    ("rnnlab train model.h", r"model\.hidden_size=$"),
    ("rnnlab train callbacks.sam", r"callbacks\.samples\.$"),
    ("rnnlab train model.bidirectional=t", r"model\.bidirectional=true "),
    ("rnnlab train data=file data.path=my", r"data\.path=my\\ names\.txt "),
    ("rnnlab compare sweep=s", "sweep=second "),
    ("rnnlab study name=", "name=cells "),
    ("rnnlab generate prompt='a b' te", "prompt='a b' temperature=$"),
    ("rnnlab train 'task=na", r"'task=names'"),
    ("true && rnnlab gen", "true && rnnlab generate "),
]


# bash has to be there; zsh is tried where it is installed.
SHELLS = ["bash", *(["zsh"] if shutil.which("zsh") else [])]


@pytest.fixture
def terminal(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    terminal = Terminal(request.param, tmp_path_factory.mktemp("bin"))
    yield terminal
    terminal.close()


@pytest.mark.parametrize("terminal", SHELLS, indirect=True)
def test_tab_in_a_real_shell(terminal: Terminal) -> None:
    for typed, completed in TYPED:
        terminal.press(f"{typed}\t", until=completed)
        terminal.press("\x15\x0becho cle''ar\n", until="clear\r\n")


@pytest.mark.parametrize("terminal", ["bash"], indirect=True)
def test_tab_in_bash_where_words_do_not_break_at_equals(terminal: Terminal) -> None:
    terminal.press("COMP_WORDBREAKS=\"${COMP_WORDBREAKS//[=:]/}\"; echo o''k\n", until="ok\r\n")
    terminal.press("rnnlab train -m cell=rnn,g\t", until="rnnlab train -m cell=rnn,gru ")


@pytest.mark.parametrize("terminal", SHELLS, indirect=True)
def test_tab_twice_lists_what_there_is(terminal: Terminal) -> None:
    terminal.press("rnnlab train optimizer=\t\t", until="adam +adamw +sgd")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_has_no_syntax_error(shell: str) -> None:
    checked = subprocess.run([shell, "-n"], input=SCRIPTS[shell], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
