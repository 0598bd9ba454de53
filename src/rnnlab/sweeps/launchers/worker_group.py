"""The workers of one command, which it coordinates through marker files in a folder that all of them see."""

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
POLL_INTERVAL = 0.2  # seconds between two checks of a worker for its parent and for a requested stop


@dataclass(frozen=True)
class WorkerGroup:
    """The workers of one command.

    Attributes:
        folder: Holds the marker files, which are empty; every worker sees it.
        parent: The ID of the process with which the workers end; None where they may outlive it.
        current: The folder in which the command was given.
        gpus: The names of the GPUs that workers share, as in CUDA_VISIBLE_DEVICES; those of a worker with a comma.
        environment: The environment variables that workers take over.
    """

    folder: Path
    parent: int | None
    current: Path
    gpus: tuple[str, ...]
    environment: Mapping[str, str]

    @classmethod
    def on_this_machine(cls, devices: int = 1) -> WorkerGroup:
        """Make a group of worker processes on this machine, which end with this process.

        Args:
            devices: Of each run.
        """
        place = Path(tempfile.mkdtemp(prefix="rnnlab-"))
        return cls(place, os.getpid(), Path.cwd(), _gpus_of_workers(devices), _environment())

    @classmethod
    def on_any_machine(cls, sharing: int | None = None, devices: int = 1) -> WorkerGroup:
        """Make a group of workers that may outlive this process, on any machine that sees the current folder.

        Args:
            sharing: The number of workers that share the cores and GPUs of this machine; None where a batch system or
                a cluster assigns them.
            devices: Of each run.
        """
        place = (RUNS / ".sessions").absolute()
        place.mkdir(parents=True, exist_ok=True)
        _clear(place)
        environment = _environment()
        if sharing is not None:
            environment["OMP_NUM_THREADS"] = str(min(max(1, available_cores() // sharing), allowed_threads()))
        gpus = () if sharing is None else _gpus_of_workers(devices)
        return cls(Path(tempfile.mkdtemp(dir=place)), None, Path.cwd(), gpus, environment)

    @property
    def stopped(self) -> bool:
        """True if the command has requested a stop or has ended."""
        return (self.folder / "stop").exists() or not self.folder.exists()

    def close(self) -> None:
        """Remove the folder of the group."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        """Call `work` on an item in a worker, and mark it as begun and ended."""
        self._join()
        with self._begun(number):
            return work(item)

    def request_stop(self) -> None:
        """Request every worker to stop."""
        (self.folder / "stop").touch()

    @contextmanager
    def _begun(self, number: int) -> Iterator[None]:
        """Mark an item as begun, so that the command knows which item a killed worker had."""
        mark = self._mark("begun", number)
        mark.touch()
        yield
        with suppress(FileNotFoundError):  # the command has ended meanwhile
            mark.rename(self._mark("ended", number))

    def was_begun(self, number: int) -> bool:
        """Return whether a worker has begun that item and has not ended it."""
        return self._mark("begun", number).exists()

    def is_pending(self, number: int) -> bool:
        """Return whether no worker has begun that item."""
        return not self.was_begun(number) and not self._mark("ended", number).exists()

    def reset(self, number: int) -> None:
        """Mark an item as pending, whether or not one of that number was begun or ended before."""
        for state in ("begun", "ended"):
            self._mark(state, number).unlink(missing_ok=True)

    def _join(self) -> None:
        """Make this process a worker of the group: it changes to the command's folder and watches for a stop.

        Ctrl-C reaches every process of a terminal; the parent alone decides what it means. SIGTERM, and SIGHUP of a
        terminal that is closed, are left to those who handle them already, such as Ray.
        """
        global _joined
        if _joined == self.folder:
            return
        _joined = self.folder
        os.chdir(self.current)
        os.environ.update(self.environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, lambda *_: ask_to_stop())
        self._reserve_gpu()
        self._check()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while _joined == self.folder:
            self._check()
            time.sleep(POLL_INTERVAL)

    def _check(self) -> None:
        if self.parent not in (None, os.getppid()):
            os._exit(1)  # the parent was killed: nobody would read the result
        if self.stopped:
            ask_to_stop()

    def _reserve_gpu(self) -> None:
        """Reserve a GPU for as long as this worker lives: that of the first free place among the workers."""
        if not self.gpus:
            return
        for number in itertools.count():
            place = FileLock(self.folder / f"place-{number}")
            try:
                place.acquire(blocking=False)
            except Timeout:
                continue
            _reserved.append(place)
            os.environ["CUDA_VISIBLE_DEVICES"] = self.gpus[number % len(self.gpus)]
            return

    def _mark(self, state: str, number: int) -> Path:
        return self.folder / f"{state}-{number}"


def _clear(place: Path) -> None:
    """Delete the folders of commands that were killed long ago; until then their jobs may wait in a queue."""
    for folder in place.iterdir():
        with suppress(OSError):  # another command clears it
            last = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
            if time.time() - last > FORGOTTEN:
                shutil.rmtree(folder)


_joined: Path | None = None  # the folder of the group that this worker process belongs to
_reserved: list[FileLock] = []


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("RNNLAB_")}


def runs_at_a_time(devices: int) -> int:
    """Return how many runs with so many devices there is room for on this machine; one wherever it has room at all."""
    gpus = len(_gpus())
    return max(1, min(available_cores(), gpus or available_cores()) // devices)


def _gpus_of_workers(devices: int) -> tuple[str, ...]:
    """Return the GPUs of each worker; what is left over serves none."""
    gpus = _gpus()
    return tuple(",".join(gpus[i : i + devices]) for i in range(0, len(gpus) - devices + 1, devices))


def _gpus() -> list[str]:
    """List the NVIDIA GPUs that this process may use, without torch, which would occupy one of them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [name.strip() for name in allowed.split(",") if name.strip()]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=60, check=False)
    return [str(number) for number, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU")]
