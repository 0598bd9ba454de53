"""Paths of data: inside an installed package, in the standard library, or the user's own."""

from __future__ import annotations

import hashlib
import importlib.util
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from rnnlab.config.plain_files import what_it_is
from rnnlab.data.cache.hashes import remembered_sha256
from rnnlab.data.formats.arrow_files import saved_dataset
from rnnlab.data.sources.parts import PartFile
from rnnlab.errors import UserError

PATTERN = "*?["  # of which a pattern of files has one


def packaged(package: str, path: str) -> list[Path]:
    """Return the path of a data file inside an installed package, which is not imported.

    Args:
        package: Its import name.
        path: Of the file, from the package's folder.

    Raises:
        UserError: The package or the file is missing.
    """
    spec = importlib.util.find_spec(package) if package.isidentifier() else None  # a dotted name would be imported
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"data: the package {package} is not installed; pip install {package}")
    folder = Path(spec.submodule_search_locations[0])
    file = folder / path
    if not file.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"data.files.path: {path} does not lie in the package {package}")
    if not file.is_file():
        raise UserError(f"data: {file} is missing; reinstall the package {package}")
    return [file]


def standard_library() -> list[Path]:
    """Return the sources of the Python standard library's top-level modules, in the order of their names."""
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))


def files_at(
    path: str | None = None, train: str | None = None, validation: str | None = None, test: str | None = None
) -> list[Path]:
    """Return the user's file, or the files in and below a folder in the order of their names without hidden ones.

    A pattern such as `corpus/*.txt` stands for the files that it matches, `**` in it for any folders; and a folder in
    which `datasets` has saved a data set for the files that have its rows.

    Args:
        path: Of all data; None where files or folders are named for its parts.
        train: Of the training part.
        validation: Of the validation part.
        test: Of the test part.

    Raises:
        UserError: There is no file, one is empty or unreadable, or two parts have the same file.
    """
    said = {"train": train, "validation": validation, "test": test}
    named = {key: place for key, place in said.items() if place is not None}
    if not named:
        if path is None:
            raise UserError("data.path: the value is missing; add data.path=VALUE, a file or a folder of files")
        return _files_at(path, "data.path")
    if path is not None:
        key = next(iter(named))
        raise UserError(f"data.path and data.{key} were both given; data.path has all of the data, or none")
    if "train" not in named or len(named) < 2:
        lacking = "train" if "train" not in named else "test"
        raise UserError(f"data.{lacking}: it is missing; data.train and data.test are needed, or data.validation")
    by_key = {key: _files_at(place, f"data.{key}") for key, place in named.items()}
    _refuse_same(by_key)
    return [PartFile.of(file, PARTS_BY_KEY[key], Path(named[key])) for key, files in by_key.items() for file in files]


PARTS_BY_KEY = {"train": "train", "validation": "val", "test": "test"}


def _files_at(path: str, key: str) -> list[Path]:
    file = Path(path)
    if not path.strip() or not file.exists():
        if path.strip() and any(sign in path for sign in PATTERN):
            return _matching(path, key)
        hint = "; it is taken literally: files are swept by a study.yaml" if "," in path else ""
        raise UserError(f"{key}: there is no file {path or '(no name was given)'}{hint}")
    if not file.is_dir():
        return [_checked(file, key)]
    if (saved := saved_dataset(file)) is not None:
        if not saved:
            raise UserError(f"{key}: the data set in {path} has no data")
        return [_checked(inner, key) for inner in saved]
    below = (inner for inner in file.rglob("*") if not any(p.startswith(".") for p in inner.relative_to(file).parts))
    files = [_checked(inner, key) for inner in sorted(below) if inner.is_file()]
    if not files:
        raise UserError(f"{key}: the folder {path} holds no files")
    return files


def _matching(pattern: str, key: str) -> list[Path]:
    """Return the files that a pattern such as `corpus/*.txt` matches, in the order of their names; no hidden ones."""
    root = Path(Path(pattern).anchor)
    try:
        found = [file for file in root.glob(str(Path(pattern).relative_to(root))) if file.is_file()]
    except (ValueError, OSError) as error:
        raise UserError(f"{key}: {pattern} is no pattern of files ({str(error).rstrip('.')})") from error
    files = sorted(file for file in found if not file.name.startswith("."))
    if not files:
        raise UserError(f"{key}: no file matches {pattern}")
    return [_checked(file, key) for file in files]


def _refuse_same(by_key: Mapping[str, Sequence[Path]]) -> None:
    """Raise UserError if two parts have a file of the same bytes: what is tested would have been trained."""
    seen: dict[tuple[int, str], tuple[str, Path]] = {}
    for key, files in by_key.items():
        for file in files:
            other, same = seen.setdefault((file.stat().st_size, sha256([file])), (key, file))
            if other != key:
                raise UserError(f"data.{key}: {file} has the same bytes as {same} of data.{other}")


def sha256(files: Sequence[Path], names: str = "") -> str:
    """Return the SHA-256 of the files' bytes, one after the other, in hexadecimal; `names` go before them."""
    return remembered_sha256(files, names, lambda: _sha256(files, names))


def _sha256(files: Sequence[Path], names: str) -> str:
    digest = hashlib.sha256(names.encode())
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _checked(file: Path, key: str) -> Path:
    """Return the file; raise UserError if it is empty, unreadable, a pipe or a device."""
    try:
        if kind := what_it_is(file):  # which would block, or never end
            raise UserError(f"{key}: {file} is {kind}, which cannot be read twice; save it as a file")
        with file.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise UserError(f"{key}: {file} cannot be read ({error.strerror})") from error
    if not first:
        raise UserError(f"{key}: {file} is empty")
    return file
