"""`-q` and `-v`: every command says less, or more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.config import reference
from rnnlab.config.shell.help import command_help
from rnnlab.records.folder import RUNS
from support import ALONE, Answer, assert_refused

TRAIN = ("train", "debug=fast", "model.hidden_size=4", "trainer.max_epochs=1", "data.limit=100", "sweep=told")


@pytest.fixture
def swept(sweep_folder: Path, rnnlab: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """The command line where the sweep `small` lies."""
    monkeypatch.chdir(sweep_folder)
    return rnnlab


def test_a_quiet_training_says_what_it_reached_and_where(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, "-q")
    (folder,) = (workdir / RUNS / "told").glob("gru*")
    first, second = answer.out.splitlines()
    assert first.startswith("test: loss ") and second == f"in {folder}"
    assert (answer.code, answer.err) == (0, "")
    assert rnnlab("train", "--quiet", *TRAIN[1:]).out.splitlines() == [first], "a complete one says so again"


def test_a_verbose_training_says_what_its_log_says(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, "-v")
    (log,) = (workdir / RUNS / "told").glob("gru*/run.log")
    assert answer.code == 0 and log.read_text() and log.read_text() in answer.err


def test_a_sweep_ends_with_its_headline_and_what_comes_next(swept: Callable[..., Answer]) -> None:
    words = ("train", "-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", ALONE)
    headline, *commands = swept(*words).out.splitlines()
    assert commands == ["  rnnlab compare sweep=small", "  rnnlab tensorboard sweep=small"]
    quiet = swept(*words, "-q", "compare.by=[cell]", "compare.worth=0.5")
    assert (len(quiet.out.splitlines()), quiet.err) == (1, "")
    asked = swept(*words, "compare.by=[cell]", "compare.worth=0.5").out.splitlines()
    assert asked[1] == "  rnnlab compare sweep=small 'by=[cell]' worth=0.5"
    compared = swept("compare", "-q", "sweep=small", "by=[cell]", "worth=0.5")
    first, *files = compared.out.splitlines()
    assert first == asked[0] and quiet.out == f"{first}\n" and len(files) == 2 and compared.err == ""
    assert headline != first


def test_a_sweep_of_which_runs_failed_still_says_what_the_others_reached(rnnlab: Callable[..., Answer]) -> None:
    wild = ("optimizer=sgd", "optimizer.lr=0.1,1e38", "trainer.gradient_clip_val=null", "scheduler=constant")
    answer = rnnlab(*TRAIN[:1], "-m", *TRAIN[1:], *wild, ALONE)
    assert answer.code == 1 and "1 of 2 runs failed" in answer.err
    assert "rnnlab compare sweep=told" in answer.out


def test_a_verbose_sweep_tells_the_test_of_every_run(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN[:1], "-m", *TRAIN[1:], "seed=0,1", ALONE, "-v")
    assert answer.code == 0 and answer.err.count("\n  test: loss ") == 2
    assert all(f"\n  in {folder}\n" in answer.err for folder in (workdir / RUNS / "told").glob("gru*"))


QUIET = {
    "status": (("sweep=small",), 1),
    "generate": (("checkpoint=runs/small", "samples=3"), 3),
    "train": (("sweep=small", "cell=lstm", "debug=fast", "dry_run=true"), 1),
}


@pytest.mark.parametrize("command", QUIET)
def test_a_quiet_command_prints_its_result_alone_and_a_verbose_one_more_than_usual(
    command: str, swept: Callable[..., Answer]
) -> None:
    words, lines = QUIET[command]
    usual, quiet, verbose = (swept(command, *words, *flag) for flag in ((), ("-q",), ("-v",)))
    assert usual.code == quiet.code == verbose.code == 0
    assert len(quiet.out.splitlines()) == lines and quiet.err == ""
    assert len(usual.out + usual.err) > len(quiet.out)
    if command != "train":  # of which nothing was done
        assert len(verbose.out + verbose.err) > len(usual.out + usual.err)


def test_a_verbose_command_says_where_an_error_was_raised(rnnlab: Callable[..., Answer]) -> None:
    usual, verbose = rnnlab("compare", "sweep=none"), rnnlab("compare", "-v", "sweep=none")
    assert verbose.code == usual.code == 2
    assert verbose.err.splitlines()[-1] == usual.err.strip() and 'commands/compare.py", line' in verbose.err


def test_a_quiet_command_still_says_what_is_wrong(rnnlab: Callable[..., Answer]) -> None:
    assert_refused(rnnlab("train", "-q", "cell=gro"), ["gro"])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("status", "-q", "-v"), ["-q and -v", "choose one"]),
        (("completion", "bash", "-q"), ["completion"]),
        (("-q", "train"), ["the command comes first"]),
    ],
)
def test_what_would_mean_nothing_is_refused(
    words: tuple[str, ...], named: list[str], rnnlab: Callable[..., Answer]
) -> None:
    assert_refused(rnnlab(*words), named)


@pytest.mark.parametrize("command", [name for name in reference.commands() if name != "completion"])
def test_every_help_page_names_both(command: str) -> None:
    assert "-q, --quiet" in command_help(command) and "-v, --verbose" in command_help(command)
