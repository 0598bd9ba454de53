"""Signals as a person uses them: every data set trains, goes on to the bit, is evaluated, predicted and looked into."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from resuming import Interruption, outcome, run, same
from rnnlab import load
from rnnlab.analysis.comparison import compare
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare
from rnnlab.probes.gradient_flow import gradient_flow
from rnnlab.probes.hidden_states import hidden_states
from rnnlab.report.sections.findings import findings
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.signals import SignalClassifier
from rnnlab.training.checkpoints import new_task
from support import ALONE, Answer, assert_refused, table, trained

SMALL = ("task=signals", "model.hidden_size=8", "data.sequences=60", "data.sequence_length=24", "trainer.max_epochs=2")
KINDS = ["half_sums", "adding", "copying"]  # a class, a number, a class at each step
METRICS = {"half_sums": {"loss", "accuracy", "f1", "auroc"}, "adding": {"loss", "accuracy"}}


def task_and_batch(*words: str) -> tuple[SequenceTask, Batch]:
    config = plain(compose_train([*SMALL, *words])[1])
    prepared = prepare(config)
    torch.manual_seed(0)
    return new_task(config, prepared).eval(), next(iter(SequenceDataModule(prepared, 8, 0).train_batches()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep over the kinds of answers, with what looks into the network switched on."""
    probes = {
        "half_sums": ["callbacks=probes"],
        "adding": ["callbacks.gradient_flow.enabled=true"],
        "copying": ["callbacks.gradient_flow.enabled=true", "callbacks.hidden_states.enabled=true"],
    }
    folder = tmp_path_factory.mktemp("signals")
    for data in KINDS:
        trained(folder, *SMALL, f"data={data}", *probes[data], "sweep=kinds", "cell=lstm", "trainer.max_epochs=1")
    return folder


def run_of(folder: Path, data: str) -> Path:
    """The run on that data."""
    runs = (folder / "runs/kinds").glob("lstm*")
    return next(run for run in runs if json.loads((run / "summary.json").read_text())["data"]["name"] == data)


@pytest.mark.parametrize("data", KINDS)
def test_a_run_is_complete_measured_and_evaluated_again(data: str, folder: Path, rnnlab: Callable[..., Answer]) -> None:
    place = run_of(folder, data)
    summary = json.loads((place / "summary.json").read_text())
    metrics = METRICS.get(data, {"loss", "accuracy"})
    assert summary["status"] == "complete"
    assert set(summary["metrics"]["test"]) == {f"test/{name}" for name in metrics}
    assert {f"val/{name}" for name in metrics} <= set(table(place / "metrics.csv")[0])
    again = rnnlab("evaluate", f"checkpoint={place}", "format=json")
    assert again.code == 0, again.err
    evaluation = json.loads(again.out)
    assert evaluation["metrics"] == pytest.approx(summary["metrics"]["test"], abs=1e-6)
    assert evaluation["predictions"] == (6 * 24 if data == "copying" else 6) and evaluation["unit"] == summary["unit"]


@pytest.mark.parametrize("data", KINDS)
def test_probes_and_pictures_show_what_there_is_to_see(data: str, folder: Path) -> None:
    log = (run_of(folder, data) / "run.log").read_text()
    none = [line for line in log.splitlines() if "shows nothing" in line]
    assert all("has no embedding of symbols" in line or "neither predicts" in line for line in none), none
    assert "cannot be drawn" not in log
    if data != "half_sums":  # what can be reached without a memory
        assert "1/6" in log or "nats per step" in log


@pytest.mark.parametrize("data", ["adding", "copying"])
def test_an_interrupted_run_ends_with_the_same_bits(data: str, tmp_path: Path) -> None:
    words = [*SMALL, f"data={data}", "model.dropout=0.2", "model.num_layers=2", "data.batch_size=16"]
    config = plain(compose_train(words)[1])
    run(config, tmp_path / "whole")
    run(config, tmp_path / "run", Interruption("on_validation_end", 2))
    run(config, tmp_path / "run")
    (tensors, *figures), (expected, *others) = outcome(tmp_path / "run"), outcome(tmp_path / "whole")
    assert figures == others and same(tensors, expected)


def test_a_signal_has_as_many_steps_as_those_of_training(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t1,t2,label\n" + "".join(f"{n},{-n},{'ab'[n % 2]}\n" for n in range(20)))
    config = plain(compose_train(["task=signals", "data=file", f"data.path={tmp_path}/a.csv"])[1])
    task = new_task(config, prepare(config)).eval()
    assert isinstance(task, SignalClassifier)
    fit, short, long = task.classify(["1 2", "1", "1 2 3"])
    assert fit.label in ("a", "b") and short.label is long.label is None
    assert short.note == "the signal has 1 step; every signal of training had 2"
    assert long.note == "the signal has 3 steps; every signal of training had 2"


def test_numbers_a_line_get_a_class_each(folder: Path, rnnlab: Callable[..., Answer], workdir: Path) -> None:
    model = load(run_of(folder, "half_sums"))
    signal = " ".join(["1,0.5,2,-1,0"] * 3 + ["-1 -1 -1 -1 -1"] * 3)
    one, none, half = model.predict([signal, "good", "1 2 3"])
    assert one.label in ("first", "second") and sum(one.probabilities.values()) == pytest.approx(1)
    assert none.label is None and "written as numbers" in none.note
    assert half.label is None and "no whole steps of 5" in half.note
    assert model.predict([signal, "1 1 1 1 1"])[0].probability == pytest.approx(one.probability, abs=1e-6)
    (workdir / "signals.txt").write_text(f"{signal}\n1 1 1 1 1\n")
    answer = rnnlab("predict", f"checkpoint={run_of(folder, 'half_sums')}", "file=signals.txt")
    assert answer.code == 0 and len(answer.out.splitlines()) == 2, answer.err
    for data, said in {"adding": "number ", "copying": "step 1"}.items():
        channels = len(load(run_of(folder, data)).task.vocabulary)  # type: ignore[arg-type]
        answer = rnnlab("predict", f"checkpoint={run_of(folder, data)}", f"text={'1 ' * channels}")
        assert answer.code == 0 and said in answer.out and len(answer.out.splitlines()) == 1, answer.err


def test_a_person_sees_the_states_over_a_signal(folder: Path) -> None:
    read = hidden_states(load(run_of(folder, "half_sums")).task, "1 0.5 2 -1 0 0.25 0 0 0 0")
    assert read.symbols == ("1 0.5 2 -1 0", "0.25 0 0 0 0") and read.states["h"].shape == (3, 1, 8)


@pytest.mark.parametrize("data", KINDS)
def test_gradients_flow_back_from_the_loss_at_the_last_step(data: str) -> None:
    """By finite differences of the initial state, for the kind of loss that the data asks for."""
    task, batch = task_and_batch(f"data={data}", "cell=rnn")
    flow = gradient_flow(task.double(), batch._replace(inputs=batch.inputs.double(), targets=_wide(batch.targets)))
    assert flow.norms["h"].shape == (25,) and (flow.norms["h"] > 0).all()
    hidden = task.get_submodule("encoder")(batch.inputs.double())[0][:, -1].detach().requires_grad_()
    logits = task.get_submodule("head")(hidden)
    last = batch.targets if batch.targets.dim() == 1 else batch.targets[:, -1]
    if data == "adding":
        loss = (logits[:, 0] - last.double()).square().sum()
    else:
        loss = torch.nn.functional.cross_entropy(logits, last, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, hidden)
    assert float(flow.norms["h"][0]) == pytest.approx(float(gradient.norm(dim=1).mean()))


def _wide(targets: torch.Tensor) -> torch.Tensor:
    return targets.double() if targets.is_floating_point() else targets


def test_a_number_is_right_within_the_tolerance_and_its_loss_is_the_mean_squared_error() -> None:
    task, batch = task_and_batch("data=adding")
    metrics, off = task.metrics_of("val"), torch.tensor([0.0, 0.07, -0.07, 0.09, -0.5, 0.079, 0.081, 1.0])
    task.update(metrics, (batch.targets + off)[:, None], batch)
    values = metrics.compute()
    assert values["val/accuracy"] == pytest.approx(4 / 8)
    assert float(values["val/loss"]) == pytest.approx(float(off.square().mean()), rel=1e-4)


def test_accuracy_of_copying_counts_the_ten_symbols_alone() -> None:
    task, batch = task_and_batch("data=copying")
    always_blank = torch.zeros(8, 24, 9)
    always_blank[..., 8] = 20.0
    task.update(task.metrics_of("val"), always_blank, batch)
    assert task.metrics_of("val").compute()["val/accuracy"] == 0
    knows_when = always_blank.clone()
    knows_when[:, -10:] = torch.tensor([0.0] * 8 + [-20.0])
    task.metrics_of("val").reset()
    task.update(task.metrics_of("val"), knows_when, batch)
    assert float(task.metrics_of("val").compute()["val/loss"]) == pytest.approx(10 * math.log(8) / 24, abs=1e-4)


def test_a_sweep_over_lengths_and_cells_says_up_to_which_length_a_bound_holds(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    few = ("data=first_sign", "data.sequence_length=4,8", "cell=rnn,mlp_flat", "data.sequences=60", "debug=fast")
    plain_runs = [f"callbacks.{name}.enabled=false" for name in ("graph", "confusion_matrix", "pr_curve")]
    held = ("holds=test/accuracy>=0.0", "sweep=span", "model.hidden_size=4", ALONE)
    done = rnnlab("train", "-m", "task=signals", *few, *held, *plain_runs)
    assert done.code == 0, done.err
    report = rnnlab("compare", "sweep=span")
    assert report.code == 0, report.err
    everywhere = "test/accuracy of at least 0 (mean over seeds) holds at all of 4 and 8 for"
    assert f"sequence_length by cell: {everywhere}" in " ".join(report.out.split())
    text = (workdir / "runs/span/report/report.md").read_text()
    assert "| cell | sequence_length 4 | sequence_length 8 |" in text
    assert "| cell | sequence_length | validation loss |" in text  # and no column for what only follows from these
    assert (workdir / "runs/span/report/holds-by-sequence_length.png").is_file()
    asked = findings(compare([workdir / "runs/span"], holds="val/accuracy<=-1"))[0]
    assert "val/accuracy of at most -1 (mean over seeds) holds at none of 4 and 8" in asked
    assert_refused(rnnlab("compare", "sweep=span", "holds=accuracy"), ["holds", "test/accuracy>=0.9"])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("data=copying cell=bag", ["cell=bag", "class at each step"]),
        ("data=copying model.bidirectional=true", ["model.bidirectional=true", "class at each step"]),
        ("data=adding data.reader.tolerance=0", ["data.reader.tolerance", "above 0"]),
        ("cell=mlp_flat cell.steps=10", ["cell=mlp_flat has room for 10 steps", "24"]),
        ("task=sentiment data=half_sums", ["data=half_sums has no labels", "data=reviews"]),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    words: str, named: list[str], rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    assert_refused(rnnlab("train", *SMALL, *words.split()), named)
    assert not (workdir / "runs").exists()


def test_a_first_sign_is_remembered_over_ten_steps_and_not_by_a_window(tmp_path: Path) -> None:
    """C12 and A11: what a network without a state cannot know, a recurrent one learns."""
    few = ("task=signals", "data=first_sign", "data.sequence_length=10", "data.sequences=1000", "trainer.max_epochs=6")
    for cell in ("gru", "mlp_window"):
        trained(tmp_path, *few, f"cell={cell}", "model.hidden_size=16", "optimizer.lr=0.02", f"sweep={cell}")
    accuracy = {
        cell: json.loads(next((tmp_path / "runs" / cell).glob("*/summary.json")).read_text())["metrics"]["test"]
        for cell in ("gru", "mlp_window")
    }
    assert accuracy["gru"]["test/accuracy"] >= 0.95
    assert accuracy["mlp_window"]["test/accuracy"] <= 0.65


@pytest.mark.slow
@pytest.mark.parametrize(("length", "least", "most"), [(30, 0.85, 1.0), (200, 0.0, 0.75)])
def test_half_sums_as_the_document_has_it(length: int, least: float, most: float, tmp_path: Path) -> None:
    """C7: learned over 30 steps; over 200 it degrades."""
    study = (
        "data=half_sums",
        "cell=rnn",
        "model.num_layers=2",
        "model.dropout=0.1",
        "optimizer=adam",
        "scheduler=constant",
        "optimizer.lr=0.001",
        "trainer.gradient_clip_val=5.0",
    )
    trained(tmp_path, "task=signals", *study, f"data.sequence_length={length}")
    (summary,) = (tmp_path / "runs/signals").glob("*/summary.json")
    assert least <= json.loads(summary.read_text())["metrics"]["test"]["test/accuracy"] <= most
