"""What the terminal repeats of the logs of runs."""

from __future__ import annotations

from pathlib import Path

from rnnlab.sweeps.remarks import warnings_in


def test_every_warning_of_a_log_is_shown_once_without_its_place(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    begin = "2026-01-31 10:00:00,000"
    log.write_text(
        f"{begin} INFO rnnlab: going on\n"
        f"{begin} WARNING py.warnings: /a/b.py:12: UserWarning: no gradient\n  code of it\n"
        f"{begin} WARNING py.warnings: /a/b.py:12: UserWarning: no gradient\n"
        f"{begin} WARNING rnnlab: 3 texts were left out\n"
    )
    assert warnings_in(log) == ["no gradient", "3 texts were left out"]
    assert warnings_in(tmp_path / "none.log") == []
