"""Figure 4: making up names and texts."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch

from measure import in_turn, ratio, table
from opponents import LectureModel, one_at_a_time, step_by_step
from rnnlab.data.prepared import prepare
from rnnlab.tasks.capabilities import Sampling
from rnnlab.training.checkpoints import new_task
from subject import config_of

NAMES = 10_000
SHORT, LONG = 1_000, 10_000  # characters of a text


def generation(quick: bool) -> str:
    """Names at once against a script that makes up one after the other (timed on a fiftieth of them); and characters
    of one text by an LSTM of 256 units against a bare loop of embedding, kernel, output layer and draw."""
    rounds = 1 if quick else 5
    lecture, few = LectureModel(), NAMES // 50
    torch.manual_seed(0)
    names = _untrained("cell=rnn")
    text = _untrained("task=chars", "data=shakespeare")
    seconds = in_turn({"rnnlab": lambda: _sample(names, NAMES), "script": lambda: one_at_a_time(lecture, few)}, rounds)
    script = [duration * NAMES / few for duration in seconds["script"]]
    row = [f"{NAMES:,} names", f"{statistics.median(seconds['rnnlab']):.2f} s", ratio(script, seconds["rnnlab"])]
    rows: list[list[object]] = [row]
    rows += [_text_row(text, length, rounds) for length in (SHORT, LONG)]
    return table(["", "", "script, or bare loop"], rows)


def _text_row(text: Any, length: int, rounds: int) -> list[object]:
    modules = (text.embedding, text.encoder.layers, text.head)
    seconds = in_turn({"rnnlab": lambda: _text(text, length), "bare": lambda: step_by_step(*modules, length)}, rounds)
    duration = statistics.median(seconds["rnnlab"]) / length * 1e6
    quotient = ratio(seconds["bare"], seconds["rnnlab"])
    return [f"a text of {length:,} characters", f"{duration:.0f} µs a character", quotient]


def _untrained(*arguments: str) -> Any:
    config = config_of(*arguments)
    return new_task(config, prepare(config)).eval()


def _sample(task: Any, count: int) -> float:
    started = time.perf_counter()
    task.sample(count, Sampling())
    return time.perf_counter() - started


def _text(task: Any, length: int) -> float:
    started = time.perf_counter()
    for _ in task.stream(Sampling(length=length)):
        pass
    return time.perf_counter() - started
