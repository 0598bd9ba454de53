"""The data of a comparison in words: what was read, what was left out, its parts, and the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.analysis.configurations import number_of
from rnnlab.records.reading import Run
from rnnlab.report.tables.writers import markdown_table
from rnnlab.report.wording import count, escaped

PARTS = {"train": "training", "val": "validation", "test": "test"}
COUNTS = {"train": "train_count", "val": "validation_count", "test": "test_count"}
MOST_ROWS = 20  # classes of a table; the rest is counted


@dataclass(frozen=True)
class DataSet:
    """One data set of the runs.

    Attributes:
        name: The option of the group `data`.
        lines: What was read, its parts and what was left out or changed, a sentence each.
        heads: The heads of the table of classes.
        classes: A row a class: its name and its number in each part; empty without classes.
        left_out: The number of rarer classes that the table has not.
    """

    name: str
    lines: Sequence[str]
    heads: Sequence[str] = ()
    classes: Sequence[Sequence[str]] = ()
    left_out: int = 0


def data_sets(runs: Sequence[Run]) -> list[DataSet]:
    """Return the data sets of which the runs say something, those of which they say the same once."""
    known = dict.fromkeys(_data_set(run) for run in runs if "name" in run.part("data"))
    return [data for data in known if data.lines or data.classes]


def data_markdown(runs: Sequence[Run]) -> str:
    """Return the data sets as Markdown; '' where the runs do not say what they read."""
    blocks = []
    for data in data_sets(runs):
        blocks.append(escaped(" ".join([f"Data {data.name}.", *data.lines])))
        if data.classes:
            blocks.append(markdown_table([*data.heads], [[escaped(row[0]), *row[1:]] for row in data.classes]))
        if data.left_out:
            blocks.append(f"{data.left_out} rarer classes are left out of this table.")
    return "\n\n".join(blocks) + ("\n" if blocks else "")


def _data_set(run: Run) -> DataSet:
    data = run.part("data")
    classes = _classes(data)
    sizes = {part: sum(counts.values()) for part, counts in classes.items()}
    lines = [str(data.get("description") or ""), _parts(run, data), *map(_sentence, _notes(data))]
    rows, heads = _rows(classes), ("class", *(PARTS[part] for part in PARTS if part in sizes))
    return DataSet(
        str(data["name"]),
        tuple(filter(None, map(_sentence, lines))),
        heads,
        tuple(rows[:MOST_ROWS]),
        max(0, len(rows) - MOST_ROWS),
    )


def _notes(data: Mapping[str, Any]) -> list[str]:
    notes = data.get("notes")
    return [str(note) for note in notes] if isinstance(notes, list) else []


def _parts(run: Run, data: Mapping[str, Any]) -> str:
    """Say how many items each part has, such as `1,200 for training, 150 for validation and 150 for the test`."""
    known = {part: number for part, key in COUNTS.items() if (number := number_of(data.get(key))) is not None}
    items = "characters" if run.config.get("data.windows") else "items"
    phrases = [f"{count(known[part])} for {'the test' if part == 'test' else PARTS[part]}" for part in known]
    return f"{items}: {', '.join(phrases)}" if phrases else ""


def _classes(data: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    listed = data.get("classes")
    if not isinstance(listed, Mapping):
        return {}
    return {
        part: {str(label): number for label, number in counts.items() if isinstance(number, int)}
        for part, counts in listed.items()
        if part in PARTS and isinstance(counts, Mapping)
    }


def _rows(classes: Mapping[str, Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Return a row a class, the most frequent of training first, with its share of each part."""
    labels = dict.fromkeys(label for counts in classes.values() for label in counts)
    first = next(iter(classes.values()), {})
    return [
        (
            label,
            *(_share(classes[part].get(label, 0), sum(classes[part].values())) for part in PARTS if part in classes),
        )
        for label in sorted(labels, key=lambda label: -first.get(label, 0))
    ]


def _share(number: int, total: int) -> str:
    return f"{count(number)} ({number / total:.0%})" if total else count(number)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text and not text.endswith(".") else text
