"""Tasks on a Ray cluster (`hydra/launcher=ray`): one that runs already, or one of this machine for the command."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from rnnlab.cores import available_cores
from rnnlab.errors import UserError
from rnnlab.sweeps.launchers.backend import Item, Lost
from rnnlab.sweeps.launchers.session import Session

LOOK = 0.5  # seconds after which a wait for tasks ends, to see whether they are still wanted
ANSWER = 5.0  # seconds in which a cluster has to answer


class RayTasks:
    """A task for each item; every node must see the folder of the command."""

    shares_memory = False

    def __init__(self, address: str | None, workers: int | None, cpus: float, gpus: float) -> None:
        """Connect to nothing yet.

        Args:
            address: Of a cluster (`auto`, `host:port`, `ray://host:port`); None for one on this machine.
            workers: Tasks at a time; None for as many as the cluster has room for.
            cpus: Cores of a task.
            gpus: GPUs of a task.
        """
        self.address, self.limit, self.cpus, self.gpus = address, workers, cpus, gpus
        self.workers = workers or max(1, int(available_cores() / max(cpus, 0.1)))
        self._running: dict[Any, int] = {}

    def __enter__(self) -> RayTasks:
        try:
            import ray
        except ImportError as error:
            raise UserError("hydra/launcher=ray: Ray is not installed; pip install 'rnnlab[ray]'") from error
        self._ours = not ray.is_initialized()
        if self._ours:
            self._connect(self.address or os.environ.get("RAY_ADDRESS"))
        self.session = Session.elsewhere()
        return self

    def __exit__(self, *error: object) -> None:
        import ray

        if self._ours:
            ray.shutdown()
        self.session.close()

    def stop(self) -> None:
        self.session.ask_to_stop()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        import ray

        task: Any = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)(Session.do)
        for number in range(len(items)):
            self.session.wait_again(number)
        waiting = iter(enumerate(items))
        while True:
            if self.session.stopped:
                self._cancel_waiting()
            else:
                free = len(items) if self.limit is None else self.limit - len(self._running)
                for number, item in islice(waiting, free):
                    self._running[task.remote(self.session, work, number, item)] = number
            if not self._running:
                return
            for ended in ray.wait(list(self._running), timeout=LOOK)[0]:
                yield self._running.pop(ended), _result(ended)

    def _connect(self, address: str | None) -> None:
        import ray

        how: dict[str, Any] = {"address": address}
        if not address:  # it needs no page to look at, and tells nobody that it was started
            how = {"address": "local", "include_dashboard": False, "num_cpus": available_cores()}
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            if address:
                _knock(address)
            ray.init(**how, logging_level=logging.ERROR, log_to_driver=False)
        except Exception as error:  # Ray fails in many ways
            where = f"hydra.launcher.address={address}" if address else "hydra/launcher=ray"
            hint = "; where it asks for a token, set RAY_AUTH_MODE=token" if "Failed to connect" in str(error) else ""
            reason = " ".join(str(error).splitlines()[:1]) or type(error).__name__
            raise UserError(f"{where}: {reason}{hint}") from error
        if not address:
            self._check_room()

    def _check_room(self) -> None:
        """A task that asks for more than this machine has would wait for ever."""
        import ray

        there: Any = ray
        resources = there.cluster_resources()
        for key, wanted, resource in (("cpus", self.cpus, "CPU"), ("gpus", self.gpus, "GPU")):
            if wanted > (has := resources.get(resource, 0)):
                raise UserError(f"hydra.launcher.{key}={wanted}: this machine has {has:g}")

    def _cancel_waiting(self) -> None:
        """Tasks that the cluster had no room for, perhaps for hours, are not waited for."""
        import ray

        for task, number in list(self._running.items()):
            if self.session.is_waiting(number):
                ray.cancel(task)
                del self._running[task]


def _knock(address: str) -> None:
    """Ask whether anything listens there: Ray itself would try for minutes.

    Raises:
        OSError: Nothing does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER).close()


def _result(task: Any) -> Any:
    import ray

    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        return Lost(f"its Ray task failed, {type(error.cause).__name__}: {error.cause}")
    except ray.exceptions.WorkerCrashedError:
        return Lost("its Ray worker was killed, perhaps for want of memory")
    except ray.exceptions.RayError as error:  # its node was lost, …
        return Lost(f"its Ray task was lost: {str(error).splitlines()[0]}")
