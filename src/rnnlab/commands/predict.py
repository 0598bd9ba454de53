"""`rnnlab predict`: the class of texts or the tags of their words, one text a line; or how a series goes on."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rnnlab.commands import predict_series
from rnnlab.config.compose import compose
from rnnlab.config.rules import check
from rnnlab.errors import UserError
from rnnlab.records.folder import find_checkpoint

if TYPE_CHECKING:
    from rnnlab.tasks.predictions import Prediction, TaggedText

    Answers = Iterable[list[Prediction]]
    Tagged = Iterable[list[TaggedText]]

BLOCK = 1 << 16  # bytes that are read at most before their lines are answered
CSV_COLUMNS = ("text", "label", "probability", "note")
TAGGED_COLUMNS = ("text", "word", "tag", "probability")


def main(arguments: list[str]) -> int:
    """Print a line for each text of `text=`, of the lines of `file=` or of the standard input.

    Of a model that forecasts, what comes behind the end of the series in `file=`.

    Raises:
        UserError: There is no text, the file cannot be read, or the checkpoint is of a model that predicts nothing.
    """
    config = compose("predict", arguments)
    check(config)
    checkpoint = find_checkpoint(config["checkpoint"])
    with _texts(config["text"], config["file"]) as texts:
        from rnnlab.tasks.capabilities import Forecasts, Tags
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        if isinstance(model.task, Forecasts):
            predict_series.forecast(model, config)
            return 0
        labels = model.labels  # says what it is if it tells no classes, before the standard input is waited for
        if isinstance(model.task, Tags):
            TAGGED_FORMATS[config["format"]](map(model.tag, texts))
        else:
            FORMATS[config["format"]](map(model.predict, texts), labels)
    return 0


@contextmanager
def _texts(text: str | None, file: str | None) -> Iterator[Iterator[list[str]]]:
    """The texts in blocks, each to be answered as soon as it is there."""
    if text is not None and file is not None:
        raise UserError("text and file were both given; choose one")
    if text is not None:
        yield iter([[text]])
    elif file is not None:
        with _opened(file) as stream:
            if stream.seekable():  # a file, no pipe: what is wrong with it is said before the first answer
                for _ in _blocks(stream, f"file: {file}"):
                    pass
                stream.seek(0)
            yield _blocks(stream, f"file: {file}")
    elif sys.stdin is None or sys.stdin.isatty():
        raise UserError('there is nothing to read; add text="..." or file=PATH, or pipe lines into the command')
    else:
        yield _blocks(cast(BufferedReader, sys.stdin.buffer), "the standard input")


def _opened(file: str) -> BufferedReader:
    try:
        return Path(file).open("rb")
    except OSError as error:
        reason = f"{file} cannot be read ({error.strerror})" if file.strip() else "no name was given"
        raise UserError(f"file: {reason}") from error


def _blocks(stream: BufferedReader, name: str) -> Iterator[list[str]]:
    """Whole lines, as many as there are to read at a time: a slow pipe is answered line by line.

    Lines end at a line feed and nowhere else, so that the answers stand in the file's own lines.
    """
    number, begun = 0, list[bytes]()
    while block := stream.read1(BLOCK):
        whole, newline, rest = block.rpartition(b"\n")
        if newline:
            lines = b"".join([*begun, whole]).split(b"\n")
            yield _decode(lines, number, name)
            number, begun = number + len(lines), []
        begun.append(rest)
    if last := b"".join(begun):
        yield _decode([last], number, name)


def _decode(lines: list[bytes], before: int, name: str) -> list[str]:
    texts = []
    for number, line in enumerate(lines, start=before + 1):
        try:
            texts.append(line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r"))
        except UnicodeDecodeError as error:
            raise UserError(f"{name}, line {number} is not UTF-8 (byte 0x{line[error.start]:02x})") from error
    return texts


def _print_lines(answers: Answers, labels: tuple[str, ...]) -> None:
    """Label, probability and text in columns, `-` where there is no answer; a text of several lines becomes one."""
    width = max(map(len, labels))
    for block in answers:
        for its in block:
            probability = "-" if its.probability is None else f"{its.probability:.4f}"
            note = f"({its.note})  " if its.note else ""
            print(f"{its.label or '-':<{width}}  {probability:<6}  {note}{' '.join(its.text.splitlines())}".rstrip())
        sys.stdout.flush()


def _print_csv(answers: Answers, labels: tuple[str, ...]) -> None:  # noqa: ARG001
    # Every string is quoted, since the module csv would leave a text with a lone carriage return bare.
    writer = csv.DictWriter(
        sys.stdout, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    writer.writeheader()
    for block in answers:
        writer.writerows(map(asdict, block))
        sys.stdout.flush()


def _print_json(answers: Answers | Tagged, labels: tuple[str, ...] = ()) -> None:  # noqa: ARG001
    """A list of objects, printed as they come; in ASCII, which every encoding has."""
    before = "[\n"
    for its in (its for block in answers for its in block):
        print(f"{before}  {json.dumps(asdict(its))}", end="", flush=True)
        before = ",\n"
    print("\n]" if before != "[\n" else "[]")


def _print_tagged_lines(answers: Tagged) -> None:
    """A line of `word/TAG` for each text, an empty one where there are no words; what is odd goes to stderr, once."""
    said = False
    for its in (its for block in answers for its in block):
        print(" ".join(f"{word.word}/{word.tag}" for word in its.words), flush=True)
        if its.note and not said:
            print(its.note, file=sys.stderr)
            said = True


def _print_tagged_csv(answers: Tagged) -> None:
    """A row for each word, behind the number of its text, counted from 1."""
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # as in `_print_csv`
    writer.writerow(TAGGED_COLUMNS)
    for number, its in enumerate((its for block in answers for its in block), start=1):
        writer.writerows([number, word.word, word.tag, word.probability] for word in its.words)
        sys.stdout.flush()


FORMATS: dict[str, Any] = {"text": _print_lines, "csv": _print_csv, "json": _print_json}
TAGGED_FORMATS: dict[str, Any] = {"text": _print_tagged_lines, "csv": _print_tagged_csv, "json": _print_json}
