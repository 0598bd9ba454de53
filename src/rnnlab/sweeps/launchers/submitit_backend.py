"""Jobs of Slurm (`hydra/launcher=submitit_slurm`), or the same on this machine (`submitit_local`)."""

from __future__ import annotations

import io
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from itertools import islice
from pathlib import Path
from typing import Any

from rnnlab.cores import available_cores
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS
from rnnlab.sweeps.launchers.backend import Item, WorkerFailure
from rnnlab.sweeps.launchers.preemptible_job import PreemptibleJob
from rnnlab.sweeps.launchers.worker_group import WorkerGroup, runs_at_a_time

POLL_INTERVAL, SLURM_POLL_INTERVAL = 0.5, 2.0  # seconds; there may be many jobs, on a network file system
RESULT_DELAY = 15.0  # seconds by which a network file system may show a result later than its job ended
LARGEST_ARRAY = 1000  # jobs; what Slurm allows unless its administrator allows more
MAX_REQUEUES = 50  # how often a job may run out of time; it goes on from where it was


class SubmititBackend:
    """Executes each item in a job of submitit, whose machine must see the folder of the command."""

    shares_memory = False

    def __init__(self, executor: str, workers: int | None, parameters: Mapping[str, Any], devices: int = 1) -> None:
        """Configure the backend; jobs are submitted by `map`.

        Args:
            executor: slurm or local.
            workers: Jobs at a time; None for one a core, and no limit for Slurm.
            parameters: What submitit's executor takes, such as `timeout_min` and `slurm_partition`.
            devices: Of a run.
        """
        self.executor, self.parameters, self.devices = executor, parameters, devices
        self.workers = workers or max(1, available_cores() // devices)
        self.local = executor == "local"
        self.at_a_time = workers or (self.workers if self.local else LARGEST_ARRAY)
        if self.local and devices > 1:
            self.at_a_time = min(self.at_a_time, runs_at_a_time(devices))
        self._running: dict[int, Any] = {}
        self._silent_since: dict[str, float] = {}
        self._any_failed = False

    def __enter__(self) -> SubmititBackend:
        try:
            import submitit
        except ImportError as error:
            raise UserError("hydra/launcher: submitit is not installed; pip install 'rnnlab[slurm]'") from error
        logging.getLogger("submitit").setLevel(logging.CRITICAL)  # what goes wrong is said here, in one line
        given = {key: value for key, value in self.parameters.items() if value is not None}
        if not self.local:
            given.setdefault("slurm_array_parallelism", self.at_a_time)
        self._files = RUNS / ".jobs" / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}"
        try:
            often = {f"{self.executor}_max_num_timeout": MAX_REQUEUES}
            self._jobs = submitit.AutoExecutor(self._files / "%j", cluster=self.executor, **often)
            self._jobs.update_parameters(**given)
        except Exception as error:  # no Slurm here, or a parameter that it does not know
            raise self._refused(str(error).splitlines()[0].partition(" Valid ")[0]) from error
        self.group = WorkerGroup.on_any_machine(self.at_a_time if self.local else None, self.devices)
        return self

    def __exit__(self, *error: object) -> None:
        self._cancel(list(self._running))
        self.group.close()  # jobs of this machine end when they miss it
        if not self._any_failed:  # else their output may say why
            shutil.rmtree(self._files, ignore_errors=True)

    def stop(self) -> None:
        self.group.request_stop()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        for number in range(len(items)):
            self.group.reset(number)
        waiting = iter(enumerate(items))
        while True:
            if self.group.stopped:
                # A pending job may stay in the queue for hours.
                self._cancel([number for number in self._running if self.group.is_pending(number)])
            else:
                self._submit(work, dict(islice(waiting, self._free())))
            if not self._running:
                return
            ended = [number for number, job in self._running.items() if self._has_ended(job)]
            for number in ended:
                yield number, self._result(self._running.pop(number))
            if not ended:
                time.sleep(POLL_INTERVAL if self.local else SLURM_POLL_INTERVAL)

    def _free(self) -> int:
        """Return how many jobs may be submitted now; Slurm itself limits how many of an array run at a time."""
        if self.local:
            return self.at_a_time - len(self._running)
        return 0 if self._running else LARGEST_ARRAY

    def _submit(self, work: Callable[[Item], Any], items: Mapping[int, Item]) -> None:
        if not items:
            return
        try:
            # submitit prints an error that it raises as well.
            with redirect_stderr(io.StringIO()), _shielded_from_ctrl_c(), self._jobs.batch():
                jobs = {n: self._jobs.submit(PreemptibleJob(), self.group, work, n, item) for n, item in items.items()}
        except RuntimeError as error:  # Slurm does not take them
            raise self._refused(str(error)) from error
        self._running |= jobs

    def _refused(self, reason: str) -> UserError:
        return UserError(f"hydra/launcher=submitit_{self.executor}: {reason}")

    def _cancel(self, numbers: Sequence[int]) -> None:
        """Cancel jobs of Slurm; jobs of this machine see by themselves that the group has stopped."""
        if self.local or not numbers:
            return
        jobs = [self._running.pop(number).job_id for number in numbers]
        subprocess.run(["scancel", *jobs], capture_output=True, check=False)

    def _has_ended(self, job: Any) -> bool:
        if not job.done():
            self._silent_since.pop(job.job_id, None)  # Slurm has queued it again
            return False
        if self.local or job.task(0).paths.result_pickle.exists():
            return True
        since = self._silent_since.setdefault(job.job_id, time.monotonic())
        return time.monotonic() - since > RESULT_DELAY

    def _result(self, job: Any) -> Any:
        job = job.task(0)  # that of the first process, where a job has several
        if not job.paths.result_pickle.exists():
            reason = "was killed" if self.local else f"ended without a result ({job.state})"
            return self._failure(job, f"{reason}, perhaps for want of memory")
        try:
            result = job.result()
        except Exception:  # rnnlab cannot be imported there, for instance
            return self._failure(job, "could not begin")
        if isinstance(result, UserError):
            raise result
        if isinstance(result, Exception):
            return self._failure(job, f"failed, {type(result).__name__}: {result}")
        return result

    def _failure(self, job: Any, reason: str) -> WorkerFailure:
        self._any_failed = True
        file = Path(job.paths.stderr).relative_to(Path.cwd())
        return WorkerFailure(f"job {job.job_id} {reason}; see {file}")


@contextmanager
def _shielded_from_ctrl_c() -> Iterator[None]:
    """Shield the processes started within it from a terminal's Ctrl-C; this process gets it at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
