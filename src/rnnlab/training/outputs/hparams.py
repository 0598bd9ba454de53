"""The flat description of a run: the same keys for every run, so that runs can stand in one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rnnlab.records.identity import cell_name, with_effect

Value = str | int | float | bool

# The keys of the configuration that the flat description says under names of its own.
SAID = {
    "task": "task.name",
    "data": "data.name",
    "cell": "cell.name",
    "hidden_size": "model.hidden_size",
    "num_layers": "model.num_layers",
    "embedding_size": "model.embedding_size",
    "sequence_length": "data.sequence_length",
    "dropout": "model.dropout",
    "lr": "optimizer.lr",
    "batch_size": "data.batch_size",
    "seed": "seed",
}


def flat_hparams(config: Mapping[str, Any], parameters: int) -> dict[str, str | int | float]:
    """Return what summary.json and tables say of a run."""
    model, data = config["model"], config["data"]
    return {
        "task": config["task"]["name"],
        "data": data["name"],
        "cell": cell_name(config["cell"]),
        "hidden_size": model["hidden_size"],
        "num_layers": model["num_layers"],
        "embedding_size": model["embedding_size"],
        "sequence_length": data["sequence_length"],
        "dropout": float(model["dropout"]),
        "lr": float(config["optimizer"]["lr"]),
        "batch_size": data["batch_size"],
        "seed": config["seed"],
        "parameters": parameters,
    }


def settings(config: Mapping[str, Any], hparams: Mapping[str, Value]) -> dict[str, Value]:
    """Return the flat description and, by dotted key, every other setting that can change a result.

    Which of them a sweep varies, a run cannot know: TensorBoard compares them.
    """
    said = {*SAID.values(), "cell._target_"}
    return {**hparams, **{key: _plain(value) for key, value in with_effect(config).items() if key not in said}}


def _plain(value: Any) -> Value:
    """Return a value as TensorBoard takes it: a text, a number, true or false."""
    if isinstance(value, bool | int | float | str):
        return value
    return "none" if value is None else json.dumps(value, default=str)
