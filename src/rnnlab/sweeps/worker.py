"""What a worker process does with one run."""

from __future__ import annotations

import traceback
from typing import Any

from rnnlab.sweeps.plan import PlannedRun
from rnnlab.training.folder import FAILED, INTERRUPTED, write_atomically

Summary = dict[str, Any]


def execute(planned: PlannedRun) -> Summary:
    """Train one run in this process; whatever happens comes back as a summary, never as an exception."""
    from rnnlab.training.run import Run  # imports torch: in the workers only, once each

    try:
        run = Run(planned.config, planned.folder, planned.prepared)
    except Exception as error:  # it cannot even begin, for instance for want of an accelerator
        return record_failure(planned, f"{type(error).__name__}: {error}".splitlines()[0], traceback.format_exc())
    try:
        return run.execute()
    except KeyboardInterrupt:
        return {"status": INTERRUPTED, "reason": "interrupted"}


def record_failure(planned: PlannedRun, reason: str, log: str = "") -> Summary:
    """Write down that a run failed which cannot write it down itself."""
    summary = {"status": FAILED, "reason": reason}
    if log:
        planned.folder.go_on(planned.config)  # a checkpoint of an earlier attempt is not lost
        write_atomically(planned.folder.log, log)
    planned.folder.write_summary(summary)
    return summary
