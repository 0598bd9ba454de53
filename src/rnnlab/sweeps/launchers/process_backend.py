"""Worker processes on this machine (`hydra/launcher=joblib`)."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.executor import MemmappingExecutor
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from rnnlab.cores import allowed_threads, available_cores
from rnnlab.errors import RunsFailedError
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.launchers.backend import Item, WorkerFailure
from rnnlab.sweeps.launchers.worker_group import WorkerGroup

KILLED = "perhaps for want of memory; hydra.launcher.workers=1 needs less"


class ProcessBackend:
    """Executes items in worker processes, which share this machine's cores and GPUs and are reused."""

    shares_memory = True  # joblib maps arrays of a megabyte and more

    def __init__(self, workers: int, devices: int = 1) -> None:
        """Configure the backend; its processes start with `map`.

        Args:
            workers: Runs at a time, at least 2: one run after the other needs no process of its own.
            devices: Of a run.
        """
        self.workers, self.devices = workers, devices

    def __enter__(self) -> ProcessBackend:
        # joblib replaces a worker that has grown by 300 MB between two runs, which loses none of them, and warns of it.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
        self.group = WorkerGroup.on_this_machine(self.devices)
        return self

    def __exit__(self, *error: object) -> None:
        # Idle workers are sent away: left alone they take more than a second to leave. With them goes what they have
        # mapped, of which joblib's tracker would complain in the terminal.
        executor = get_reusable_executor(reuse=True)
        if isinstance(executor, MemmappingExecutor):
            executor.terminate(kill_workers=True)
        else:  # nothing was executed
            executor.shutdown(kill_workers=True)
        self.group.close()

    def stop(self) -> None:
        self.group.request_stop()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        """Call `work` on every item.

        A worker that is killed, by the system for want of memory for instance, breaks its pool. The items that had
        begun are then executed again one by one: the one that kills its worker again fails, and no other does.
        """
        left = dict(enumerate(items))
        for number in left:
            self.group.reset(number)  # the rounds of a sweep use the same numbers
        while left:
            try:
                for number, result in self._pool(work, dict(left)):
                    del left[number]
                    yield number, result
            except TerminatedWorkerError as error:
                if asked_to_stop():
                    return
                suspects = [number for number in left if self.group.was_begun(number)]
                if not suspects:  # it was no item that killed it
                    raise RunsFailedError(f"worker processes are killed before they can begin: {KILLED}") from error
                for number in suspects:
                    yield number, self._alone(work, number, left.pop(number))

    def _alone(self, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        try:
            ((_, result),) = self._pool(work, {number: item})
        except TerminatedWorkerError:
            return WorkerFailure(f"its worker process was killed, {KILLED}")
        return result

    def _pool(self, work: Callable[[Item], Any], items: Mapping[int, Item]) -> Iterator[tuple[int, Any]]:
        count = min(self.workers, len(items))
        share = min(max(1, available_cores() // count), allowed_threads())
        tasks = (delayed(_numbered)(self.group, work, number, item) for number, item in items.items())
        # Processes inherit ignored signals: Ctrl-C and a closed terminal reach this process alone, which asks its
        # workers to stop; joblib's tracker of resources would die of the latter and leave tracebacks.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
        try:
            with parallel_config(backend="loky", inner_max_num_threads=share):
                # With one job, joblib would work in this very process.
                results = Parallel(n_jobs=max(2, count), return_as="generator_unordered", batch_size=1)(tasks)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        yield from results


def _numbered(group: WorkerGroup, work: Callable[[Item], Any], number: int, item: Item) -> tuple[int, Any]:
    return number, group.run(work, number, item)
