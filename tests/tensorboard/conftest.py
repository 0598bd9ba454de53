"""What TensorBoard is asked about: runs with everything switched on, and a server on them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from board import CLASSES, Server
from support import trained


@pytest.fixture(scope="session")
def probed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where an LSTM on names and a GRU on reviews of three classes were trained with `callbacks=probes`, two epochs."""
    folder = tmp_path_factory.mktemp("probed")
    rows = [f"a {word} film {number},{label}" for word, label in CLASSES.items() for number in range(40)]
    (folder / "films.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    common = [
        "callbacks=probes",
        "trainer.max_epochs=2",
        "model.num_layers=2",
        "model.hidden_size=8",
        "sweep=probed",
        "trainer.log_every_n_steps=1",
    ]
    trained(folder, "cell=lstm", "debug=fast", "data.limit=300", *common)
    trained(folder, "task=sentiment", "data=file", "data.path=films.csv", "cell=gru", *common)
    return folder


@pytest.fixture(scope="session")
def server(sweep_folder: Path, probed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`rnnlab tensorboard sweep=[small,probed]`, ended by Ctrl-C."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "runs").mkdir()
    (folder / "runs" / "small").symlink_to(sweep_folder / "runs" / "small")
    (folder / "runs" / "probed").symlink_to(probed_folder / "runs" / "probed")
    command = [sys.executable, "-m", "rnnlab", "tensorboard", "sweep=[small,probed]", "port=0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        output = "".join(process.stdout.readline() for _ in range(3))
        match = re.search(r"http://localhost:\d+/", output)
        assert match, process.stderr.read()
        server = Server(match[0], output)
        server.await_(
            lambda: server.plugin("scalars/tags"),
            lambda runs: len(runs) == 6 and all("val_best/loss" in tags for tags in runs.values()),
        )
        yield server
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=30)
        assert (process.returncode, rest, errors) == (0, "\nTensorBoard has ended\n", "")
