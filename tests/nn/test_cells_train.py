"""Each of today's cells as a person uses it: it trains, generates, carries its state and goes on after Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from networks import CELLS, SMALL
from resuming import Interruption, outcome, run, same
from rnnlab.config import reference
from rnnlab.config.compose import compose_train, plain
from rnnlab.config.shell import help as pages
from support import ALONE, Answer

pytestmark = pytest.mark.exact

TODAY = ["irnn", "layernorm_lstm", "coupled_lstm", "mingru", "minlstm", "lru", "transformer"]
each_cell = pytest.mark.parametrize("cell", TODAY)
SIZES = ("model.embedding_size=8", "model.hidden_size=8", "model.num_layers=2", "model.dropout=0.1")


@each_cell
def test_it_trains_on_names_and_makes_some_up(cell: str, rnnlab: Callable[..., Answer], workdir: Path) -> None:
    done = rnnlab("train", f"cell={cell}", *SIZES, "data.limit=200", "debug=fast")
    assert done.code == 0, done.err
    (folder,) = (workdir / "runs/names").glob(f"{cell}*")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "complete" and 0 < summary["objective"] < 4
    assert summary["hparams"]["cell"] == cell
    assert "cannot be drawn" not in (folder / "run.log").read_text()
    torch.load(folder / "checkpoints/best.ckpt", weights_only=True)
    made = rnnlab("generate", f"checkpoint={folder}", "prompt=ma", "samples=4")
    assert made.code == 0 and all(name.startswith("ma") for name in made.out.splitlines()), made.err


@pytest.mark.parametrize("cell", ["coupled_lstm", "mingru", "lru", "transformer"])  # one for each kind of state
def test_a_text_is_read_with_carried_state_and_an_interrupted_run_ends_with_the_same_bits(
    cell: str, tmp_path: Path
) -> None:
    keys = [f"cell.{key}={value}" for key, value in SMALL.get(cell, {}).items()]
    data = ("data.limit=2000", "data.batch_size=4", "data.sequence_length=16", "trainer.max_epochs=2")
    words = [
        "task=chars",
        f"cell={cell}",
        *keys,
        *SIZES,
        *data,
        "callbacks.last_checkpoint.minutes=0",
        "trainer.block_size=8",
    ]
    config = plain(compose_train(words)[1])
    run(config, tmp_path / "whole")
    assert run(config, tmp_path / "run", Interruption("on_train_batch_end", 2))
    assert torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)["carried"] is not None
    run(config, tmp_path / "run")
    (tensors, *figures), (expected, *others) = outcome(tmp_path / "run"), outcome(tmp_path / "whole")
    assert figures == others and same(tensors, expected)


def test_all_of_them_are_swept_over_reviews(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    few = ("data=word_order", "data.limit=100", "model.hidden_size=8", "trainer.max_epochs=1", "model.pooling=last")
    done = rnnlab("train", "-m", "task=sentiment", f"cell={','.join(TODAY)}", *few, "debug=fast", "sweep=tone", ALONE)
    assert done.code == 0, done.err
    summaries = [json.loads(file.read_text()) for file in (workdir / "runs/tone").glob("*/summary.json")]
    assert sorted(summary["hparams"]["cell"] for summary in summaries) == sorted(TODAY)
    assert all(summary["status"] == "complete" and 0 < summary["objective"] < 2 for summary in summaries)


@each_cell
def test_its_keys_are_in_the_help_with_what_they_mean(cell: str) -> None:
    page = pages.command_help("train", [f"cell={cell}"])
    keys = [key for key in CELLS[cell] if key not in ("name", "_target_")]
    assert all(f"cell.{key}=" in page for key in keys)
    assert all(key.remark for key in reference.keys_of("cell", cell) if key.shown)
