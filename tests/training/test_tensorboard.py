"""TensorBoard as a user opens it: a real server on a finished sweep, read through its HTTP interface."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

KEYS = {
    "task", "data", "cell", "hidden_size", "num_layers", "embedding_size", "sequence_length", "dropout", "lr",
    "batch_size", "seed", "parameters",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def server(sweep_folder: Path) -> Iterator[str]:
    """The address of a TensorBoard that has read the small sweep's four runs."""
    port = free_port()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(sweep_folder / "runs" / "small"),
               "--host", "localhost", "--port", str(port), "--load_fast", "false"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if len(ask(f"{address}/data/runs")) == 4:
                break
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.3)
    yield address
    process.terminate()
    process.wait(timeout=30)


def session_groups(server: str) -> list[dict[str, Any]]:
    metrics = [{"metric": {"group": "", "tag": tag}} for tag in ("hp/best_val_loss", "hp/test_loss")]
    body = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
        "colParams": metrics,
        "startIndex": 0,
        "sliceSize": 100,
    }
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        groups: list[dict[str, Any]] = ask(f"{server}/data/plugin/hparams/session_groups", body)["sessionGroups"]
        if len(groups) == 4 and all(len(group["metricValues"]) >= 2 for group in groups):
            return groups
        time.sleep(0.5)
    raise AssertionError(f"not all runs appeared: {groups}")


def test_the_hparams_tab_has_every_run_with_every_key_and_real_values(server: str, sweep_folder: Path) -> None:
    groups = session_groups(server)
    summaries = [json.loads(file.read_text()) for file in (sweep_folder / "runs" / "small").glob("*/summary.json")]
    expected = {
        (s["hparams"]["cell"], s["hparams"]["seed"]): (
            s["metrics"]["best"]["val/loss"],
            s["metrics"]["test"]["test/loss"],
        )
        for s in summaries
    }
    for group in groups:
        hparams = group["hparams"]
        assert set(hparams) == KEYS
        values = {metric["name"]["tag"]: metric["value"] for metric in group["metricValues"]}
        assert set(values) == {"hp/best_val_loss", "hp/test_loss"}  # and no hp_metric
        best, test = expected.pop((hparams["cell"], hparams["seed"]))
        assert values["hp/best_val_loss"] == pytest.approx(best, rel=1e-6)
        assert values["hp/test_loss"] == pytest.approx(test, rel=1e-6)
    assert not expected


def test_the_hparams_have_the_types_that_sliders_and_menus_need(server: str) -> None:
    session_groups(server)
    experiment = ask(f"{server}/data/plugin/hparams/experiment", {"experimentName": ""})
    types = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    texts = {name for name, kind in types.items() if kind == "DATA_TYPE_STRING"}
    assert texts == {"task", "data", "cell"}
    assert all(types[name] == "DATA_TYPE_FLOAT64" for name in KEYS - texts)
    assert [info["name"]["tag"] for info in experiment["metricInfos"]] == ["hp/best_val_loss", "hp/test_loss"]


def test_curves_and_samples_are_there_for_every_run(server: str) -> None:
    scalars = ask(f"{server}/data/plugin/scalars/tags")
    assert len(scalars) == 4
    assert all({"train/loss", "val/loss", "val/perplexity", "val/accuracy"} <= set(tags) for tags in scalars.values())
    texts = ask(f"{server}/data/plugin/text/tags")
    assert all("samples/text_summary" in texts[run] for run in scalars)
