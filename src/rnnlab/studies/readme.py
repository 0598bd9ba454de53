"""The README of a study: a person's words around the results."""

from __future__ import annotations

from pathlib import Path

from rnnlab.control_characters import shown
from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically

BEGIN = "<!-- results: written by `rnnlab study`, do not edit -->"
END = "<!-- end of results -->"


def fill_in(file: Path, title: str, results: str) -> None:
    """Put results between the two marks of a README; write one with nothing else where there is none.

    Raises:
        UserError: The README has lost a mark, so nobody knows what may be overwritten.
    """
    text = file.read_text(encoding="utf-8") if file.is_file() else f"# {title}\n\n{BEGIN}\n{END}\n"
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"{file}: the results go between the lines `{BEGIN}` and `{END}`; put both back")
    write_atomically(file, f"{before}{BEGIN}\n\n{shown(results.strip())}\n\n{END}{after}")
