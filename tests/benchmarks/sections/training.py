"""Figure 1: what the framework costs while it trains."""

from __future__ import annotations

import statistics
import tempfile
from itertools import islice
from pathlib import Path

from measure import in_turn, ratio, table
from opponents import bare_loop, plain_lightning
from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared, prepare
from subject import brief, epoch_seconds, items_of

HIDDEN = 96
BATCHES = {16: 768, 64: 280}  # batch size: how many batches are trained on at a time


def training(quick: bool) -> str:
    """Training names with every default on, against a bare PyTorch loop on tensors that lie ready, once on the same
    batches as rnnlab and once on batches that were only shuffled, and against a plain Lightning module. Ratios of
    tokens per second; above 1, rnnlab is the faster one."""
    sizes = [16] if quick else list(BATCHES)
    rows = [_row(cell, size, rounds=1 if quick else 3) for cell in ("rnn", "gru", "lstm") for size in sizes]
    return table(["", "tokens/s", "same batches", "shuffled batches", "plain Lightning"], rows)


def _row(cell: str, size: int, rounds: int) -> list[object]:
    config = brief(f"cell={cell}", f"data.batch_size={size}", batches=BATCHES[size])
    prepared = prepare(config)
    vocabulary, items = len(prepared.vocabulary), items_of(prepared)[: BATCHES[size] * size]
    bucketed, shuffled = (_batches(prepared, size, bucketing) for bucketing in (True, False))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sides = {
            "rnnlab": lambda: epoch_seconds(config, prepared, place / "run") / _tokens(bucketed),
            "same": lambda: bare_loop(bucketed, cell, vocabulary, HIDDEN) / _tokens(bucketed),
            "shuffled": lambda: bare_loop(shuffled, cell, vocabulary, HIDDEN) / _tokens(shuffled),
        }
        seconds = in_turn(sides, rounds)
        tokens = sum(len(item) - 1 for item in items)
        sides = {
            "rnnlab": sides["rnnlab"],
            "Lightning": lambda: plain_lightning(items, size, cell, vocabulary, HIDDEN, place) / tokens,
        }
        lightning = in_turn(sides, 1, warm_up=False)
    return [
        f"{cell}, batch {size}",
        f"{1 / statistics.median(seconds['rnnlab']):,.0f}",
        ratio(seconds["same"], seconds["rnnlab"]),
        ratio(seconds["shuffled"], seconds["rnnlab"]),
        ratio(lightning["Lightning"], lightning["rnnlab"]),
    ]


def _batches(prepared: Prepared, size: int, bucketing: bool) -> list[Batch]:
    return list(islice(SequenceDataModule(prepared, size, 0, bucketing).train_batches(), BATCHES[size]))


def _tokens(batches: list[Batch]) -> int:
    return sum(int(batch.lengths.sum()) for batch in batches)
