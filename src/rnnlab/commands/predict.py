"""`rnnlab predict`: the class of texts, one a line."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rnnlab.config.compose import compose
from rnnlab.config.rules import check
from rnnlab.errors import UserError

if TYPE_CHECKING:
    from rnnlab.tasks.abilities import Prediction

AT_A_TIME = 64  # texts that are read before they are answered
CSV_COLUMNS = ("text", "label", "probability", "note")


def main(arguments: list[str]) -> int:
    """Print a line for each text of `text=`, of the lines of `file=` or of the standard input.

    Raises:
        UserError: There is no text, the file cannot be read, or the checkpoint is of no classifier.
    """
    config = compose("predict", arguments)
    check(config)
    texts = _texts(config["text"], config["file"])
    from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

    model = Trained(config["checkpoint"])
    model.predict([])  # says what it is if it is no classifier, before the standard input is waited for
    predictions = (prediction for chunk in _chunks(texts) for prediction in model.predict(chunk))
    FORMATS[config["format"]](predictions)
    return 0


def _texts(text: str | None, file: str | None) -> Iterator[str]:
    if text is not None and file is not None:
        raise UserError("text and file were both given; choose one")
    if text is not None:
        return iter([text])
    if file is not None:
        return _lines_of(Path(file))
    if sys.stdin.isatty():
        raise UserError('there is nothing to read; add text="..." or file=PATH, or pipe lines into the command')
    return _lines(sys.stdin.buffer, "the standard input")


def _lines_of(file: Path) -> Iterator[str]:
    try:
        stream = file.open("rb")
    except OSError as error:
        raise UserError(f"file: {file} cannot be read ({error.strerror})") from error
    return _lines(stream, f"file: {file}")


def _lines(stream: IO[bytes], name: str) -> Iterator[str]:
    """Lines end at a line feed and nowhere else, so that the answers stand in the file's own lines."""
    with stream:
        for number, line in enumerate(stream, start=1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise UserError(f"{name}, line {number} is not UTF-8") from error


def _chunks(texts: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(texts, AT_A_TIME)):
        yield chunk


def _print_lines(predictions: Iterable[Prediction]) -> None:
    for its in predictions:
        answer = f"({its.note})" if its.probability is None else f"{its.label}  {its.probability:.4f}"
        print(f"{answer}  {its.text}".rstrip(), flush=True)


def _print_csv(predictions: Iterable[Prediction]) -> None:
    writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for its in predictions:
        writer.writerow(asdict(its))


def _print_json(predictions: Iterable[Prediction]) -> None:
    """A list of objects, printed as they come."""
    before = "[\n"
    for its in predictions:
        print(f"{before}  {json.dumps(asdict(its), ensure_ascii=False)}", end="", flush=True)
        before = ",\n"
    print("\n]" if before != "[\n" else "[]")


FORMATS: dict[str, Any] = {"text": _print_lines, "csv": _print_csv, "json": _print_json}
