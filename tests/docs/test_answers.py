"""docs/sweeps/answers.md: its commands and its Python do what the page says they do."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from support import ALONE, ROOT, Answer

PAGE = (ROOT / "docs" / "sweeps" / "answers.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
ROLES = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)


@pytest.mark.docs
def test_its_commands_train_a_sweep_and_ask_it_other_questions(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    train, *questions, windows = [words for words in COMMANDS if "sweep=raced" not in words]
    assert rnnlab(*windows[1:], "dry_run=true").code == 0
    assert rnnlab(*train[1:], "debug=fast", ALONE).code == 0
    asked = []
    for words in questions:
        done = rnnlab(*words[1:])
        assert done.code == 0, done.err
        asked.append(json.loads((workdir / "runs/asked/report/answer.json").read_text())["question"])
    assert [one["by"] for one in asked] == ["cell", "cell", ["cell", "hidden_size"], "lr"]
    assert [one["tune"] for one in asked] == [["lr"], ["lr"], ["lr"], []]
    assert [one["within"] for one in asked] == [["hidden_size"], ["hidden_size"], [], ["cell", "hidden_size"]]
    assert asked[1]["worth"] == 0.01 and asked[3]["metric"] == "val/perplexity"
    for name in ("answer.json", "table.tex", "answer.png", "answer.svg", "answer.pdf", "report.md", "report.html"):
        assert (workdir / "runs/asked/report" / name).is_file()
    (python,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(python, {})
    assert "Asked: Which cell" in printed.getvalue() and (workdir / "levels.csv").read_text().count("\n") == 5


@pytest.mark.docs
def test_its_race_is_held_shown_and_judged_by_its_looks(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    train, status, compare = [words for words in COMMANDS if "sweep=raced" in words]
    assert rnnlab(*train[1:], "debug=fast", "hydra.sweeper.most=3", ALONE).code == 0
    assert "race: done after 1 round" in rnnlab(*status[1:]).out
    assert rnnlab(*compare[1:]).code == 0
    answer = json.loads((workdir / "runs/raced/report/answer.json").read_text())
    assert answer["race"]["groups"][0]["looks"] == 1 and answer["question"]["by"] == ["cell", "hidden_size"]
    settings = (ROOT / "conf" / "hydra" / "sweeper" / "race.yaml").read_text()
    for key in ("first", "seed", "question", "worth", "within", "metric"):
        assert f"hydra.sweeper.{key}`" in PAGE and f"\n{key}: " in settings


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/sweeps/answers.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert ROLES == ["by", "tune", "within", "seed"]
