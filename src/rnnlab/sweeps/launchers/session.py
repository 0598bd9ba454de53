"""What the process of a command and its workers tell each other: a small folder that all of them see."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rnnlab.cores import allowed_threads, available_cores
from rnnlab.records.folder import RUNS
from rnnlab.records.stopping import ask_to_stop
from rnnlab.sweeps.launchers.backend import Item

FORGOTTEN = 30 * 86400.0  # seconds after which nobody works for a command of which nothing was heard
WATCH = 0.2  # seconds between two looks of a worker at its parent


@dataclass(frozen=True)
class Session:
    """One command that has others work for it.

    Attributes:
        folder: What lies in it are marks, empty files; workers see it.
        parent: The ID of the process whose workers end with it; None where they may outlive it.
        current: The folder in which the command was given.
        gpus: The names of the GPUs that workers share out, as CUDA_VISIBLE_DEVICES has them.
        environment: Variables that workers have to know.
    """

    folder: Path
    parent: int | None
    current: Path
    gpus: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> Session:
        """For worker processes of this machine, which end with this process."""
        place = Path(tempfile.mkdtemp(prefix="rnnlab-"))
        return cls(place, os.getpid(), Path.cwd(), tuple(_gpus()), _environment())

    @classmethod
    def elsewhere(cls, sharing: int | None = None) -> Session:
        """For workers that may outlive this process, on any machine that sees the current folder.

        Args:
            sharing: How many of them share this very machine, its cores and its GPUs; None where something else
                gives each its own.
        """
        place = (RUNS / ".sessions").absolute()
        place.mkdir(parents=True, exist_ok=True)
        _clear(place)
        environment = _environment()
        if sharing is not None:
            environment["OMP_NUM_THREADS"] = str(min(max(1, available_cores() // sharing), allowed_threads()))
        gpus = () if sharing is None else tuple(_gpus())
        return cls(Path(tempfile.mkdtemp(dir=place)), None, Path.cwd(), gpus, environment)

    @property
    def stopped(self) -> bool:
        """Whether the command wants no more done, or has ended."""
        return (self.folder / "stop").exists() or not self.folder.exists()

    def close(self) -> None:
        """Remove its folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def do(self, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        """In a worker: the result of the work on an item."""
        self._attend()
        with self._begun(number):
            return work(item)

    def ask_to_stop(self) -> None:
        """Let every worker know."""
        (self.folder / "stop").touch()

    @contextmanager
    def _begun(self, number: int) -> Iterator[None]:
        """Mark an item as being worked on, so that it is known which one a killed worker had."""
        mark = self._mark("begun", number)
        mark.touch()
        yield
        with suppress(FileNotFoundError):  # the command has ended meanwhile
            mark.rename(self._mark("ended", number))

    def was_begun(self, number: int) -> bool:
        """Whether a worker had that item when it was killed."""
        return self._mark("begun", number).exists()

    def is_waiting(self, number: int) -> bool:
        """Whether no worker has taken up that item."""
        return not self.was_begun(number) and not self._mark("ended", number).exists()

    def wait_again(self, number: int) -> None:
        """An item of that number is to be taken up, whatever was done under it before."""
        for what in ("begun", "ended"):
            self._mark(what, number).unlink(missing_ok=True)

    def _attend(self) -> None:
        """In a worker, once: work in the folder of the command, end with its parent, stop when it is asked to.

        Ctrl-C reaches every process of a terminal; the parent alone decides what it means. SIGTERM, and SIGHUP of a
        terminal that is closed, are left to those who handle them already, such as Ray.
        """
        global _attended
        if _attended == self.folder:
            return
        _attended = self.folder
        os.chdir(self.current)
        os.environ.update(self.environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, lambda *_: ask_to_stop())
        self._take_a_gpu()
        self._look()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while _attended == self.folder:
            self._look()
            time.sleep(WATCH)

    def _look(self) -> None:
        if self.parent not in (None, os.getppid()):
            os._exit(1)  # the parent was killed: nobody would read what this worker finds
        if self.stopped:
            ask_to_stop()

    def _take_a_gpu(self) -> None:
        """Hold the first free place among the workers for as long as this one lives; each has a GPU of its own."""
        if not self.gpus:
            return
        for number in itertools.count():
            place = FileLock(self.folder / f"place-{number}")
            try:
                place.acquire(blocking=False)
            except Timeout:
                continue
            _held.append(place)
            os.environ["CUDA_VISIBLE_DEVICES"] = self.gpus[number % len(self.gpus)]
            return

    def _mark(self, what: str, number: int) -> Path:
        return self.folder / f"{what}-{number}"


def _clear(place: Path) -> None:
    """Delete the folders of commands that were killed long ago; until then their jobs may wait in a queue."""
    for folder in place.iterdir():
        with suppress(OSError):  # another command clears it
            last = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
            if time.time() - last > FORGOTTEN:
                shutil.rmtree(folder)


_attended: Path | None = None  # a worker process belongs to one session
_held: list[FileLock] = []


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("RNNLAB_")}


def _gpus() -> list[str]:
    """The NVIDIA GPUs that this process may use; found without torch, which would take one of them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [name.strip() for name in allowed.split(",") if name.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60, check=False)
    return [str(number) for number, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU")]
