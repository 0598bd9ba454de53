"""The folder of the cache, and its largest size."""

from __future__ import annotations

import os
from pathlib import Path

from rnnlab.errors import UserError

DATA_DIR_VARIABLE = "RNNLAB_DATA_DIR"
LIMIT_VARIABLE = "RNNLAB_CACHE_GB"
USUAL_LIMIT = 50.0  # GB
GB = 10**9


def data_dir() -> Path:
    """The folder of downloads and of what is computed from data: $RNNLAB_DATA_DIR, or the user's cache folder."""
    import pooch

    return Path(os.environ.get(DATA_DIR_VARIABLE) or pooch.os_cache("rnnlab"))


def size_limit() -> int:
    """The bytes that encoded corpora may take together: $RNNLAB_CACHE_GB, or 50 GB.

    Raises:
        UserError: The variable holds no number above 0.
    """
    said = os.environ.get(LIMIT_VARIABLE) or str(USUAL_LIMIT)
    try:
        limit = float(said)
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise UserError(f"{LIMIT_VARIABLE} must be a number of gigabytes above 0, such as 50, not {said!r}")
    return int(limit * GB)
