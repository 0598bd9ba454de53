"""Vocabularies of every level: made from a text, or from the card in a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rnnlab.data.text import bpe
from rnnlab.data.text.subwords import Subwords
from rnnlab.data.text.vocabulary import UNKNOWN, Vocabulary
from rnnlab.errors import UserError


def from_card(card: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary that a `card` describes."""
    labels = tuple(card.get("labels", ()))
    if card["level"] == bpe.LEVEL:
        return Subwords(tuple(card["symbols"]), bpe.LEVEL, labels, card["tokenizer"])
    return Vocabulary(tuple(card["symbols"]), card["level"], labels)


def with_labels(vocabulary: Vocabulary, condition: str, labels: Iterable[str]) -> Vocabulary:
    """Return the vocabulary with a symbol for each label behind all others, such as `[sex=F]`."""
    if vocabulary.labels:  # of a model that was trained
        return vocabulary
    names = tuple(sorted(set(labels)))
    symbols = (*vocabulary.symbols, *(f"[{condition}={name}]" for name in names))
    return replace(vocabulary, symbols=symbols, labels=names)


def level_of(data: Mapping[str, Any], task: str, possible: Sequence[str]) -> str:
    """Return the level that a configuration's node `data` names; by default the first of the possible ones.

    Raises:
        UserError: The task has no such level, or a tokenizer is named that is not used.
    """
    level = str(data.get("level", possible[0]))
    if level not in possible:
        raise UserError(f"data.level={level} is not for task={task}; choose {' or '.join(possible)}")
    if data.get("tokenizer") is not None and level != bpe.LEVEL:
        raise UserError(f"data.tokenizer={data['tokenizer']} is read with data.level=bpe only, not with {level}")
    return level


def subwords(
    data: Mapping[str, Any],
    texts: Iterable[str] | bpe.Counted,
    alphabet: Sequence[str],
    special: tuple[str, ...] = (),
) -> tuple[Subwords, str]:
    """Return the sub-words that a configuration's node `data` names, and a note on them, or ''.

    They are those of the file `data.tokenizer`; without it, `data.vocab_size` of them are trained. A model that was
    trained has its own (`data.vocabulary`), which no configuration names.

    Args:
        data: The node.
        texts: The training part, in which pairs are counted, or what that was taken apart into.
        alphabet: Characters that have to be sub-words.
        special: Symbols of the task.

    Raises:
        UserError: The file is no tokenizer, or the alphabet is larger than `data.vocab_size`.
    """
    if isinstance(trained := data.get("vocabulary"), Subwords):
        return trained, ""
    if data.get("tokenizer") is not None:
        return Subwords.of(bpe.read(str(data["tokenizer"])), special), ""
    size = data["vocab_size"]
    made = Subwords.of(bpe.train(texts, alphabet, size, UNKNOWN in special), special)
    few = f"the training part gives {len(made.alphabet):,} sub-words, not data.vocab_size={size}: no other pair repeats"
    return made, few if len(made.alphabet) < size else ""
