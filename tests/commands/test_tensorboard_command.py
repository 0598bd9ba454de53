"""`rnnlab tensorboard` before it serves anything: which folder, which port. What it serves: tests/watch."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rnnlab.commands import tensorboard
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

    def serve(folder: Path, port: int) -> str:
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
