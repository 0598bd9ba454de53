"""Predict from signals with an exported model: a line of JSON for each.

python predict.py "0.5 -1.2 0.3"
python predict.py --csv recording.csv

A text has the numbers of each step, with blanks between; a table has a row a step, with a column for each channel.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from rnnlab.export.scripts.onnx_program import MODEL, Program

CHANNELS, SCALER, ASKED = MODEL["channels"], MODEL["scaler"], MODEL["asked"]
Row = list[float]
programs = {name: Program(name) for name in MODEL["programs"]}


def encode(signal: Sequence[Sequence[float]], times: Sequence[float] | None = None) -> list[Row]:
    """Return the inputs of the network at each step.

    Args:
        signal: The numbers of each step, a number for each channel; NaN where nothing was observed.
        times: When each step was, where the model reads it.
    """
    if not signal or any(len(step) != len(CHANNELS) for step in signal):
        raise ValueError(f"a signal has steps of {len(CHANNELS)} numbers: {', '.join(CHANNELS)}")
    if MODEL["every_length"] not in (None, len(signal)):
        raise ValueError(f"the signal has {len(signal)} steps; every signal of training had {MODEL['every_length']}")
    columns = [list(column) for column in zip(*signal, strict=True)]
    observed = [[not math.isnan(number) for number in column] for column in columns]
    scaled = [scale(*column, place) for place, column in enumerate(zip(columns, observed, strict=True))]
    if SCALER["missing"] == "mask":
        scaled += [[float(seen) for seen in column] for column in observed]
    if SCALER["time_input"]:
        if times is None:
            raise ValueError("the model reads when each step was; give a table with a column of times")
        gaps = [0.0, *(after - before for before, after in pairwise(times))]
        scaled.append([gap / SCALER["between"] for gap in gaps])
    return [list(step) for step in zip(*scaled, strict=True)][: MODEL["sequence_length"]]


def scale(column: Row, observed: Sequence[bool], place: int) -> Row:
    """Return the numbers of a channel, the one before in the place of a missing one, scaled as in training."""
    last, filled = SCALER.get("mean", [0.0] * len(CHANNELS))[place], []
    for number, seen in zip(column, observed, strict=True):
        last = number if seen else last
        filled.append(last)
    if SCALER["normalise"] == "channel":
        return [(number - SCALER["mean"][place]) / SCALER["deviation"][place] for number in filled]
    if SCALER["normalise"] == "none":
        return filled
    known = [number for number, seen in zip(column, observed, strict=True) if seen]
    if not known:
        return [0.0] * len(column)
    mean = sum(known) / len(known)
    deviation = math.sqrt(sum((number - mean) ** 2 for number in known) / len(known))
    deviation = deviation if deviation > 1e-12 * max(1, abs(mean)) else 1.0
    return [(number - mean) / deviation for number in filled]


def outputs_of(inputs: Sequence[Row]) -> list[Row]:
    """Return the outputs of the network: of every step, or only the last ones."""
    if "step" not in programs or ("sequence" in programs and ASKED != "steps"):
        outputs: list[Row] = programs["sequence"]([inputs], [len(inputs)])[0]
        return outputs
    state, outputs = programs["step"].start(1), []
    for step in inputs:
        (output,), state = programs["step"]([step], state=state)
        outputs.append(output)
    return outputs


def predict(signal: Sequence[Sequence[float]], times: Sequence[float] | None = None) -> dict[str, Any]:
    """Return the class of a signal, its numbers, or the class of each step; the arguments are those of `encode`."""
    outputs = outputs_of(encode(signal, times))
    if ASKED == "steps":
        answers = [shares(output) for output in outputs]
        return {"labels": [max(answer, key=answer.__getitem__) for answer in answers], "probabilities": answers}
    if ASKED == "number":
        target = MODEL["target"]
        columns = zip(target["names"], outputs[-1], target["mean"], target["deviation"], strict=True)
        return {"numbers": {name: number * deviation + mean for name, number, mean, deviation in columns}}
    answer = shares(outputs[-1])
    label = max(answer, key=answer.__getitem__)
    return {"label": label, "probability": answer[label], "probabilities": answer}


def shares(logits: Row) -> dict[str, float]:
    """Return how probable each class is."""
    weights = [math.exp(logit - max(logits)) for logit in logits]
    return {label: weight / sum(weights) for label, weight in zip(MODEL["labels"], weights, strict=True)}


def read_text(text: str) -> list[Row]:
    """Return the steps of a signal that is written as numbers."""
    numbers = [float(word) for word in text.replace(",", " ").split()]
    if len(numbers) % len(CHANNELS):
        raise ValueError(f"{len(numbers)} numbers are no whole steps of {len(CHANNELS)} each")
    return [numbers[begin : begin + len(CHANNELS)] for begin in range(0, len(numbers), len(CHANNELS))]


def read_table(file: str) -> tuple[list[Row], Row | None]:
    """Return the steps in a CSV file, and their times where the model reads them; an empty cell is a missing number."""
    with open(file, encoding="utf-8-sig", newline="") as stream:  # noqa: PTH123
        rows = list(csv.DictReader(stream))
    time = MODEL["time_column"] if SCALER["time_input"] else None
    if missing := [name for name in (*CHANNELS, *([time] if time else [])) if not rows or name not in rows[0]]:
        raise ValueError(f"{file} has no column {missing[0]}")
    steps = [[float(row[name].strip() or "nan") for name in CHANNELS] for row in rows]
    return steps, [seconds(row[time]) for row in rows] if time else None


def seconds(time: str) -> float:
    """Return a time as a number: as it is, or of a date the seconds."""
    try:
        return float(time)
    except ValueError:
        return datetime.fromisoformat(time).timestamp()


def main() -> None:
    """Answer the signals of the command line."""
    parser = argparse.ArgumentParser(description="Predict from signals with an exported model.")
    parser.add_argument("signals", nargs="*", help="the numbers of each step, with blanks between")
    parser.add_argument("--csv", nargs="*", default=[], help="tables with a row a step, one signal each")
    given = parser.parse_args()
    try:
        answers = [predict(read_text(text)) for text in given.signals]
        answers += [predict(*read_table(file)) for file in given.csv]
    except (ValueError, OSError) as error:
        parser.error(str(error))
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
