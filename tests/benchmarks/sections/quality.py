"""Figure 2: how long it takes to learn names as well as a lecture's script, and how well in the script's time."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch

from measure import table
from opponents import LectureModel, lecture_batches, lecture_epoch, loss_of
from rnnlab.data.batching import Batches, InOrder
from rnnlab.data.collation import Collation
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.tasks.base import SequenceTask
from subject import config_of, items_of, train

STUDY = Path(__file__).resolve().parents[3] / "experiments" / "speed"
EPOCHS, BATCH = 10, 16


def quality(quick: bool) -> str:
    """The lecture's script (an Elman network whose loop over time is written in Python, Adam, batches of 16, 10
    epochs) on makemore's names, split as it splits them, repeated names kept. Its loss is its own: the mean of the
    means of batches. `fast` and `best` are the configurations beside this page; one thread each, start-up excluded,
    rnnlab's validations included."""
    if quick:
        return "Left out: it takes some minutes."
    torch.manual_seed(0)
    prepared = prepare(_config("fast"))
    seconds, loss = _lecture(prepared)
    rows: list[list[object]] = [["the lecture's script", f"{seconds:.1f}", "1", f"{loss:.4f}", ""]]
    for name in ("fast", "best"):
        with tempfile.TemporaryDirectory() as folder:
            run = train(_config(name), prepared, Path(folder) / "run")
        took, token = run.timing.seconds, run.metrics.best()["val/loss"]
        mean = f"{_mean_of_batches(run.task, prepared):.4f}"
        rows.append([f"`{name}`", f"{took:.1f}", f"{took / seconds:.3f}", mean, f"{token:.4f}"])
    return table(["", "seconds", "of the script's time", "loss as the script has it", "nats per token"], rows)


def _config(name: str) -> dict[str, object]:
    return config_of("--config-dir", str(STUDY), "--config-name", name)


def _lecture(prepared: Prepared) -> tuple[float, float]:
    """Seconds of its training, and its validation loss."""
    model, items = LectureModel(), items_of(prepared)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    started = time.perf_counter()
    for _ in range(EPOCHS):
        lecture_epoch(model, items, optimizer, BATCH)
    seconds = time.perf_counter() - started
    with torch.no_grad():
        batches = lecture_batches(items_of(prepared, "val"), BATCH)
        return seconds, statistics.mean(float(loss_of(model(inputs), targets)) for inputs, targets in batches)


@torch.no_grad()
def _mean_of_batches(task: SequenceTask, prepared: Prepared) -> float:
    """The lecture's measure of a task of rnnlab."""
    part = prepared.parts["val"]
    task.eval()
    batches = Batches(InOrder(len(part.sequences), BATCH), Collation(part, prepared.vocabulary.pad))
    return statistics.mean(float(task.loss(task.outputs(batch), batch)) for batch in batches)
