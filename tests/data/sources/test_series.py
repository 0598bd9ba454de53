"""Series of numbers: generated ones, those that a package ships, and tables of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from rnnlab.data.sources.files import packaged
from rnnlab.data.sources.series import hourly_load, read_mauna_loa, read_series, read_years_of_months, sines
from rnnlab.errors import UserError


def table(folder: Path, text: str, name: str = "series.csv") -> list[Path]:
    (folder / name).write_text(text, encoding="utf-8")
    return [folder / name]


def test_carbon_dioxide_is_the_mean_of_each_month_from_1958_to_2001() -> None:
    series = read_mauna_loa(packaged("rnnlab", "data/shipped/co2.csv"))
    assert series.values.shape == (526, 1) and series.names == ("co2",)  # March 1958 to December 2001
    assert series.values[0, 0] == 316.1  # 29 March is the month's only week
    assert series.values[1, 0] == pytest.approx(np.mean([317.3, 317.6, 317.5, 316.4]))
    assert series.sha256 == "cc924733d2b891a5eaa305f179b974ff8cd414721a4451ff29d3eba7021ec998", "to the last bit"
    assert np.isfinite(series.values).all() and "5 of 526 months" in series.notes[0]


def test_el_nino_is_one_month_behind_the_other() -> None:
    series = read_years_of_months(packaged("rnnlab", "data/shipped/elnino.csv"), "temperature")
    assert series.values.shape == (61 * 12, 1)
    assert series.sha256 == "04cd82503f2284f490eb92e9bf30bfd475d3c12210aca925dc0978f62ce50780", "to the last bit"
    assert series.values[[0, 11, 12], 0].tolist() == [23.11, 21.80, 24.19]  # January and December 1950, January 1951


def test_a_seed_gives_the_same_sines_and_a_longer_series_begins_with_a_shorter() -> None:
    short, long = (sines(length, [20, 7], [1.0, 0.5], 0.1, seed=3).values for length in (50, 90))
    assert np.array_equal(short, long[:50])
    assert not np.array_equal(short, sines(50, [20, 7], [1.0, 0.5], 0.1, seed=4).values)


def test_without_noise_a_sine_repeats_itself_after_its_period() -> None:
    values = sines(100, [25], [2.0], 0.0, seed=0).values
    assert np.allclose(values[25:], values[:-25]) and 1.9 < values.max() <= 2


@pytest.mark.parametrize(
    ("text", "column", "names", "values"),
    [
        ("1\n2.5\n-3e1\n", None, ("value",), [[1], [2.5], [-30]]),
        ("when,what\n2020,1\n2021,2\n", None, ("what",), [[1], [2]]),
        ("when,what\n2020,1\n\n2021,2", "when", ("when",), [[2020], [2021]]),
        ("a,b,c\n1,2,3\n4,5,6\n", ["c", "a"], ("c", "a"), [[3, 1], [6, 4]]),
        ("1, 2\n3, 4\n", "1", ("1",), [[1], [3]]),
    ],
)
def test_a_table_of_ones_own(
    tmp_path: Path, text: str, column: str | list[str] | None, names: tuple[str, ...], values: list[list[float]]
) -> None:
    series = read_series(table(tmp_path, text), column)
    assert series.names == names and series.values.tolist() == values


def test_several_files_are_one_series_and_tabs_separate_as_well(tmp_path: Path) -> None:
    files = [*table(tmp_path, "t\ty\n0\t1\n", "a.tsv"), *table(tmp_path, "t\ty\n1\t2\n", "b.tsv")]
    assert read_series(files, "y").values.tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("a,b\n1,2\n", "c", r"data\.value_column=c: .*series\.csv has no such column; it has a, b"),
        ("a\n1\n\nx\n", None, r"series\.csv, row 2, column a: 'x' is no number"),
        ("a\n1\nnan\n2\n", None, r"row 2, column a: 'nan' is no number; data\.missing=interpolate"),
        ("a\n", None, "holds no numbers"),
        ("a,b\n1,2\n3\n", None, "row 2, column b: '' is no number"),
    ],
)
def test_what_is_no_series_is_refused_with_its_place(tmp_path: Path, text: str, column: str | None, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_series(table(tmp_path, text), column)


def test_sines_need_an_amplitude_for_each_period() -> None:
    with pytest.raises(UserError, match=r"data\.reader\.amplitudes: 1 of them do not fit 2"):
        sines(10, [3, 4], [1.0], 0.0, seed=0)


ROWS = "".join(f"2020-01-{day:02},{day}.5\n" for day in range(1, 20))

READ = {
    "dates.csv": (
        ROWS,
        {},
        "column '2' of dates.csv, 19 values, one every day by '1', 2020-01-01 to 2020-01-19, no header row",
        1.5,
    ),
    "index.csv": (",temp\n0,20.1\n1,21.2\n", {}, "column 'temp' of index.csv, 2 values, a header row", 20.1),
    "commas.csv": ("day;temp\na;20,13\nb;21,5\n", {}, "column 'temp' of commas.csv, 2 values, .*decimal commas", 20.13),
    "plain.csv": ("20,13\n21,05\n", {"decimal": "comma"}, "column 'value'.*no header row, decimal commas", 20.13),
    "pairs.csv": ("20,13\n21,05\n", {"decimal": "point"}, "column '2'.*no header row", 13),
    "years.csv": ("2019,2020\n1.5,2.5\n", {"header": True}, "column '2020'.*1 values, a header row", 2.5),
    "number.csv": ("2019,2020\n1.5,2.5\n", {"header": False}, "column '2'.*2 values, no header row", 2020),
    "trailing.csv": ("day,temp,\na,20.1,\nb,21.1,\n", {}, "column 'temp' of trailing.csv", 20.1),
    "months.csv": ("year,month,v\n1950,1,5.5\n1950,2,6.5\n1951,1,5.5\n1951,2,6.5\n", {}, "column 'v'.*4 values", 5.5),
    "stacked.csv": ("day,temp\n" + ROWS + ROWS, {"stacked": True}, "column 'temp' of stacked.csv, 38 values", 1.5),
}


@pytest.mark.parametrize("name", READ)
def test_what_was_read_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    text, arguments, line, first = READ[name]
    series = read_series(table(tmp_path, text, name), None, **arguments)
    assert re.match(line, series.description), series.description
    assert series.values[0, 0] == first


TWO_WAYS = {
    "decimal or two columns": ("20,13\n21,05\n", r"20,13 may be one number or two; data\.decimal=comma"),
    "decimal below a header": ("temp\n20,13\n21,05\n", r"20,13 may be one number or two; data\.decimal=comma"),
    "semicolons": ("2020-01-01;20,13\n2020-01-02;21,05\n", r"data\.separator=comma or data\.separator=semicolon"),
    "NaN first": ("NaN\n20.1\n21.2\n", r"first row \(NaN\) may have names or numbers; data\.header=true"),
    "years": ("2019,2020\n1.5,2.5\n", r"first row \(2019, 2020\) may have names or numbers; data\.header=true"),
    "twins": ("a,a\n1,2\n", r"data\.value_column=a: .* has 2 columns of that name"),
    "thousands": ('t,x\na,"1,234"\nb,"2,345"\n', r"'1,234' may have a decimal comma or thousands; data\.decimal=comma"),
    "counter": ("x,n\n" + "".join(f"{n / 3},{n}\n" for n in range(9)), r"'n' counts the rows; data\.value_column=x"),
    "names": (
        "id,t,x\nA,d0,1\nA,d1,2\nB,d0,3\nB,d1,4\n",
        r"2 series in one column: t begins again for id B.*data\.stacked",
    ),
    "dates": ("day,temp\n" + ROWS + ROWS, r"several series in one column: day begins again.*data\.stacked"),
}


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_can_be_read_in_two_ways_is_refused_with_the_key_that_decides(tmp_path: Path, name: str) -> None:
    text, line = TWO_WAYS[name]
    with pytest.raises(UserError, match=line):
        read_series(table(tmp_path, text), None)


def test_missing_numbers_lie_between_their_neighbours_and_are_counted(tmp_path: Path) -> None:
    text = "day;temp;wind\na;1,5;1\nb;NaN;?\nc;;3\nd;3,0;4\n"
    series = read_series(table(tmp_path, text), ["temp", "wind"], missing="interpolate")
    assert series.values.tolist() == [[1.5, 1], [2, 2], [2.5, 3], [3, 4]]
    assert "4 values, 3 of them missing and put between their neighbours" in series.description
    for rows, said in (("1\nnan\n", "the last row has no number"), ("1\nx\n\n?\n2\n", "row 2, column a: 'x'")):
        with pytest.raises(UserError, match=said):
            read_series(table(tmp_path, "a\n" + rows), None, missing="interpolate")
    with pytest.raises(UserError, match=r"data\.missing=drop: a series has a value at every step; interpolate"):
        read_series(table(tmp_path, "a\n1\n2\n"), None, missing="drop")


def test_a_trained_model_finds_its_columns_by_their_names(tmp_path: Path) -> None:
    more = table(tmp_path, "humidity,temp,wind\n800,20.1,3\n801,21.2,4\n", "more.csv")
    assert read_series(more, None, trained=["temp"]).values.tolist() == [[20.1], [21.2]]
    assert read_series(more, "wind", trained=["temp"]).values.tolist() == [[3], [4]], "the user's word counts"
    assert read_series(table(tmp_path, "1.5\n2.5\n"), None, trained=["temp"]).names == ("value",)
    with pytest.raises(UserError, match=r"has no column level, which the model was trained on; it has humidity, temp"):
        read_series(more, None, trained=["level"])


@pytest.mark.parametrize(
    ("rows", "said", "expected"),
    [
        ("19\n-9999\n22\n-9999\n20\n", -9999.0, "-9999 stands there 2 times, far from the others .19 to 22."),
        ("20.5\n999.9\n999.9\n22\n21\n", 999.9, r"999\.9 stands there 2 times"),
    ],
)
def test_a_number_that_seems_to_stand_for_missing_ones_is_refused(
    tmp_path: Path, rows: str, said: float, expected: str
) -> None:
    file = table(tmp_path, f"day,temp\n{''.join(f'{n},{row}' + chr(10) for n, row in enumerate(rows.split()))}")
    with pytest.raises(UserError, match=rf"column temp: {expected}.*data\.missing_values=.*missing_values=none"):
        read_series(file, "temp")
    assert said in read_series(file, "temp", missing_values="none").values
    with pytest.raises(UserError, match=r"is no number; data\.missing="):
        read_series(file, "temp", missing_values=said)
    filled = read_series(file, "temp", missing_values=[said], missing="interpolate").values
    assert len(filled) == 5 and filled.min() >= 19 and filled.max() <= 22


@pytest.mark.parametrize("rows", ["-9999\n20\n22\n21\n19\n", "-99\n20\n-99\n-40\n60\n", "999\n998\n999\n997\n990\n"])
def test_a_number_that_may_be_a_value_is_one(tmp_path: Path, rows: str) -> None:
    assert len(read_series(table(tmp_path, f"temp\n{rows}"), None).values) == 5


def test_thousands_are_read_where_it_is_said_what_is_decimal_and_are_spoken_of_otherwise(tmp_path: Path) -> None:
    points = table(tmp_path, "sold\n20.000\n21.500\n9.125\n30.000\n")
    read = read_series(points, None)
    assert read.values[0, 0] == 20 and "20.000 is read with three decimals (data.decimal=comma" in read.description
    assert read_series(points, None, decimal="comma").values[:, 0].tolist() == [20000, 21500, 9125, 30000]
    assert "three decimals" not in read_series(points, None, decimal="point").description
    commas = table(tmp_path, 'sold\n"1,234,567"\n"2,000"\n"3,000.5"\n4\n')
    assert read_series(commas, None, decimal="point").values[:, 0].tolist() == [1234567, 2000, 3000.5, 4]


def test_an_hourly_load_hangs_on_its_temperature_and_begins_with_a_shorter_one() -> None:
    series, shorter = (hourly_load(hours, 1.0, seed=0, known="temperature") for hours in (400, 200))
    assert np.array_equal(series.values[:200], shorter.values) and series.known.names == ("temperature",)
    assert series.axis is not None and series.axis.written(np.array([399])) == ["2024-01-17 15:00"]
    cold = (series.known.values[:, 0] - 16) ** 2
    by_week = [values[168:] - values[:-168] for values in (cold, series.values[:, 0])]
    assert np.corrcoef(by_week)[0, 1] > 0.8, "beside what repeats every week"
    assert not hourly_load(200, 1.0, seed=0, past=["temperature"]).known.names
    with pytest.raises(UserError, match="data=hourly has no column wind; it has temperature"):
        hourly_load(10, 1.0, seed=0, known=["wind"])


@pytest.mark.parametrize("number", ["-999", "-9999"])
def test_one_number_that_is_hardly_a_value_suffices_beside_many(tmp_path: Path, number: str) -> None:
    rows = [f"{20 + n % 7}" for n in range(30)]
    with pytest.raises(UserError, match=rf"{number} stands there once, far from.*data\.missing_values={number} takes"):
        read_series(table(tmp_path, "\n".join(["temp", *rows[:9], number, *rows[9:]])), None)
    for value in ("999", "-99"):
        assert len(read_series(table(tmp_path, "\n".join(["temp", *rows[:9], value, *rows[9:]])), None).values) == 31


def test_the_sum_of_the_others_in_the_last_row_is_no_value(tmp_path: Path) -> None:
    rows = [20 + n % 7 for n in range(30)]
    below = table(tmp_path, "sold\n" + "".join(f"{row}\n" for row in [*rows, sum(rows)]))
    with pytest.raises(UserError, match=r"the last row has the sum of the others in the column sold \(\d+\); leave it"):
        read_series(below, None)
    assert len(read_series(below, None, stacked=True).values) == 31
    for others in ([0] * 20, [2**n for n in range(20)], [1, *(2**n for n in range(20))], [*rows, 600]):
        file = table(tmp_path, "sold\n" + "".join(f"{row}\n" for row in others))
        assert len(read_series(file, None).values) == len(others)


def test_a_last_column_of_true_and_false_is_no_value_unless_it_is_named(tmp_path: Path) -> None:
    rows = "".join(f"{n}.5,{'False' if n % 3 else 'TRUE'}\n" for n in range(9))
    file = table(tmp_path, "load,weekend\n" + rows)
    with pytest.raises(UserError, match=r"last column 'weekend' has True and False; data\.value_column=load or"):
        read_series(file, None)
    assert read_series(file, "weekend").values[:2, 0].tolist() == [1, 0]
    alone = table(tmp_path, "on\n" + "True\nFalse\nTrue\nTrue\nFalse\n")
    assert read_series(alone, None).values[:, 0].tolist() == [1, 0, 1, 1, 0]


@pytest.mark.parametrize(("cell", "decimal"), [("10.035,00", "comma"), ('"10,035.5"', "point")])
def test_a_number_with_thousands_is_refused_with_the_key_that_reads_it(tmp_path: Path, cell: str, decimal: str) -> None:
    file = table(tmp_path, "x;load\n" + f"a;{cell}\n" * 5)
    with pytest.raises(UserError, match=rf"is no number; data\.decimal={decimal} reads it$"):
        read_series(file, None)
    assert int(read_series(file, None, decimal=decimal).values[0, 0]) == 10_035
    with pytest.raises(UserError, match=r"'1x,5' is no number$"):
        read_series(table(tmp_path, "x;load\n" + "a;1x,5\n" * 5), None)
