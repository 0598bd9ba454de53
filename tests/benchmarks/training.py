"""Figure 1: what the framework costs while it trains."""

from __future__ import annotations

import statistics
import tempfile
from itertools import islice
from pathlib import Path

from measure import in_turn, ratio, table
from opponents import bare_loop, plain_lightning
from subject import brief, epoch_seconds, items_of

from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare

HIDDEN = 96
BATCHES = {16: 1024, 64: 374}  # batch size: how many batches are trained on at a time


def training(quick: bool) -> str:
    """Training names with every default on, against a bare PyTorch loop on tensors that lie ready, and against a
    plain Lightning module. A ratio above 1 means that rnnlab is the faster one."""
    sizes = [16] if quick else list(BATCHES)
    rows = [_row(cell, size, rounds=1 if quick else 5) for cell in ("rnn", "gru", "lstm") for size in sizes]
    return table(["", "tokens/s", "bare loop", "plain Lightning"], rows)


def _row(cell: str, size: int, rounds: int) -> list[object]:
    config = brief(f"cell={cell}", f"data.batch_size={size}", batches=BATCHES[size])
    prepared, symbols = prepare(config), BATCHES[size] * size
    vocabulary, items = len(prepared.vocabulary), items_of(prepared)[:symbols]
    ready: list[Batch] = list(islice(SequenceDataModule(prepared, size, seed=0).train_batches(), BATCHES[size]))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pair = {
            "rnnlab": lambda: epoch_seconds(config, prepared, place / "run"),
            "bare": lambda: bare_loop(ready, cell, vocabulary, HIDDEN),
        }
        seconds = in_turn(pair, rounds)
        pair["bare"] = lambda: plain_lightning(items, size, cell, vocabulary, HIDDEN, place)
        lightning = in_turn(pair, (rounds + 1) // 3 or 1, warm_up=False)
    speed = sum(int(batch.lengths.sum()) for batch in ready) / statistics.median(seconds["rnnlab"])
    return [
        f"{cell}, batch {size}", f"{speed:,.0f}", ratio(seconds["bare"], seconds["rnnlab"]),
        ratio(lightning["bare"], lightning["rnnlab"]),
    ]  # fmt: skip
