"""Execution of one run of a sweep in this process."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from rnnlab.config.environment import Secrets
from rnnlab.control_characters import shown
from rnnlab.data.prepared import Prepared, data_key, prepare
from rnnlab.errors import UserError, reason_of
from rnnlab.records.folder import FAILED, INTERRUPTED, RUNNING, write_atomically
from rnnlab.records.lock import claimed
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.plan import PlannedRun, settled

Summary = dict[str, Any]

prepared_by_key: dict[str, Prepared] = {}  # by `data_key`: a worker that has to prepare its data does so once


def execute(planned: PlannedRun) -> Summary:
    """Train one run in this process; a failure is returned as a summary, too, and not raised.

    Returns:
        The run's summary. Its status is `running` where another process trains the run, and `interrupted` where this
        process was asked to stop.
    """
    return _execute(planned, wait=False)


def execute_or_wait(planned: PlannedRun, callbacks: Sequence[Any] = ()) -> Summary:
    """Train one run as `execute`; where another process trains it, wait for its end.

    Args:
        planned: The run.
        callbacks: Further callbacks of the training.
    """
    return _execute(planned, wait=True, callbacks=callbacks)


def record_failure(planned: PlannedRun, reason: str, log: str = "") -> Summary:
    """Write the summary of a run that failed and could not write it, and return it."""
    summary = {"status": FAILED, "reason": reason}
    with suppress(OSError):  # on a full disk the summary is returned all the same
        if log:
            planned.folder.go_on(planned.config)  # keeps a checkpoint of an earlier attempt
            write_atomically(planned.folder.log, log)
        planned.folder.write_summary(summary)
    return summary


def _execute(planned: PlannedRun, wait: bool, callbacks: Sequence[Any] = ()) -> Summary:
    with claimed(planned.folder, wait) as acquired:
        if asked_to_stop():
            return {"status": INTERRUPTED}
        if not acquired:
            return {"status": RUNNING}
        planned = settled(planned)
        if not planned.rerun and (result := planned.folder.result()):
            return result  # another process has completed it since this sweep was planned
        return _train(planned, callbacks)


def _train(planned: PlannedRun, callbacks: Sequence[Any]) -> Summary:
    from rnnlab.training.run import TrainingRun  # imports torch, in the workers only

    try:
        run = TrainingRun(planned.config, planned.folder, _data_of(planned), planned.origin, callbacks=callbacks)
    except Exception as error:  # for instance without the configured accelerator
        hide = Secrets(planned.config["logger"]).hide
        return record_failure(planned, hide(reason_of(error)), shown(hide(traceback.format_exc())))
    try:
        return run.execute(again=planned.rerun)
    except KeyboardInterrupt:
        return {"status": INTERRUPTED}
    except OSError as error:  # its own files could not be written, such as on a full disk; the others go on
        return record_failure(planned, reason_of(error))


def _data_of(planned: PlannedRun) -> Prepared:
    """Return the data that a run was planned with; a machine that lacks it prepares it again.

    Raises:
        UserError: The files on this machine differ from those that the run was planned with.
    """
    if planned.prepared is not None:
        return planned.prepared
    key = data_key(planned.config)
    if key not in prepared_by_key:
        prepared_by_key[key] = prepare(planned.config)
    if prepared_by_key[key].sha256 != planned.sha256:
        raise UserError(f"data: on {platform.node()} its files differ from those that the sweep was planned with")
    return prepared_by_key[key]
