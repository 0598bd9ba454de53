"""Views: what they log is true, what they cannot show they say once, and no bit of a run changes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rnnlab import tensorboard as rnnlab_tensorboard
from rnnlab.config.compose import compose_train, plain
from rnnlab.config.locations import conf_folder
from rnnlab.data.prepared import prepare
from rnnlab.records.identity import run_name, with_effect
from rnnlab.tensorboard.embedding import write_table
from rnnlab.training.blocks import BlockDataModule
from support import ALONE, Answer, assert_refused, trained

pytestmark = pytest.mark.exact

DEFAULT = yaml.safe_load((conf_folder() / "callbacks" / "default.yaml").read_text(encoding="utf-8"))
VIEWS = [name for name, node in DEFAULT.items() if node["_target_"].startswith("rnnlab.tensorboard.")]
SMALL = ("data.limit=300", "debug=fast", "model.hidden_size=8", "trainer.log_every_n_steps=1", "trainer.max_epochs=2")


def every(on: bool) -> list[str]:
    return [f"callbacks.{name}.enabled={str(on).lower()}" for name in VIEWS]


def events(folder: Path, run: str = "runs/*/[!.]*-*") -> EventAccumulator:
    (match,) = folder.glob(run)
    return EventAccumulator(str(match), size_guidance={"scalars": 0}).Reload()


def scalars(board: EventAccumulator, tag: str) -> list[float]:
    return [event.value for event in board.Scalars(tag)]


def test_no_view_is_a_part_of_a_runs_identity() -> None:
    assert all(DEFAULT[name]["changes_result"] is False for name in VIEWS)
    configs = [plain(compose_train(arguments)[1]) for arguments in ([], every(on=True), every(on=False))]
    assert len({run_name(config, "0" * 64) for config in configs}) == 1
    assert not [key for key in with_effect(configs[0]) if key.startswith(tuple(f"callbacks.{n}." for n in VIEWS))]


@pytest.mark.parametrize(
    "task", [("cell=lstm", "model.num_layers=2", "model.dropout=0.2"), ("task=chars", "cell=gru", "data=quotation")]
)
def test_views_change_no_bit_of_a_training(tmp_path: Path, task: tuple[str, ...]) -> None:
    """Weights, metrics, and where the random numbers are at the end: with everything switched on, and with nothing.

    Either way all events lie in one file: TensorBoard takes as long to open two."""
    match = []
    for on in (True, False):
        folder = tmp_path / str(on)
        folder.mkdir()
        trained(folder, *task, *SMALL, "trainer.max_epochs=1", "trainer.val_check_interval=3", *every(on))
        (run,) = folder.glob("runs/*/[!.]*-*")
        assert len(list(run.rglob("*tfevents*"))) == 1
        last = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
        best = torch.load(run / "checkpoints/best.ckpt", weights_only=True)["state_dict"]
        match.append((run.name, (run / "metrics.csv").read_text(), best, last["progress"]["random"]))
    (name, metrics, weights, random), (name_without, metrics_without, weights_without, random_without) = match
    assert name == name_without and metrics == metrics_without
    assert all(torch.equal(weights[key], weights_without[key]) for key in weights)
    assert torch.equal(random, random_without)


@pytest.fixture(scope="module")
def clipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training whose clipping matters, with gradient norms and without padding in half of its batches."""
    arguments = ("cell=gru", "trainer.gradient_clip_val=0.3", "callbacks.gradient_norm.enabled=true")
    return trained(tmp_path_factory.mktemp("clipped"), *SMALL, *arguments)


def test_the_norm_of_the_gradient_before_and_after_clipping(clipped: Path) -> None:
    board = events(clipped)
    before, after = (scalars(board, f"gradient_norm/{when}_clipping") for when in ("before", "after"))
    assert len(before) == 8 and min(before) > 0
    assert after == pytest.approx([min(norm, 0.3) for norm in before], rel=1e-4)
    assert max(before) > 0.3


def test_a_gradient_that_is_not_clipped_has_one_norm(tmp_path: Path) -> None:
    arguments = ("trainer.gradient_clip_val=null", "callbacks.gradient_norm.enabled=true", "trainer.max_steps=2")
    board = events(trained(tmp_path, *SMALL, *arguments))
    before, after = (scalars(board, f"gradient_norm/{when}_clipping") for when in ("before", "after"))
    assert len(before) == 2 and before == after


def test_padding_is_the_share_of_places_that_are_no_symbol(clipped: Path) -> None:
    (run,) = clipped.glob("runs/*/[!.]*-*")
    config: dict[str, Any] = yaml.safe_load((run / "config.yaml").read_text())
    blocks = BlockDataModule(prepare(config), config).train_dataloader()
    expected = []
    for epoch in range(2):
        blocks.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        batches = [batch for block in blocks for batch in block]
        symbols = sum(int(batch.lengths.sum()) for batch in batches)
        expected.append(1 - symbols / sum(batch.inputs.numel() for batch in batches))
    assert scalars(events(clipped), "workload/padding") == pytest.approx(expected)
    assert 0 < expected[0] < 0.5


def test_what_costs_time_and_memory_is_what_timing_csv_says(clipped: Path) -> None:
    (run,) = clipped.glob("runs/*/[!.]*-*")
    rows = [line.split(",") for line in (run / "timing.csv").read_text().splitlines()]
    for number, name in ((3, "tokens_per_second"), (4, "peak_memory_mb")):
        assert rows[0][number] == name
        assert scalars(events(clipped), f"workload/{name}") == pytest.approx([float(row[number]) for row in rows[1:]])


def test_what_has_no_states_in_time_is_said_once(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (workdir / "films.csv").write_text("text,label\n" + "good,a\nbad,b\nfair,a\nweak,b\nfine,a\ndull,b\n")
    data = ("task=sentiment", "data=file", "data.path=films.csv", "callbacks=probes", *SMALL[1:])
    answer = rnnlab("train", *data, "cell=gru", "model.bidirectional=true")
    assert answer.code == 0, answer.err
    (run,) = workdir.glob("runs/sentiment/[!.]*-*")
    log = (run / "run.log").read_text()
    for name in ("GradientFlowThroughTime", "HiddenStatesOfText", "Gates"):
        assert log.count(f"{name} shows nothing: a bidirectional encoder has no states that follow one another") == 1
    board = events(workdir)
    assert {"gradient_norm/before_clipping", "workload/padding"} <= set(board.Tags()["scalars"])
    assert board.Tags()["graph"] and "cannot be drawn" not in log


def test_a_text_that_the_model_cannot_read_stops_no_training(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    arguments = ("callbacks.hidden_states.enabled=true", "callbacks.hidden_states.text=7, Ω", "trainer.max_steps=1")
    answer = rnnlab("train", *SMALL, *arguments, "cell=rnn")
    assert answer.code == 0, answer.err
    (run,) = workdir.glob("runs/names/[!.]*-*")
    assert "callbacks.hidden_states.text: the vocabulary has no '7', ',', ' ', 'Ω'" in (run / "run.log").read_text()


def test_labels_of_the_projector_are_one_line_a_symbol(tmp_path: Path) -> None:
    symbols = ["\n", " ", "\t", "\r", "\u2028", "\x85", "\u00a0", "a", "ß", "[PAD]"]
    write_table(tmp_path, torch.arange(20.0).view(10, 2), symbols)
    labels = (tmp_path / "projector/symbols.tsv").read_text(encoding="utf-8")
    assert labels == "↵\n␣\n⇥\n\\r\n\\u2028\n\\x85\n\\xa0\na\nß\n[PAD]\n"
    assert np.loadtxt(tmp_path / "projector/vectors.tsv").tolist() == torch.arange(20.0).view(10, 2).tolist()


def test_of_many_symbols_the_projector_has_the_most_frequent(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("abacadabae" * 60 + "xyz" * 3)
    arguments = ("task=chars", "data=file", "data.path=text.txt", "data.batch_size=2", "data.sequence_length=8")
    folder = trained(tmp_path, *arguments, *SMALL, "data.limit=null", "callbacks.embedding.symbols=2")
    (labels,) = folder.glob("runs/chars/*/projector/symbols.tsv")
    assert labels.read_text() == "a\nb\n"


def test_a_training_that_goes_on_shows_nothing_twice(tmp_path: Path) -> None:
    for _ in range(2):
        trained(tmp_path, *SMALL, "cell=gru")
        (run,) = tmp_path.glob("runs/names/[!.]*-*")
        (run / "summary.json").unlink()
    assert "going on from" in (run / "run.log").read_text()
    board = events(tmp_path)
    assert len(board.Tensors("custom_scalars__config__")) == 1
    labels = (run / "projector/symbols.tsv").read_text().splitlines()
    assert len(labels) == len(set(labels)) and (run / "projector_config.pbtxt").read_text().count("embeddings") == 1


def example() -> tuple[str, str]:
    """The view that the docstring of `rnnlab.tensorboard` shows, and the argument that adds it."""
    text = str(rnnlab_tensorboard.__doc__)
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    ") or not line)
    argument = re.search(r"`(\+callbacks\S+ .*?)`", text)
    assert argument
    return code, argument[1]


def test_a_plugins_view_leaves_a_sweep_as_it_is(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, argument = example()
    (workdir / "plugin.py").write_text(code)
    monkeypatch.setenv("RNNLAB_PLUGINS", "plugin")
    monkeypatch.setattr(sys, "path", [*sys.path])
    words = ("-m", "cell=rnn,gru", *SMALL, "sweep=seen", ALONE)
    assert rnnlab("train", *words, argument).code == 0
    sys.modules.pop("plugin", None)
    runs = sorted(workdir.glob("runs/seen/*-*"))
    assert len(runs) == 2
    for run in runs:
        curve = EventAccumulator(str(run)).Reload().Scalars("weights/largest")
        assert [event.step for event in curve] == [4, 8] and all(event.value > 0 for event in curve)
    written = {run: (run / "summary.json").stat().st_mtime_ns for run in runs}
    without = rnnlab("train", *words)  # the same runs, so that nothing is left to be done
    assert without.code == 0, without.err
    assert sorted(workdir.glob("runs/seen/*-*")) == runs
    assert {run: (run / "summary.json").stat().st_mtime_ns for run in runs} == written
    compared = rnnlab("compare", "sweep=seen")
    assert compared.code == 0 and "gru" in compared.out and "rnn" in compared.out


def test_a_callback_that_declares_nothing_makes_another_run() -> None:
    callbacks = ["+callbacks.mine._target_=rnnlab.tensorboard.layout.CustomScalars"]
    declared = [*callbacks, "+callbacks.mine.changes_result=false"]
    names = [run_name(plain(compose_train(words)[1]), "0" * 64) for words in ([], callbacks, declared)]
    assert names[0] == names[2] != names[1]


def test_a_declaration_is_true_or_false(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    mine = "+callbacks.mine={_target_: rnnlab.tensorboard.layout.CustomScalars, changes_result: perhaps}"
    assert_refused(rnnlab("train", mine), ["callbacks.mine.changes_result", "perhaps"])
