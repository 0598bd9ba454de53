"""The flat description of a run: the same keys for every run, so that runs can stand in one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.records.identity import cell_name


def flat_hparams(config: Mapping[str, Any], parameters: int) -> dict[str, str | int | float]:
    """Return what TensorBoard's HParams tab, summary.json and tables say of a run."""
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
