"""First lines that look like the names of columns, in files that need none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rnnlab.errors import UserError

# What people call the first column, which has items or words, and the second one, which has their labels or tags.
ITEMS = {
    *("name", "names", "item", "items", "word", "words", "token", "tokens", "form", "text", "term", "title"),
    *("firstname", "lastname", "surname", "vorname", "nachname", "person"),
    *("wort", "mot", "nom", "palabra", "nombre", "parola", "nome"),
}
LABELS = {
    *("label", "labels", "tag", "tags", "class", "category", "type", "target", "sex", "gender"),
    *("pos", "upos", "xpos", "postag", "postags", "partofspeech", "ner", "nertag", "nertags", "chunk"),
    *("annotation", "annotations", "entity", "iob", "bio", "group"),
    *("geschlecht", "klasse", "wortart", "étiquette", "etiqueta", "sexe", "sexo", "genre"),
}


def begins_with_header(cells: Sequence[str], header: bool | None, where: str, label: str | None = None) -> bool:
    """Return whether the first line of a file has the names of columns.

    Args:
        cells: Of the line: an item, or an item and its label.
        header: Whether it is one; None refuses a line that looks like one.
        where: Begins the line about what is wrong.
        label: What the user calls the labels.

    Raises:
        UserError: It looks like a header, and `header` is None.
    """
    if header is not None:
        return header
    if looks_like_header(cells, label):
        raise UserError(
            f"{where}: {' '.join(cells)!r} may be a header; data.header=true leaves it out, data.header=false reads it"
        )
    return False


def looks_like_header(cells: Sequence[str], label: str | None = None) -> bool:
    """Return whether cells are names of columns: of items, and of their labels as the user or people call them."""
    first, *rest = map(_plain, cells)
    return (bool(label) and rest == [_plain(str(label))]) or (first in ITEMS and LABELS.issuperset(rest))


def _plain(cell: str) -> str:
    return re.sub(r"[\W_]", "", cell).casefold()
