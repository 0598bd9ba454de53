"""Byte-pair encoding by the Hugging Face library `tokenizers`: trained here, or read from its file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnlab.data.text.vocabulary import UNKNOWN
from rnnlab.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LEVEL = "bpe"
PIECE = 1 << 15  # characters of a long text that are taken apart at a time
LEAST = 2  # times that two symbols stand side by side in training: what is seen once is not worth a symbol
# No sub-word reaches beyond one of these: a word or a row of marks with the blank before it, line ends, other blanks. A
# line's end begins nothing, so that a text may be cut there without a difference.
PIECES = r" ?\w+| ?[^\w\s]+|\n+|[^\S\n]+(?!\S)|[^\S\n]"


class Counted(NamedTuple):
    """The borders that no sub-word crosses, as `PIECES` takes a text apart.

    Attributes:
        words: The distinct ones.
        counts: How often each occurs.
    """

    words: Iterable[str]
    counts: Iterable[int]


def train(texts: Iterable[str] | Counted, alphabet: Sequence[str], size: int, unknown: bool) -> Tokenizer:
    """Train byte-pair encoding: join the most frequent pair of symbols again and again (Sennrich et al. 2016).

    Every character of the alphabet is a sub-word, so that every text of these characters can be encoded and decoded
    to itself.

    Args:
        texts: In which pairs are counted; or what they were taken apart into.
        alphabet: The characters.
        size: Sub-words in all, the alphabet among them; they are fewer where no pair is left that occurs twice.
        unknown: Whether there is `[UNK]` beside them, for characters that the alphabet lacks.

    Raises:
        UserError: The alphabet is larger than `size`.
    """
    if size < len(alphabet):
        raise UserError(
            f"data.vocab_size={size} is less than the {len(alphabet)} characters of the text, each of which is a"
            " sub-word of its own"
        )
    tokenizers = library()
    special = [UNKNOWN] if unknown else []
    made: Tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=UNKNOWN if unknown else None))
    made.decoder = tokenizers.decoders.Fuse()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size + len(special),
        min_frequency=LEAST,
        special_tokens=special,
        show_progress=False,
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
    )
    if isinstance(texts, Counted):  # as often as it occurs: the library counts, and takes no counts
        made.train_from_iterator(chain.from_iterable(map(repeat, texts.words, texts.counts)), trainer)
        made.pre_tokenizer = splitting()
    else:
        made.pre_tokenizer = splitting()
        made.train_from_iterator(chain.from_iterable(map(pieces, texts)), trainer)
    return made


def splitting() -> Any:
    """Return the library's own way to take a text apart by `PIECES`."""
    tokenizers = library()
    return tokenizers.pre_tokenizers.Split(tokenizers.Regex(PIECES), "isolated")


def read(file: str) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json.

    Raises:
        UserError: There is no such file, or it is not one of the library's.
    """
    path = Path(file)
    if not file.strip() or not path.is_file():
        raise UserError(f"data.tokenizer: there is no file {file or '(no name was given)'}")
    try:
        made: Tokenizer = library().Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"data.tokenizer: {file} cannot be read ({error.strerror})") from error
    except Exception as error:  # the library has no exceptions of its own
        reason = str(error).splitlines()[0]
        raise UserError(f"data.tokenizer: {file} is no tokenizer.json of the library tokenizers ({reason})") from error
    if not made.get_vocab_size():
        raise UserError(f"data.tokenizer: {file} has no sub-words")
    made.no_padding()
    made.no_truncation()
    return made


def pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces that end at the end of a line where they can."""
    return streamed_pieces([text])


def streamed_pieces(texts: Iterable[str]) -> Iterator[str]:
    """Yield a text that comes in any pieces in those that `pieces` gives of it as a whole."""
    held = ""
    for text in texts:
        held += text
        begin = 0
        while len(held) - begin > PIECE:
            end = held.rfind("\n", begin, begin + PIECE) + 1 or begin + PIECE
            yield held[begin:end]
            begin = end
        held = held[begin:]
    if held:
        yield held


def library() -> Any:
    """Return the module `tokenizers`, which is imported only where sub-words are used: other commands stay quick."""
    # Unset, the library warns whenever a process that has used it is forked.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    import tokenizers
    import tokenizers.decoders
    import tokenizers.models
    import tokenizers.pre_tokenizers
    import tokenizers.trainers

    return tokenizers
