"""Lists of items, such as names: of a year's newborn, or one a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.data.formats.blank_labels import SKIP, leaves_out, with_labels
from rnnlab.data.formats.decoding import decode_lines
from rnnlab.data.formats.headers import begins_with_header, looks_like_header
from rnnlab.data.formats.tables import check_column, is_table, read_labels, read_table, says_names
from rnnlab.data.sources.descriptions import alike, named
from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.sources.parts import part_of_each, parts_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

# What lines of an item do not all have, or nearly all, but rows of a table that was exported do.
TABLES = {
    "commas": re.compile(","),
    "semicolons": re.compile(";"),
    "bars": re.compile(r"\|"),
    "a number or a letter at its end": re.compile(r"\s(?:-?\d+(?:[.,]\d+)?|[A-Za-z])$"),
    "a number at its beginning": re.compile(r"^\d+[.):]?\s"),
    "quotes around it": re.compile(r"^([\"']).*\1$"),
    "brackets around it": re.compile(r"^(\{.*\}|\[.*\])$"),
    "a bullet at its beginning": re.compile(r"^[-*•–]\s"),
}
# What a few lines of a list may be beside items.
ODD = {
    "a comment": re.compile(r"(#|//).*"),
    "a line between items": re.compile(r"[\W_]+"),
    "a missing item": re.compile("NaN|NaT|NULL|<NA>|#?N/A"),
}
LAST = re.compile(
    r"(total|sum|summe|gesamt)\b.*\d.*|\(?\d+ (rows|lines|items|names|entries|records)\)?|\(?source\b.*", re.IGNORECASE
)
MOST_COUNTED = 8  # labels of which a line says how many items have them
LEAST_LABELLED = 10  # items of which some have the same label
SHOWN = 40  # characters of a line
NEARLY_ALL = 0.9  # of the lines: a table may begin with a title and end with a sum


def read_us_names(
    files: list[Path], year: int, labels: str | None = None, most: int | None = None
) -> list[str] | LabelledTexts:
    """Return the first names of one year, lower case, a-z only, each once.

    Args:
        files: The table of names.
        year: From 1880 to 2017.
        labels: `sex`: each name with F, M, or once with either; `decade`: each with every decade of 1880 to 2017 in
            which it is among the most frequent. None for the names alone.
        most: How many names of a decade.

    Raises:
        UserError: They have no such labels.
    """
    from pyarrow import compute, parquet

    if labels is not None:
        return _labelled_us_names(files, year, labels, most)
    # A name stands there once for each year and sex: as a dictionary the table is read in a third of the time.
    only = [("year", "=", year)]
    table = parquet.read_table(files[0], columns=["name"], filters=only, read_dictionary=["name"])
    lower = compute.utf8_lower(table["name"].cast("string"))
    letters = lower.filter(compute.match_substring_regex(lower, "^[a-z]+$"))
    return [str(name) for name in compute.unique(letters).to_pylist()]


def _labelled_us_names(files: list[Path], year: int, labels: str, most: int | None) -> LabelledTexts:
    """Return pairs of name and label, the most frequent first, so that the first thousand are a fair choice."""
    import pandas as pd

    if labels not in ("sex", "decade"):
        raise UserError(f"data.labels={labels}: the names of data=names have sex and decade")
    only = [("year", "=", year)] if labels == "sex" else None
    table = pd.read_parquet(files[0], columns=["year", "sex", "name", "n"], filters=only)
    table["name"] = table["name"].str.lower()
    table = table[table["name"].str.fullmatch("[a-z]+")]
    table["decade"] = (table["year"] // 10 * 10).astype(int).astype(str) + "s"
    counts: pd.DataFrame = table.groupby([labels, "name"])["n"].sum().reset_index()
    counts = counts.sort_values(["n", "name", labels], ascending=[False, True, True], kind="stable")
    if labels == "decade":
        counts = counts.groupby("decade", sort=False).head(len(counts) if most is None else most)
    return LabelledTexts(counts["name"].tolist(), counts[labels].tolist())


def read_lines(  # noqa: PLR0913  # an argument for every key of data=file
    files: list[Path],
    labels: str | None = None,
    header: bool | None = None,
    missing_labels: str | None = None,
    verbatim: bool = False,
    text_column: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> list[str] | LabelledTexts:
    """Return one item a line, without the blanks around it; empty lines are no items, and the description counts them.

    Args:
        files: In UTF-8; those that are named for training, validation and test are the parts (see `parts_of`).
        labels: What the labels are; a line then has an item, a tab and the item's label. None for items alone.
        header: Whether the first line of a file is left out; None refuses one that looks like a header.
        missing_labels: What is done with labels such as `NaN`; see `leaves_out`.
        verbatim: Whether lines without labels are taken as they are, also those that look like rows of a table.
        text_column: Of tables, the column with the items; the column `labels` has their labels. None for lines.
        separator: What separates the cells of a table; see `tables.read_rows`.
        quoting: Whether quotes hold cells of a table together; see `tables.read_rows`.

    Returns:
        A list of the items; with labels, parts or empty lines `LabelledTexts`.

    Raises:
        UserError: A line is not UTF-8 or lacks its label, the lines look like rows of a table, or there is no item.
    """
    _check_form(files, text_column, separator, quoting)
    if text_column is not None:
        return _of_tables(
            [read_table(file, separator, quoting) for file in files], files, text_column, labels, missing_labels
        )
    lines = [decode_lines(file) for file in files]
    rows = [_rows(inner, labels, header, file) for inner, file in zip(lines, files, strict=True)]
    empty = sum(not line.strip() for inner in lines for line in inner[:-1])  # what follows the last end is no line
    if not any(rows):
        raise UserError(f"data: {files[0]} holds no items; one item a line is expected")
    if labels is not None:
        pairs = [_pairs(inner, labels, missing_labels, file) for inner, file in zip(rows, files, strict=True)]
        return _with_labels(pairs, files, labels, sum(map(len, rows)), empty=empty)
    if not verbatim:
        for inner, file in zip(rows, files, strict=True):
            _refuse_table(inner, file)
            _refuse_odd(inner, file)
    return _without_labels(rows, files, left_out=_counted(empty, "empty line", "empty lines"))


def _check_form(files: list[Path], text_column: str | None, separator: str | None, quoting: bool | None) -> None:
    """Raise UserError if a table's column is not said, or how cells are told apart of what is no table."""
    if text_column is None and (file := next(filter(says_names, files), None)):
        raise UserError(f"data: {file} is a table; data.text_column=COLUMN says where the items are")
    if text_column is None and (separator is not None or quoting is not None):
        key = "quoting" if separator is None else "separator"
        raise UserError(f"data.{key}: items stand in lines; data.text_column=COLUMN reads a table")
    if text_column is not None and (file := next((file for file in files if not is_table(file)), None)):
        raise UserError(f"data.text_column={text_column}: {file} is no table by its name, such as items.csv")


def _of_tables(
    tables: Sequence[pd.DataFrame], files: list[Path], text_column: str, labels: str | None, missing: str | None
) -> list[str] | LabelledTexts:
    """Return the items of a column, and where `labels` names another one, their labels."""
    for table, file in zip(tables, files, strict=True):
        check_column(table, text_column, "data.text_column", file)
    if labels is None:
        columns = [[item for cell in table[text_column] if (item := cell.strip())] for table in tables]
        if not any(columns):
            raise UserError(f"data: {files[0]} holds no items in the column {text_column}")
        missing_items = _counted(
            sum(map(len, tables)) - sum(map(len, columns)), "row without an item", "rows without an item"
        )
        return _without_labels(columns, files, f"{text_column} of {named(files)}, ", missing_items)
    labelled = [with_labels(table, labels, missing, file) for table, file in zip(tables, files, strict=True)]
    pairs = [
        [
            (item.strip(), label)
            for item, label in zip(table[text_column], read_labels(table, labels, file, "data.labels"), strict=True)
            if item.strip()
        ]
        for table, file in zip(labelled, files, strict=True)
    ]
    return _with_labels(pairs, files, labels, sum(map(len, tables)), f"{text_column}, {labels} of {named(files)}, ")


def _without_labels(
    rows: Sequence[list[str]], files: list[Path], where: str = "", left_out: str = ""
) -> list[str] | LabelledTexts:
    """Return items without labels.

    Args:
        rows: Those of each file.
        files: Where they lie.
        where: The columns and files of tables, in words.
        left_out: What was no item, in words; '' where there was nothing.
    """
    everything = list(chain.from_iterable(rows))
    parts = parts_of(files)
    if parts is None and not where and not left_out:
        return everything
    lost = f", {left_out} left out" if left_out else ""
    said = f"{where}{len(everything):,} items, the first {everything[0]!r}{lost}"
    return LabelledTexts(everything, (), part_of_each(parts, map(len, rows)), said)


def _with_labels(
    pairs: Sequence[list[tuple[str, str]]],
    files: list[Path],
    labels: str,
    count: int,
    where: str = "",
    empty: int = 0,
) -> LabelledTexts:
    """Return items with labels, of which there were `count` with those that were left out, and so many empty lines."""
    together = list(chain.from_iterable(pairs))
    parts = part_of_each(parts_of(files), map(len, pairs))
    left_out = count - len(together)
    lost = f"{left_out:,} left out: the item or its label is missing" if left_out else ""
    without = f"{_counted(empty, 'empty line', 'empty lines')} left out" if empty else ""
    return _labelled(together, labels, ", ".join(filter(None, (lost, without))), parts, where)


def _counted(count: int, one: str, several: str) -> str:
    """Return such as `2 empty lines`; '' for none."""
    return f"{count:,} {one if count == 1 else several}" if count else ""


def _labelled(pairs: list[tuple[str, str]], kind: str, lost: str, parts: list[str] | None, where: str) -> LabelledTexts:
    items, labels = [item for item, _ in pairs], [label for _, label in pairs]
    counts = ", ".join(f"{count:,} {label}" for label, count in Counter(labels).most_common(MOST_COUNTED))
    more = f", {len(set(labels)) - MOST_COUNTED} more" if len(set(labels)) > MOST_COUNTED else ""
    if len(labels) >= LEAST_LABELLED and len(set(labels)) == len(labels):
        raise UserError(
            f"data: every {kind} is there once, such as {labels[0]!r}; an item, a tab and its {kind} are expected"
        )
    said = f"{where}{len(items):,} items, {kind}: {counts}{more}"
    return LabelledTexts(items, labels, parts, ", ".join(filter(None, (said, lost, alike(labels)))))


def _rows(lines: Sequence[str], labels: str | None, header: bool | None, file: Path) -> list[str]:
    """Return the lines of a file that are not empty, without its header."""
    rows = [row for line in lines if (row := line.strip())]
    cells = rows[0].split("\t") if rows else []
    return rows[1:] if cells and begins_with_header(cells, header, f"data: {file}, line 1", labels) else rows


def _pairs(rows: list[str], labels: str, missing: str | None, file: Path) -> list[tuple[str, str]]:
    """Return the item and the label of each line."""
    pairs = []
    for row in rows:
        item, *rest = map(str.strip, row.split("\t"))
        if not item or len(rest) > 1 or not (rest or missing == SKIP):
            what = f"{len(rest) + 1} columns" if len(rest) > 1 else f"no {labels}"
            advice = "" if len(rest) > 1 or not item else "; data.missing_labels=skip leaves such lines out"
            raise UserError(
                f"data: {file}: {_short(row)} has {what}; an item, a tab and its label are expected{advice}"
            )
        label = "".join(rest)
        if label == labels:
            raise UserError(f"data: {file}: {_short(row)} has the header again; leave it out")
        if not leaves_out(label, missing, f"data: {file}: {_short(row)}"):
            pairs.append((item, label))
    return pairs


def _refuse_table(rows: list[str], file: Path) -> None:
    """Raise UserError if lines look like the rows of a table, whose commas, tabs or labels would become letters."""
    if line := next((row for row in rows if "\t" in row), ""):
        raise UserError(
            f"data: {file}: {_short(line)} has a tab; data.labels=WORD reads what follows as the item's label,"
            f" data.verbatim=true as letters{_column_advice(rows[0], 'tab', file)}"
        )
    for sign, pattern in TABLES.items():
        counts = Counter(len(pattern.findall(row)) for row in rows)
        count, times = counts.most_common(1)[0] if rows else (0, 0)
        if count and times >= NEARLY_ALL * len(rows) > 1:
            raise UserError(
                f"data: {file}: {_short(rows[-1])} has {sign}, as nearly all lines have, like a table; give an item a"
                f" line, or data.verbatim=true{_column_advice(rows[0], sign, file)}"
            )


def _column_advice(first: str, sign: str, file: Path) -> str:
    """Return which key reads a column of a file that is a table by its name; '' for others."""
    if not is_table(file):
        return ""
    separator = TABLES[sign].pattern.removeprefix("\\") if sign in ("commas", "semicolons", "bars") else "\t"
    names = [cell.strip().strip('"') for cell in first.split(separator)]
    column = next((name for name in names if looks_like_header([name])), "COLUMN")
    return f"; data.text_column={column} reads a column of a table with a header"


def _refuse_odd(rows: list[str], file: Path) -> None:
    """Raise UserError if a line seems to be no item, unlike most of the others, or the last one sums them up."""
    for what, pattern in ODD.items():
        odd = [row for row in rows if pattern.fullmatch(row)]
        if odd and len(odd) < len(rows) / 2:
            raise UserError(
                f"data: {file}: {_short(odd[0])} may be {what}; leave it out, or data.verbatim=true reads it"
            )
    if rows and LAST.fullmatch(rows[-1]):
        raise UserError(
            f"data: {file}: the last line, {_short(rows[-1])}, may be about the others; leave it out, or"
            " data.verbatim=true reads it"
        )


def _short(row: str) -> str:
    return repr(row if len(row) <= SHOWN else row[:SHOWN] + "…")
