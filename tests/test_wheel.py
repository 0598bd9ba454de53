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


def installed(wheel: Path, folder: Path) -> Path:
    """A Python that has rnnlab from the wheel alone; the packages that it depends on are borrowed from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, timeout=120)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def called(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What rnnlab of that Python answers in a folder."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    command = [python.parent / "rnnlab", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


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
    done = called(python, folder, "train", "debug=fast", "trainer.max_epochs=1")
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


def test_the_wheel_holds_the_questions_of_studies_and_what_was_recorded(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    files = [file for kind in ("study.yaml", "runs.jsonl.gz") for file in (ROOT / "experiments").glob(f"*/{kind}")]
    assert {f"rnnlab/{file.relative_to(ROOT)}" for file in files} <= names
    assert not any(name.endswith((".png", ".svg")) for name in names if name.startswith("rnnlab/experiments"))


@pytest.mark.docs
def test_a_study_of_the_wheel_is_answered_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    python = installed(wheel, tmp_path)
    (tmp_path / "empty").mkdir()
    done = called(python, tmp_path / "empty", "study", "name=quotation", "report=only")
    assert done.returncode == 0, done.stderr
    assert "experiments/quotation is the study of this name that rnnlab ships" in done.stderr
    study = tmp_path / "empty" / "experiments" / "quotation"
    assert {"study.yaml", "runs.jsonl.gz", "README.md", "learning-curves.png"} <= {
        file.name for file in study.iterdir()
    }
    refused = called(python, tmp_path / "empty", "study", "name=quotatoin")
    assert refused.returncode == 2 and "quotation" in refused.stderr and refused.stderr.count("\n") == 1


def test_the_wheel_holds_the_data_that_rnnlab_ships_with_its_sources_and_licences(wheel: Path) -> None:
    folder = ROOT / "src" / "rnnlab" / "data" / "shipped"
    with zipfile.ZipFile(wheel) as archive:
        for file in folder.iterdir():
            assert archive.read(f"rnnlab/data/shipped/{file.name}") == file.read_bytes(), file.name
        metadata = {name for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert any(name.endswith("LICENSE-makemore.txt") for name in metadata)


@pytest.mark.docs
def test_the_wheel_trains_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    trains(installed(wheel, tmp_path), tmp_path / "elsewhere")


@pytest.mark.slow
def test_the_wheel_and_what_it_declares_are_enough(wheel: Path, tmp_path: Path) -> None:
    """A clean environment with nothing but `pip install rnnlab`."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=60)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True, timeout=1500)
    trains(python, tmp_path / "elsewhere")
