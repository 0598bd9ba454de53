"""Lists of items, such as names: of a year's newborn, or one a line."""

from __future__ import annotations

from pathlib import Path

from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.sources.text_files import decode_lines
from rnnlab.errors import UserError


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
    table = parquet.read_table(files[0], columns=["name"], filters=[("year", "=", year)])
    lower = compute.utf8_lower(table["name"])
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


def read_lines(files: list[Path], labels: str | None = None) -> list[str] | LabelledTexts:
    """Return one item a line, without the blanks around it; empty lines are no items.

    Args:
        files: In UTF-8.
        labels: What the labels are; a line then has an item, a tab and the item's label. None for items alone.

    Raises:
        UserError: A line is not UTF-8 or lacks its label, or there is no item at all.
    """
    items = [item for file in files for line in decode_lines(file) if (item := line.strip())]
    if not items:
        raise UserError(f"data: {files[0]} holds no items; one item a line is expected")
    return items if labels is None else _item_and_label(items, labels, files[0])


def _item_and_label(rows: list[str], labels: str, file: Path) -> LabelledTexts:
    pairs = [tuple(map(str.strip, row.rpartition("\t")[::2])) for row in rows]
    for row, (item, label) in zip(rows, pairs, strict=True):
        if not (item and label):
            raise UserError(f"data: {file}: {row!r} has no {labels}; an item, a tab and its label are expected")
    return LabelledTexts([item for item, _ in pairs], [label for _, label in pairs])
