"""`rnnlab evaluate`: every metric of a trained model, on its data or on other data."""

from __future__ import annotations

import json
import math

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnnlab.config.compose import compose
from rnnlab.config.rules import check


def main(arguments: list[str]) -> int:
    """Print the metrics as a table, or as JSON.

    Raises:
        UserError: A value is out of range, the checkpoint is none, or the data is missing or other than in training.
    """
    config = compose("evaluate", arguments)
    check(config)
    from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

    found = Trained(config["checkpoint"]).evaluate(config["part"], **config["data"])
    if config["format"] == "json":
        metrics = {name: value if math.isfinite(value) else None for name, value in found.metrics.items()}
        print(json.dumps({"data": found.data, "sequences": found.sequences, "balance": found.balance,
                          "metrics": metrics}, indent=2))  # fmt: skip
        return 0
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value in found.metrics.items():
        table.add_row(name, f"{value:.4f}")
    console = Console(highlight=False)
    console.print(Text(f"{found.sequences:,} sequences: {found.data}"), soft_wrap=True)
    if found.balance:
        shares = (f"{count:,} {label} ({count / found.sequences:.1%})" for label, count in found.balance.items())
        console.print(Text(", ".join(shares)), soft_wrap=True)
    console.print(table)
    return 0
