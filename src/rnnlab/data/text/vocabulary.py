"""Symbols and their indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.text.display import display
from rnnlab.data.text.encoded import Encoded, alphabet_of, code_points, table_of
from rnnlab.errors import UserError

START_STOP, PAD, UNKNOWN = "[S]", "[PAD]", "[UNK]"
CHANNEL = "channel"  # the level of vectors
SPECIAL = (START_STOP, UNKNOWN, PAD)
NAMED = 10  # unknown symbols that an error names


@dataclass(frozen=True)
class Vocabulary:
    """Characters or words, sorted, and behind them the special symbols that a task needs; or the channels of a signal.

    Attributes:
        symbols: Every symbol in the order of its index.
        level: `char`, `word` or `bpe`: what a symbol is; `channel` where a step is not one symbol but a vector with a
            number for each, of which a single symbol would be the one-hot vector.
        labels: What a text can be, such as F and M; the last symbols stand for them, at the beginning of a text.
    """

    symbols: tuple[str, ...]
    level: str = "char"
    labels: tuple[str, ...] = ()

    @classmethod
    def of_characters(cls, texts: Iterable[str], special: tuple[str, ...] = ()) -> Vocabulary:
        """Return the sorted alphabet of the texts."""
        return cls((*alphabet_of(texts), *special))

    @classmethod
    def of_words(cls, words: Iterable[str], least: int = 1, special: tuple[str, ...] = (UNKNOWN,)) -> Vocabulary:
        """Return the sorted words that occur at least `least` times."""
        counts = Counter(words)
        return cls((*sorted(word for word, count in counts.items() if count >= least), *special), "word")

    @classmethod
    def of_channels(cls, names: Sequence[str]) -> Vocabulary:
        """Return the components of vectors of numbers, in their order."""
        return cls(tuple(names), CHANNEL)

    @property
    def card(self) -> dict[str, Any]:
        """The vocabulary as a checkpoint carries it."""
        labels = {"labels": list(self.labels)} if self.labels else {}
        return {"symbols": list(self.symbols), "level": self.level, **labels}

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """The symbols without the special ones."""
        return tuple(symbol for symbol in self.symbols[: self.first_label] if symbol not in SPECIAL)

    @property
    def first_label(self) -> int:
        """The index of the first label; behind the last symbol where there is none."""
        return len(self.symbols) - len(self.labels)

    @cached_property
    def start_stop(self) -> int:
        return self.symbols.index(START_STOP)

    @cached_property
    def unknown(self) -> int:
        return self.symbols.index(UNKNOWN)

    @cached_property
    def pad(self) -> int:
        """The index that fills a batch; without `[PAD]` any will do, since padding is never a target."""
        return self.symbols.index(PAD) if PAD in self.symbols else 0

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        """The smallest type that holds every index."""
        return np.uint8 if len(self) <= 256 else np.uint16 if len(self) <= 65536 else np.uint32

    def encode(self, text: str, key: str = "prompt") -> NDArray[np.unsignedinteger]:
        """Return the indices of a text's symbols, `(T,)` in the smallest integer type; words are separated by blanks.

        Raises:
            UserError: A symbol is not in the vocabulary, which has none for the unknown; the line begins with `key`.
        """
        return self._encode_words(text.split(), key) if self.level == "word" else self._encode_characters(text, key)

    def encode_all(self, texts: Sequence[Sequence[str]], key: str = "data", widths: bool = False) -> Encoded:
        """Return many texts as symbols, without a loop over symbols; a text of words is the list of its words.

        With `widths` also how many characters each symbol stands for; a word stands for its own and the blank before.

        Raises:
            UserError: As `encode`.
        """
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        if self.level != "word":
            return Encoded(self._encode_characters("".join(cast("Sequence[str]", texts)), key), sizes)
        words = list(chain.from_iterable(texts))
        wide = np.fromiter(map(len, words), dtype=np.int64, count=len(words)) + 1 if widths else None
        return Encoded(self._encode_words(words, key), sizes, wide)

    def begin(self, prefix: str, key: str = "prompt") -> tuple[list[int], str]:
        """Return the indices that a model reads to continue `prefix`, and the text with which it then has to go on.

        Where every text has one encoding only, all of the prefix is read, and no text is left.

        Raises:
            UserError: As `encode`.
        """
        return self.encode(prefix, key).tolist(), ""

    def continued(self, prefix: str, indices: Sequence[int], drawn: Sequence[int]) -> str:
        """Return the text that begins with `prefix`, of which `indices` were read, and goes on with what was drawn."""
        return prefix + (self._joint if prefix else "") + self.decode(drawn)

    def continuing(self, prefix: str, indices: Sequence[int], drawn: Iterable[int]) -> Iterator[str]:
        """Yield the same text in pieces, the prefix first."""
        yield prefix
        for number, index in enumerate(drawn):
            yield (self._joint if prefix or number else "") + self.decode([index])

    def indices(self, words: Iterable[str]) -> NDArray[np.unsignedinteger]:
        """Return the indices of words, `(T,)` in the smallest integer type; unknown words are `[UNK]`."""
        by_word, unknown = self._indices, self._indices.get(UNKNOWN, 0)
        return np.fromiter((by_word.get(word, unknown) for word in words), dtype=self.dtype)

    def __contains__(self, word: str) -> bool:
        return word in self._indices

    def names_of(self, steps: Sequence[Any]) -> list[str]:
        """Return the label of each step in figures: the symbol, or the numbers of the vector."""
        if self.level == CHANNEL:
            return [" ".join(f"{number:.2g}" for number in vector) for vector in steps]
        return [display(self.symbols[index]) for index in steps]

    def decode(self, indices: Sequence[int]) -> str:
        """Return the text of indices without `[S]` and `[PAD]`."""
        silent, symbols = self._silent, self.symbols
        return self._joint.join([symbols[i] for i in indices if i not in silent])

    def describe(self) -> str:
        """Return the alphabet in a few words."""
        if self.level == "word":
            return f"{len(self.alphabet):,} words, such as {', '.join(map(repr, self.alphabet[:5]))}"
        text = "".join(self.alphabet)
        return repr(text) if len(text) <= 60 else f"{text[:60]!r} and {len(text) - 60} more"

    @property
    def _joint(self) -> str:  # what stands between two symbols
        return " " if self.level == "word" else ""

    @cached_property
    def _table(self) -> NDArray[np.unsignedinteger]:
        # What the alphabet lacks has the index behind the last symbol's.
        return table_of(self.alphabet, len(self))

    @cached_property
    def _silent(self) -> frozenset[int]:
        silent = (index for index, symbol in enumerate(self.symbols) if symbol in (START_STOP, PAD))
        return frozenset([*silent, *range(self.first_label, len(self))])

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols)}

    def _encode_characters(self, text: str, key: str) -> NDArray[np.unsignedinteger]:
        indices = np.empty(len(text), dtype=self.dtype)
        for begin, points in code_points(text):
            piece = self._table.take(points, mode="clip")  # beyond the table lies what the alphabet lacks
            if (unknown := piece == len(self)).any():
                if UNKNOWN not in self._indices:
                    raise self._refusal(key, [chr(point) for point in points[unknown].tolist()])
                piece = np.where(unknown, self.unknown, piece)
            indices[begin : begin + len(piece)] = piece
        return indices

    def _encode_words(self, words: list[str], key: str) -> NDArray[np.unsignedinteger]:
        if UNKNOWN not in self._indices and (missing := [word for word in words if word not in self._indices]):
            raise self._refusal(key, missing)
        return self.indices(words)

    def _refusal(self, key: str, symbols: list[str]) -> UserError:
        missing = list(map(repr, dict.fromkeys(symbols)))
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        return UserError(f"{key}: the vocabulary has no {', '.join(missing[:NAMED])}{more}; it knows {self.describe()}")
