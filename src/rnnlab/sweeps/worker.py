"""What a worker process does with one run."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.data.prepared import Prepared, prepare
from rnnlab.sweeps.plan import data_key
from rnnlab.training.folder import FAILED, INTERRUPTED, RunFolder, write_atomically

Summary = dict[str, Any]


def execute(config: Mapping[str, Any], path: Path) -> Summary:
    """Train one run in this process; whatever happens comes back as a summary, never as an exception."""
    from rnnlab.training.run import Run  # imports torch: in the workers only, once each

    folder = RunFolder(path)
    try:
        return Run(config, folder, _prepared(config)).execute()
    except KeyboardInterrupt:
        return {"status": INTERRUPTED, "reason": "interrupted"}
    except Exception as error:  # it could not even begin, for instance for want of an accelerator
        summary = {"status": FAILED, "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
        folder.start_over(config)
        write_atomically(folder.log, traceback.format_exc())
        folder.write_summary(summary)
        return summary


_last: dict[str, Prepared] = {}


def _prepared(config: Mapping[str, Any]) -> Prepared:
    """The data of a run; runs of a sweep mostly share it, so a worker keeps what it prepared last."""
    key = data_key(config)
    if key not in _last:
        _last.clear()
        _last[key] = prepare(config)
    return _last[key]
