"""`rnnlab tensorboard` before it serves anything: which folder, which port. What it serves: tests/watch."""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from rnnlab.commands import tensorboard
from run_folders import write_run_folder
from support import Answer, assert_refused


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which something listens."""
    with socket.create_server(("localhost", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def runs(workdir: Path) -> Path:
    """A folder with two sweeps."""
    for name in ("first", "second"):
        (workdir / "runs" / name / "a-run").mkdir(parents=True)
        (workdir / "runs" / name / "a-run" / "config.yaml").touch()
    return workdir / "runs"


def served(rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Answer, list[str]]:
    """The command's answer where Ctrl-C comes at once, and what lay in the folder that it served."""
    names: list[str] = []

    def serve(folder: Path, port: int, runs: Sequence[Path]) -> str:
        names.extend(sorted(entry.name for entry in folder.iterdir()))
        print(f"on port {port}")
        raise KeyboardInterrupt

    monkeypatch.setattr(tensorboard, "_serve", serve)
    return rnnlab("tensorboard", *arguments), names


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), ["first", "second"]),
        (("sweep=first",), ["a-run"]),
        (("sweep=[second,first]",), ["first", "second"]),
        (("path=runs/second",), ["a-run"]),
    ],
)
def test_it_serves_what_is_named_or_everything(
    rnnlab: Callable[..., Answer],
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    names: list[str],
) -> None:
    answer, shown = served(rnnlab, monkeypatch, *arguments, "port=0")
    assert (answer.code, answer.err, shown) == (0, "", names)
    assert answer.out == "on port 0\n\nTensorBoard has ended\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), ["no sweep under runs/ yet", "rnnlab train"]),
        (("sweep=nowhere",), ["sweep=nowhere", "no runs in runs/nowhere"]),
        (("path=nowhere",), ["path=nowhere", "no such folder"]),
        (("sweep=a", "path=b"), ["one of them"]),
        (("open=perhaps",), ["open must be true or false", "perhaps"]),
        (("port=70000",), ["port must be a port from 0", "70000"]),
        (("prt=1",), ["prt", "port"]),
    ],
)
def test_what_leads_nowhere_is_one_line(
    rnnlab: Callable[..., Answer], arguments: tuple[str, ...], named: list[str]
) -> None:
    assert_refused(rnnlab("tensorboard", *arguments), named)


def test_a_port_that_is_taken_gives_way_to_the_next(
    rnnlab: Callable[..., Answer], runs: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    answer, _ = served(rnnlab, monkeypatch, f"port={taken}")
    assert answer.out.splitlines()[0].startswith(f"port {taken} is taken, so it is ")
    assert f"on port {taken}\n" not in answer.out


def opened(rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[str, list[str]]:
    """What the command says in a terminal, and which pages it opens."""
    pages: list[str] = []

    def open_page(address: str) -> bool:
        pages.append(address)
        return True

    def ctrl_c(event: threading.Event) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tensorboard, "_serve", lambda *_: "http://localhost:7007/")
    monkeypatch.setattr(webbrowser, "open", open_page)
    monkeypatch.setattr(threading.Event, "wait", ctrl_c)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    answer = rnnlab("tensorboard", "port=0", *arguments)
    assert answer.code == 0, answer.err
    return answer.out, pages


def test_it_opens_the_browser_where_there_is_one(
    rnnlab: Callable[..., Answer], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert opened(rnnlab, monkeypatch)[1] == ["http://localhost:7007/"]
    assert opened(rnnlab, monkeypatch, "open=false")[1] == []
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert opened(rnnlab, monkeypatch)[1] == []


@pytest.mark.parametrize(("port", "option"), [("22", ""), ("2222", " -p 2222")])
def test_over_ssh_it_says_the_command_that_brings_it_home(
    rnnlab: Callable[..., Answer], runs: Path, monkeypatch: pytest.MonkeyPatch, port: str, option: str
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", f"192.0.2.7 51000 192.0.2.9 {port}")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("LOGNAME", "ada")
    out, pages = opened(rnnlab, monkeypatch)
    assert f"ssh -N -L 7007:localhost:7007{option} ada@192.0.2.9" in out and pages == []


def test_the_best_runs_alone_are_served_where_they_lie(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sweep in ("first", "second"):
        for seed, loss in enumerate((2.3, 2.1, None, 2.2)):
            write_run_folder(loss=loss, seed=seed, sweep=sweep)
        (workdir / "runs" / sweep / ".sweep.tfevents").touch()
    best = ["gru-h64-s1", "gru-h64-s3"]
    answer, names = served(rnnlab, monkeypatch, "sweep=first", "best=2")
    assert answer.code == 0 and names == [".sweep.tfevents", *best], answer.err
    answer, names = served(rnnlab, monkeypatch, "best=2")
    assert answer.code == 0 and names == ["first", "second"], answer.err
    assert served(rnnlab, monkeypatch, "sweep=first", "best=9")[1] == [".sweep.tfevents", "gru-h64-s0", *best]
    with tensorboard.linked([Path("runs")], [Path("runs/first/gru-h64-s1")]) as folder:
        assert (folder / "first" / "gru-h64-s1" / "summary.json").is_file()


def test_there_is_no_best_before_a_run_is_complete(rnnlab: Callable[..., Answer], runs: Path) -> None:
    assert_refused(rnnlab("tensorboard", "sweep=first", "best=3"), ["best=3", "no run is complete"])
    assert_refused(rnnlab("tensorboard", "sweep=first", "best=0"), ["best", "at least 1"])
