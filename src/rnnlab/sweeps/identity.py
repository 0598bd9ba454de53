"""A run's name: the same configuration on the same data always has the same folder."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from rnnlab.config.effect import with_effect


def run_name(config: Mapping[str, Any], data_sha256: str, start_sha256: str = "") -> str:
    """A readable name and a hash of everything that can change the result, safe on any file system."""
    model = config["model"]
    readable = f"{config['cell']['name']}-h{model['hidden_size']}-l{model['num_layers']}-seed{config['seed']}"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", readable)[:71]
    return f"{safe}-{fingerprint(config, data_sha256, start_sha256)}"


def fingerprint(config: Mapping[str, Any], data_sha256: str, start_sha256: str = "") -> str:
    """Eight hexadecimal digits for the configuration, the data and the weights that training begins with."""
    leaves = identifying(config)
    if start_sha256:
        leaves["init_from"] = start_sha256
    canonical = json.dumps([leaves, data_sha256], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def identifying(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a configuration tells one run from another, by dotted key; where files lie is no part of it."""
    leaves = with_effect(config)
    return {key: value for key, value in leaves.items() if key not in ("data.path", "init_from")}
