"""Forecast the next values of a series with an exported model: a line of JSON for each series in a table.

python predict.py series.csv

The table is a CSV file with a row a step and the columns of training. Rows at its end without values say what is known
of the steps to be forecast.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rnnlab.export.scripts.onnx_program import MODEL, Program

SCALER, COLUMNS = MODEL["scaler"], MODEL["columns"]
KNOWN, CALENDAR, PAST, SERIES = MODEL["known"], MODEL["calendar"], MODEL["past"], MODEL["series"]
LENGTH, HORIZON, QUANTILES = MODEL["sequence_length"], MODEL["horizon"], MODEL["quantiles"]
Row = list[float]
Rows = list[Row]
encoder, decoder = Program("encoder"), Program("decoder")


def forecast(
    values: Sequence[Sequence[float]],
    known: Sequence[Sequence[float]] = (),
    past: Sequence[Sequence[float]] = (),
    times: Sequence[datetime] = (),
    name: str = "",
) -> dict[str, Any]:
    """Return the forecast of every column, a list of steps; with quantiles also `COLUMN_q0.1` and so on.

    Args:
        values: The numbers of each step in their own units.
        known: What is known of each step, those to be forecast included.
        past: What is known of the steps up to the last value.
        times: Of each step, where the model reads the calendar; the future's follow by themselves.
        name: Of the series, of several.
    """
    count = len(values)
    if count < LENGTH:
        raise ValueError(f"its {count} values are too few; the model reads the last {LENGTH}")
    if KNOWN and len(known) < count + HORIZON:
        raise ValueError(
            f"{len(known) - count} rows behind the last value say {', '.join(KNOWN)}; {HORIZON} are needed"
        )
    if CALENDAR and not times:
        raise ValueError(f"the model reads {', '.join(CALENDAR)}; give a column of times")
    mean, deviation, ratio = scales(values, name)
    end = count + HORIZON
    beside = [[*columns(known, step, 0), *calendar(times, step)] for step in range(count - LENGTH, end)]
    behind = [columns(past, step, len(KNOWN)) for step in range(count - LENGTH, count)]
    scaled = [standardised(row, mean, deviation) for row in values[count - LENGTH :]]
    centre = scaled[-1] if MODEL["by_window"] else [0.0] * len(COLUMNS)
    x = [standardised(row, centre, ratio) for row in scaled]
    state = encoder.start(1)
    for step in range(LENGTH):
        _, state = encoder([[*x[step], *beside[step], *behind[step]]], state=state)
    value, made = x[-1], []
    for step in range(HORIZON):
        ahead, base = beside[LENGTH + step], [0.0] * len(COLUMNS)
        if MODEL["by_season"]:  # what was a season before it
            season = min(MODEL["season"], LENGTH)
            place = LENGTH - season + step % season
            ahead, base = [*ahead, *x[place], *beside[place]], x[place]
        (output,), state = decoder([[*value, *ahead]], state=state)
        fans = [sorted(fan) for fan in in_groups(output, len(QUANTILES) or 1)]
        fans = [[number + start for number in fan] for fan, start in zip(fans, base, strict=True)]
        value = [fan[QUANTILES.index(0.5) if QUANTILES else 0] for fan in fans]
        made.append(
            [
                [(number * r + c) * d + m for number in fan]
                for fan, r, c, d, m in zip(fans, ratio, centre, deviation, mean, strict=True)
            ]
        )
    return answer(made)


def answer(made: Sequence[Rows]) -> dict[str, Any]:
    """Return forecasts by their columns; of quantiles the median is the value."""
    middle = QUANTILES.index(0.5) if QUANTILES else 0
    columns: dict[str, Any] = {}
    for place, name in enumerate(COLUMNS):
        columns[name] = [fans[place][middle] for fans in made]
        for number, share in enumerate(QUANTILES):
            if number != middle:
                columns[f"{name}_q{share:g}"] = [fans[place][number] for fans in made]
    return columns


def scales(values: Sequence[Sequence[float]], name: str) -> tuple[Row, Row, Row]:
    """Return the mean, the deviation and the ratio of each column; of a series that training lacked, by its values."""
    if len(SERIES) == 1 or name in SERIES:
        place = SERIES.index(name) if name in SERIES else 0
        return SCALER["mean"][place], SCALER["deviation"][place], SCALER["ratio"][place]
    columns = list(zip(*values, strict=True))
    mean = [sum(column) / len(column) for column in columns]
    spread = [
        math.sqrt(sum((v - m) ** 2 for v in column) / len(column)) for column, m in zip(columns, mean, strict=True)
    ]
    ratio = [sum(column) / len(column) for column in zip(*SCALER["ratio"], strict=True)]
    return mean, [deviation or 1.0 for deviation in spread], ratio


def standardised(row: Sequence[float], mean: Row, deviation: Row) -> Row:
    """Return the numbers of a step less their means, over their deviations."""
    return [(number - m) / d for number, m, d in zip(row, mean, deviation, strict=True)]


def columns(table: Sequence[Sequence[float]], step: int, first: int) -> Row:
    """Return the covariates of a step, of which the first is scaled by the number `first`."""
    if not table:
        return []
    mean, deviation = (SCALER[f"covariate_{name}"][first : first + len(table[step])] for name in ("mean", "deviation"))
    return standardised(table[step], mean, deviation)


def in_groups(numbers: Row, size: int) -> Rows:
    """Return numbers in groups of a size."""
    return [numbers[begin : begin + size] for begin in range(0, len(numbers), size)]


def calendar(times: Sequence[datetime], step: int) -> Row:
    """Return the sine and the cosine of where a step lies in each period of the calendar."""
    if not CALENDAR:
        return []
    time = times[step] if step < len(times) else after(times[-1], step - len(times) + 1)
    day = (time.hour * 3600 + time.minute * 60 + time.second + time.microsecond / 1e6) / 86400
    phases = {
        "minute": day * 24 % 1,
        "hour": day,
        "weekday": (time.weekday() + day) / 7,
        "day": (time.day - 1) / monthrange(time.year, time.month)[1],
        "month": (time.month - 1) / 12,
        "yearday": (time.timetuple().tm_yday - 1) / 365.2425,
    }
    return [wave(2 * math.pi * phases[name]) for name in CALENDAR for wave in (math.sin, math.cos)]


def after(time: datetime, steps: int) -> datetime:
    """Return the time that lies so many steps later."""
    kind, count = MODEL["axis"]["frequency"]["kind"], MODEL["axis"]["frequency"]["count"]
    if kind == "seconds":
        return time + steps * timedelta(seconds=count)
    if kind == "weekdays":
        for _ in range(steps):
            time += timedelta(days=3 if time.weekday() == 4 else 1)
        return time
    year, month = divmod(time.year * 12 + time.month - 1 + steps * int(count), 12)
    origin = datetime.fromisoformat(MODEL["axis"]["origin"]).day
    last = monthrange(year, month + 1)[1]
    return time.replace(year=year, month=month + 1, day=last if MODEL["axis"]["at_month_end"] else min(origin, last))


def parsed(time: str) -> datetime:
    """Return a date or time in ISO's form, such as 2024-01-31 12:00."""
    read = datetime.fromisoformat(time.strip())
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read


def read_table(file: str) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each series of a CSV file."""
    with open(file, encoding="utf-8-sig", newline="") as stream:  # noqa: PTH123
        rows = list(csv.DictReader(stream))
    needed = [*COLUMNS, *KNOWN, *PAST, *filter(None, [MODEL["id_column"], MODEL["time_column"] if CALENDAR else None])]
    if missing := [name for name in needed if not rows or name not in rows[0]]:
        raise ValueError(f"{file} has no column {missing[0]}")
    series: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        series.setdefault(row[MODEL["id_column"]] if MODEL["id_column"] else "", []).append(row)
    return series


def forecast_rows(rows: Sequence[dict[str, str]], name: str) -> dict[str, Any]:
    """Return the forecast of a series by its rows."""
    said = [row for row in rows if any(row[column].strip() for column in COLUMNS)]
    values, past = ([[float(row[column]) for column in names] for row in said] for names in (COLUMNS, PAST))
    known = [[float(row[column]) for column in KNOWN] for row in rows]
    times = [parsed(row[MODEL["time_column"]]) for row in rows] if CALENDAR else []
    return forecast(values, known if KNOWN else (), past if PAST else (), times, name)


def main() -> None:
    """Answer the tables of the command line."""
    parser = argparse.ArgumentParser(description="Forecast the next values of series with an exported model.")
    parser.add_argument("tables", nargs="+", help="CSV files with a row a step")
    for file in parser.parse_args().tables:
        try:
            for name, rows in read_table(file).items():
                said = {MODEL["id_column"]: name} if name else {}
                print(json.dumps({**said, **forecast_rows(rows, name)}, ensure_ascii=False))
        except (ValueError, OSError) as error:
            parser.error(str(error))


if __name__ == "__main__":
    main()
