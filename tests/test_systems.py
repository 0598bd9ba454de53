"""The table of the documents' systems: every row is there, and every command of it can be given."""

from __future__ import annotations

import re
import shlex

import pytest

from rnnlab.config.compose import compose, compose_train
from rnnlab.config.literals import quote_arguments
from support import ROOT

TABLE = (ROOT / "experiments" / "systems.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-E]\d[^|]*) \| [^|]+ \| `([^`]+)` \|$", TABLE, flags=re.MULTILINE)
COMMANDS = sorted(set(re.findall(r"\| `(rnnlab [^`]+)` \|$", TABLE, flags=re.MULTILINE)))
# How many systems each document describes.
SYSTEMS = {"A": 11, "B": 8, "C": 12, "D": 4, "E": 9}


def named(rows: str) -> set[str]:
    """`A1, A4` or `B1–B5` as single names."""
    systems = set()
    for part in rows.split(", "):
        first, _, last = part.partition("–")
        document, begin = first[0], int(first[1:])
        systems |= {f"{document}{number}" for number in range(begin, int(last[1:] if last else begin) + 1)}
    return systems


def test_no_system_is_left_out() -> None:
    expected = {f"{document}{number}" for document, count in SYSTEMS.items() for number in range(1, count + 1)}
    assert set().union(*(named(rows) for rows, _ in ROWS)) == expected
    assert {command for _, command in ROWS} < set(COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_table_can_be_given(line: str) -> None:
    program, command, *words = shlex.split(line)
    assert program == "rnnlab"
    arguments = quote_arguments(words)
    if command == "train":
        compose_train(arguments)
        return
    config = compose(command, arguments)
    if command == "study":
        assert (ROOT / "experiments" / str(config["name"]) / "study.yaml").is_file()
    elif "checkpoint" in config:
        assert (ROOT / "experiments" / str(config["checkpoint"]).removeprefix("runs/") / "study.yaml").is_file()
