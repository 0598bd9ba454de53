"""`rnnlab evaluate`: every metric of a trained model, on its data or on other data."""

from __future__ import annotations

import csv
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.control_characters import in_one_line, say, to_json
from rnnlab.records.files.csv_files import as_text
from rnnlab.report.best_checkpoint import opened_checkpoint
from rnnlab.verbosity import detail, note

if TYPE_CHECKING:
    from rnnlab.training.evaluation import Evaluation


def main(arguments: list[str]) -> int:
    """Print the metrics as a table, CSV or JSON; how the data was prepared goes to stderr.

    Raises:
        UserError: A value is out of range, the checkpoint is none, or the data is missing or other than in training.
    """
    config = compose("evaluate", arguments)
    check(config)
    with opened_checkpoint(config) as checkpoint:
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        evaluation = model.evaluate(config["part"], **config["data"])
        detail(repr(model))
        for remark in evaluation.notes:
            note(in_one_line(remark))
        FORMATS[config["format"]](model.checkpoint, evaluation)
    return 0


def _print_table(checkpoint: Path, evaluation: Evaluation) -> None:
    where = f", part {evaluation.part}" if evaluation.part else ", not the data of training"
    total = evaluation.predictions
    shares = ", ".join(f"{count:,} {label} ({count / total:.1%})" for label, count in evaluation.balance.items())
    numbers = [f"{value:.4f}" if math.isfinite(value) else "undefined" for value in evaluation.metrics.values()]
    widest = max(map(len, numbers))
    rows = {
        "checkpoint": str(checkpoint),
        "data": f"{'' if evaluation.part else 'all of '}{evaluation.data}{where}",
        f"{evaluation.unit.rpartition(' ')[2]}s": f"{total:,}{': ' if shares else ''}{shares}",
        "": "",
        **{name: number.rjust(widest) for name, number in zip(evaluation.metrics, numbers, strict=True)},
    }
    rows[next(iter(evaluation.metrics))] += f"  {evaluation.unit}"
    for name, value in rows.items():
        say(f"{name:<{max(map(len, rows))}}  {value}".rstrip())


def _print_csv(checkpoint: Path, evaluation: Evaluation) -> None:  # noqa: ARG001
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["metric", "value"])
    writer.writerows(map(as_text, row) for row in _finite(evaluation.metrics).items())


def _print_json(checkpoint: Path, evaluation: Evaluation) -> None:
    content = {"checkpoint": str(checkpoint), **asdict(evaluation), "metrics": _finite(evaluation.metrics)}
    say(to_json(content, indent=2))


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """Replace metrics that are undefined or have overflowed by None, which JSON writes as null."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


FORMATS: dict[str, Any] = {"text": _print_table, "csv": _print_csv, "json": _print_json}
