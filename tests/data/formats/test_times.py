"""Times of a series: rows stand in the order of time, every time once, or the user says that they are read so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from rnnlab.data.formats.times import named_as_time
from rnnlab.data.sources.series import read_series
from rnnlab.errors import UserError


def column(name: str, cells: Sequence[object]) -> str:
    """Return a table of that column and of one with numbers."""
    return f"{name},y\n" + "".join(f"{cell},{1.5 + number % 7}\n" for number, cell in enumerate(cells))


COUNTED = list(range(12))
DAYS = [f"2020-01-{day:02}" for day in range(1, 13)]
KINDS = {
    "a step that begins again": (column("step", COUNTED * 2), "several series in one column: step begins again with 0"),
    "a count without such a name": (column("x", COUNTED * 2), "x begins again with 0"),
    "a second series that is shorter": (column("x", [*COUNTED, *COUNTED[:5]]), "x begins again with 0"),
    "no header": (column("x", COUNTED * 2).partition("\n")[2], "1 begins again with 0"),
    "a header that is not ASCII": (column("Jahr", list(range(1990, 2002)) * 2), "Jahr begins again with 1990"),
    "every time twice": (column("t", sorted(COUNTED * 2)), "several rows of one time: t 0 is there twice"),
    "a count of which each is there twice": (column("x", sorted(COUNTED * 2)), "x 0 is there twice"),
    "one time twice": (column("day", [*DAYS[:5], *DAYS[4:]]), "day 2020-01-05 is there twice"),
    "the newest first": (column("day", DAYS[::-1]), "day 2020-01-11 stands behind 2020-01-12; sort the rows"),
    "a count down": (column("x", COUNTED[::-1]), "x 10 stands behind 11; sort the rows"),
    "a row in the wrong place": (column("time", [0.5, 2.5, 1.5, 3.5]), "time 1.5 stands behind 2.5"),
    "German dates": (
        column("Datum", ["31.01.2020", "01.02.2020", "01.01.2020"]),
        "01.01.2020 stands behind 01.02.2020",
    ),
    "times of day": (column("time", ["22:30", "23:30", "00:30", "01:30"]), "time 00:30 stands behind 23:30"),
    "an offset": (
        column("time", ["2020-10-25T02:00+02:00", "2020-10-25T01:00+01:00", "2020-10-25T03:00+01:00"]),
        "is there twice",
    ),
    "an index beside dates": (
        ",day,y\n" + "".join(f"{n},{day},{n % 5}\n" for n, day in enumerate(DAYS * 2)),
        "day begins again with 2020-01-01",
    ),
    "names of months, the newest first": (
        "time,y\n" + "".join(f'"Mar {day}, 2024 {clock}",1\n' for day in (21, 20) for clock in ("1:00 PM", "12:00 AM")),
        "Mar 21, 2024 12:00 AM stands behind Mar 21, 2024 1:00 PM; sort",
    ),
    "quarters, the newest first": (column("q", ["1960Q4", "1960Q3", "1960Q2"]), "q 1960Q3 stands .* write times as"),
    "weeks, the newest first": (column("x", ["2020-W03", "2020-W02", "2020-W01"]), "x 2020-W02 stands behind"),
    "a zone by its name": (
        column("time", ["2024-10-27 02:00 CEST", "2024-10-27 02:00 CET", "2024-10-27 01:00 CET"]),
        "time 2024-10-27 01:00 CET stands behind",
    ),
    "a time that is missing": (column("day", [*DAYS[:3], "", *DAYS[4:]]), "row 4 has no time in the column day"),
    "a day that is missing": (column("day", [*DAYS[:3], *DAYS[4:]]), "1 day is missing between day 2020-01-03 and"),
    "two forms": (
        column("day", [*DAYS, "13/01/2020"]),
        "day has '2020-01-01' and '13/01/2020'; write all times in one",
    ),
    "dates and numbers": (column("day", [*DAYS, 13]), "day has '2020-01-01' and '13'"),
    "a sum below dates": (column("day", [*DAYS, "Total"]), r"the last row \(Total\) may be a sum"),
    "a sum below names": (column("who", [*"abcde", "Sum:"]), r"the last row \(Sum:\) may be a sum"),
    "a remark below numbers": (column("step", [*COUNTED, "(estimated)"]), r"step has '0' and '\(estimated\)'"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_are_not_in_the_order_of_time_are_refused_with_the_key_that_decides(
    tmp_path: Path, kind: str
) -> None:
    text, line = KINDS[kind]
    (tmp_path / "series.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"series\.csv.* {line}.*data\.stacked=true"):
        read_series([tmp_path / "series.csv"], None)
    assert read_series([tmp_path / "series.csv"], None, stacked=True).values.shape[0] >= 3


IN_ORDER = {
    "days before months": column("day", ["30/01/2020", "31/01/2020", "01/02/2020"]),
    "months before days": column("day", ["01/30/2020", "01/31/2020", "02/01/2020"]),
    "dates that leave out midnight": column("time", ["2020-01-01 23:00", "2020-01-02", "2020-01-02 01:00"]),
    "noon": column("time", ["1/1/2020 11:30 AM", "1/1/2020 12:30 PM", "1/1/2020 1:30 PM"]),
    "years of two digits": column("day", ["01.12.99", "01.01.00", "01.02.00"]),
    "an hour of summer time that comes twice": column(
        "time", ["2020-10-25T02:30+02:00", "2020-10-25T02:30+01:00", "2020-10-25T03:30+01:00"]
    ),
    "year and month": "year,month,y\n" + "".join(f"{2000 + n // 12},{n % 12 + 1},{n % 5}\n" for n in range(36)),
    "day, month and year": "day,month,year,y\n30,1,2020,1\n31,1,2020,2\n1,2,2020,3\n",
    "date and hour": "date,hour,y\n" + "".join(f"{DAYS[n // 24]},{n % 24},{n % 5}\n" for n in range(72)),
    "a date and a day of the week": "date,weekday,y\n" + "".join(f"{d},{n % 3},{n}\n" for n, d in enumerate(DAYS)),
    "names of months": column("time", ["31 Mar 2024", "1 April 2024", "Tue. 2nd Apr 2024"]),
    "German names of months": column("Datum", ["29. Februar 2024", "1. März 2024", "2. Mär 2024"]),
    "quarters": column("q", ["Q3 1960", "Q4 1960", "Q1 1961"]),
    "words with numbers": column("day", ["day 8", "day 9", "day 10"]),
    "from one time to another": column(
        "time", [f"{day} 00:00 - {day} 12:00" for day in ("30.01.2024", "31.01.2024", "01.02.2024")]
    ),
    "an hour that comes twice": column(
        "time", [f"2024-10-27 {time}" for time in ("02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET", "03:00 CET")]
    ),
    "words in a column of time": column("day", ["Mon", "Tue", "Wed", "Mon", "Tue"]),
    "a number that swings": "x,y\n" + "".join(f"{(n * 7) % 5},{n}.5\n" for n in range(40)),
    "a switch": "on,y\n0,1.5\n0,2.5\n1,3.5\n1,4.5\n0,1.5\n",
}


@pytest.mark.parametrize("kind", IN_ORDER)
def test_rows_that_are_in_the_order_of_time_are_read(tmp_path: Path, kind: str) -> None:
    text = IN_ORDER[kind]
    (tmp_path / "series.csv").write_text(text, encoding="utf-8")
    assert len(read_series([tmp_path / "series.csv"], "y").values) == text.count("\n") - 1


SHUFFLED = [DAYS[place] for place in (3, 1, 0, 2)]


@pytest.mark.parametrize("name", ["day", "x"])
@pytest.mark.parametrize("days", [SHUFFLED, DAYS[3::-1], [day.replace("-01-", "-W") for day in SHUFFLED]])
def test_the_rows_of_each_of_several_series_stand_in_the_order_of_time(
    tmp_path: Path, name: str, days: Sequence[str]
) -> None:
    file = tmp_path / "series.csv"
    file.write_text(
        f"{name},y,site\n" + "".join(f"{day},{n}.5,{site}\n" for site in "ab" for n, day in enumerate(days))
    )
    with pytest.raises(UserError, match=rf"series a is not in the order of time: {name} .*data\.time_column=.*stacked"):
        read_series([file], "y", id_column="site")
    assert len(read_series([file], "y", id_column="site", stacked=True).members) == 2  # type: ignore[union-attr]
    file.write_text(
        f"{name},y,site\n" + "".join(f"{day},{n}.5,{s}\n" for n, day in enumerate(sorted(days)) for s in "ab")
    )
    assert len(read_series([file], "y", id_column="site").members) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (
            ["1960Q1", "1960Q2", "1960Q3"],
            r"row 1: time has '1960Q1', .*write its first month, 1960-01 \(read are 2024-",
        ),
        (["2020-W02", "2020-W03", "2020-W04"], "has '2020-W02', .*write a day of the week, 2020-01-06"),
        (
            ["2024-01-01 01:00 CET", "2024-01-01 02:00 CET", "2024-01-01 03:00 CET"],
            r"write an offset .*\+02:00, for CET",
        ),
        (["2024-01-01", "NaN", "2024-01-03"], "row 2: time has 'NaN', which is no time; give every row"),
        (["first", "second", "third"], "has 'first', which is not read as a time; write it in a form that is"),
    ],
)
def test_a_time_that_is_not_read_is_named_with_its_row_and_what_to_write(
    tmp_path: Path, cells: list[str], line: str
) -> None:
    (tmp_path / "series.csv").write_text(column("time", cells))
    with pytest.raises(UserError, match=line):
        read_series([tmp_path / "series.csv"], None, time_column="time")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["Mar 20, 2024 11:00 PM", "Mar 21, 2024 12:00 AM", "Mar 21, 2024 1:00 AM"], "every hour.*2024-03-20 23:00 to"),
        (["Jan 2024", "Feb 2024", "Mar 2024"], "every month by 'time', 2024-01 to 2024-03"),
        (["30-Dez-23", "31-Dez-23", "01-Jan-24"], "every day by 'time', 2023-12-30 to 2024-01-01"),
    ],
)
def test_dates_with_names_of_months_are_times(tmp_path: Path, cells: list[str], said: str) -> None:
    (tmp_path / "series.csv").write_text("time;y\n" + "".join(f"{cell};{n % 5}.5\n" for n, cell in enumerate(cells)))
    description = read_series([tmp_path / "series.csv"], None).description
    assert re.search(said, description), description


def test_files_of_one_series_follow_each_other_in_time(tmp_path: Path) -> None:
    for name, days in (("a.csv", DAYS[:6]), ("b.csv", DAYS[6:]), ("c.csv", DAYS[3:8])):
        (tmp_path / name).write_text(column("day", days))
    assert len(read_series([tmp_path / "a.csv", tmp_path / "b.csv"], None).values) == 12
    for files in (["b.csv", "a.csv"], ["a.csv", "c.csv"]):
        with pytest.raises(UserError, match=r"series of .*csv to .*csv is not in the order of time.*data\.stacked"):
            read_series([tmp_path / name for name in files], None)


@pytest.mark.parametrize(
    ("name", "is_time"), [("Time (s)", True), ("day of year", True), ("day_length", False), ("T", False), ("t", True)]
)
def test_a_column_is_one_of_times_by_its_whole_name(name: str, is_time: bool) -> None:
    assert named_as_time(name) is is_time
