"""Series with time stamps: the frequency that is seen, the times that come next, and gaps that are noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnnlab.data.sources.series import Panel, Series, read_series
from rnnlab.data.sources.series_files.time_axis import TimeAxis
from rnnlab.errors import UserError


def written(folder: Path, times: list[str], **columns: list[Any]) -> list[Path]:
    columns = columns or {"y": list(range(len(times)))}
    pd.DataFrame({"when": times, **columns}).to_csv(folder / "series.csv", index=False)
    return [folder / "series.csv"]


def read(folder: Path, times: list[str], **arguments: Any) -> Series:
    series = read_series(written(folder, times), "y", **arguments)
    assert isinstance(series, Series)
    return series


def next_times(series: Series, count: int = 2) -> list[str]:
    assert series.axis is not None
    assert TimeAxis.from_card(series.axis.to_card()) == series.axis, "a checkpoint carries it"
    return series.axis.written(np.arange(count) + series.first + len(series.values))


def dated(start: str, count: int, frequency: str, style: str) -> list[str]:
    return pd.date_range(start, periods=count, freq=frequency).strftime(style).tolist()


FREQUENCIES = {
    "hours": (dated("2024-02-28 20:00", 9, "h", "%Y-%m-%d %H:%M"), "1 hour", "2024-02-29 05:00"),
    "quarters of an hour": (dated("2024-01-01", 9, "15min", "%Y-%m-%dT%H:%M:%S"), "15 minutes", "2024-01-01 02:15"),
    "half seconds": (dated("2024-01-01", 9, "500ms", "%Y-%m-%d %H:%M:%S.%f"), "0.5 seconds", "00:00:04.500000"),
    "days": (dated("2024-02-20", 9, "D", "%d.%m.%Y"), "1 day", "2024-02-29"),
    "weeks": (dated("2024-01-01", 9, "7D", "%Y-%m-%d"), "1 week", "2024-03-04"),
    "weekdays": (dated("2024-01-01", 10, "B", "%Y-%m-%d"), "1 weekday", "2024-01-15"),
    "months": (dated("2023-12-01", 9, "MS", "%Y-%m-%d"), "1 month", "2024-09-01"),
    "months without a day": (dated("2023-12-01", 9, "MS", "%Y-%m"), "1 month", "2024-09"),
    "ends of months": (dated("2023-12-31", 9, "ME", "%Y/%m/%d"), "1 month", "2024-09-30"),
    "quarters": (dated("2020-01-01", 9, "QS", "%d/%m/%Y"), "3 months", "2022-04-01"),
    "years": (dated("2000-01-01", 9, "YS", "%Y-%m-%d"), "1 year", "2009-01-01"),
    "dates without signs": (dated("2024-02-20", 9, "D", "%Y%m%d"), "1 day", "2024-02-29"),
    "an offset": ([f"2024-01-01T{h:02}:00+01:00" for h in range(9)], "1 hour", "2024-01-01 08:00Z"),
    "numbers of years": (list(map(str, range(1990, 1999))), "1", "1999"),
    "numbers with a point": ([f"{n / 10:.1f}" for n in range(9)], "0.1", "0.9"),
}


@pytest.mark.parametrize("kind", FREQUENCIES)
def test_a_frequency_is_seen_and_goes_on(tmp_path: Path, kind: str) -> None:
    times, frequency, after = FREQUENCIES[kind]
    series = read(tmp_path, times, time_column="when")
    assert series.axis is not None and str(series.axis.frequency) == frequency
    assert next_times(series, 1)[0].endswith(after)
    assert f"one every {frequency.removeprefix('1 ')} by 'when'" in series.description or frequency == "1"


def test_the_last_day_of_a_month_is_meant_where_all_are() -> None:
    axis = TimeAxis.from_card(
        {"frequency": {"kind": "months", "count": 1}, "origin": "2024-01-31", "at_month_end": True}
    )
    assert axis.written(np.arange(4)) == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]


HOURS = dated("2024-03-01", 48, "h", "%Y-%m-%d %H:%M")


def test_a_hole_of_six_hours_is_noticed_and_filled_when_it_was_said_how(tmp_path: Path) -> None:
    files = written(tmp_path, HOURS[:10] + HOURS[16:], y=list(range(10)) + list(range(16, 48)))
    said = r"6 hours are missing between when 2024-03-01 09:00 and 2024-03-01 16:00; data\.missing=interpolate"
    for missing in (None, "refuse"):
        with pytest.raises(UserError, match=said):
            read_series(files, None, missing=missing)
    between, forward, as_they_stand = (
        read_series(files, None, **how)
        for how in ({"missing": "interpolate"}, {"missing": "forward"}, {"stacked": True})
    )
    assert isinstance(between, Series) and isinstance(forward, Series) and isinstance(as_they_stand, Series)
    assert between.values[:, 0].tolist() == list(range(48)) and "6 steps without a row" in between.description
    assert forward.values[9:17, 0].tolist() == [9] * 7 + [16]
    assert len(as_they_stand.values) == 42 and as_they_stand.axis is None


def test_times_that_are_there_twice_are_refused_or_become_one(tmp_path: Path) -> None:
    files = written(tmp_path, [*HOURS[:5], HOURS[4], *HOURS[5:]], y=[*range(5), 14, *range(5, 48)])
    with pytest.raises(UserError, match=r"when 2024-03-01 04:00 is there twice.*data\.missing=interpolate"):
        read_series(files, "y", time_column="when")
    for missing, value in (("interpolate", 9), ("forward", 14)):
        series = read_series(files, "y", time_column="when", missing=missing)
        assert isinstance(series, Series) and series.values[4, 0] == value and len(series.values) == 48


def test_a_cell_without_a_number_is_filled_along_the_time(tmp_path: Path) -> None:
    files = written(tmp_path, [*HOURS[:2], HOURS[4], *HOURS[6:]], y=[0, 1, None, *range(6, 48)])
    series = read_series(files, "y", missing="interpolate")
    assert isinstance(series, Series) and series.values[:, 0].tolist() == list(range(48)), "also beside a hole"
    files = written(tmp_path, HOURS, y=[*range(47), None])
    assert read_series(files, "y", missing="forward").values[-1, 0] == 46  # type: ignore[union-attr]
    with pytest.raises(UserError, match="the last row has no number and no neighbour"):
        read_series(files, "y", missing="interpolate")


REFUSED = {
    "between two steps": ([*HOURS[:5], "2024-03-01 05:07", *HOURS[6:]], {}, "05:07 lies between the steps of 1 hour"),
    "in disorder": ([*HOURS[:5], HOURS[6], HOURS[5], *HOURS[7:]], {"time_column": "when"}, "sort the rows"),
    "day or month": (
        ["01/02/2024", "01/03/2024", "01/04/2024"],
        {},
        r"may begin with the day or the month; data\.day_f",
    ),
    "no dates": (["10:00", "11:00", "12:00"], {"time_column": "when"}, "times of day without dates"),
    "too few": (["2024-01-01", "2024-01-02"], {"time_column": "when"}, "too few times to see a frequency"),
    "both keys": (HOURS, {"time_column": "when", "stacked": True}, "leave out one of the two keys"),
    "no such column": (HOURS, {"time_column": "time"}, r"data\.time_column=time: .*has no such column; it has when"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_times_that_are_not_sure_are_refused_with_the_key_that_decides(tmp_path: Path, kind: str) -> None:
    times, arguments, said = REFUSED[kind]
    with pytest.raises(UserError, match=said):
        read_series(written(tmp_path, times), "y", **arguments)


def test_day_or_month_is_what_was_said(tmp_path: Path) -> None:
    times = ["01/02/2024", "01/03/2024", "01/04/2024"]
    assert next_times(read(tmp_path, times, day_first=True)) == ["2024-05-01", "2024-06-01"]
    assert next_times(read(tmp_path, times, day_first=False)) == ["2024-01-05", "2024-01-06"]


def test_columns_of_date_and_hour_are_joined(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {"hour": [int(time[11:13]) for time in HOURS], "y": list(range(48))}
    files = written(tmp_path, [time[:10] for time in HOURS], **columns)
    series = read_series(files, "y", time_column=["when", "hour"])
    assert isinstance(series, Series) and next_times(series) == ["2024-03-03 00:00", "2024-03-03 01:00"]
    months: dict[str, list[Any]] = {"month": [n % 12 + 1 for n in range(36)], "y": list(range(36))}
    files = written(tmp_path, [str(2000 + n // 12) for n in range(36)], **months)
    series = read_series(files, "y", time_column=["when", "month"])
    assert isinstance(series, Series) and next_times(series, 1) == ["2003-01"]


def test_rows_behind_the_last_value_say_what_is_known_of_the_time_to_be_forecast(tmp_path: Path) -> None:
    holiday: list[Any] = [n % 2 for n in range(48)]
    files = written(tmp_path, HOURS, holiday=holiday, wind=[1] * 45 + [""] * 3, y=list(range(45)) + [""] * 3)
    series = read_series(files, "y", known=["holiday"], past="wind")
    assert isinstance(series, Series) and len(series.values) == 45
    assert series.future[:, 0].tolist() == holiday[45:] and series.past.values[:, 0].tolist() == [1] * 45
    assert "known in advance: holiday, known of the past: wind" in series.description
    with pytest.raises(UserError, match=r"row 46, column y: '' is no number; data\.missing"):
        read_series(files, "y")
    with pytest.raises(UserError, match=r"data\.known: y is the column that is forecast"):
        read_series(files, "y", known=["y"])


def test_several_series_of_one_table_stand_side_by_side_in_time(tmp_path: Path) -> None:
    sites: dict[str, list[Any]] = {"site": ["a"] * 30 + ["b"] * 20, "y": [*range(30), *range(20)]}
    files = written(tmp_path, [*HOURS[:30], *HOURS[5:25]], **sites)
    panel = read_series(files, "y", id_column="site")
    assert isinstance(panel, Panel) and [series.id for series in panel.members] == ["a", "b"]
    assert [(series.first, len(series.values)) for series in panel.members] == [(0, 30), (5, 20)]
    assert "2 series of 20 to 30 steps by site" in panel.description
    with pytest.raises(UserError, match=r"2 series in one column: .*data\.id_column=site forecasts each"):
        read_series(files, "y")
    with pytest.raises(UserError, match=r"series b: 1 hour is missing between"):
        rows = [*range(40), *range(41, 50)]
        chosen = {name: [cells[row] for row in rows] for name, cells in sites.items()}
        times = [*HOURS[:30], *HOURS[5:25]]
        read_series(written(tmp_path, [times[row] for row in rows], **chosen), "y", id_column="site")
