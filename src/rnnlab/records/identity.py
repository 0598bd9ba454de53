"""A run's name: the same configuration on the same data always has the same folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from rnnlab.records.effect import with_effect

# Where files lie is no part of what a run is: of the data, and of these its SHA-256 is.
NAMED_FILES = ("init_from", "data.tokenizer")


def run_name(config: Mapping[str, Any], data_sha256: str, files: Mapping[str, str] | None = None) -> str:
    """A readable name and a hash of everything that can change the result, safe on any file system."""
    model = config["model"]
    readable = f"{config['cell']['name']}-h{model['hidden_size']}-l{model['num_layers']}-seed{config['seed']}"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", readable)[:71]
    return f"{safe}-{fingerprint(config, data_sha256, files)}"


def fingerprint(config: Mapping[str, Any], data_sha256: str, files: Mapping[str, str] | None = None) -> str:
    """Eight hexadecimal digits for the configuration, the data, and the files that the configuration names beside it.

    Args:
        config: Of the run.
        data_sha256: Of the data.
        files: The SHA-256 of the weights that training begins with, and of a tokenizer, by the key that names them.
    """
    canonical = json.dumps([{**identifying(config), **(files or {})}, data_sha256], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def identifying(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a configuration tells one run from another, by dotted key.

    Where files lie is no part of it, and what is switched off is as if it were not there.
    """
    leaves = with_effect(config)
    off = {key for key, value in leaves.items() if key.endswith(".enabled") and value is False}
    return {key: value for key, value in leaves.items() if key not in ("data.path", *NAMED_FILES, *off)}
