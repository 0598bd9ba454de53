"""Scripts of exported folders on models with what the kept ones lack: labels, seasons, quantiles, series, numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnlab as package
from export_scripts import ask
from networks import settings_of
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.export.folder import export
from rnnlab.tasks.asked_signals.arrays import Recording, batch_of
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.names import NamesLM
from rnnlab.tasks.signals import build_signal_task
from rnnlab.tasks.user_input import UserInput
from support import Answer

pytestmark = pytest.mark.export

CLOSE = 1e-5
TINY = ("model.hidden_size=4", "trainer.max_epochs=1", "trainer.threads=1")


def trained(task: SequenceTask, **data: Any) -> Any:
    config = {"task": {"name": "test"}, "cell": {"name": "gru"}, "model": {"bidirectional": False}}
    task.card = {"config": config, "data": data}
    return task.eval()


def test_names_with_labels_are_of_the_label_that_is_asked_for(workdir: Path) -> None:
    vocabulary = Vocabulary(("a", "b", "c", "[S]", "[PAD]", "[sex=F]", "[sex=M]"), labels=("F", "M"))
    task = trained(NamesLM(vocabulary, {}, **settings_of("gru", 1)), labels_of_training={"F": 3, "M": 1})
    export(task, workdir / "out", "torch")
    for label in ("F", "M"):
        words = ("generate", "--condition", label, "--temperature", "0", "--length", "9")
        (answer,) = ask(workdir / "out", *words, blocked="torch")
        assert answer["text"] == task.sample(1, Sampling(temperature=0, length=9, condition=label))[0]
    drawn = ask(workdir / "out", "generate", "--samples", "20", blocked="torch")
    assert {answer["text"][-4:] for answer in drawn} == {" (F)", " (M)"}


@pytest.mark.parametrize("normalise", ["sequence", "channel"])
def test_numbers_are_predicted_in_their_own_units(normalise: str, workdir: Path) -> None:
    scaler = {"normalise": normalise, "missing": "forward", "mean": [1.0, -2.0], "deviation": [0.5, 3.0]}
    data = {
        "asked": "number",
        "tolerance": 0.0,
        "sequence_length": 4,
        "channels": ["x", "y"],
        "inputs": scaler,
        "target": {"names": ["height", "depth"], "mean": [100.0, 5.0], "deviation": [20.0, 0.1]},
    }
    task = trained(build_signal_task(Vocabulary.of_channels(("x", "y")), data, **settings_of("lstm", 1)))
    export(task, workdir / "out", "torch")
    (workdir / "new.csv").write_text("x,y\n1,\n2,3\n,1\n0.5,2\n1,1\n")
    (answer,) = ask(workdir / "out", "--csv", "new.csv", blocked="torch")
    nan = math.nan
    batch = batch_of(task, [Recording(np.array([[1, nan], [2, 3], [nan, 1], [0.5, 2], [1, 1]]), "new")])
    with torch.no_grad():
        (truth,) = task.in_units(task(batch.inputs, batch.lengths)).tolist()
    assert list(answer["numbers"].values()) == pytest.approx(truth, rel=CLOSE)


def test_every_step_has_its_class(workdir: Path) -> None:
    data = {"asked": "steps", "labels": ["up", "down"], "silent": None, "sequence_length": 50}
    task = trained(build_signal_task(Vocabulary.of_channels(("x",)), data, **settings_of("gru", 1)))
    export(task, workdir / "out", "torch")
    (answer,) = ask(workdir / "out", "0.5 -1 2 0.25", blocked="torch")
    with torch.no_grad():
        truth = task(torch.tensor([[[0.5], [-1], [2], [0.25]]]), torch.tensor([4]))[0].softmax(dim=-1)
    assert answer["labels"] == [data["labels"][place] for place in truth.argmax(dim=-1).tolist()]
    assert [row["up"] for row in answer["probabilities"]] == pytest.approx(truth[:, 0].tolist(), abs=CLOSE)


def months(count: int) -> list[str]:
    return [date(2010 + n // 12, n % 12 + 1, 1).isoformat() for n in range(count)]


def test_seasons_quantiles_past_columns_and_months_are_those_of_predict(
    workdir: Path, rnnlab: Callable[..., Answer]
) -> None:
    rows = [
        f"{day},{50 + n / 9 + 9 * math.sin(n * math.pi / 6) + n % 5},{n % 7}\n" for n, day in enumerate(months(200))
    ]
    Path("sold.csv").write_text(f"month,sold,rain\n{''.join(rows)}")
    words = ("data=file", "data.path=sold.csv", "data.value_column=sold", "data.past=rain", "data.season=12")
    more = ("data.calendar=[month,yearday,day]", "data.normalise=season", "task.quantiles=[0.1,0.5,0.9]")
    sizes = ("data.sequence_length=15", "data.horizon=14", "cell=lstm")
    model = package.train("task=forecasting", *words, *more, *sizes, *TINY, quiet=True, sweep="sold")
    model.export("out", "torch")
    (said,) = ask(workdir / "out", "sold.csv", blocked="torch")
    answer = rnnlab("predict", "checkpoint=runs/sold", "file=sold.csv", "format=json")
    truth = json.loads(answer.out)
    for name in ("sold", "sold_q0.1", "sold_q0.9"):
        assert said[name] == pytest.approx(truth[name], abs=2e-3)  # as it is written
    assert said["sold"] == pytest.approx([row[0] for row in forecast_of(model, "sold.csv").values], rel=CLOSE)


def test_series_of_one_table_have_their_own_scales_and_a_new_one_those_of_its_values(workdir: Path) -> None:
    def table(names: str) -> str:
        values = [
            f"{n},{name},{ord(name) + 3 * math.sin(n + ord(name)) + n / 50}\n" for name in names for n in range(70)
        ]
        return f"step,shop,sold\n{''.join(values)}"

    Path("shops.csv").write_text(table("ab"))
    Path("new.csv").write_text(table("bz"))
    words = ("data=file", "data.path=shops.csv", "data.value_column=sold", "data.id_column=shop")
    sizes = ("data.sequence_length=8", "data.horizon=3", "data.normalise=window")
    model = package.train("task=forecasting", *words, *sizes, *TINY, quiet=True, sweep="shops")
    model.export("out", "torch")
    said = ask(workdir / "out", "new.csv", blocked="torch")
    truth = [forecast_of(model, "new.csv", place) for place in (0, 1)]
    assert [answer["shop"] for answer in said] == [forecast.series for forecast in truth] == ["b", "z"]
    for answer, forecast in zip(said, truth, strict=True):
        assert answer["sold"] == pytest.approx([row[0] for row in forecast.values], rel=CLOSE)


def forecast_of(model: Any, file: str, place: int = 0) -> Any:
    return model.answer(next(model.predictor.read_inputs(UserInput(None, file, {}, None))))[place]
