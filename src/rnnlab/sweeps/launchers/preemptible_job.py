"""A job of submitit that goes on after its machine was taken away."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rnnlab.config.processes import Processes, started_processes
from rnnlab.records.folder import INTERRUPTED
from rnnlab.records.stopping import ask_to_stop
from rnnlab.sweeps.launchers.backend import Item
from rnnlab.sweeps.launchers.worker_group import WorkerGroup

POLL_INTERVAL = 0.5  # seconds between two checks whether the job is cancelled


class PreemptibleJob:
    """Works on one item; where Slurm preempts the job, it is queued again and resumes from its checkpoint."""

    def __call__(self, group: WorkerGroup, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        try:
            processes = _processes_of_job()
            if processes is not None and processes.rank:
                return _help(group, processes)
            with _dismissed(processes):
                return self._do(group, work, number, item)
        except Exception as error:  # raised where it is read
            return error

    def _do(self, group: WorkerGroup, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        """Stop the training at a signal of Slurm, as Ctrl-C would, before submitit queues the job again."""
        from submitit import JobEnvironment

        warning = signal.Signals[f"SIG{JobEnvironment.USR_SIG}"]
        queue_again: Any = signal.getsignal(warning)  # submitit's own, which leaves the process
        warned = threading.Event()

        def stop(received: int, _: object) -> None:
            if received == warning:
                warned.set()
            ask_to_stop()

        for signum in (warning, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, stop)
        result = group.run(work, number, item)
        if _was_interrupted(result) and not group.stopped:
            # After SIGTERM alone only Slurm knows whether the job is cancelled or its machine is taken away.
            while os.environ.get("SUBMITIT_EXECUTOR") == "slurm" and not (warned.is_set() or group.stopped):
                time.sleep(POLL_INTERVAL)
            if not group.stopped:
                group.reset(number)
                queue_again(warning, None)
        return result

    def checkpoint(self, *arguments: Any) -> Any:
        """Return the job that submitit queues in place of this one."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *arguments)


def _processes_of_job() -> Processes | None:
    """Return the tasks of this job as the processes of its run; None where it has but one."""
    from submitit import JobEnvironment
    from submitit.helpers import TorchDistributedEnvironment

    if JobEnvironment().num_tasks > 1:
        TorchDistributedEnvironment().export(set_cuda_visible_devices=False, overwrite=True)
    return started_processes()


def _help(group: WorkerGroup, processes: Processes) -> None:
    """Work on the job's run with the first of its tasks, which alone is to hear what Slurm warns of."""
    from submitit import JobEnvironment

    from rnnlab.training.follower import follow_launcher  # imports torch

    signal.signal(signal.Signals[f"SIG{JobEnvironment.USR_SIG}"], signal.SIG_IGN)
    os.chdir(group.current)
    os.environ.update(group.environment)
    follow_launcher(processes)


@contextmanager
def _dismissed(processes: Processes | None) -> Iterator[None]:
    """Let the other tasks of a job end with the context."""
    try:
        yield
    finally:
        if processes is not None:
            from rnnlab.training.parallel.processes import dismiss  # imports torch

            dismiss(processes)


def _was_interrupted(result: Any) -> bool:
    return isinstance(result, Mapping) and result.get("status") == INTERRUPTED
