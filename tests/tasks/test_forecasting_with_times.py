"""Forecasts with time stamps, of quantiles, with what is known beside the values, and of several series."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from rnnlab.data.preparation.calendar import calendar_features
from rnnlab.errors import UserError
from rnnlab.records.reading import read_run
from rnnlab.report.sections.examples import read_examples
from rnnlab.tasks.forecasts.quantiles import Quantiles
from support import Answer, assert_refused, trained

SMALL = (
    "task=forecasting",
    "data=file",
    "data.value_column=load",
    "data.sequence_length=24",
    "data.horizon=6",
    "data.season=24",
    "data.calendar=[hour]",
    "trainer.max_epochs=2",
    "model.hidden_size=8",
    "optimizer.lr=0.01",
)


def hourly(count: int, scale: float = 1.0) -> pd.DataFrame:
    """A load with the day's wave, lower on holidays and when it is warm."""
    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=count, freq="h")
    hour = times.hour.to_numpy()
    holiday = (np.arange(count) // 24 % 3 == 0).astype(int)
    warm = random.normal(size=count)
    load = 100 + 20 * np.sin(2 * np.pi * hour / 24) - 30 * holiday - 5 * warm + random.normal(size=count)
    columns = {"time": times.strftime("%Y-%m-%d %H:%M"), "holiday": holiday, "warm": warm.round(3)}
    return pd.DataFrame({**columns, "load": (scale * load).round(1)})


@pytest.fixture(scope="module")
def quantile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantiles")
    hourly(400).to_csv(folder / "load.csv", index=False)
    more = ("data.known=[holiday]", "data.past=[warm]", "task.quantiles=[0.1,0.3,0.5,0.7,0.9]", "task.origins=4")
    return trained(folder, *SMALL, "data.path=load.csv", *more)


def test_predict_answers_with_times_and_quantiles_in_sensible_digits(
    quantile_folder: Path, rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    table = hourly(406).astype(object)
    table.loc[400:, ["warm", "load"]] = ""
    table.to_csv(workdir / "new.csv", index=False)
    (run,) = quantile_folder.glob("runs/forecasting/[!.]*")
    model = f"checkpoint={run}"
    answer = rnnlab("predict", model, "file=new.csv", "format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["time"] for row in rows] == table["time"].tolist()[400:]
    assert list(rows[0]) == ["time", "load", "load_q0.1", "load_q0.3", "load_q0.7", "load_q0.9"]
    for row in rows:
        values = [float(row[f"load{name}"]) for name in ("_q0.1", "_q0.3", "", "_q0.7", "_q0.9")]
        assert values == sorted(values) and all(len(str(value).partition(".")[2]) <= 4 for value in values)
    columns = json.loads(rnnlab("predict", model, "file=new.csv", "format=json").out)
    assert columns["time"] == table["time"].tolist()[400:] and columns["load"] == [float(row["load"]) for row in rows]
    hourly(400).to_csv(workdir / "past.csv", index=False)
    assert_refused(
        rnnlab("predict", model, "file=past.csv"), ["0 rows behind the last value say holiday", "needs as many"]
    )
    hourly(400).drop(columns="warm").to_csv(workdir / "less.csv", index=False)
    assert_refused(rnnlab("predict", model, "file=less.csv"), ["data.past=warm", "no such column"])
    days = hourly(400).assign(time=pd.date_range("2020-01-01", periods=400).strftime("%Y-%m-%d"))
    days.to_csv(workdir / "days.csv", index=False)
    for words in (("predict", model, "file=days.csv"), ("evaluate", model, "data.path=days.csv")):
        assert_refused(rnnlab(*words), ["a value every 1 day; the model knows steps of 1 hour"])


def test_intervals_and_baselines_are_measured_from_each_origin_and_drawn_as_a_fan(quantile_folder: Path) -> None:
    (folder,) = quantile_folder.glob("runs/forecasting/[!.]*")
    run = read_run(folder)
    test = run.summary["metrics"]["test"]
    assert 0 <= test["test/coverage"] <= 1 and test["test/width"] > 0
    assert test["test/crps"] < test["test/mae"], "an interval is worth more than its median"
    assert {"test/mae_last", "test/mae_seasonal", "test/mae_linear"} < set(test)
    assert len((folder / "test_items.csv").read_text().splitlines()) == 1 + 4 == 1 + run.summary["data"]["test_count"]
    (chart,) = read_examples(run).charts
    assert [line.label for line in chart.lines] == [
        *("what happened", "forecast", "last season repeated"),
        "40% interval",
    ]
    wide, narrow = chart.lines[1], chart.lines[3]
    inside = np.isfinite(wide.y)
    assert wide.y[0] == wide.low[0] == wide.high[0] == chart.lines[0].y[23], "a fan opens at the last value known"
    assert (np.array(wide.low)[inside] <= np.array(narrow.low)[inside]).all() and wide.has_band


def test_several_series_are_scaled_and_scored_by_themselves(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    small, large = hourly(300).assign(site="small"), hourly(300, scale=1000).assign(site="large")
    pd.concat([small, large]).to_csv(workdir / "sites.csv", index=False)
    answer = rnnlab("train", *SMALL, "data.path=sites.csv", "data.id_column=site", "task.origins=10")
    assert answer.code == 0 and "2 series of 300 to 300 steps by site" in answer.err
    (folder,) = workdir.glob("runs/forecasting/[!.]*")
    test = json.loads((folder / "summary.json").read_text())["metrics"]["test"]
    assert test["test/mase_small"] == pytest.approx(test["test/mase_large"], rel=1e-2), "the same wave in other units"
    assert test["test/mae_large"] == pytest.approx(1000 * test["test/mae_small"], rel=1e-2)
    assert test["test/mase"] == pytest.approx((test["test/mase_small"] + test["test/mase_large"]) / 2, rel=1e-5)
    pd.concat([small, hourly(100, scale=7).assign(site="new")]).to_csv(workdir / "new.csv", index=False)
    answer = rnnlab("predict", f"checkpoint={folder}", "file=new.csv", "format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["site"] for row in rows] == ["small"] * 6 + ["new"] * 6 and "scaled by their own values" in answer.err
    assert rows[0]["time"] == "2024-01-13 12:00" and rows[6]["time"] == "2024-01-05 04:00"
    assert 300 < float(rows[6]["load"]) < 900, "in its own units"
    refused = rnnlab("evaluate", f"checkpoint={folder}", "data.path=new.csv")
    assert_refused(refused, ["series 'new' that the model was not trained on; it knows small, large"])


def test_the_pinball_loss_is_that_of_the_definition_and_of_a_median_the_absolute_error() -> None:
    quantiles = Quantiles([0.1, 0.5, 0.9])
    forecasts, truth = torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([3.0])
    by_hand = 2 * (0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3
    assert quantiles.crps(forecasts, truth).tolist() == pytest.approx([by_hand])
    assert Quantiles([0.5]).crps(torch.tensor([[1.0]]), truth).tolist() == [2.0]
    normal = torch.distributions.Normal(0.0, 1.0)
    many = Quantiles([(step + 0.5) / 999 for step in range(999)])
    exact = 2 * float(torch.exp(normal.log_prob(torch.tensor(0.0)))) - 1 / np.sqrt(np.pi)  # of a normal at its mean
    assert float(many.crps(normal.icdf(many.levels)[None], torch.zeros(1))) == pytest.approx(exact, abs=1e-3)
    for shares in ([0.1, 0.9], [0.9, 0.5], [0.5, 0.5]):
        with pytest.raises(UserError, match=r"task\.quantiles=.*ascending order are expected, 0\.5 among them"):
            Quantiles(shares)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("hour", "2024-05-07T06", "2025-01-01T06"),
        ("minute", "2024-05-07T06:15", "2025-01-01T09:15"),
        ("weekday", "2024-05-06T12", "2024-05-13T12"),
        ("day", "2024-01-16", "2024-03-16"),
        ("month", "2024-02-03", "2025-02-20"),
        ("yearday", "2023-04-05", "2025-04-05"),
    ],
)
def test_the_calendar_says_where_a_time_lies_in_its_period(name: str, one: str, other: str) -> None:
    times: Any = np.array([one, other, "2024-07-19T18:42"], dtype="datetime64[us]")
    first, second, third = calendar_features(times, [name])
    assert first == pytest.approx(second) and not np.allclose(first, third)
    assert np.hypot(*first) == pytest.approx(1)
