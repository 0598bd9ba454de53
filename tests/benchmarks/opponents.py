"""What rnnlab is measured against: training scripts as people write them by hand, each as fast as its kind can be.

All of them train the names language model: embedding → recurrent layer → linear, cross-entropy that ignores padding.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor, nn
from torch.utils.data import DataLoader

from rnnlab.data.collation import IGNORE, Batch

KERNELS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
PAD = 27  # as in SYSTEMS B1: 26 letters, [S], [PAD]


class Net(nn.Module):
    """The network that all opponents share but the lecture's."""

    def __init__(self, cell: str, symbols: int, hidden: int, layers: int = 1) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, hidden)
        self.layers = KERNELS[cell](hidden, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, symbols)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.layers(self.embedding(inputs))[0])


def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


def bare_loop(batches: Sequence[Batch], cell: str, symbols: int, hidden: int) -> float:
    """Seconds of a plain PyTorch loop over tensors that lie ready: fused AdamW, nothing clipped, nothing logged."""
    net = Net(cell, symbols, hidden)
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, fused=True)
    started = time.perf_counter()
    for batch in batches:
        optimizer.zero_grad()
        loss_of(net(batch.inputs), batch.targets).backward()
        optimizer.step()
    return time.perf_counter() - started


class PlainModule(pl.LightningModule):
    """The same as Lightning's documentation has it."""

    def __init__(self, cell: str, symbols: int, hidden: int) -> None:
        super().__init__()
        self.net = Net(cell, symbols, hidden)
        self.seconds = 0.0

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        inputs, targets = batch
        loss = loss_of(self.net(inputs), targets)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=5e-3)

    def on_train_epoch_start(self) -> None:
        self.started = time.perf_counter()

    def on_train_epoch_end(self) -> None:
        self.seconds = time.perf_counter() - self.started


def collate(items: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Pad a batch item by item, as a collate function usually does."""
    inputs = [torch.tensor(item[:-1]) for item in items]
    targets = [torch.tensor(item[1:]) for item in items]
    pad = nn.utils.rnn.pad_sequence
    return pad(inputs, batch_first=True), pad(targets, batch_first=True, padding_value=IGNORE)


def plain_lightning(
    items: list[list[int]], batch_size: int, cell: str, symbols: int, hidden: int, folder: Path
) -> float:
    """Seconds of an epoch of a plain Lightning module with a DataLoader, a progress bar and TensorBoard."""
    module = PlainModule(cell, symbols, hidden)
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=TensorBoardLogger(str(folder)),
        enable_model_summary=False,
        enable_checkpointing=False,
        enable_progress_bar=True,
    )
    trainer.fit(module, DataLoader(items, batch_size, shuffle=True, collate_fn=collate))
    return module.seconds


class LectureCell(nn.Module):
    """SYSTEMS B4: two linear layers with bias, tanh."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.from_input, self.from_hidden = nn.Linear(inputs, hidden), nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.from_input(x) + self.from_hidden(h))


class LectureModel(nn.Module):
    """SYSTEMS B4: hidden 96, embedding 96, 24,028 parameters; the loop over time is written in Python."""

    def __init__(self, symbols: int = 28, hidden: int = 96) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, hidden)
        self.cell = LectureCell(hidden, hidden)
        self.head = nn.Linear(hidden, symbols)

    def forward(self, inputs: Tensor) -> Tensor:
        x = self.embedding(inputs)
        h = x.new_zeros(len(x), self.cell.hidden)
        outputs = []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            outputs.append(self.head(h))
        return torch.stack(outputs, dim=1)


def lecture_batches(items: list[list[int]], size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches in order, padded item by item."""
    for at in range(0, len(items), size):
        batch = items[at : at + size]
        longest = max(map(len, batch)) - 1
        inputs = torch.tensor([item[:-1] + [PAD] * (longest - len(item) + 1) for item in batch])
        targets = torch.tensor([item[1:] + [IGNORE] * (longest - len(item) + 1) for item in batch])
        yield inputs, targets


def lecture_epoch(model: LectureModel, items: list[list[int]], optimizer: torch.optim.Optimizer, size: int) -> None:
    """An epoch of the lecture's script (SYSTEMS B5)."""
    for inputs, targets in lecture_batches(random.sample(items, len(items)), size):
        loss = loss_of(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def one_at_a_time(model: LectureModel, count: int, stop: int = 26, longest: int = 100) -> float:
    """Seconds of making up names as SYSTEMS B6 does: one after the other, symbol by symbol, until `[S]`."""
    started = time.perf_counter()
    with torch.no_grad():
        for _ in range(count):
            h = torch.zeros(1, model.cell.hidden)
            symbol = stop
            for _ in range(longest):
                h = model.cell(model.embedding(torch.tensor([symbol])), h)
                symbol = int(torch.multinomial(model.head(h).softmax(dim=-1), 1))
                if symbol == stop:
                    break
    return time.perf_counter() - started


@torch.inference_mode()
def step_by_step(embedding: nn.Module, layers: nn.Module, head: nn.Module, length: int) -> float:
    """Seconds of drawing so many symbols, each from a single step of a kernel."""
    started = time.perf_counter()
    symbol, state = torch.zeros(1, 1, dtype=torch.long), None
    for _ in range(length):
        hidden, state = layers(embedding(symbol), state)
        symbol = torch.multinomial(head(hidden[:, -1]).softmax(dim=-1), 1)
    return time.perf_counter() - started
