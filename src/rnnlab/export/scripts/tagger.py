"""Tag the words of texts with an exported model: a line of JSON for each text. Blanks separate words.

python predict.py "The old man the boat ."
python predict.py < sentences.txt
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from typing import Any

from rnnlab.export.scripts.onnx_program import MODEL, Program

LABELS, LENGTH = MODEL["labels"], MODEL["word_length"]
WORDS = {symbol: index for index, symbol in enumerate(MODEL["vocabulary"]["symbols"])}
CHARACTERS = {symbol: index for index, symbol in enumerate(MODEL["characters"]["symbols"])}
UNKNOWN, STRANGE, PAD = MODEL["vocabulary"]["unknown"], MODEL["characters"]["unknown"], MODEL["characters"]["pad"]
programs = {name: Program(name) for name in MODEL["programs"]}


def encode(word: str) -> list[int]:
    """Return the index of a word in lower case, and of its first and last characters, padded."""
    end = LENGTH // 2
    read = word if len(word) <= LENGTH else word[: LENGTH - end] + word[len(word) - end :]
    characters = [CHARACTERS.get(character, STRANGE) for character in read]
    return [WORDS.get(word.lower(), UNKNOWN), *characters, *[PAD] * (LENGTH - len(characters))]


def logits_of(rows: Sequence[Sequence[list[int]]]) -> list[list[list[float]]]:
    """Return the logits of every word of each row: of whole rows where a program has them, else step by step."""
    longest, fill = max(map(len, rows)), [UNKNOWN, *[PAD] * LENGTH]
    padded = [[*row, *[fill] * (longest - len(row))] for row in rows]
    if "step" not in programs:
        answers: list[list[list[float]]] = programs["sequence"](padded, [len(row) for row in rows])[0]
        return answers
    if "sequence" in programs:
        answers, _ = programs["sequence"](padded, state=programs["sequence"].start(len(rows)))
        return answers
    state, steps = programs["step"].start(len(rows)), []
    for words in zip(*padded, strict=True):
        logits, state = programs["step"](words, state=state)
        steps.append(logits)
    return [list(row) for row in zip(*steps, strict=True)]


def tag(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the words of each text with their tags, and how probable every tag is."""
    sentences = [text.split() for text in texts]
    rows = [[encode(word) for word in words] for words in sentences if words]
    answers = iter(logits_of(rows) if rows else [])
    return [
        {"text": text, "words": [answer(*pair) for pair in zip(words, next(answers), strict=False)] if words else []}
        for text, words in zip(texts, sentences, strict=True)
    ]


def answer(word: str, logits: Sequence[float]) -> dict[str, Any]:
    """Return what is said of one word."""
    weights = [math.exp(logit - max(logits)) for logit in logits]
    shares = {label: weight / sum(weights) for label, weight in zip(LABELS, weights, strict=True)}
    best = max(shares, key=shares.__getitem__)
    return {"word": word, "tag": best, "probability": shares[best], "probabilities": shares}


def main() -> None:
    """Answer the texts of the command line, or the lines of the standard input."""
    parser = argparse.ArgumentParser(description="Tag the words of texts with an exported model.")
    parser.add_argument("texts", nargs="*", help="without any, the lines of the standard input")
    for text in parser.parse_args().texts or (line.rstrip("\r\n") for line in sys.stdin):
        print(json.dumps(tag([text])[0], ensure_ascii=False))


if __name__ == "__main__":
    main()
