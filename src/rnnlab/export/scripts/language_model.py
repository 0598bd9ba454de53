"""Generate with an exported language model, or score texts: a line of JSON for each.

python predict.py generate --prompt ma --samples 5 --temperature 0.8
python predict.py score "maria" "xqzt"
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from rnnlab.export.scripts.onnx_program import MODEL, Program

VOCABULARY = MODEL["vocabulary"]
SYMBOLS: list[str] = VOCABULARY["symbols"]
INDEX = {SYMBOLS[index]: index for index in VOCABULARY["written"]}
WORDS = VOCABULARY["level"] == "word"
START, LABELS = VOCABULARY["start"], VOCABULARY["labels"]  # start: a name's beginning and end; None of running texts
step = Program("step")


def encode(text: str) -> list[int]:
    """Return the indices of a text's symbols."""
    symbols = text.split() if WORDS else list(text)
    missing = [symbol for symbol in symbols if symbol not in INDEX]
    if missing and VOCABULARY["unknown"] is None:
        raise ValueError(f"the vocabulary has no {', '.join(map(repr, dict.fromkeys(missing)))}")
    return [INDEX.get(symbol, VOCABULARY["unknown"]) for symbol in symbols]


def begin(label: str | None) -> list[int]:
    """Return what a sequence begins with: of names the label or the mark of a beginning, of running texts nothing."""
    if label is not None and label not in LABELS:
        raise ValueError(f"condition={label}: the labels are {', '.join(LABELS) or 'none'}")
    if label is not None:
        return [len(SYMBOLS) - len(LABELS) + LABELS.index(label)]
    return [] if START is None else [START]


def generate(
    prompt: str = "",
    samples: int = 1,
    length: int | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    condition: str | None = None,
) -> list[str]:
    """Return texts that begin with `prompt`; names end by themselves, other texts after `length` symbols more."""
    chance, read = random.Random(seed), encode(prompt)
    drawn = [condition] * samples
    if LABELS and condition is None:
        drawn = chance.choices(LABELS, MODEL["label_shares"], k=samples)
    rows = [[*begin(label), *read] or [VOCABULARY["first"]] for label in drawn]
    state, logits = step.start(samples), [[0.0]] * samples
    for place in range(len(rows[0])):
        logits, state = step([row[place] for row in rows], state=state)
    most = (200 if length is None else length) if START is None else (100 if length is None else length) - len(read)
    written: list[list[int]] = [[] for _ in rows]
    ended = [False] * samples
    for _ in range(most):
        symbols = [draw(row, temperature, top_k, chance) for row in logits]
        ended = [end or symbol == START for end, symbol in zip(ended, symbols, strict=True)]
        for text, symbol, end in zip(written, symbols, ended, strict=True):
            text.extend([] if end else [symbol])
        if all(ended):
            break
        logits, state = step(symbols, state=state)
    joint = " " if WORDS else ""
    texts = [joint.join(SYMBOLS[index] for index in text) for text in written]
    ends = [f" ({label})" if LABELS and condition is None else "" for label in drawn]
    return [f"{prompt}{joint if prompt else ''}{text}{end}" for text, end in zip(texts, ends, strict=True)]


def draw(logits: Sequence[float], temperature: float, top_k: int | None, chance: random.Random) -> int:
    """Return a symbol by the softmax of its logit over the temperature; at 0 the likeliest."""
    possible = [index for index in range(len(logits)) if index not in VOCABULARY["never"]]
    ranked = sorted(possible, key=lambda index: -logits[index])[: 1 if temperature == 0 else top_k]
    weights = [math.exp((logits[index] - logits[ranked[0]]) / (temperature or 1)) for index in ranked]
    return chance.choices(ranked, weights)[0]


def score(text: str, condition: str | None = None) -> dict[str, Any]:
    """Return how likely a text is: the mean loss in nats of its symbols, and how many are predicted."""
    label = condition
    if LABELS and condition is None:
        label = LABELS[max(range(len(LABELS)), key=MODEL["label_shares"].__getitem__)]
    symbols = [*begin(label), *encode(text), *([] if START is None else [START])]
    if len(symbols) < 2:
        raise ValueError("a text of two symbols or more can be scored")
    state, loss = step.start(1), 0.0
    for symbol, after in pairwise(symbols):
        (logits,), state = step([symbol], state=state)
        top = max(logits)
        loss += top + math.log(sum(math.exp(logit - top) for logit in logits)) - logits[after]
    return {"text": text, "loss": loss / (len(symbols) - 1), "symbols": len(symbols) - 1}


def main() -> None:
    """Answer the command line."""
    parser = argparse.ArgumentParser(description="Generate with an exported language model, or score texts.")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("generate", help="make up texts")
    new.add_argument("--prompt", default="", help="how each begins")
    new.add_argument("--samples", type=int, default=1, help="how many")
    new.add_argument("--length", type=int, help="the longest name, or how much a text goes on, in symbols")
    new.add_argument("--temperature", type=float, default=1.0, help="0: the likeliest symbol every time")
    new.add_argument("--top-k", type=int, help="draw among so many likeliest symbols")
    new.add_argument("--seed", type=int, default=0)
    known = commands.add_parser("score", help="say how likely texts are")
    known.add_argument("texts", nargs="+")
    for command in (new, known):
        command.add_argument("--condition", help="a label, of a model with labels")
    given = vars(parser.parse_args())
    try:
        if given.pop("command") == "generate":
            answers: list[dict[str, Any]] = [{"text": text} for text in generate(**given)]
        else:
            answers = [score(text, given["condition"]) for text in given["texts"]]
    except ValueError as error:
        parser.error(str(error))
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
