"""What happens inside a job of submitit."""

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
from rnnlab.sweeps.launchers.session import Session

LOOK = 0.5  # seconds between two looks at whether it is cancelled


class Job:
    """What a job does; where Slurm takes its machine away, it is queued again and goes on from its checkpoint."""

    def __call__(self, session: Session, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        try:
            return self._do(session, work, number, item)
        except Exception as error:  # raised where it is read
            return error

    def _do(self, session: Session, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        """Let what Slurm announces stop the training, as Ctrl-C would, before submitit queues the job again."""
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
        result = session.do(work, number, item)
        if _was_interrupted(result) and not session.stopped:
            # After SIGTERM alone only Slurm knows whether the job is cancelled or its machine is taken away.
            while os.environ.get("SUBMITIT_EXECUTOR") == "slurm" and not (warned.is_set() or session.stopped):
                time.sleep(LOOK)
            if not session.stopped:
                session.wait_again(number)
                queue_again(warning, None)
        return result

    def checkpoint(self, *arguments: Any) -> Any:
        """What submitit queues in its place."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *arguments)


def _was_interrupted(result: Any) -> bool:
    return isinstance(result, Mapping) and result.get("status") == INTERRUPTED
