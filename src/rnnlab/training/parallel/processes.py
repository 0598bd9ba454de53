"""Bringing the processes of one run together, and ending them."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import IO

from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous

from rnnlab.config.processes import Processes
from rnnlab.data.shares import Share
from rnnlab.errors import ProcessFailedError
from rnnlab.records.stopping import PrunedError, StoppedError
from rnnlab.training.parallel.exchange import Exchange

POLL_INTERVAL = 0.1  # seconds between two looks at processes that are starting
FAREWELL = 10.0  # seconds in which a process that is no longer needed may end by itself
LOCAL = "127.0.0.1"
OURS = "rnnlab"  # what keys in the store begin with
FOLLOWER = "rnnlab.training.follower"
LONGEST_START = timedelta(minutes=30)  # of processes that a launcher starts, perhaps on machines that are busy


class Children:
    """The other processes of a run, started by this one on its machine; they end with it."""

    def __init__(self, port: int, size: int) -> None:
        """Start them; they find the first process at the port."""
        self.port, self.size = port, size
        self._errors = [tempfile.TemporaryFile() for _ in range(1, size)]  # noqa: SIM115  # closed by `end`
        self._processes = [self._start(rank, stderr) for rank, stderr in enumerate(self._errors, start=1)]
        atexit.register(self.end, 0.0)

    def reason(self) -> str | None:
        """Return why one of them has ended that should not have; None while all are alive."""
        for rank, process in enumerate(self._processes, start=1):
            if (code := process.poll()) is not None:
                return self._ending(rank, code)
        return None

    def end(self, patience: float) -> None:
        """Wait that many seconds for their ends, then kill them."""
        until = time.monotonic() + patience
        for process in self._processes:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in self._errors:
            stream.close()
        atexit.unregister(self.end)

    def _start(self, rank: int, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TORCHELASTIC")},
            "PYTHONPATH": os.pathsep.join(path or str(os.getcwd()) for path in sys.path),  # noqa: PTH109
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(self.size),
            "MASTER_ADDR": LOCAL,
            "MASTER_PORT": str(self.port),
            "RNNLAB_LEADER": str(os.getpid()),
        }
        # In a session of its own: what is typed in a terminal reaches the first process, which decides what it means.
        return subprocess.Popen(
            [sys.executable, "-P", "-m", FOLLOWER],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )

    def _ending(self, rank: int, code: int) -> str:
        who = f"process {rank + 1} of {self.size}"
        if code < 0:
            return f"{who} was killed, perhaps for want of memory"
        stream = self._errors[rank - 1]
        stream.seek(0)
        said = stream.read().decode(errors="replace").strip()
        last = said.splitlines()[-1] if said else f"it ended with code {code}"
        return f"{who}: {last}\n{said}"


@contextmanager
def joined(processes: Processes) -> Iterator[Exchange]:
    """Connect the first process of a run to the others, which do what they are told until the end of the context.

    Raises:
        ProcessFailedError: One of them could not begin.
    """
    if processes.started:
        with _clean_end(exchange := _joined_by_launcher(processes)):
            yield exchange
        return
    server = TCPStore(LOCAL, 0, is_master=True, wait_for_workers=False)
    store, children = PrefixStore(OURS, server), Children(server.port, processes.size)
    patience = 0.0
    try:
        _wait_until_ready(store, processes.size, children)
        exchange = Exchange(store, Share(0, processes.size), children.reason)
        with _clean_end(exchange):
            yield exchange
        exchange.send("exit")
        patience = FAREWELL
    except (StoppedError, PrunedError):
        patience = FAREWELL
        exchange.send("exit")
        raise
    finally:
        children.end(patience)


@contextmanager
def _clean_end(exchange: Exchange) -> Iterator[None]:
    """Tell the others that a run is over; after a failure they may wait for something else, and are left alone."""
    try:
        yield
    except (StoppedError, PrunedError):
        exchange.send("end")
        raise
    except BaseException:
        exchange.broken = True
        raise
    exchange.send("end")


def _wait_until_ready(store: Store, size: int, children: Children) -> None:
    """Wait until every process has begun.

    Raises:
        ProcessFailedError: One of them has ended.
    """
    names = [f"ready/{rank}" for rank in range(1, size)]
    while not store.check(names):
        if (reason := children.reason()) is not None:
            raise ProcessFailedError(reason)
        time.sleep(POLL_INTERVAL)


_by_launcher: list[Exchange] = []  # the exchange of this process with those that a launcher has started


def _joined_by_launcher(processes: Processes) -> Exchange:
    if not _by_launcher:
        _by_launcher.append(Exchange(store_of_launcher(), Share(processes.rank, processes.size)))
    return _by_launcher[0]


def dismiss(processes: Processes) -> None:
    """Tell the processes that a launcher has started that the first one needs them no more.

    After a failure they end when this process does.
    """
    with suppress(ProcessFailedError):
        exchange = _joined_by_launcher(processes)
        if not exchange.broken:
            exchange.send("exit")


def store_of_launcher() -> Store:
    """Return the store of processes that a launcher has started, whose environment says where the first one is."""
    if "MASTER_ADDR" not in os.environ:
        _learn_from_slurm()
    store, _, _ = next(iter(rendezvous("env://", timeout=LONGEST_START)))
    return PrefixStore(OURS, store)


def _learn_from_slurm() -> None:
    from lightning.fabric.plugins.environments import SLURMEnvironment  # type: ignore[attr-defined]

    slurm = SLURMEnvironment()
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = slurm.main_address, str(slurm.main_port)
    os.environ["RANK"], os.environ["WORLD_SIZE"] = str(slurm.global_rank()), os.environ["SLURM_STEP_NUM_TASKS"]
    os.environ["LOCAL_RANK"] = str(slurm.local_rank())
