"""Classify texts with an exported model: a line of JSON for each.

python predict.py "this film was wonderful" "a dull story"
python predict.py < texts.txt
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rnnlab.export.scripts.onnx_program import MODEL, Program

VOCABULARY, LABELS = MODEL["vocabulary"], MODEL["labels"]
INDEX = {VOCABULARY["symbols"][index]: index for index in VOCABULARY["written"]}
UNKNOWN, PAD, LENGTH = VOCABULARY["unknown"], VOCABULARY["pad"], MODEL["sequence_length"]
BREAK, WORD = re.compile(r"<br\s*/?>", re.IGNORECASE), re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
AT_ONCE = 64  # texts in a batch
programs = {name: Program(name) for name in MODEL["programs"]}


def words(text: str) -> list[str]:
    """Return the words and punctuation marks of a text in lower case."""
    return WORD.findall(BREAK.sub(" ", text).lower())


def encode(text: str) -> list[int]:
    """Return the indices of the first words or characters of a text, at least one."""
    symbols = words(text) if VOCABULARY["level"] == "word" else list(text)
    return [INDEX.get(symbol, UNKNOWN) for symbol in symbols[:LENGTH]] or [UNKNOWN]


def logits_of(rows: Sequence[Sequence[int]]) -> list[list[float]]:
    """Return the logits of each row, of whole rows where there is a program for them, else step by step."""
    longest = max(map(len, rows))
    padded = [[*row, *[PAD] * (longest - len(row))] for row in rows]
    if "sequence" in programs:
        answers: list[list[float]] = programs["sequence"](padded, [len(row) for row in rows])[0]
        return answers
    state, answers = programs["step"].start(len(rows)), [[] for _ in rows]
    for place, symbols in enumerate(zip(*padded, strict=True), start=1):
        logits, state = programs["step"](symbols, state=state)
        answers = [new if place == len(row) else old for row, new, old in zip(rows, logits, answers, strict=True)]
    return answers


def predict(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the class of each text, and how probable every class is."""
    rows = [encode(text) for text in texts]
    return [answer(*parts) for parts in zip(texts, rows, logits_of(rows), strict=True)]


def answer(text: str, row: Sequence[int], logits: Sequence[float]) -> dict[str, Any]:
    """Return what is said of one text: no class where nothing of it is known."""
    if not words(text) or set(row) <= {UNKNOWN, PAD}:
        what = {"word": "words", "char": "characters"}[VOCABULARY["level"]]
        note = f"none of its {what} is known" if words(text) else "the text is empty"
        return {"text": text, "label": None, "probability": None, "note": note, "probabilities": {}}
    weights = [math.exp(logit - max(logits)) for logit in logits]
    shares = {label: weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}
    label = max(shares, key=shares.__getitem__)
    return {"text": text, "label": label, "probability": shares[label], "note": "", "probabilities": shares}


def blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield texts in lists of `AT_ONCE`."""
    block: list[str] = []
    for text in texts:
        block.append(text)
        if len(block) == AT_ONCE:
            yield block
            block = []
    if block:
        yield block


def main() -> None:
    """Answer the texts of the command line, or the lines of the standard input."""
    parser = argparse.ArgumentParser(description="Classify texts with an exported model.")
    parser.add_argument("texts", nargs="*", help="without any, the lines of the standard input")
    given = parser.parse_args().texts or (line.rstrip("\r\n") for line in sys.stdin)
    for block in blocks(given):
        for said in predict(block):
            print(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    main()
