"""Figure 8: a character LSTM on a GPU, where there is one."""

from __future__ import annotations

import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from measure import Side, in_turn, ratio, table
from opponents import Net, loss_of
from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare
from subject import brief, epoch_seconds

MODEL = (
    "task=chars",
    "data=shakespeare",
    "model.hidden_size=512",
    "model.embedding_size=512",
    "model.num_layers=2",
    "data.batch_size=128",
    "data.sequence_length=256",
    "data.windows=sliding",
    "data.stride=64",
    "trainer.accelerator=gpu",
)
PRECISIONS = {"32-true": None, "bf16-mixed": torch.bfloat16}
BATCHES = 100


def gpu(quick: bool) -> str:
    """A character LSTM of 2 x 512 units, batches of 128 windows of 256, against a bare loop on cuDNN whose tensors lie
    on the device; and how often a step waits for the device."""
    if not torch.cuda.is_available():
        return "There is no GPU here."
    rows = [_row(precision, rounds=1 if quick else 5) for precision in PRECISIONS]
    return table(["", "tokens/s", "bare loop", "waits per step"], rows)


def _row(precision: str, rounds: int) -> list[object]:
    config = brief(*MODEL, f"trainer.precision={precision}", batches=BATCHES)
    prepared = prepare(config)
    cut = islice(SequenceDataModule(prepared, 128, 0).train_batches(), BATCHES)
    ready = [batch.to(torch.device("cuda")) for batch in cut]
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "rnnlab": lambda: epoch_seconds(config, prepared, Path(folder) / "run"),
            "bare": lambda: _bare(ready, len(prepared.vocabulary), PRECISIONS[precision]),
        }
        seconds = in_turn(sides, rounds)
        waits = _waits(sides["rnnlab"])
    speed = BATCHES * 128 * 256 / statistics.median(seconds["rnnlab"])
    return [precision, f"{speed:,.0f}", ratio(seconds["bare"], seconds["rnnlab"]), f"{waits / BATCHES:.2f}"]


def _bare(batches: list[Batch], symbols: int, dtype: torch.dtype | None) -> float:
    net = Net("lstm", symbols, 512, layers=2).cuda()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, fused=True)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype, enabled=dtype is not None):
            loss = loss_of(net(batch.inputs), batch.targets)
        loss.backward()
        optimizer.step()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def _waits(run: Side) -> int:
    """How often the CPU waited for the device in a run."""
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        run()
    waiting = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize")
    return sum(event.count for event in profiler.key_averages() if event.key in waiting)
