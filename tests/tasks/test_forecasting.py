"""The forecaster: its shapes, its loss, what it sees of a window, what it learns from sines, and its checkpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnlab as package
from rnnlab.data.collation import Batch
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.records.reading import read_run
from rnnlab.report.sections.examples import read_examples
from rnnlab.tasks.base import parameters_of
from rnnlab.tasks.forecasting import Forecaster, seasonal_naive
from support import Answer, assert_refused, trained

CELLS = {
    "rnn": "rnnlab.nn.cells.kernels.RNN",
    "gru": "rnnlab.nn.cells.kernels.GRU",
    "lstm": "rnnlab.nn.cells.kernels.LSTM",
    "bag": "rnnlab.nn.baselines.bag.Bag",
}


def forecaster(
    cell: str = "gru", columns: int = 1, horizon: int = 10, normalise: str = "series", **model: Any
) -> Forecaster:
    shape = {"hidden_size": 8, "num_layers": 1, "dropout": 0.0, "bidirectional": False, "teacher_forcing": 1.0}
    scales = {
        "mean": [3.0] * columns,
        "deviation": [2.0] * columns,
        "naive_error": [0.5] * columns,
        "change": [4.0] * columns,
    }
    data = {"sequence_length": 30, "horizon": horizon, "season": 12, "normalise": normalise, **scales}
    torch.manual_seed(0)
    vocabulary = Vocabulary.of_channels([f"y{column}" for column in range(columns)])
    return Forecaster(vocabulary, data, {**shape, **model}, {"name": cell, "_target_": CELLS[cell]}, {}, {})


def batch_of(task: Forecaster, rows: int = 16) -> Batch:
    generator = torch.Generator().manual_seed(1)
    inputs, targets = (torch.randn(rows, steps, len(task.mean), generator=generator) for steps in (30, task.horizon))
    return Batch(inputs, torch.full((rows,), 30), targets)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_thirty_values_become_ten(cell: str) -> None:
    """C9: (16, 30, 1) → (16, 10, 1)."""
    task = forecaster(cell)
    assert task(torch.zeros(16, 30, 1)).shape == (16, 10, 1)
    assert forecaster(cell, columns=3, horizon=4)(torch.zeros(2, 30, 3)).shape == (2, 4, 3)
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    assert parameters_of(task) == 2 * gates * (8 * 1 + 8 * 8 + 2 * 8) + 8 + 1  # encoder, decoder, head


def test_the_loss_is_the_mase_by_hand_and_metrics_are_in_the_series_own_units() -> None:
    task = forecaster(horizon=2)  # deviation 2 and a naive error of 0.5: a standardised error of 1 is 4 naive ones
    inputs = torch.zeros(1, 30, 1)
    inputs[0, 18, 0], inputs[0, 29, 0] = 1.0, 3.0  # what was a season before the first target; the last value
    batch = Batch(inputs, torch.tensor([30]), torch.tensor([[[2.0], [0.5]]]))
    forecasts = torch.tensor([[[1.0], [1.0]]])
    assert float(task.loss(forecasts, batch)) == pytest.approx((4 * 1.0 + 4 * 0.5) / 2)
    task.update(task.metrics_of("test"), forecasts, batch)
    values = {name: float(value) for name, value in task.metrics_of("test").compute().items()}
    assert values == {
        "test/loss": pytest.approx(3.0),
        "test/mase": pytest.approx(3.0),
        "test/mae": pytest.approx(2 * (1.0 + 0.5) / 2),
        "test/mae_last": pytest.approx(2 * (1.0 + 2.5) / 2),
        "test/mae_seasonal": pytest.approx(2 * (1.0 + 0.5) / 2),
    }
    assert task.count(batch) == 2


def test_the_seasonal_naive_forecast_repeats_the_last_season_as_often_as_it_must() -> None:
    inputs = torch.arange(7.0)[None, :, None]
    assert seasonal_naive(inputs, 5, 3).flatten().tolist() == [4, 5, 6, 4, 5]
    assert seasonal_naive(inputs, 2, 7).flatten().tolist() == [0, 1]
    assert seasonal_naive(inputs, 3, 1).flatten().tolist() == [6, 6, 6]


def test_training_is_told_the_truth_and_evaluation_is_not() -> None:
    task = forecaster()
    batch = batch_of(task)
    free = task(batch.inputs)
    assert torch.equal(task.eval().outputs(batch), free)
    taught = task.train().outputs(batch)
    assert torch.equal(taught[:, 0], free[:, 0]) and not torch.allclose(taught, free)
    shifted = torch.cat([batch.inputs[:, -1:], batch.targets[:, :-1]], dim=1)
    _, state = task.encoder(batch.inputs)
    assert torch.equal(taught, task.head(task.decoder(shifted, state)[0]))
    running = forecaster(teacher_forcing=0.0)
    assert torch.equal(running.train().outputs(batch), running(batch.inputs))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_gradients_reach_encoder_and_decoder_whatever_is_told(share: float) -> None:
    task = forecaster(teacher_forcing=share)
    batch = batch_of(task)
    task.loss(task.outputs(batch), batch).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in task.parameters())


def test_measured_from_its_last_value_a_window_may_lie_anywhere() -> None:
    task, batch = forecaster(normalise="window"), batch_of(forecaster())
    moved = batch._replace(inputs=batch.inputs + 100, targets=batch.targets + 100)
    for outputs in (task.eval().outputs, task.train().outputs):
        assert torch.allclose(outputs(moved), outputs(batch) + 100, atol=1e-3)
    x = (batch.inputs - batch.inputs[:, -1:]) / 2  # the root mean square of changes is two deviations
    inner = forecaster()
    inner.load_state_dict(task.state_dict())
    assert torch.allclose(task.eval().outputs(batch), 2 * inner(x) + batch.inputs[:, -1:], atol=1e-6)


def test_measured_from_the_last_season_an_untrained_head_repeats_it() -> None:
    task, batch = forecaster(normalise="season"), batch_of(forecaster())
    torch.nn.init.zeros_(task.head.weight)
    torch.nn.init.zeros_(task.head.bias)
    assert torch.allclose(task.eval().outputs(batch), seasonal_naive(batch.inputs, 10, 12), atol=1e-5)
    assert torch.allclose(task.train().outputs(batch), seasonal_naive(batch.inputs, 10, 12), atol=1e-5)


def test_what_reads_backwards_is_no_forecaster() -> None:
    with pytest.raises(UserError, match=r"model\.bidirectional=true is not for a forecaster"):
        forecaster(bidirectional=True)
    with pytest.raises(UserError, match="cell=bag is not for a forecaster"):
        forecaster("bag")


SMALL = ("task=forecasting", "model.hidden_size=16")


@pytest.fixture(scope="module")
def sines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a GRU of 16 units learned two sines with noise."""
    folder = tmp_path_factory.mktemp("sines")
    return trained(folder, *SMALL, "data=sines", "data.reader.length=800", "trainer.max_epochs=6", "optimizer.lr=0.01")


def test_sines_with_noise_are_forecast_better_than_by_repeating_anything(sines_folder: Path) -> None:
    (file,) = sines_folder.glob("runs/forecasting/*/summary.json")
    summary = json.loads(file.read_text())
    metrics = summary["metrics"]["test"]
    assert metrics["test/mase"] < 0.9 and metrics["test/loss"] == metrics["test/mase"]
    assert metrics["test/mae"] < 0.9 * min(metrics["test/mae_last"], metrics["test/mae_seasonal"])
    assert summary["unit"] == "naive errors per value" and summary["data"]["name"] == "sines"


def test_the_checkpoint_alone_goes_on_with_a_series(sines_folder: Path) -> None:
    model = package.load(sines_folder / "runs" / "forecasting")
    time = np.arange(500)
    wave = np.sin(2 * np.pi * time / 20)  # one of the two that it learned, at no phase of training
    forecast = model.forecast(wave)
    assert forecast.shape == (10,) and np.abs(forecast - np.sin(2 * np.pi * np.arange(500, 510) / 20)).mean() < 0.5
    assert np.array_equal(model.forecast(wave[-30:]), forecast), "the last 30 values are read"
    assert model.forecast(wave[:, None]).shape == (10, 1)
    with pytest.raises(UserError, match="29 values are too few; the model reads the last 30"):
        model.forecast(wave[:29])
    with pytest.raises(UserError, match="2 columns of numbers; the model was trained on 1"):
        model.forecast(np.zeros((50, 2)))


def test_a_run_leaves_forecasts_of_its_test_part_and_draws_those_of_validation(sines_folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (run,) = sines_folder.glob("runs/forecasting/[!.]*")
    (chart,) = read_examples(read_run(run)).charts
    truth, forecast, seasonal = (np.array(line.y) for line in chart.lines)
    assert chart.y.label == "sines" and len(truth) == 30 + 60, "what the first forecast reads, and what happened"
    model = package.load(run)
    for start in (0, 40):
        piece = slice(start // 10 * 12, start // 10 * 12 + 12)  # the last value known, 10 forecasts and a gap
        last, *values, gap = forecast[piece]
        assert last == truth[29 + start] and math.isnan(gap)
        assert model.forecast(truth[: 30 + start]) == pytest.approx(values, abs=1e-4), "it has seen the truth so far"
        assert chart.lines[1].x[piece] == chart.lines[2].x[piece] == tuple(range(start - 1, start + 11))
    assert chart.lines[0].x == tuple(range(-30, 60))
    assert seasonal[13:23] == pytest.approx(truth[20:30])
    pictures = EventAccumulator(str(run)).Reload()
    assert pictures.Tags()["images"] == ["forecasts"] and len(pictures.Images("forecasts")) > 1
    assert pictures.Images("forecasts")[0].encoded_image_string.startswith(b"\x89PNG")
    assert "WARNING" not in (run / "run.log").read_text()


def test_predict_goes_on_with_a_file(sines_folder: Path, rnnlab: Callable[..., Answer], workdir: Path) -> None:
    sweep = f"checkpoint={sines_folder / 'runs' / 'forecasting'}"
    values = np.sin(2 * np.pi * np.arange(40) / 20)
    (workdir / "series.csv").write_text("\n".join(["t,level", *(f"{t},{y}" for t, y in enumerate(values))]))
    expected = package.load(sines_folder / "runs" / "forecasting").forecast(values)
    answer = rnnlab("predict", sweep, "file=series.csv")
    head, *lines = answer.out.splitlines()
    assert head.split() == ["t", "level"] and [line.split()[0] for line in lines] == list(map(str, range(40, 50)))
    written = [float(line.split()[1]) for line in lines]
    assert written == pytest.approx(expected.tolist(), abs=1e-4), "as precise as a thousandth of a naive error"
    columns = json.loads(rnnlab("predict", sweep, "file=series.csv", "format=json").out)
    assert columns == {"t": list(map(str, range(40, 50))), "level": written}
    times = rnnlab("predict", sweep, "file=series.csv", "value_column=t", "format=csv").out.splitlines()
    assert times[0] == "step,t" and len(times) == 11


def test_predict_says_what_a_forecaster_wants(sines_folder: Path, rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (run,) = sines_folder.glob("runs/forecasting/[!.]*")
    sweep = f"checkpoint={run}"
    (workdir / "short.csv").write_text("1\n2\n")
    for words, said in (
        ("text=1 2 3", "text: this model goes on with a series of numbers; give file=series.csv"),
        ("file=short.csv", "file: short.csv: its 2 values are too few; the model reads the last 30"),
    ):
        answer = rnnlab("predict", sweep, words)
        assert (answer.code, answer.out) == (2, "") and said in answer.err and len(answer.err.splitlines()) == 1


WAVE = np.sin(2 * np.pi * np.arange(45) / 20).round(3).tolist()
DATES = [f"2020-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(45)]
TWO_WAYS = {  # a table, and the keys of which the refusal names one, with the values of the last one's column
    "decimal.csv": ("\n".join(f"{day},{day % 7}" for day in range(45)), "data.decimal=comma"),
    "header.csv": ("\n".join(["NaN", *map(str, WAVE)]), "data.header=true"),
    "separator.csv": ("\n".join(f"a;{day},{y}" for day, y in enumerate(WAVE)), "data.separator=comma"),
    "quoting.csv": ("\n".join(["a,y", '"x,0.1', *(f"x,{y}" for y in WAVE)]), "data.quoting=false"),
    "stacked.csv": (
        "\n".join(["day,y", *(f"{day},{y}" for day, y in zip(DATES * 2, WAVE * 2, strict=True))]),
        "data.stacked=true",
    ),
}


@pytest.mark.parametrize("name", TWO_WAYS)
def test_the_key_that_a_refusal_names_decides_how_other_data_is_read(
    sines_folder: Path, rnnlab: Callable[..., Answer], workdir: Path, name: str
) -> None:
    text, key = TWO_WAYS[name]
    (workdir / name).write_text(text)
    for command, file in (("predict", f"file={name}"), ("evaluate", f"data.path={name}")):
        (run,) = sines_folder.glob("runs/forecasting/[!.]*")
        words = (command, f"checkpoint={run}", file)
        assert_refused(rnnlab(*words), [name, key.partition("=")[0]])
        answer = rnnlab(*words, key)
        assert answer.code == 0 and name in answer.err, answer.err


def test_evaluate_gives_the_runs_own_figures_and_those_of_another_file(
    sines_folder: Path, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    (run,) = sines_folder.glob("runs/forecasting/[!.]*")
    own = json.loads(rnnlab("evaluate", f"checkpoint={run}", "format=json").out)
    test = json.loads((run / "summary.json").read_text())["metrics"]["test"]
    assert own["metrics"] == test and own["predictions"] == (80 - 10 + 1) * 10
    (workdir / "other.csv").write_text("a,b\n" + "".join(f"{y},0\n" for y in np.sin(np.arange(60) / 3)))
    other = rnnlab("evaluate", f"checkpoint={run}", "data.path=other.csv", "data.value_column=a", "format=json")
    evaluation = json.loads(other.out)
    assert evaluation["predictions"] == 21 * 10 and evaluation["part"] is None
    assert 0 < evaluation["metrics"]["test/mae"] < 2
    assert "scaled by the naive error of the data of training" in other.err
    assert "value_column=c" in rnnlab("evaluate", f"checkpoint={run}", "data.path=other.csv", "data.value_column=c").err


def test_several_columns_are_forecast_together(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    time = np.arange(120)
    rows = zip(np.sin(time / 4).tolist(), np.cos(time / 4).tolist(), strict=True)
    (workdir / "pair.csv").write_text("\n".join(["sine,cosine", *(f"{a},{b}" for a, b in rows)]))
    arguments = [
        "data=file",
        "data.path=pair.csv",
        "data.value_column=[sine,cosine]",
        "data.sequence_length=8",
        "data.horizon=3",
        "trainer.max_epochs=1",
        "model.hidden_size=4",
    ]
    answer = rnnlab("train", "task=forecasting", *arguments)
    assert answer.code == 0, answer.err
    answer = rnnlab("predict", "checkpoint=runs/forecasting", "file=pair.csv", "format=json")
    assert {name: len(values) for name, values in json.loads(answer.out).items()} == {"sine": 3, "cosine": 3}


def test_a_model_goes_on_with_the_column_that_it_was_trained_on(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    values = [20 + 5 * math.sin(step / 4) for step in range(120)]
    (workdir / "a.csv").write_text("".join(["date,temp\n", *(f"d{n},{y:.2f}\n" for n, y in enumerate(values))]))
    (workdir / "b.csv").write_text("".join(["temp,humidity\n", *(f"{y:.2f},{800 + y:.2f}\n" for y in values)]))
    (workdir / "huge.csv").write_text("".join(f"{y}e301\n" for y in values))
    small = ("data.sequence_length=8", "data.horizon=3", "trainer.max_epochs=1", "model.hidden_size=4")
    words = ("train", "task=forecasting", "data=file", *small)
    answer = rnnlab(*words, "data.path=a.csv")
    assert answer.code == 0 and "column 'temp' of a.csv, 120 values, a header row, not read: 'date'" in answer.err
    model = "checkpoint=runs/forecasting"
    forecast = rnnlab("predict", model, "file=b.csv", "format=json")
    (series,) = json.loads(forecast.out).items()
    assert series[0] == "temp" and max(series[1]) < 100 and "column 'temp' of b.csv" in forecast.err
    evaluation = rnnlab("evaluate", model, "data.path=b.csv", "format=json")
    assert json.loads(evaluation.out)["metrics"]["test/mae"] < 50 and "column 'temp' of b.csv" in evaluation.err
    assert "numbers are too large" in rnnlab(*words, "data.path=huge.csv").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data=names"], "data=names is no series of numbers, which a forecaster reads, such as data=co2"),
        (["data.season=40"], "data.season=40 is longer than data.sequence_length=30"),
        (["model.teacher_forcing=1.5"], "model.teacher_forcing must be a number from 0 to 1, not 1.5"),
        (["model.bidirectional=true"], "model.bidirectional=true is not for a forecaster"),
    ],
)
def test_what_a_forecaster_cannot_do_is_said_in_one_line(
    rnnlab: Callable[..., Answer], workdir: Path, words: list[str], said: str
) -> None:
    answer = rnnlab("train", "task=forecasting", *words)
    assert answer.code == 2 and said in answer.err and len(answer.err.splitlines()) == 1
    assert not (workdir / "runs").exists()
