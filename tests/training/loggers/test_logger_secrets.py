"""What a logger has from the environment, or as a password in an address, lies nowhere in a run's folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.config.compose import compose_train, plain
from rnnlab.config.environment import Secrets, looked_up
from support import ALONE, Answer, assert_refused

SECRET = "geheim-7b1f"
ADDRESS = f"https://me:{SECRET}@server.example"
SPY = '''
import json
from pathlib import Path

from lightning.pytorch.loggers import Logger


class Spy(Logger):
    """Tells a file outside of runs/ what it was told, and fails like a server's client if it is to."""

    name, version = "spy", 0

    def __init__(self, address, project="", fails=False, save_dir=""):
        super().__init__()
        self.address, self.fails = address, fails
        Path("heard.json").write_text(json.dumps([address, project]))

    def log_metrics(self, metrics, step=None):
        if self.fails:
            raise ConnectionError(f"no answer of {self.address}\\n\\x1b[31mred")

    def log_hyperparams(self, *given):
        pass
'''
REFERENCE = "+logger.spy.address=${oc.env:SERVER}"
CASES = {
    "a run": (REFERENCE, "debug=fast"),
    "a sweep": (REFERENCE, "-m", "debug=fast", "model.hidden_size=4,5", ALONE),
    "a search": (
        REFERENCE,
        *("-m", "debug=fast", "hydra/sweeper=optuna", "model.hidden_size=4,5", "hydra.sweeper.n_trials=1", ALONE),
    ),
    "an address that is typed": (f"+logger.spy.address={ADDRESS}", "debug=fast"),
}


@pytest.fixture
def spy(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (workdir / "spy.py").write_text(SPY)
    monkeypatch.syspath_prepend(str(workdir))
    monkeypatch.delitem(sys.modules, "spy", raising=False)
    monkeypatch.setenv("RNNLAB_PLUGINS", "spy")
    monkeypatch.setenv("SERVER", ADDRESS)
    return workdir


def leaks(folder: Path) -> list[str]:
    return [str(file) for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]


@pytest.mark.parametrize("case", CASES)
def test_no_file_of_a_run_has_what_a_logger_is_told(rnnlab: Callable[..., Answer], spy: Path, case: str) -> None:
    project = "+logger.spy.project=${sweep}-${oc.env:SERVER}"
    answer = rnnlab("train", *CASES[case], "+logger.spy._target_=spy.Spy", project, "data.limit=300")
    assert answer.code == 0, answer.err
    sweep = "names"
    assert json.loads((spy / "heard.json").read_text()) == [ADDRESS, f"{sweep}-{ADDRESS}"]
    assert not leaks(spy / "runs") and SECRET not in answer.out + answer.err
    configs = [file.read_text() for file in spy.glob("runs/*/*/config.yaml")]
    assert configs and all("names-${oc.env:SERVER}" in config for config in configs)


@pytest.mark.parametrize("address", [REFERENCE, f"+logger.spy.address={ADDRESS}"])
def test_nor_has_the_log_of_a_run_whose_server_is_down(rnnlab: Callable[..., Answer], spy: Path, address: str) -> None:
    words = (address, "+logger.spy._target_=spy.Spy", "+logger.spy.fails=true", "data.limit=300")
    answer = rnnlab("train", "debug=fast", *words)
    assert answer.code == 1 and "no answer of" in answer.err and SECRET not in answer.err
    assert not leaks(spy / "runs")
    (log,) = spy.glob("runs/*/*/run.log")
    assert "Traceback" in log.read_text() and "\\x1b[31mred" in log.read_text() and "\x1b" not in log.read_text()


def test_the_address_of_mlflow_is_read_where_the_logger_is_built(
    workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", ADDRESS)
    logger = plain(compose_train(["logger=mlflow", "sweep=mine"]).config)["logger"]
    assert SECRET not in str(logger) and logger["mlflow"]["experiment_name"] == "mine"
    assert looked_up(logger)["mlflow"]["tracking_uri"] == ADDRESS
    assert SECRET not in Secrets(logger).hide(f"cannot reach {ADDRESS}/api with {ADDRESS}")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert looked_up(logger)["mlflow"]["tracking_uri"] == "sqlite:///mlflow.db"


def test_other_words_of_the_command_line_are_recorded_by_their_value(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIZE", "5")
    words = ("debug=fast", "data.limit=300", "model.hidden_size='${oc.decode:${oc.env:SIZE}}'")
    assert rnnlab("train", *words).code == 0
    (config,) = workdir.glob("runs/names/*/config.yaml")
    assert "hidden_size: 5" in config.read_text()


@pytest.mark.parametrize("text", ["${oc.env:NO_SUCH_THING}", "\\${sweep}"])
def test_a_reference_that_leads_nowhere_is_refused(rnnlab: Callable[..., Answer], spy: Path, text: str) -> None:
    words = ("+logger.spy._target_=spy.Spy", f"+logger.spy.address='{text}'")
    assert_refused(rnnlab("train", "debug=fast", *words), ["logger.spy.address"])
    assert not (spy / "runs").exists()
