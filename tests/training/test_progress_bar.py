"""The bar of a single run."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.cli import main
from rnnlab.training.progress_bar import falling
from support import Answer

TRAIN = ("train", "debug=fast", "model.hidden_size=8", "trainer.max_epochs=3", "data.limit=200")


class TerminalStream(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([], ""),
        ([2.5], "val/loss 2.5"),
        ([2.5, 2.31, 2.10345, 2.0691], "val/loss 2.31 > 2.103 > 2.069"),
        ([2.0, 2.31, 2.4, 2.5], "val/loss 2.31 > 2.4 > 2.5 (best 2)"),
    ],
)
def test_the_loss_is_shown_as_it_falls_and_its_best_where_it_rises(losses: list[float], said: str) -> None:
    assert falling(losses, ">") == said


def test_a_terminal_sees_epoch_and_validation_loss_in_one_line(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = TerminalStream()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    assert main(list(TRAIN)) == 0
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue())
    assert re.search(r"epoch 3/3 .*val/loss [\d.]+ → [\d.]+", text), text
    assert max(map(len, re.split(r"[\r\n]", text))) <= 80


def test_a_pipe_sees_no_bar_and_no_escape_code(rnnlab: Callable[..., Answer]) -> None:
    answer = rnnlab(*TRAIN)
    assert answer.code == 0 and "\x1b" not in answer.out + answer.err and "epoch 3/3" not in answer.err
