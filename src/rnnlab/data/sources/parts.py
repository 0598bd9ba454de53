"""The parts of the data (training, validation, test) that names of the user's files and folders say."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

NAMES = {
    "train": ("train", "training", "trn", "trainset", "traindata"),
    "val": ("val", "valid", "validation", "dev", "devel", "development", "valset", "devset", "testa"),
    "test": ("test", "testing", "tst", "testset", "testdata", "testb"),  # testa and testb: the files of CoNLL-2003
}
PART_OF = {name: part for part, names in NAMES.items() for name in names}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # `train` in `en_ewt-ud-train.conllu`, `X_TRAIN.tsv`, `myTrain2.csv`


class PartFile(type(Path())):  # type: ignore[misc]  # a path of this system
    """A path of which the user has said which part of the data it is, by `data.train`, `data.validation`, `data.test`.

    Attributes:
        part: `train`, `val` or `test`.
        named: The file or folder that the user has named.
    """

    part: str
    named: Path

    @property
    def top(self) -> Path:
        """The folder that the user has named, or in which the file lies that he has named."""
        return self.named if self.named.is_dir() else self.named.parent

    @classmethod
    def of(cls, file: Path, part: str, named: Path) -> PartFile:
        """Return the path of a file with its part."""
        path = cls(file)
        path.part, path.named = part, named
        return path


def said_parts(files: Sequence[Path]) -> list[str] | None:
    """Return the part of each file that the user has said; None where none was said."""
    said = [file.part for file in files if isinstance(file, PartFile)]
    return said if said and len(said) == len(files) else None


def parts_of(files: Sequence[Path]) -> list[str] | None:
    """Return the part of each file, `train`, `val` or `test`, that the user, its name or a folder says; else None.

    The parts are said by the outermost folders whose names differ in them, or by the files' own names. A file whose
    name says no part, though those of others do, has its path in place of one: see `split.check_parts`. Where all
    files are of one part, such as a folder of test files, they are no parts of a whole.
    """
    if (parts := said_parts(files)) is not None:
        return parts
    levels = [_said(names) for names in _names_by_level(files)]
    of_two = [said for said in levels if _kinds(said) > 1]
    of_some = [said for said in levels if len({*said}) > 1]
    return next((_or_path(said, files) for said in (*of_two, *of_some)), None)


def parts_around_classes(files: Sequence[Path]) -> tuple[int, list[str]] | None:
    """Return where the names of folders say a part, counted from the outermost, and the part of each file.

    As `parts_of`, but a name that says the only part is that of a class, such as a folder of pictures of trains, and
    files may be called anything, unless all are named for parts.
    """
    *folders, names = map(_said, _names_by_level(files))
    levels = [*folders, [] if None in names else names]
    level = next((level for level, said in enumerate(levels) if _kinds(said) > 1), None)
    return None if level is None else (level, _or_path(levels[level], files))


def meaning_of_names(files: Sequence[Path]) -> list[tuple[str, str, int]]:
    """Return what the names of a user's files say beside their bytes: the folder and the part of each, and its size.

    Wherever the files lie as a whole. Nothing where there is one folder without parts: the order says it all.
    """
    parts = parts_of(files)
    folders = ["/".join(names) or "." for names in folders_of(files)]
    if parts is None and len({*folders}) == 1:
        return []
    said = [part if part in NAMES else "" for part in parts or [""] * len(files)]
    return [(folder, part, file.stat().st_size) for folder, part, file in zip(folders, said, files, strict=True)]


def folders_of(files: Sequence[Path]) -> list[tuple[str, ...]]:
    """Return in which folders each file lies, from the one on that all share, or that the user has named for a part."""
    top = Path(os.path.commonpath([file.parent for file in files]))
    tops = [file.top if isinstance(file, PartFile) else top for file in files]
    return [file.parent.relative_to(above).parts for file, above in zip(files, tops, strict=True)]


def in_time(files: Sequence[Path]) -> list[Path]:
    """Return the files of a series in the order of their parts: validation comes after training, and the test last."""
    ranks = {part: rank for rank, part in enumerate(NAMES)}
    parts = parts_of(files) or ()
    pairs = sorted(zip(parts, files, strict=True), key=lambda pair: ranks.get(pair[0], len(ranks))) if parts else ()
    return [file for _, file in pairs] or list(files)


def part_of_each(parts: list[str] | None, counts: Iterable[int]) -> list[str] | None:
    """Return the part of each item, given that of each file and how many items it has; None for none."""
    return parts and [part for part, count in zip(parts, counts, strict=True) for _ in range(count)]


def in_words(parts: Sequence[str] | None) -> str:
    """Return how many items or files every part has, such as `train 40, val 10, test 10`; '' where there are none."""
    counts = Counter(parts or ())
    return ", ".join(f"{part} {counts[part]:,}" for part in NAMES if counts[part])


def _names_by_level(files: Sequence[Path]) -> list[list[str]]:
    """Return the names of the folders in which the files lie, the outermost first, and then those of the files."""
    top = Path(os.path.commonpath([file.parent for file in files]))
    folders = [file.parent.relative_to(top).parts for file in files]
    deepest = max(map(len, folders))
    levels = [[names[level] if level < len(names) else "" for names in folders] for level in range(deepest)]
    return [*levels, [file.name for file in files]]


def _said(names: list[str]) -> list[str | None]:
    """Return the part that each name says; what all names begin with, such as `my-test-corpus-`, says nothing."""
    words = [[word.lower() for word in WORD.findall(name)] for name in names]
    shared = len(list(takewhile(lambda column: len({*column}) == 1, zip(*words, strict=False))))
    said = [[PART_OF[word] for word in inner[shared:] if word in PART_OF] for inner in words]
    return [parts[-1] if parts else None for parts in said]


def _kinds(said: list[str | None]) -> int:
    return len({*said} - {None})


def _or_path(said: list[str | None], files: Sequence[Path]) -> list[str]:
    return [part or file.as_posix() for part, file in zip(said, files, strict=True)]
