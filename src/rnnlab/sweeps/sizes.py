"""Hidden sizes of runs that ask for a number of parameters with `model.parameters`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rnnlab.data.prepared import Prepared, data_key
from rnnlab.records.identity import cell_name

Config = Mapping[str, Any]


class Sizes:
    """Finds the hidden size of every run, once for all whose models have the same shape."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}

    def sized(self, config: Config, prepared: Prepared) -> tuple[Config, str]:
        """Return a configuration with the hidden size that it asks for, and what that is in words, if it asks.

        Args:
            config: Resolved and plain.
            prepared: The data that it names.

        Raises:
            UserError: No hidden size comes near.
        """
        if config["model"].get("parameters") is None:
            return config, ""
        nodes = [config[name] for name in ("cell", "model", "task", "data")]
        shape = json.dumps([data_key(config), *nodes], sort_keys=True, default=str)
        if shape not in self._known:
            from rnnlab.training.size import hidden_size_for  # imports torch

            self._known[shape] = hidden_size_for(config, prepared)
        size, count = self._known[shape]
        words = f"cell={cell_name(config['cell'])}: model.hidden_size={size} has {count:,} parameters"
        return {**config, "model": {**config["model"], "hidden_size": size}}, words
