"""Tasks on a Ray cluster (`hydra/launcher=ray`), a running one or one that is started on this machine."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from rnnlab.cores import available_cores
from rnnlab.errors import UserError
from rnnlab.sweeps.launchers.backend import Item, WorkerFailure
from rnnlab.sweeps.launchers.worker_group import WorkerGroup

POLL_INTERVAL = 0.5  # seconds after which a wait for tasks ends, to check for a requested stop
CONNECT_TIMEOUT = 5.0  # seconds in which a cluster has to answer


class RayBackend:
    """Executes each item in a task of Ray; every node must see the folder of the command."""

    shares_memory = False

    def __init__(self, address: str | None, workers: int | None, cpus: float, gpus: float) -> None:
        """Configure the backend; it connects when its context is entered.

        Args:
            address: The address of a cluster (`auto`, `host:port`, `ray://host:port`); None to start one here.
            workers: Tasks at a time; None for as many as the cluster has room for.
            cpus: Cores of a task.
            gpus: GPUs of a task.
        """
        self.address, self.limit, self.cpus, self.gpus = address, workers, cpus, gpus
        self.workers = workers or max(1, int(available_cores() / max(cpus, 0.1)))
        self._running: dict[Any, int] = {}

    def __enter__(self) -> RayBackend:
        try:
            import ray
        except ImportError as error:
            raise UserError("hydra/launcher=ray: Ray is not installed; pip install 'rnnlab[ray]'") from error
        self._owns_ray = not ray.is_initialized()
        if self._owns_ray:
            self._connect(self.address or os.environ.get("RAY_ADDRESS"))
        self.group = WorkerGroup.on_any_machine()
        return self

    def __exit__(self, *error: object) -> None:
        import ray

        if self._owns_ray:
            ray.shutdown()
        self.group.close()

    def stop(self) -> None:
        self.group.request_stop()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        import ray

        task: Any = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)(WorkerGroup.run)
        for number in range(len(items)):
            self.group.reset(number)
        waiting = iter(enumerate(items))
        while True:
            if self.group.stopped:
                self._cancel_pending()
            else:
                free = len(items) if self.limit is None else self.limit - len(self._running)
                for number, item in islice(waiting, free):
                    self._running[task.remote(self.group, work, number, item)] = number
            if not self._running:
                return
            for ended in ray.wait(list(self._running), timeout=POLL_INTERVAL)[0]:
                yield self._running.pop(ended), _result(ended)

    def _connect(self, address: str | None) -> None:
        import ray

        arguments: dict[str, Any] = {"address": address}
        if not address:  # it needs no page to look at, and tells nobody that it was started
            arguments = {"address": "local", "include_dashboard": False, "num_cpus": available_cores()}
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            if address:
                _check_reachable(address)
            ray.init(**arguments, logging_level=logging.ERROR, log_to_driver=False)
        except Exception as error:  # Ray fails in many ways
            key = f"hydra.launcher.address={address}" if address else "hydra/launcher=ray"
            hint = "; where it asks for a token, set RAY_AUTH_MODE=token" if "Failed to connect" in str(error) else ""
            reason = " ".join(str(error).splitlines()[:1]) or type(error).__name__
            raise UserError(f"{key}: {reason}{hint}") from error
        if not address:
            self._check_resources()

    def _check_resources(self) -> None:
        """Check that this machine has the resources of a task, which would otherwise wait for ever.

        Raises:
            UserError: It has fewer cores or GPUs.
        """
        import ray

        untyped: Any = ray
        resources = untyped.cluster_resources()
        for key, required, resource in (("cpus", self.cpus, "CPU"), ("gpus", self.gpus, "GPU")):
            if required > (available := resources.get(resource, 0)):
                raise UserError(f"hydra.launcher.{key}={required}: this machine has {available:g}")

    def _cancel_pending(self) -> None:
        """Cancel the tasks that the cluster has not begun, perhaps for hours."""
        import ray

        for task, number in list(self._running.items()):
            if self.group.is_pending(number):
                ray.cancel(task)
                del self._running[task]


def _check_reachable(address: str) -> None:
    """Check that a cluster listens at an address; Ray itself would try for minutes.

    Raises:
        OSError: None does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT).close()


def _result(task: Any) -> Any:
    import ray

    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, UserError):
            raise error.cause from None
        return WorkerFailure(f"its Ray task failed, {type(error.cause).__name__}: {error.cause}")
    except ray.exceptions.WorkerCrashedError:
        return WorkerFailure("its Ray worker was killed, perhaps for want of memory")
    except ray.exceptions.RayError as error:  # its node was lost, …
        return WorkerFailure(f"its Ray task was lost: {str(error).splitlines()[0]}")
