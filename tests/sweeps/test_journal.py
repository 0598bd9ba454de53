"""A search's journal that has lost or changed bytes inside is not read as something else."""

from __future__ import annotations

import json
import random
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from resuming import flipped
from rnnlab.errors import UserError
from rnnlab.sweeps.search.journal import CheckedJournal


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of three trials with a text each."""
    file = tmp_path / "search.journal"
    study = optuna.create_study(storage=JournalStorage(CheckedJournal(str(file))), study_name="hunt")
    for number in range(3):
        trial = study.ask()
        trial.suggest_float("optimizer.lr", 1e-3, 1e-1, log=True)
        trial.report(0.5, step=number)
        trial.set_user_attr("reason", "a text that is long enough to lose some of its bytes, größer")
        study.tell(trial, number / 3)
    return file


def values(backend: JournalFileBackend) -> list[object]:
    trials = optuna.load_study(study_name="hunt", storage=JournalStorage(backend)).trials
    return [(trial.value, trial.params, trial.user_attrs, trial.intermediate_values) for trial in trials]


def test_optuna_reads_the_journal_as_its_own(journal: Path) -> None:
    assert values(JournalFileBackend(str(journal))) == values(CheckedJournal(str(journal)))


@pytest.mark.parametrize("lost", [0, 1, 20, 41])
def test_a_journal_that_changed_or_lost_bytes_inside_is_damaged(journal: Path, lost: int) -> None:
    content, draw = journal.read_bytes(), random.Random(lost)
    expected = values(CheckedJournal(str(journal)))
    for _ in range(60):
        place = draw.randrange(len(content) - lost - 1)  # the last line break is `drop_cut_line`'s
        changed = content[:place] + content[place + lost :] if lost else flipped(content, place, draw.randrange(8))
        journal.write_bytes(changed)
        try:
            assert values(CheckedJournal(str(journal))) == expected
        except (UserError, ValueError):  # said by `open_study`
            continue


def test_the_journal_of_an_older_version_is_read(journal: Path) -> None:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    for line in lines:
        del line["chain"]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert len(values(CheckedJournal(str(journal)))) == 3
    lines[4]["chain"] = "0123456789abcdef"
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(UserError, match="line 5 is not what was written"):
        values(CheckedJournal(str(journal)))


def test_a_line_that_is_missing_is_noticed(journal: Path) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    for number in range(len(lines) - 1):
        journal.write_bytes(b"".join([*lines[:number], *lines[number + 1 :]]))
        with pytest.raises(UserError, match=f"line {number + 1} is not what was written, or lines before it"):
            values(CheckedJournal(str(journal)))
    journal.write_bytes(b"".join([*lines[:3], lines[4], lines[3], *lines[5:]]))
    with pytest.raises(UserError, match="line 4"):
        values(CheckedJournal(str(journal)))


def test_what_a_killed_process_began_to_write_is_dropped_by_the_next(journal: Path) -> None:
    before = values(CheckedJournal(str(journal)))
    with journal.open("ab") as stream:
        stream.write(b'{"op_code":4,"long":"' + b"x" * 10_000)
    study = optuna.load_study(study_name="hunt", storage=JournalStorage(CheckedJournal(str(journal))))
    study.tell(study.ask(), 1.0)
    assert values(CheckedJournal(str(journal)))[:-1] == before
    assert values(JournalFileBackend(str(journal))) == values(CheckedJournal(str(journal)))


def test_processes_that_write_in_turn_make_one_chain(journal: Path) -> None:
    studies = [
        optuna.load_study(study_name="hunt", storage=JournalStorage(CheckedJournal(str(journal)))) for _ in range(2)
    ]
    for study in studies * 3:
        study.tell(study.ask(), 1.0)
    assert len(values(CheckedJournal(str(journal)))) == 9
