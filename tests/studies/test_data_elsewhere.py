"""A study whose data lies outside of its folder is run with `data.path` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer, assert_refused

STUDY = """\
# Which?
defaults: [train, override data: file, override debug: fast, _self_]
sweep: plants
data: {{path: {path}}}
model: {{hidden_size: 8}}
hydra: {{mode: MULTIRUN, launcher: {{workers: 1}}, sweeper: {{params: {{seed: 0}}}}}}
"""


@pytest.fixture
def elsewhere(workdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of names in another folder, and a study that asks for it."""
    file = tmp_path_factory.mktemp("data") / "my plants, 1.txt"
    file.write_text("".join(f"{a}{b}{c}\n" for a in "abcde" for b in "aeiou" for c in "lmnr"), encoding="utf-8")
    folder = workdir / "experiments" / "plants"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY.format(path=f"'{file}'"), encoding="utf-8")
    return file


def test_the_command_line_says_where_the_data_lies(
    rnnlab: Callable[..., Answer], workdir: Path, elsewhere: Path
) -> None:
    assert_refused(rnnlab("study", "name=plants"), ["data.path", "command line"])
    answer = rnnlab("study", "name=plants", f"data.path={elsewhere}")
    assert answer.code == 0, answer.err
    assert answer.err.count("100 items") == 1
    page = (workdir / "experiments" / "plants" / "README.md").read_bytes()
    assert rnnlab("study", "name=plants", "report=only").code == 0
    assert (workdir / "experiments" / "plants" / "README.md").read_bytes() == page


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("name=plants", "data.path=nowhere.txt"), "there is no file nowhere.txt"),
        (("name=plants", "data.path=", "report=only"), "report=only"),
        (("new", "name=roses", "data.path=x"), "data.path"),
    ],
)
def test_a_path_that_says_nothing_is_refused(
    rnnlab: Callable[..., Answer], workdir: Path, elsewhere: Path, words: tuple[str, ...], named: str
) -> None:
    assert_refused(rnnlab("study", *words), ["data.path", named])
    assert not (workdir / "runs").exists() and not (workdir / "experiments" / "roses").exists()
