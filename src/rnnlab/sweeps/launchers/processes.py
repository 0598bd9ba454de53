"""Worker processes on this machine (`hydra/launcher=joblib`)."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from rnnlab.cores import allowed_threads, available_cores
from rnnlab.errors import RunsFailedError
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.launchers.backend import Item, Lost
from rnnlab.sweeps.launchers.session import Session

KILLED = "perhaps for want of memory; hydra.launcher.workers=1 needs less"


class WorkerProcesses:
    """Processes that share this machine's cores and GPUs, each used for item after item."""

    shares_memory = True  # joblib maps arrays of a megabyte and more

    def __init__(self, workers: int | None) -> None:
        """Start none yet.

        Args:
            workers: How many at a time; None for one a core.
        """
        self.workers = workers or available_cores()

    def __enter__(self) -> WorkerProcesses:
        self.session = Session.here()
        return self

    def __exit__(self, *error: object) -> None:
        # Idle workers are sent away: left alone they take more than a second to leave.
        get_reusable_executor(reuse=True).shutdown(kill_workers=True)
        self.session.close()

    def stop(self) -> None:
        self.session.ask_to_stop()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        """Do the work on every item.

        A worker that is killed, for want of memory for instance, takes its pool along. Those items that had been
        begun are then done again one by one, so that one which kills its worker again is known for sure and lost
        alone.
        """
        left = dict(enumerate(items))
        while left:
            try:
                for number, result in self._pool(work, dict(left)):
                    del left[number]
                    yield number, result
            except TerminatedWorkerError as error:
                if asked_to_stop():
                    return
                suspects = [number for number in left if self.session.was_begun(number)]
                if not suspects:  # it was no item that killed it
                    raise RunsFailedError(f"worker processes are killed before they can begin: {KILLED}") from error
                for number in suspects:
                    yield number, self._alone(work, number, left.pop(number))

    def _alone(self, work: Callable[[Item], Any], number: int, item: Item) -> Any:
        try:
            ((_, result),) = self._pool(work, {number: item})
        except TerminatedWorkerError:
            return Lost(f"its worker process was killed, {KILLED}")
        return result

    def _pool(self, work: Callable[[Item], Any], items: Mapping[int, Item]) -> Iterator[tuple[int, Any]]:
        count = min(self.workers, len(items))
        share = min(max(1, available_cores() // count), allowed_threads())
        tasks = (delayed(_numbered)(self.session, work, number, item) for number, item in items.items())
        # What is ignored here is ignored in the processes that are started: Ctrl-C is for this one alone.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with parallel_config(backend="loky", inner_max_num_threads=share):
                # Asked for one, joblib would work in this very process.
                results = Parallel(n_jobs=max(2, count), return_as="generator_unordered", batch_size=1)(tasks)
        finally:
            signal.signal(signal.SIGINT, before)
        yield from results


def _numbered(session: Session, work: Callable[[Item], Any], number: int, item: Item) -> tuple[int, Any]:
    return number, session.do(work, number, item)
