"""A job of submitit that goes on after its machine was taken away."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from rnnlab.records.folder import INTERRUPTED
from rnnlab.records.stopping import ask_to_stop
from rnnlab.sweeps.launchers.backend import Item
from rnnlab.sweeps.launchers.worker_group import WorkerGroup

POLL_INTERVAL = 0.5  # seconds between two checks whether the job is cancelled


class PreemptibleJob:
    """Works on one item; where Slurm preempts the job, it is queued again and resumes from its checkpoint."""

    def __call__(self, group: WorkerGroup, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        try:
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


def _was_interrupted(result: Any) -> bool:
    return isinstance(result, Mapping) and result.get("status") == INTERRUPTED
