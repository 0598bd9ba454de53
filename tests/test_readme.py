"""Every command of the README, in its order, in one folder, as its reader would type them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [line.partition("  #")[0].strip() for block in blocks("bash") for line in block.splitlines()]


def quick(command: str) -> str:
    """The same command on a little data; a study's sweep has its own switch."""
    return f"{command} debug=fast" if "rnnlab train" in command and "--help" not in command else command


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the reader has: the checkout's studies, the files of the README, some data."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    for study in folder.glob("experiments/*/study.yaml"):
        text = study.read_text(encoding="utf-8")
        study.write_text(text.replace("  - _self_", "  - override debug: fast\n  - _self_"), encoding="utf-8")
    (folder / "plants.txt").write_text("\n".join(f"rosa {chr(97 + i)}lba" for i in range(26)), encoding="utf-8")
    (folder / "my_cells" / "conf" / "cell").mkdir(parents=True)
    (_, cell), (option,) = blocks("python"), blocks("yaml")
    (folder / "my_cells" / "__init__.py").write_text(cell, encoding="utf-8")
    (folder / "my_cells" / "conf" / "cell" / "mgu.yaml").write_text(option, encoding="utf-8")
    return folder


def test_the_readme_begins_with_the_two_commands() -> None:
    assert COMMANDS[:2] == ["make sweep", "make test"]


@pytest.mark.parametrize("target", [command.split()[1] for command in COMMANDS if command.startswith("make ")])
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, done.stderr


def test_every_command_of_the_readme_works_in_its_order(folder: Path) -> None:
    """One shell types them all, so that `export` and what earlier commands left behind count."""
    typed = [c for c in COMMANDS if not c.startswith(("make ", "source "))]
    assert len(typed) >= 12
    script = "\n".join(f"echo '$ {i}'\n{quick(c)}" for i, c in enumerate(typed))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    reached = [int(i) for i in re.findall(r"^\$ (\d+)$", done.stdout, flags=re.MULTILINE)]
    assert done.returncode == 0, f"`{typed[reached[-1]]}` failed:\n{done.stderr[-2000:]}"
    assert reached == list(range(len(typed)))
    assert "Traceback" not in done.stderr
    assert (folder / "runs" / "first-look" / "report" / "learning-curves.png").is_file()
    in_python(folder)


def in_python(folder: Path) -> None:
    """The Python of the tour, on the models that its commands have left in the folder."""
    notebook, _ = blocks("python")
    done = subprocess.run([sys.executable, "-c", notebook], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    names, loss, *reviews = done.stdout.splitlines()
    assert names.count("'ma") == 5 and float(loss) > 0
    assert [line.split()[0] in ("negative", "positive") for line in reviews] == [True, True]


def test_every_link_and_picture_of_the_readme_exists() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets and [target for target in targets if not (ROOT / target).exists()] == []
