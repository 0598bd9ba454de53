"""Arrays that are written piece by piece, since nobody knows their length before: in memory, or in files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rnnlab.data.cache.location import LIMIT_VARIABLE
from rnnlab.errors import UserError

Array = NDArray[Any]
Append = Callable[[Array], None]


class Arrays(Protocol):
    """Named arrays `(N,)`."""

    def writing(self, name: str, dtype: DTypeLike) -> AbstractContextManager[Append]:
        """Write an array: within the context, what is called with a piece appends that to it."""

    def __getitem__(self, name: str) -> Array:
        """Return an array that has been written."""

    def remove(self, name: str) -> None:
        """Remove an array."""


class InMemory:
    """Arrays of small data."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    @contextmanager
    def writing(self, name: str, dtype: DTypeLike) -> Iterator[Append]:
        pieces: list[Array] = [np.empty(0, dtype)]
        yield lambda piece: pieces.append(piece.astype(dtype, copy=False))
        self._arrays[name] = np.concatenate(pieces)

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def remove(self, name: str) -> None:
        del self._arrays[name]


class InFolder:
    """Arrays in files, which are mapped into memory: their pages are shared by all processes that read them.

    Attributes:
        folder: It has a file of plain numbers for each array.
        dtypes: The type of each array, as NumPy writes it in short.
    """

    def __init__(self, folder: Path, dtypes: Mapping[str, str] | None = None, most_bytes: int = 1 << 62) -> None:
        """Open the arrays of a folder.

        Args:
            folder: It exists.
            dtypes: Of arrays that are there already.
            most_bytes: That new ones may take together.
        """
        self.folder, self.dtypes, self.most_bytes = folder, dict(dtypes or {}), most_bytes
        self._sizes: dict[str, int] = {}

    @contextmanager
    def writing(self, name: str, dtype: DTypeLike) -> Iterator[Append]:
        self._sizes[name] = 0
        with (self.folder / name).open("wb", buffering=0) as stream:

            def append(piece: Array) -> None:
                content = np.ascontiguousarray(piece, dtype)
                self._sizes[name] += content.nbytes
                if sum(self._sizes.values()) > self.most_bytes:
                    raise UserError(
                        f"data: encoded, it takes more than the {self.most_bytes / 1e9:g} GB that the cache may;"
                        f" set {LIMIT_VARIABLE} to more, or data.limit to fewer characters"
                    )
                _write(stream.fileno(), content)

            yield append
            os.fsync(stream.fileno())  # before the folder gets its name: a power failure leaves no half array
        self.dtypes[name] = np.dtype(dtype).str

    def __getitem__(self, name: str) -> Array:
        file, dtype = self.folder / name, np.dtype(self.dtypes[name])
        if not file.stat().st_size:  # which cannot be mapped
            return np.empty(0, dtype)
        return np.asarray(np.memmap(file, dtype, mode="r"))  # without the class, whose views take longer

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()
        del self.dtypes[name], self._sizes[name]


def _write(descriptor: int, content: Array) -> None:
    left = content.view(np.uint8).data
    while len(left):
        left = left[os.write(descriptor, left) :]
