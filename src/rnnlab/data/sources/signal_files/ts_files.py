"""`.ts` files, the text format of sktime, aeon and the UCR and UEA time series archives.

Lines with `#` are comments, lines with `@` say what the file has, and behind `@data` each line is a sequence: channels
with `:` between them, numbers with `,` between them, and the label at the end (aeon-toolkit.org, "Data storage").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing, leaves_out
from rnnlab.data.formats.decoding import decode_lines
from rnnlab.data.formats.numeric_tables import NO_NUMBERS
from rnnlab.data.formats.tables import is_number
from rnnlab.data.signals import CLASS, LARGEST, NUMBER, numbered, too_large
from rnnlab.data.sources.signal_files.content import Content, Reading, check_form
from rnnlab.errors import UserError

SWITCHES = {"timestamps", "missing", "univariate", "equallength", "classlabel", "targetlabel"}
COUNTS = {"dimension": "dimensions", "dimensions": "dimensions", "serieslength": "serieslength"}
DATA = "data"


@dataclass(frozen=True)
class Head:
    """The head of a file, before `@data`.

    Attributes:
        switches: `missing`, `univariate`, …, those that are there.
        counts: `dimensions` and `serieslength`, those that are there.
        classes: The labels that it announces; none where it announces numbers or nothing.
        first: The number of the first line of data.
    """

    switches: dict[str, bool]
    counts: dict[str, int]
    classes: tuple[str, ...]
    first: int

    @property
    def labelled(self) -> bool:
        """True if each line ends with a label or a number to predict."""
        return self.switches.get("classlabel", False) or self.switches.get("targetlabel", False)


def read_ts(file: Path, reading: Reading) -> Content:
    """Read the sequences of a `.ts` file.

    Raises:
        UserError: The file is none, or a line is not what the file says of itself; the line names its number.
    """
    check_form(reading, "long", f"{file} is no table")
    lines = decode_lines(file)
    head = _head(lines, file)
    if reading.labelled and not head.labelled:
        raise UserError(f"data: {file} announces neither @classLabel true nor @targetLabel true, so it has no labels")
    values, labels, left_out = [], list[str](), 0
    for number, line in enumerate(lines[head.first :], start=head.first + 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        where = f"data: {file}, line {number}"
        *cells, label = [cell.strip() for cell in line.split(":")] if head.labelled else [*line.split(":"), ""]
        if reading.labelled and head.labelled and _is_left_out(label, head, reading, where):
            left_out += 1
            continue
        labels.append(label if reading.labelled else "")
        values.append(_sequence(cells, head, reading.of_values, where))
        if values[-1].shape[1] != values[0].shape[1]:
            raise UserError(f"{where} has {values[-1].shape[1]} channels, the first line {values[0].shape[1]}")
    if not values:
        raise UserError(f"data: {file} has no sequence below @data")
    return Content(
        values=np.concatenate(values),
        sizes=np.fromiter(map(len, values), dtype=np.int64, count=len(values)),
        channels=numbered(values[0].shape[1]),
        labels=(labels,),
        asked=reading.target or (NUMBER if head.switches.get("targetlabel") else CLASS),
        left_out=left_out,
    )


def _head(lines: Sequence[str], file: Path) -> Head:
    """Read what stands before `@data`.

    Raises:
        UserError: A line is no such line, or the file has time stamps.
    """
    switches, counts, classes = dict[str, bool](), dict[str, int](), tuple[str, ...]()
    for number, line in enumerate(lines, start=1):
        words = line.split()
        where = f"data: {file}, line {number}"
        if not words or line.lstrip().startswith("#"):
            continue
        if not words[0].startswith("@"):
            raise UserError(f"{where} stands before @data; a .ts file begins with lines such as @classLabel true a b")
        tag = words[0][1:].lower()
        if tag == DATA:
            _check_head(switches, file)
            return Head(switches, counts, classes, number)
        if tag in SWITCHES:
            switches[tag] = _switch(words, where)
            classes = tuple(words[2:]) if tag == "classlabel" else classes
        elif tag in COUNTS:
            counts[COUNTS[tag]] = _count(words, where)
    raise UserError(f"data: {file} has no line @data, behind which the sequences of a .ts file stand")


def _check_head(switches: dict[str, bool], file: Path) -> None:
    if switches.get("timestamps"):
        raise UserError(f"data: {file} has time stamps (@timeStamps true); write a long table with a column of times")
    if switches.get("classlabel") and switches.get("targetlabel"):
        raise UserError(f"data: {file} announces classes and numbers; only one of @classLabel and @targetLabel is true")


def _switch(words: Sequence[str], where: str) -> bool:
    if len(words) < 2 or words[1].lower() not in ("true", "false"):
        raise UserError(f"{where}: {words[0]} is true or false")
    return words[1].lower() == "true"


def _count(words: Sequence[str], where: str) -> int:
    if len(words) != 2 or not words[1].isascii() or not words[1].isdecimal() or int(words[1]) < 1:
        raise UserError(f"{where}: {words[0]} is a whole number of at least 1")
    return int(words[1])


def _is_left_out(label: str, head: Head, reading: Reading, where: str) -> bool:
    """Return whether a sequence is left out for want of a label.

    Raises:
        UserError: The label is missing, or none of those that the file announces.
    """
    if leaves_out(label, reading.missing_labels, where):
        return True
    if not label:
        raise UserError(f"{where} ends without a label; data.missing_labels=skip leaves such sequences out")
    if head.switches.get("targetlabel") and not is_number(label):
        raise UserError(f"{where}: {label!r} is no number, and the file announces @targetLabel true")
    if head.classes and label not in head.classes:
        raise UserError(f"{where}: the label {label!r} is none of those of @classLabel: {', '.join(head.classes[:10])}")
    return False


def _sequence(cells: Sequence[str], head: Head, missing: str, where: str) -> NDArray[np.float64]:
    """Return the channels of a line as `(T, D)`.

    Raises:
        UserError: A cell is no number, channels have not as many steps each, or the file says otherwise of itself.
    """
    channels = [_channel(cell, missing, where) for cell in cells]
    expected = 1 if head.switches.get("univariate") else head.counts.get("dimensions", len(channels))
    if len(channels) != expected or not channels:
        raise UserError(f"{where} has {len(channels)} channels, and the file announces {expected}")
    if len({len(channel) for channel in channels}) > 1:
        raise UserError(f"{where}: its channels have not as many steps each, and a sequence needs that")
    steps = head.counts.get("serieslength") if head.switches.get("equallength", True) else None
    if steps not in (None, len(channels[0])):
        raise UserError(f"{where} has {len(channels[0])} steps, and the file announces @seriesLength {steps}")
    return np.array(channels, dtype=np.float64).T


def _channel(text: str, missing: str, where: str) -> list[float]:
    return list(_numbers(text.split(","), missing, where))


def _numbers(cells: Sequence[str], missing: str, where: str) -> Iterator[float]:
    for place, cell in enumerate(map(str.strip, cells), start=1):
        if is_number(cell):
            if abs(number := float(cell)) >= LARGEST:
                raise UserError(too_large(f"{where}: step {place}", number))
            yield number
        elif not (is_missing(cell) or cell in NO_NUMBERS):
            raise UserError(f"{where}: {cell!r} is no number")
        elif missing == "refuse":
            raise UserError(
                f"{where}: step {place} has no number; data.missing=forward repeats the one before,"
                " data.missing=mask also says so in a channel"
            )
        else:
            yield np.nan
