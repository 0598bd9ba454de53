"""What a worker process does with one run."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.data.prepared import prepare
from rnnlab.training.folder import FAILED, INTERRUPTED, RunFolder, write_atomically

Summary = dict[str, Any]


def execute(config: Mapping[str, Any], path: Path) -> Summary:
    """Train one run in this process; whatever happens comes back as a summary, never as an exception."""
    from rnnlab.training.run import Run  # imports torch: in the workers only, once each

    folder = RunFolder(path)
    try:
        run = Run(config, folder, prepare(config))
    except Exception as error:  # it cannot even begin, for instance for want of an accelerator
        summary = {"status": FAILED, "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
        folder.start_over(config)
        write_atomically(folder.log, traceback.format_exc())
        folder.write_summary(summary)
        return summary
    try:
        return run.execute()
    except KeyboardInterrupt:
        return {"status": INTERRUPTED, "reason": "interrupted"}
