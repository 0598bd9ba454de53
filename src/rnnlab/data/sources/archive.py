"""Data sets of the UCR and UEA time series archives, fetched once by their names and kept in the cache.

Any set can be named. The archive publishes no checksums; of the sets in `KNOWN`, the numbers and labels are checked.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rnnlab.data.cache.location import data_dir
from rnnlab.data.sources.signals import read_signals
from rnnlab.errors import UserError

ARCHIVE = "https://timeseriesclassification.com/aeon-toolkit"
FOLDER = "ts"  # in the folder of downloads
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,60}")
PARTS = ("TRAIN", "TEST")
MOST_BYTES = 1 << 32  # of a set's file
# Of the numbers and labels of training and test, as `digest` takes them.
KNOWN = {
    "ArrowHead": "eb046451778f91abb5d04d96ab422fbf79d4377acdf218886a88e9f36f98324d",
    "BasicMotions": "d9855ce999447b08b95b56caedc3cd2e26817de32486a26f8499e5d682cd0865",
    "GunPoint": "2cf5277b66b89614c3789d98b0fba7ec67c83ba9f4874dd5fb2421edfcf8448f",
    "ItalyPowerDemand": "5fcf2e7cea6af5844e795f78d9041ef1ae0d7dd402553039b5bb96259c44515c",
    "OSULeaf": "3cf53b02a2159969691fc744ce55abe3fd0fecbd58dd1a3f27fd0e0a4478228d",
    "PickupGestureWiimoteZ": "eade20b558616261b45c1170c80440e7f08e874b7c81b00826fe0b6328b46193",
}


def archived(name: str) -> list[Path]:
    """Return the files of a set of the archive, its test and its training part; fetch them if they are not there yet.

    Args:
        name: Such as `GunPoint`.

    Raises:
        UserError: There is no such set, it cannot be fetched, or is not the set that it should be.
    """
    if not NAME.fullmatch(name):
        raise UserError(f"data.name: a set of the archive has a name such as GunPoint, not {name!r}")
    folder = data_dir() / FOLDER / name
    files = [folder / f"{name}_{part}.ts" for part in sorted(PARTS)]
    if not all(file.is_file() for file in files):
        _fetch(name, folder)
    if name in KNOWN and digest(files) != KNOWN[name]:
        raise UserError(
            f"data.name={name}: {folder} does not hold the numbers that the archive published; remove it and fetch it"
            f" again, or read it as it is with data=file data.path={folder}"
        )
    return files


def digest(files: list[Path]) -> str:
    """Return the SHA-256 of the numbers, lengths and labels of `.ts` files, whatever their heads say."""
    signals = read_signals(files, missing="forward")
    labels = [signals.classes[index] for index in signals.answers] if signals.classes else signals.answers.tolist()
    hashed = hashlib.sha256(np.round(signals.values, 5).astype("<f4").tobytes())
    hashed.update(signals.sizes.astype("<i8").tobytes() + "\n".join(map(str, labels)).encode())
    return hashed.hexdigest()


def _fetch(name: str, folder: Path) -> None:
    """Fetch a set and put its two files into a folder, both or none.

    Raises:
        UserError: It cannot be fetched, or has no such files.
    """
    import pooch

    url = f"{ARCHIVE}/{name}.zip"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as place:
        try:
            pooch.get_logger().setLevel("WARNING")
            fetched = pooch.retrieve(url, None, fname="set.zip", path=place, progressbar=sys.stderr.isatty())
            _unpack(Path(fetched), name, Path(place) / name)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            reason = (
                str(error) if isinstance(error, ValueError) else type(error).__name__
            )  # of requests, it fills lines
            raise UserError(
                f"data.name={name}: it could not be fetched from {url} ({reason}); with its files at"
                f" hand, put {name}_TRAIN.ts and {name}_TEST.ts into {folder}"
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        (Path(place) / name).rename(folder)


def _unpack(archive: Path, name: str, folder: Path) -> None:
    """Write the two files of a set, wherever they lie in its archive.

    Raises:
        ValueError: One is missing or unfolds to more than it should.
    """
    folder.mkdir()
    with zipfile.ZipFile(archive) as entries:
        by_name = {Path(entry.filename).name: entry for entry in entries.infolist() if not entry.is_dir()}
        for part in PARTS:
            entry = by_name.get(f"{name}_{part}.ts")
            if entry is None:
                raise ValueError(f"it has no {name}_{part}.ts")
            if entry.file_size > MOST_BYTES:
                raise ValueError(f"{entry.filename} unfolds to {entry.file_size >> 30} GiB")
            with entries.open(entry) as source, (folder / f"{name}_{part}.ts").open("wb") as target:
                shutil.copyfileobj(source, target)
