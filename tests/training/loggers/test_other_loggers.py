"""Weights & Biases (offline) and MLflow (a database file) show what TensorBoard shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forked import command
from rnnlab.records.reading import Run, read_run
from support import Answer

pytestmark = [
    pytest.mark.loggers,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the clients themselves
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]

SMALL = ("train", "debug=fast", "model.hidden_size=8", "trainer.max_epochs=2", "sweep=told")
METRICS = ("val/loss", "train/loss", "test/loss", "val_best/loss", "val_chance/loss", "train/lr")


def the_run(workdir: Path) -> Run:
    (config,) = workdir.glob("runs/told/*/config.yaml")
    return read_run(config.parent)


@pytest.fixture
def mlflow_runs(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def read() -> list[Any]:
        from mlflow.tracking import MlflowClient

        client = MlflowClient(f"sqlite:///{workdir}/mlflow.db")  # it remembers databases by their addresses
        experiment = client.get_experiment_by_name("told")
        return list(client.search_runs([experiment.experiment_id]))

    return read


def artifacts(workdir: Path) -> list[str]:
    return sorted("/".join(file.parts[-3:]) for file in workdir.glob("mlruns/*/*/artifacts/**/*") if file.is_file())


def test_mlflow_has_settings_metrics_and_samples(workdir: Path, mlflow_runs: Callable[[], list[Any]]) -> None:
    answer = command(*SMALL, "logger=mlflow", cwd=workdir)  # a process that has no database of another test
    assert answer.returncode == 0 and "Traceback" not in answer.stderr, answer.stderr
    (shown,), run = mlflow_runs(), the_run(workdir)
    assert shown.info.status == "FINISHED" and shown.info.run_name == run.folder.name
    assert shown.data.params["hidden_size"] == "8" and shown.data.params["scheduler.warmup"] == "0.25"
    assert set(METRICS) < set(shown.data.metrics)
    assert shown.data.metrics["val_best/loss"] == pytest.approx(run.loss)
    assert artifacts(workdir) == ["artifacts/samples/000001.md", "artifacts/samples/000002.md"]


def test_mlflow_has_forecasts_as_figures(workdir: Path) -> None:
    assert command(*SMALL, "task=forecasting", "data=sines", "logger=mlflow", cwd=workdir).returncode == 0
    pictures = [file for file in workdir.glob("mlruns/**/*.png") if file.name == "000002.png"]
    assert pictures and pictures[0].read_bytes().startswith(b"\x89PNG")


def test_runs_that_begin_together_stand_in_one_experiment(workdir: Path, mlflow_runs: Callable[[], list[Any]]) -> None:
    words = ("-m", "seed=0,1", "data.limit=300", "logger=mlflow", "hydra.launcher.workers=2")
    answer = command(*SMALL, *words, cwd=workdir)
    assert answer.returncode == 0, answer.stderr
    assert sorted(run.data.params["seed"] for run in mlflow_runs()) == ["0", "1"]


def test_weights_and_biases_has_settings_metrics_samples_and_the_confusion_matrix(
    rnnlab: Callable[..., Answer], workdir: Path, reviews: Path
) -> None:
    words = ("task=sentiment", "data=file", f"data.path={reviews}", "logger=wandb", "logger.wandb.offline=true")
    answer = rnnlab(*SMALL, *words)
    assert answer.code == 0 and "wandb" not in answer.err, answer.err
    run = the_run(workdir)
    (recorded,) = run.folder.glob("wandb/offline-run-*/*.wandb")
    content = recorded.read_bytes()  # protocol buffers, whose texts stand as they are
    shown = (*METRICS, "val/accuracy", "hidden_size", "scheduler.warmup", run.folder.name)
    assert [name for name in shown if name.encode() not in content] == []
    pictures = {file.name[:4] for file in run.folder.glob("wandb/*/files/media/images/confusion_matrix/*.png")}
    assert pictures == {"val_", "test"}


def test_weights_and_biases_has_the_samples_of_every_epoch(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*SMALL, "logger=wandb", "logger.wandb.offline=true").code == 0
    tables = list(workdir.glob("runs/told/*/wandb/offline-run-*/files/media/table/samples*.json"))
    assert len(tables) == 2 and all("epoch" in table.read_text() for table in tables)
