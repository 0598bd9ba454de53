"""The cores and threads of this machine that a process may use."""

from __future__ import annotations

import os


def available_cores() -> int:
    """The cores that this process may use, which a container or a batch system can have limited."""
    import joblib  # it knows affinity masks and container quotas

    return int(joblib.cpu_count())


def allowed_threads() -> int:
    """Return how many threads OMP_NUM_THREADS allows a process, else every core."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return int(allowed) if allowed.isdigit() and int(allowed) > 0 else available_cores()
