"""Whatever a table of series holds: it is read and said, or refused in one line that names it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.data.sources.series import Panel, read_series
from rnnlab.errors import UserError

CELLS = st.one_of(
    st.sampled_from(["", "NaN", "?", "1", "2,5", "-3.5", "1e400", "1e9", "true", '"', "x", "2024-01-01", "01/02/2024"]),
    st.sampled_from(
        ["2024-02-30", "12:61", "2024-03-31 02:30", "2024-03-31T02:30+02:00", "20240229", "0", "a,b", "\t"]
    ),
    st.integers(-5, 3000).map(str),
    st.dates().map(str),
    st.datetimes().map(str),
    st.text(max_size=3),
)
COLUMN = st.sampled_from([None, "a", "b", "c", "time"])
KEYS = st.fixed_dictionaries(
    {},
    optional={
        "missing": st.sampled_from(["refuse", "interpolate", "forward"]),
        "time_column": st.sampled_from(["time", "a", ["a", "b"]]),
        "known": st.sampled_from(["b", ["b", "c"]]),
        "past": st.sampled_from(["c"]),
        "id_column": st.sampled_from(["a", "time"]),
        "day_first": st.booleans(),
        "header": st.booleans(),
        "stacked": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "series.csv"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8), column=COLUMN, keys=KEYS)
def test_any_table_is_read_or_refused_in_one_line(
    file: Path, rows: list[list[str]], column: str | None, keys: dict[str, Any]
) -> None:
    text = "\n".join(["time,a,b,c", *(",".join(row) for row in rows)])
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        content = read_series([file], column, **keys)
    except UserError as error:
        assert str(error).count("\n") == 0 or "\n" in text
        assert "data" in str(error)
        return
    for series in content.members if isinstance(content, Panel) else (content,):
        assert np.isfinite(series.values).all() and len(series.values)
        assert series.axis is None or len(series.axis.written(np.arange(3) + series.first)) == 3


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    gaps=st.sets(st.integers(1, 38)),
    step=st.sampled_from([1, 60, 900, 3600, 86_400, 604_800]),
    begin=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)),
)
def test_rows_that_were_taken_out_of_a_line_come_back(file: Path, gaps: set[int], step: int, begin: Any) -> None:
    """Most steps stay, or the frequency would be another one."""
    kept = [row for row in range(40) if row not in set(sorted(gaps)[:9])]
    start = np.datetime64(begin.replace(microsecond=0), "s")
    stamps = [str(start + np.timedelta64(row * step, "s")) for row in kept]
    file.write_text("time,y\n" + "".join(f"{stamp},{row}\n" for stamp, row in zip(stamps, kept, strict=True)))
    series = read_series([file], "y", missing="interpolate")
    assert not isinstance(series, Panel) and series.axis is not None
    assert series.values[:, 0].tolist() == pytest.approx(list(range(40)))
    assert str(series.axis.times(np.array([40]))[0])[:19] == str(start + np.timedelta64(40 * step, "s"))
