"""docs/look/terminal.md: its commands work, and it says of every command what less and more of it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from rnnlab.config import reference
from support import ROOT, Answer

PAGE = (ROOT / "docs" / "look" / "terminal.md").read_text(encoding="utf-8")


def test_the_table_has_every_command() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(reference.commands()) - {"completion"}


@pytest.mark.docs
def test_its_commands_work(rnnlab: Callable[..., Answer]) -> None:
    (block,) = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    answers = [rnnlab(*shlex.split(line)[1:]) for line in block.splitlines()]
    assert [answer.code for answer in answers] == [0, 0]
    assert answers[0].out.startswith("test: ") and answers[1].out == "1 run: 1 complete\n"
