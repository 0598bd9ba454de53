"""Every page of the documentation, typed from its first block to its last in a folder of its own."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import made
from forked import PATIENCE, command
from rnnlab.cli import main
from rnnlab.data.cache.location import data_dir
from slurm import install
from support import ALONE, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}
OWN_TESTS = {"answers", "extending", "terminal"}  # beside this file; what their commands answer is checked there

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', flags=re.MULTILINE | re.DOTALL)
NOT_FOR_A_TEST = ("make ", "source ", "rnnlab tensorboard")  # these have tests of their own

SHRUNK = {
    "model.hidden_size=64,128": "model.hidden_size=8,16",
    "seed=0,1,2,3": "seed=0,1",
    "seed=0,1,2": "seed=0,1",
    "n_trials=8": "n_trials=3",
    "hydra.sweeper.trials=12": "hydra.sweeper.trials=2",
    "hydra.sweeper.confirm=5": "hydra.sweeper.confirm=2",
    "trainer.max_epochs=100": "trainer.max_epochs=3",
}


def has_something_to_run(text: str) -> bool:
    blocks = [content for language, title, content in BLOCK.findall(text) if language in ("bash", "python")]
    return any(not line.startswith(NOT_FOR_A_TEST) for content in blocks for line in content.splitlines())


RUN = [name for name, text in TEXTS.items() if name not in OWN_TESTS and has_something_to_run(text)]


def without_downloads(command: str) -> str:
    """The same command on sentences that were made up, where the treebank that task=tagging downloads does not lie."""
    if "task=tagging" not in command or "data=" in command or (data_dir() / "en_ewt-ud-train.conllu").is_file():
        return command
    return f"{command} data=file data.path=sentences.conllu"


def quick(command: str) -> str:
    """The same command on a little data and fewer runs; a study's sweep has its own switch.

    What starts processes for a run imports torch in each, and has no second cell.
    """
    if "rnnlab train" not in command or "--help" in command:
        return command
    for large, small in SHRUNK.items():
        command = command.replace(large, small)
    if re.search("launcher=(ray|submitit_local)|devices", command):
        command = command.replace("cell=gru,lstm", "cell=gru")
    if "hydra/launcher" in command:
        return f"{command.replace('seed=0,1', 'seed=0')} debug=fast"
    return f"{command} debug=fast {ALONE}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the reader has: the checkout's studies, and files of the kinds that the pages speak of."""
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    for study in tmp_path.glob("experiments/*/study.yaml"):
        text = study.read_text(encoding="utf-8")
        text = text.replace("  - _self_", "  - override debug: fast\n  - _self_")
        text = text.replace("  mode: MULTIRUN", "  mode: MULTIRUN\n  launcher: {workers: 1}")
        study.write_text(text, encoding="utf-8")
    rows = "".join(f"{step},{step + step % 12}\n" for step in range(40))
    plants = [f"rosa {chr(97 + i)}lba" for i in range(26)]
    messages = [
        f"{'the parcel never came' if i % 2 else 'thank you'} {i},{'complaint' if i % 2 else 'praise'}\n"
        for i in range(60)
    ]
    tagged = [f"the\tDET\nold\tADJ\nsea{number}\tNOUN\n\n" for number in range(30)]
    (tmp_path / "series.csv").write_text(f"month,value\n{rows}", encoding="utf-8")
    (tmp_path / "plants.txt").write_text("\n".join(plants), encoding="utf-8")
    (tmp_path / "letters.txt").write_text("My dear friend, the weather is as you left it.\n" * 60, encoding="utf-8")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "1.txt").write_text("It was a dark night, and the wind was cold.\n" * 60, encoding="utf-8")
    (tmp_path / "messages.csv").write_text(f"message,kind\n{''.join(messages)}", encoding="utf-8")
    (tmp_path / "sentences.tsv").write_text("".join(tagged), encoding="utf-8")
    made.sentences(tmp_path / "sentences.conllu")
    install(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def forgotten_plugins() -> Iterator[None]:
    """Modules of a page's plugin are not those of the next page's."""
    before, path = set(sys.modules), [*sys.path]
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith("my_"):
            del sys.modules[name]


@pytest.mark.docs
@pytest.mark.filterwarnings(
    r"ignore:`isinstance\(treespec, LeafSpec\)`:FutureWarning"
)  # Lightning's, of a page's Trainer
@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.filterwarnings("ignore:.*smaller than the logging interval")
@pytest.mark.parametrize("name", RUN)
@pytest.mark.usefixtures("forgotten_plugins")
def test_a_page_does_what_it_says(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What earlier blocks left behind counts; a titled block is a file that the reader writes."""
    printed = ""
    for language, title, content in BLOCK.findall(TEXTS[name]):
        if title:
            written(folder / title, content)
        elif language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(content, {})
            printed += out.getvalue()
        elif language == "bash":
            for line in content.splitlines():
                typed(without_downloads(quick(line.partition("  #")[0].strip())), monkeypatch, capfd)
    if name in CHECKED:
        CHECKED[name](folder, printed)


def written(file: Path, content: str) -> None:
    """Write a file of the page; of data, of which a page shows the beginning, the folder has more."""
    if file.is_file():
        assert file.read_text(encoding="utf-8").startswith(content.splitlines()[0])
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


def typed(line: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """This process does what it can do, a forked one what should not be shared, and a shell what takes one."""
    if not line or line.startswith(NOT_FOR_A_TEST):
        return
    first, *words = shlex.split(line)
    if first == "export":
        name, _, value = words[0].partition("=")
        monkeypatch.setenv(name, value)
    elif first == "rnnlab" and re.search("launcher=(ray|submitit)", line):
        there = {"PATH": f"{Path('slurm').absolute()}:{os.environ['PATH']}"} if "slurm" in line else {}
        assert_works(line, command(*words, cwd=Path.cwd(), **there))
    elif first == "rnnlab":
        code = main(words)
        assert_works(line, subprocess.CompletedProcess(line, code, "", capfd.readouterr().err))
    else:
        shell = ["bash", "-e", "-o", "pipefail", "-c", line]
        assert_works(line, subprocess.run(shell, capture_output=True, text=True, timeout=PATIENCE))


def assert_works(line: str, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0 and "Traceback" not in done.stderr, f"`{line}` failed:\n{done.stderr[-2000:]}"


def has_figures(folder: Path, printed: str) -> None:
    report = folder / "runs" / "reported" / "report"
    for name in ("report.html", "report.md", "answer.json", "table.tex", "results.csv", "summary.csv", "answer.pdf"):
        assert (report / name).is_file(), name


def prints_what_was_trained(folder: Path, printed: str) -> None:
    names, loss, *reviews, table, curves = printed.splitlines()[-6:]
    assert names.count("'ma") == 5 and float(loss) > 0
    assert set(ast.literal_eval(table)) == {"rnn", "gru", "lstm"} and ast.literal_eval(curves)[0] == 3
    assert [line.split()[0] in ("negative", "positive") for line in reviews] == [True, True]


CHECKED: dict[str, Callable[[Path, str], None]] = {"reports": has_figures, "python": prints_what_was_trained}


def test_the_readme_begins_with_the_two_commands_and_is_short() -> None:
    first = BLOCK.findall(TEXTS["README"])[0][2]
    assert [line.split("  ")[0] for line in first.splitlines()] == ["make sweep", "make test"]
    assert TEXTS["README"].count("\n") <= 120


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^ *)make ([a-z-]+)", "".join(TEXTS.values()), re.M))))
def test_every_make_target_that_a_page_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.stem)
def test_every_link_and_picture_of_a_page_exists(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match("[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        if heading and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in {known.lower().replace(" ", "-") for known in headings}, target
