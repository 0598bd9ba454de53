"""What a process does with one run of a sweep."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from rnnlab.data.prepared import Prepared, data_key, prepare
from rnnlab.errors import UserError, reason_of
from rnnlab.records.folder import FAILED, INTERRUPTED, RUNNING, write_atomically
from rnnlab.records.lock import claimed
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.plan import PlannedRun

Summary = dict[str, Any]

prepared_here: dict[str, Prepared] = {}  # by `data_key`: a worker that has to prepare its data does so once


def execute(planned: PlannedRun) -> Summary:
    """Train one run in this process; whatever happens comes back as a summary, never as an exception.

    Returns:
        The run's summary. Its status is `running` where another process trains the run, which is then left to that
        one, and `interrupted` where this process was asked to stop.
    """
    return _execute(planned, wait=False)


def execute_after_others(planned: PlannedRun, callbacks: Sequence[Any] = ()) -> Summary:
    """The same, but where another process trains the run, wait for what becomes of that.

    Args:
        planned: The run.
        callbacks: Further ones of Lightning's, which watch the training.
    """
    return _execute(planned, wait=True, callbacks=callbacks)


def record_failure(planned: PlannedRun, reason: str, log: str = "") -> Summary:
    """Write down that a run failed which cannot write it down itself."""
    summary = {"status": FAILED, "reason": reason}
    with suppress(OSError):  # on a full disk the summary is told all the same
        if log:
            planned.folder.go_on(planned.config)  # a checkpoint of an earlier attempt is not lost
            write_atomically(planned.folder.log, log)
        planned.folder.write_summary(summary)
    return summary


def _execute(planned: PlannedRun, wait: bool, callbacks: Sequence[Any] = ()) -> Summary:
    with claimed(planned.folder, wait) as mine:
        if asked_to_stop():
            return {"status": INTERRUPTED}
        if not mine:
            return {"status": RUNNING}
        if not planned.again and (result := planned.folder.result()):
            return result  # another process has completed it since this sweep was planned
        return _train(planned, callbacks)


def _train(planned: PlannedRun, callbacks: Sequence[Any]) -> Summary:
    from rnnlab.training.run import TrainingRun  # imports torch: in the workers only, once each

    try:
        run = TrainingRun(planned.config, planned.folder, _data_of(planned), planned.origin, callbacks=callbacks)
    except Exception as error:  # it cannot even begin, for instance for want of an accelerator
        return record_failure(planned, reason_of(error), traceback.format_exc())
    try:
        return run.execute(again=planned.again)
    except KeyboardInterrupt:
        return {"status": INTERRUPTED}
    except OSError as error:  # its own files could not be written, such as on a full disk; the others go on
        return record_failure(planned, reason_of(error))


def _data_of(planned: PlannedRun) -> Prepared:
    """What it was planned with, or on a machine that has to prepare it, the same.

    Raises:
        UserError: The files here are others than those that the run was planned with.
    """
    if planned.prepared is not None:
        return planned.prepared
    key = data_key(planned.config)
    if key not in prepared_here:
        prepared_here[key] = prepare(planned.config)
    if prepared_here[key].sha256 != planned.sha256:
        raise UserError(f"data: on {platform.node()} its files differ from those that the sweep was planned with")
    return prepared_here[key]
