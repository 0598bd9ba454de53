"""The READMEs of studies: a person's words around what is written from the results, and an index of them all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically

BEGIN = "<!-- results: written by `rnnlab study`, do not edit -->"
END = "<!-- end of results -->"
INDEX = "README.md"
INSIDE = "### Inside: "  # what a probe has seen begins with it
PICTURE = r"!\[[^]]*\]\(([^)]+)\)"
WIDTH = 360  # pixels of a figure in the index


@dataclass(frozen=True)
class Study:
    """A folder with a `study.yaml`, as the index shows it.

    Attributes:
        name: Of the folder.
        question: The remark at the head of its `study.yaml`.
        answer: The sentences that its results begin with; empty while there are none.
        figure: The first picture of its results; empty while there is none.
    """

    name: str
    question: str
    answer: str
    figure: str


def fill_in(file: Path, title: str, results: str) -> None:
    """Put the results between the two marks of a README; make one with nothing else where there is none.

    Raises:
        UserError: The README has lost a mark, so nobody knows what may be overwritten.
    """
    text = file.read_text(encoding="utf-8") if file.is_file() else f"# {title}\n\n{BEGIN}\n{END}\n"
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"{file}: the results go between the lines `{BEGIN}` and `{END}`; put both back")
    write_atomically(file, f"{before}{BEGIN}\n\n{results.strip()}\n\n{END}{after}")


def write_index(experiments: Path) -> None:
    """Write the README of a folder of studies: each one's question, its answer and a figure."""
    blocks = ["# Studies", "Each folder asks a question in its `study.yaml`; `rnnlab study name=NAME` answers it."]
    for study in studies(experiments):
        blocks += [f"## [{study.name}]({quote(study.name)}/README.md)", f"**{study.question}**"]
        blocks.append(study.answer or f"Not answered yet: `rnnlab study name={study.name}`")
        if study.figure:
            source = f"{quote(study.name)}/{study.figure}"
            blocks.append(f'<img src="{source}" alt="{study.name}" width="{WIDTH}">')
    write_atomically(experiments / INDEX, "\n\n".join(blocks) + "\n")


def studies(experiments: Path) -> Iterator[Study]:
    """Every study in a folder of them, by name."""
    for file in sorted(experiments.glob("*/study.yaml")):
        readme = file.parent / "README.md"
        text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
        results = text.partition(BEGIN)[2].partition(END)[0].strip()
        picture = re.search(PICTURE, results.partition(INSIDE)[2]) or re.search(PICTURE, results)
        yield Study(file.parent.name, _question(file), _answer(results), picture[1] if picture else "")


def _answer(results: str) -> str:
    """The sentence on the best configuration and those on each factor, and what the first probe has seen.

    Of results that begin with what was seen, that alone.
    """
    blocks = results.split("\n\n")
    if blocks[0].startswith(INSIDE):
        return blocks[1]
    said = [block for number, block in enumerate(blocks[:2]) if number == 0 or block.startswith("- ")]
    inside = next((number for number, block in enumerate(blocks) if block.startswith(INSIDE)), None)
    return "\n\n".join([*said, *([] if inside is None else blocks[inside + 1 : inside + 2])])


def _question(file: Path) -> str:
    """The comment lines that a file begins with, as one."""
    text = file.read_text(encoding="utf-8-sig", errors="replace").lstrip()
    head = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in head if "@package" not in line) or file.parent.name
