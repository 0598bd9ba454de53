"""Modules of rnnlab in a Trainer of one's own: `rnnlab.modules` on ordinary batches, its data for other modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

import rnnlab
from rnnlab.data.collation import IGNORE, Batch, ordinary_batch
from rnnlab.errors import UserError

pytestmark = [
    pytest.mark.python,
    # What Lightning says of itself, of small data and of loaders without worker processes.
    pytest.mark.filterwarnings(r"ignore:`isinstance\(treespec, LeafSpec\)`:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*smaller than the logging interval"),
]

SMALL = {"hidden_size": 8}
TASKS = {
    "names": {"limit": 300},
    "chars": {"data": "nursery_rhyme"},
    "sentiment": {"limit": 200},
    "tagging": {"data": "file", "path": "words.tsv"},
    "forecasting": {"data": "sunspots"},
    "signals": {"data": "half_sums", "limit": 200},
}
Rows = list[tuple[Tensor, Tensor]]
QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


@pytest.fixture(autouse=True)
def here(workdir: Path) -> None:
    Path("words.tsv").write_text("".join(f"the\tDET\nsea{n}\tNOUN\n\n" for n in range(60)), encoding="utf-8")


def modules(task: str) -> tuple[Any, Any]:
    return rnnlab.modules(f"task={task}", **SMALL, **TASKS[task])


def rows(batches: Any) -> Rows:
    """Sequences one by one, as somebody has them who knows nothing of rnnlab's batches."""
    found: Rows = []
    for batch in batches:
        for inputs, length, targets in zip(batch.inputs, batch.lengths.tolist(), batch.targets, strict=True):
            found.append((inputs[:length], targets[:length] if batch.targets.dim() > 1 else targets))
    return found


def padded(some: Rows) -> tuple[Tensor, Tensor, Tensor]:
    inputs, targets = zip(*some, strict=True)
    lengths = torch.tensor([len(one) for one in inputs])
    if targets[0].dim() == 0:
        return pad_sequence(inputs, batch_first=True), lengths, torch.stack(targets)
    padding = 0 if targets[0].is_floating_point() else IGNORE
    return pad_sequence(inputs, batch_first=True), lengths, pad_sequence(targets, True, padding)


@pytest.mark.parametrize("task", TASKS)
def test_a_module_trains_on_batches_of_a_data_loader_of_ones_own(task: str) -> None:
    module, data = modules(task)
    loaders = [
        DataLoader(rows(part), 16, shuffle=train, collate_fn=padded, drop_last=False)  # type: ignore[arg-type]
        for part, train in ((data.train_dataloader(), True), (data.val_dataloader(), False))
    ]
    trainer = pl.Trainer(max_epochs=3, gradient_clip_val=1.0, enable_checkpointing=False, **QUIET)
    (before,) = trainer.validate(module, loaders[1], verbose=False)
    trainer.fit(module, *loaders)
    assert trainer.global_step == 3 * len(loaders[0])
    assert trainer.callback_metrics["val/loss"] < before["val/loss"]
    assert torch.isfinite(trainer.callback_metrics["train/loss"])


def test_a_module_takes_the_steps_of_a_run_on_its_own_data(workdir: Path) -> None:
    """The same weights as `rnnlab.train`: the blocks of a run change nothing."""
    rnnlab.train(limit=300, max_epochs=2, gradient_clip_val=None, quiet=True, **SMALL)
    module, data = rnnlab.modules(limit=300, **SMALL)
    trainer = pl.Trainer(max_epochs=2, enable_checkpointing=False, **QUIET)
    trainer.fit(module, data)
    last = torch.load(next(workdir.glob("runs/names/*/checkpoints/last.ckpt")), weights_only=True)["state_dict"]
    for name, weight in module.state_dict().items():
        assert torch.equal(weight, last[name]), name


def test_a_checkpoint_of_ones_own_trainer_is_one_to_load(workdir: Path) -> None:
    module, data = modules("names")
    keeping = ModelCheckpoint(workdir / "mine", monitor="val/loss", filename="best")
    pl.Trainer(max_epochs=1, callbacks=[keeping], **QUIET).fit(module, data)
    model = rnnlab.load(workdir / "mine" / "best.ckpt")
    assert len(model.generate(samples=3)) == 3


class LastLetter(pl.LightningModule):
    """Somebody's own model of the next symbol: a table of pairs."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.table = nn.Embedding(symbols, symbols)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        logits = self.table(batch.inputs)
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self.log("val/loss", self.training_step(batch, batch_idx), batch_size=len(batch.lengths))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.1)


def test_data_of_rnnlab_trains_a_module_of_ones_own() -> None:
    _, data = modules("names")
    own = LastLetter(len(data.prepared.vocabulary))
    trainer = pl.Trainer(max_epochs=5, enable_checkpointing=False, **QUIET)
    trainer.fit(own, data)
    assert trainer.callback_metrics["val/loss"] < 2.6  # below the frequencies of symbols, 2.75


INPUTS = torch.zeros(2, 3, dtype=torch.long)


@pytest.mark.parametrize("given", [[INPUTS], {"inputs": INPUTS, "labels": INPUTS}, INPUTS, (INPUTS,) * 4])
def test_what_is_no_batch_is_said_in_one_line(given: Any) -> None:
    with pytest.raises(UserError, match="is understood"):
        ordinary_batch(given)


def test_without_lengths_every_row_is_full() -> None:
    inputs, targets = torch.zeros(2, 3, dtype=torch.long), torch.ones(2, dtype=torch.long)
    for given in ((inputs, targets), [inputs, targets], {"inputs": inputs, "targets": targets}):
        assert ordinary_batch(given).lengths.tolist() == [3, 3]


def test_a_trainer_without_an_end_is_refused() -> None:
    module, data = modules("names")
    with pytest.raises(UserError, match="max_epochs or max_steps"):
        pl.Trainer(max_epochs=-1, enable_checkpointing=False, **QUIET).fit(module, data)
