"""What a run folder says of a run, edited by people or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rnnlab.records.reading import Run

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-31T12:00:00.000+00:00", NOON),
        ("2026-01-31T13:00:00+01:00", NOON),
        ("2026-01-31 12:00", NOON),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1769860800, None),
        (None, None),
    ],
)
def test_the_start_of_a_training_is_a_time_in_utc_or_none(written: Any, read: datetime | None) -> None:
    assert Run(Path("run"), "complete", "", {}, {"started": written}).started == read


def test_a_run_of_an_older_version_does_not_say_when_it_started() -> None:
    assert Run(Path("run"), "complete", "", {}, {}).started is None
