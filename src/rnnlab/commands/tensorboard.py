"""`rnnlab tensorboard`: TensorBoard on the right folder, for this machine only, until Ctrl-C."""

from __future__ import annotations

import getpass
import io
import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.control_characters import say
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS
from rnnlab.records.reading import Run, find_runs
from rnnlab.records.sources import source_folders, sweeps
from rnnlab.verbosity import is_quiet, is_verbose, say_unless_quiet

HOST = "localhost"
TRIED = 100  # ports, from the one that is asked for on
# Of every tag; by default TensorBoard leaves all but ten out, and a figure or a text belongs to every validation.
SAMPLES = "images=100,text=100,pr_curves=100"


def main(arguments: list[str]) -> int:
    """Serve what `sweep=` or `path=` names, or every sweep there is, until Ctrl-C.

    Raises:
        UserError: The arguments name no runs, or no port is free.
    """
    config = compose("tensorboard", arguments)
    check({key: config[key] for key in ("port", "open", "best")})
    folders = _folders(config["sweep"], config["path"])
    best = None if config["best"] is None else best_runs(folders, config["best"])
    port = _free_port(config["port"])
    with _as_one(folders) if best is None else linked(folders, best) as folder:
        try:
            address = _serve(folder, port, folders if best is None else best)
            _say_where(folders, address)
            if config["open"] and _has_browser():
                webbrowser.open(address)
            threading.Event().wait()
        except KeyboardInterrupt:
            say_unless_quiet("\nTensorBoard has ended")
    return 0


def _folders(sweep: Any, path: Any) -> tuple[Path, ...]:
    """Return the folders that are served.

    Raises:
        UserError: There are no runs in one of them.
    """
    if sweep is None and path is None:
        if not sweeps():
            raise UserError("there is no sweep under runs/ yet; `rnnlab train` makes one, path=FOLDER leads elsewhere")
        return (RUNS,)
    return source_folders(sweep, path)


def best_runs(folders: Sequence[Path], most: int) -> list[Path]:
    """Return the folders of the runs with the lowest validation loss of every sweep, at most so many of each.

    Raises:
        UserError: No run is complete.
    """
    by_sweep: dict[Path, list[Run]] = {}
    for run in find_runs(folders):
        if run.is_complete:
            by_sweep.setdefault(run.folder.parent, []).append(run)
    if not by_sweep:
        raise UserError(f"best={most}: no run is complete yet; leave best= out to see those that are running")
    return [run.folder for runs in by_sweep.values() for run in sorted(runs, key=lambda run: run.loss)[:most]]


@contextmanager
def linked(folders: Sequence[Path], runs: Sequence[Path]) -> Iterator[Path]:
    """Yield for a while a new folder with links to some of the runs in folders, where they lie in those."""
    from rnnlab.tensorboard.overview.experiment import FILE  # imports TensorBoard, which takes a while

    with tempfile.TemporaryDirectory(prefix="rnnlab-") as place:
        roots = {folder: Path(place) if len(folders) == 1 else Path(place) / folder.name for folder in folders}
        for folder, root in roots.items():
            inside = [run for run in runs if run.is_relative_to(folder)]
            described = {run.parent / FILE for run in inside}
            for path in (*inside, *filter(Path.is_file, described)):
                link = root / path.relative_to(folder)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path.absolute())
        yield Path(place)


def _free_port(wanted: int) -> int:
    """Return the first port from `wanted` on that is free; 0 stays 0, which means any.

    Raises:
        UserError: There is none among the next hundred.
    """
    for port in range(wanted, min(wanted + TRIED, 1 << 16)):
        if wanted == 0 or not _is_taken(port):
            if port != wanted:
                say_unless_quiet(f"port {wanted} is taken, so it is {port}")
            return port
    raise UserError(f"port={wanted}: it is taken, and so are those behind it; port=0 takes any that is free")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def _as_one(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the only folder, or for a while a new one with a link to each of several.

    TensorBoard's own way to show several folders, --logdir_spec, leaves its projector without data.
    """
    if len(folders) == 1:
        yield folders[0]
        return
    with tempfile.TemporaryDirectory(prefix="rnnlab-") as place:
        for folder in folders:
            (Path(place) / folder.name).symlink_to(folder.absolute())
        yield Path(place)


def _say_where(folders: Sequence[Path], address: str) -> None:
    """Print the address, and how to reach it from elsewhere; the address alone where the command is quiet."""
    if is_quiet():
        say(address, flush=True)
        return
    say(f"TensorBoard on {', '.join(folder.as_posix() for folder in folders)}: {address}")
    say(f"All runs by their hyperparameters: {address}#hparams")
    if tunnel := _tunnel(address):
        say(f"From the machine that you sit at, first: {tunnel}")
    say("Ctrl-C ends it", flush=True)


def _tunnel(address: str) -> str:
    """Return the command that brings the address to a person who is logged in over ssh; empty where nobody is."""
    connection = os.environ.get("SSH_CONNECTION", "").split()  # the client's address and port, then this machine's
    if len(connection) != 4:
        return ""
    port, way_in = urlsplit(address).port, "" if connection[3] == "22" else f" -p {connection[3]}"
    return f"ssh -N -L {port}:{HOST}:{port}{way_in} {getpass.getuser()}@{connection[2]}"


def _has_browser() -> bool:
    """Return True if a window can be opened for the person who typed the command."""
    if "SSH_CONNECTION" in os.environ or not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _serve(folder: Path, port: int, runs: Sequence[Path]) -> str:
    """Start TensorBoard in a thread.

    Args:
        folder: What it reads.
        port: Where it listens.
        runs: The folders of the runs, which `folder` holds or links to.

    Returns:
        Its address.

    Raises:
        UserError: It cannot listen there.
    """
    from tensorboard.program import TensorBoardServerException  # takes a while, and a mistake should be told at once

    from rnnlab.tensorboard.overview.first_page import story_first
    from rnnlab.tensorboard.overview.hparams_tab import Board

    board = Board(folder, partial(story_first, runs))
    options = {"logdir": folder, "host": HOST, "port": port, "samples_per_plugin": SAMPLES}
    board.configure(["tensorboard", *(f"--{name}={value}" for name, value in options.items())])
    try:
        # It recommends options that `rnnlab tensorboard` does not have.
        with nullcontext() if is_verbose() else redirect_stderr(io.StringIO()):
            address: str = board.launch()
    except TensorBoardServerException as error:
        raise UserError(f"port={port}: {error.msg}") from error
    return address
