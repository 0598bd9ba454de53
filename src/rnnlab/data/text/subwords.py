"""Sub-words as a vocabulary: symbols longer than characters and shorter than words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.text.bpe import LEVEL, library, pieces, splitting
from rnnlab.data.text.encoded import Encoded
from rnnlab.data.text.vocabulary import NAMED, UNKNOWN, Vocabulary
from rnnlab.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MOST_SUBWORDS = 1 << 20  # four times those of the largest vocabularies in use; each id takes room
BROKEN = "\N{REPLACEMENT CHARACTER}"  # what bytes become that are no character, or only a part of one


@dataclass(frozen=True)
class Subwords(Vocabulary):
    """Sub-words of the Hugging Face library `tokenizers`, and behind them the special symbols that a task needs.

    Attributes:
        tokenizer: The library's tokenizer.json as text.
    """

    level: str = LEVEL
    tokenizer: str = ""

    @classmethod
    def of(cls, made: Tokenizer, special: tuple[str, ...] = ()) -> Subwords:
        """Return the sub-words of a tokenizer, and behind them the symbols of `special` that it lacks."""
        by_index = {index: symbol for symbol, index in made.get_vocab(with_added_tokens=True).items()}
        if max(by_index) >= MOST_SUBWORDS:
            raise UserError(f"data.tokenizer: it has the id {max(by_index)}; ids go up to {MOST_SUBWORDS - 1:,}")
        subwords = [by_index.get(index, f"[{index}]") for index in range(max(by_index) + 1)]
        symbols = (*subwords, *(symbol for symbol in special if symbol not in subwords))
        return cls(symbols, tokenizer=made.to_str())

    @property
    def card(self) -> dict[str, Any]:
        return {**super().card, "tokenizer": self.tokenizer}

    def encode(self, text: str, key: str = "prompt") -> NDArray[np.unsignedinteger]:
        return self.encode_all(list(pieces(text)), key).symbols

    def encode_all(self, texts: Sequence[Sequence[str]], key: str = "data", widths: bool = False) -> Encoded:
        """Return many texts as symbols at once, on all cores.

        Raises:
            UserError: A text would not be decoded to itself, and the vocabulary has no `[UNK]`; the line begins with
                `key`.
        """
        encodings = self._encodings(cast("Sequence[str]", texts), key, places=widths)
        sizes = np.fromiter((len(encoding) for encoding in encodings), dtype=np.int64, count=len(encodings))
        total = int(sizes.sum())
        symbols = np.fromiter(
            chain.from_iterable(encoding.ids for encoding in encodings), dtype=self.dtype, count=total
        )
        if not widths:
            return Encoded(symbols, sizes)
        ends = np.fromiter((end for encoding in encodings for _, end in encoding.offsets), dtype=np.int64, count=total)
        wide = np.diff(ends, prepend=0)
        firsts = (np.cumsum(sizes) - sizes)[sizes > 0]
        wide[firsts] = ends[firsts]  # places are counted from the beginning of each text
        return Encoded(symbols, sizes, wide)

    def begin(self, prefix: str, key: str = "prompt") -> tuple[list[int], str]:
        """All but the last word of a text, as sub-words, and that word.

        In training the end of the prefix may have been the middle of a sub-word: `mar` of `mary`. A model that were
        given `mar` and asked for the next one has never seen the like.
        """
        if not prefix:
            return [], ""
        (encoding,) = self._encodings([prefix], key)
        words = encoding.word_ids
        last = words.index(words[-1])
        return encoding.ids[:last], "".join(encoding.tokens[last:])

    def continued(self, prefix: str, indices: Sequence[int], drawn: Sequence[int]) -> str:
        return self.decode([*indices, *drawn])

    def continuing(self, prefix: str, indices: Sequence[int], drawn: Iterable[int]) -> Iterator[str]:
        yield prefix
        decoder, ahead = library().decoders.DecodeStream(skip_special_tokens=False), len(prefix)
        for index in chain(indices, drawn):
            piece = "" if index in self._silent else self._whole(decoder.step(self._tokenizer, index) or "")
            if fresh := piece[ahead:]:
                yield fresh
            ahead = max(0, ahead - len(piece))

    def decode(self, indices: Sequence[int]) -> str:
        """The text of indices; a character of several bytes is left out unless all of them are there."""
        silent = self._silent
        return self._whole(self._decoded([index for index in indices if index not in silent]))

    def describe(self) -> str:
        characters = "".join(symbol for symbol in self.alphabet if len(symbol) == 1)
        return f"{len(self.alphabet):,} sub-words of {characters[:60]!r}{' and more' if len(characters) > 60 else ''}"

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer: Tokenizer = library().Tokenizer.from_str(self.tokenizer)
        return tokenizer

    @cached_property
    def _of_bytes(self) -> bool:
        """True if a sub-word can be a part of a character."""
        return '"ByteLevel"' in self.tokenizer or '"ByteFallback"' in self.tokenizer

    @cached_property
    def splits_as_ours(self) -> bool:
        """True if texts are taken apart as `bpe.PIECES` says, so that each piece can be encoded by itself."""
        said = json.loads(self.tokenizer)
        split = json.loads(splitting().__getstate__())
        as_it_is = not (said.get("normalizer") or said.get("added_tokens") or said["model"].get("dropout"))
        return as_it_is and said.get("pre_tokenizer") == split

    def _encodings(self, texts: Sequence[str], key: str, places: bool = True) -> list[Encoding]:
        """Return texts as sub-words; with the place of each sub-word in its text if `places`, which takes longer."""
        take_apart = self._tokenizer.encode_batch if places else self._tokenizer.encode_batch_fast
        encodings: list[Encoding] = take_apart([self._valid(text, key) for text in texts], add_special_tokens=False)
        if UNKNOWN not in self.symbols:
            decoded = self._tokenizer.decode_batch([encoding.ids for encoding in encodings], skip_special_tokens=False)
            for text, back in zip(texts, decoded, strict=True):
                if text != back:
                    raise self._not_the_same(text, back, key)
        return encodings

    def _valid(self, text: str, key: str) -> str:
        """Return a text without lone surrogates, which the library does not take for characters."""
        try:
            text.encode()
        except UnicodeEncodeError as error:
            if UNKNOWN not in self.symbols:
                raise self._refusal(key, [error.object[error.start]]) from error
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _not_the_same(self, text: str, back: str, key: str) -> UserError:
        if missing := [character for character in text if character not in back]:
            return self._refusal(key, missing)
        place = next((i for i, (a, b) in enumerate(zip(text, back, strict=False)) if a != b), min(len(text), len(back)))
        shown = slice(max(0, place - NAMED), place + NAMED)
        return UserError(
            f"{key}: the tokenizer makes {back[shown]!r} of {text[shown]!r}; a language model needs one that keeps"
            " every character"
        )

    def _decoded(self, indices: Sequence[int]) -> str:
        return self._tokenizer.decode(list(indices), skip_special_tokens=False)

    def _whole(self, text: str) -> str:
        return text.replace(BROKEN, "") if self._of_bytes else text
