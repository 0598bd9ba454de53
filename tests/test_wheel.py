"""The built wheel works without the checkout: conf/ is inside it, and it trains from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from support import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (built,) = folder.glob("rnnlab-*.whl")
    return built


def trains(python: Path, folder: Path) -> None:
    """That Python runs rnnlab from its own files, in another folder, and completes a debug run."""
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    where = subprocess.run(
        [python, "-c", "import rnnlab; print(rnnlab.__file__)"],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert python.parent.parent in Path(where.stdout.strip()).parents
    done = subprocess.run(
        [python.parent / "rnnlab", "train", "debug=fast", "trainer.max_epochs=1"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (summary,) = folder.glob("runs/names/*/summary.json")
    assert json.loads(summary.read_text())["status"] == "complete"


def test_the_wheel_holds_every_yaml_of_conf(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {f"rnnlab/conf/{file.relative_to(ROOT / 'conf')}" for file in (ROOT / "conf").rglob("*.yaml")}
    assert shipped <= names
    assert "hydra_plugins/rnnlab_plugins.py" in names
    assert not any(name.startswith(("tests/", "experiments/", "runs/")) for name in names)


def test_the_wheel_holds_the_data_that_rnnlab_ships_with_its_sources_and_licences(wheel: Path) -> None:
    folder = ROOT / "src" / "rnnlab" / "data" / "shipped"
    with zipfile.ZipFile(wheel) as archive:
        for file in folder.iterdir():
            assert archive.read(f"rnnlab/data/shipped/{file.name}") == file.read_bytes(), file.name
        metadata = {name for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert any(name.endswith("LICENSE-makemore.txt") for name in metadata)


def test_the_wheel_trains_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """The environment has rnnlab from the wheel alone; the packages it depends on are borrowed from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    python = tmp_path / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, timeout=120)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    trains(python, tmp_path / "elsewhere")


@pytest.mark.slow
def test_the_wheel_and_what_it_declares_are_enough(wheel: Path, tmp_path: Path) -> None:
    """A clean environment with nothing but `pip install rnnlab`."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=60)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, timeout=1500)
    trains(python, tmp_path / "elsewhere")
