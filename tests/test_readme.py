"""Every block of the README, in its order, in one folder, as its reader would type it."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import made
from rnnlab.cli import main
from rnnlab.data.sources.downloads import data_dir
from slurm import install
from support import ALONE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    return [line.partition("  #")[0].strip() for line in block.splitlines()]


COMMANDS = [command for block in blocks("bash") for command in commands(block)]
NOT_FOR_A_TEST = ("make ", "source ")  # those of make have tests of their own
TYPED = [[c for c in commands(block) if not c.startswith(NOT_FOR_A_TEST)] for block in blocks("bash")]
TYPED = [typed for typed in TYPED if typed]

SHRUNK = {
    "model.hidden_size=64,128": "model.hidden_size=8,16",
    "seed=0,1,2,3": "seed=0,1",
    "seed=0,1,2": "seed=0,1",
    "n_trials=8": "n_trials=3",
    "trainer.max_epochs=100": "trainer.max_epochs=3",
}


def without_downloads(command: str) -> str:
    """The same command on sentences that were made up, where the treebank that task=tagging downloads does not lie."""
    if "task=tagging" not in command or (data_dir() / "en_ewt-ud-train.conllu").is_file():
        return command
    return f"{command} data=file data.path=sentences.conllu"


def quick(command: str) -> str:
    """The same command on a little data and fewer runs; a study's sweep has its own switch.

    A launcher has two runs: what starts a process for each imports torch in each.
    """
    if "rnnlab train" not in command or "--help" in command:
        return command
    for large, small in SHRUNK.items():
        command = command.replace(large, small)
    if "hydra/launcher" in command:
        return f"{command.replace('seed=0,1', 'seed=0')} debug=fast"
    return f"{command} debug=fast {ALONE}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the reader has: the checkout's studies, the files of the README, some data."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    for study in folder.glob("experiments/*/study.yaml"):
        text = study.read_text(encoding="utf-8")
        text = text.replace("  - _self_", "  - override debug: fast\n  - _self_")
        text = text.replace("  mode: MULTIRUN", "  mode: MULTIRUN\n  launcher: {workers: 1}")
        study.write_text(text, encoding="utf-8")
    rows = "".join(f"{step},{step + step % 12}\n" for step in range(40))
    (folder / "series.csv").write_text(f"month,value\n{rows}", encoding="utf-8")
    made.sentences(folder / "sentences.conllu")
    (folder / "plants.txt").write_text("\n".join(f"rosa {chr(97 + i)}lba" for i in range(26)), encoding="utf-8")
    (folder / "my_cells" / "conf" / "cell").mkdir(parents=True)
    (_, cell), (option,) = blocks("python"), blocks("yaml")
    (folder / "my_cells" / "__init__.py").write_text(cell, encoding="utf-8")
    (folder / "my_cells" / "conf" / "cell" / "mgu.yaml").write_text(option, encoding="utf-8")
    install(folder / "slurm")
    return folder


@pytest.fixture(scope="module")
def shell_variables() -> Iterator[pytest.MonkeyPatch]:
    """The variables of the reader's shell, which last from block to block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        yield patch


def test_the_readme_begins_with_the_two_commands() -> None:
    assert COMMANDS[:2] == ["make sweep", "make test"]


@pytest.mark.parametrize("target", [command.split()[1] for command in COMMANDS if command.startswith("make ")])
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.docs
@pytest.mark.parametrize("typed", TYPED, ids=lambda typed: typed[0][:60])
def test_a_block_of_the_readme_works(
    folder: Path,
    typed: list[str],
    shell_variables: pytest.MonkeyPatch,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What earlier blocks left behind counts; a shell types the commands that take one, and this process the others."""
    monkeypatch.chdir(folder)
    for command in map(without_downloads, map(quick, typed)):
        first, *words = shlex.split(command)
        if first == "export":
            name, _, value = words[0].partition("=")
            shell_variables.setenv(name, value)
        elif first == "rnnlab" and not re.search("launcher=(ray|submitit)", command):
            code = main(words)
            errors = capfd.readouterr().err
            assert code == 0 and "Traceback" not in errors, f"`{command}` failed:\n{errors[-2000:]}"
        else:
            in_a_shell(command, *([folder / "slurm"] if "slurm" in command else []))


@pytest.mark.docs
def test_the_comparison_of_the_tour_has_its_figures(folder: Path) -> None:
    assert (folder / "runs" / "first-look" / "report" / "learning-curves.png").is_file()


def in_a_shell(command: str, *places: Path) -> None:
    """A pipe, what needs the shell's own words, and what starts processes that a test should not share."""
    shell = ["bash", "-e", "-o", "pipefail", "-c", command]
    environment = {**os.environ, "PATH": ":".join([*map(str, places), os.environ["PATH"]])}
    done = subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "Traceback" not in done.stderr, f"`{command}` failed:\n{done.stderr[-2000:]}"


@pytest.mark.docs
def test_the_python_of_the_tour_works_on_what_its_commands_have_trained(folder: Path) -> None:
    notebook, _ = blocks("python")
    done = subprocess.run([sys.executable, "-c", notebook], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    names, loss, *reviews, table, curves = done.stdout.splitlines()
    assert names.count("'ma") == 5 and float(loss) > 0
    assert set(ast.literal_eval(table)) == {"rnn", "gru", "lstm"} and ast.literal_eval(curves)[0] == 3
    assert [line.split()[0] in ("negative", "positive") for line in reviews] == [True, True]


def test_every_link_and_picture_of_the_readme_exists() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    ours = [target.partition("#") for target in targets if not target.startswith("https://")]
    assert ours
    for file, _, heading in ours:
        page = ROOT / (file or "README.md")
        assert page.exists(), file
        headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE) if heading else []
        assert not heading or heading in {known.lower().replace(" ", "-") for known in headings}, heading
