"""Arrays of NumPy: `.npz` files of values, lengths and labels, and folders of `.npy` files, `X.npy` beside `y.npy`."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.signals import CLASS, NUMBER, STEPS, check_size, numbered
from rnnlab.data.sources.signal_files.content import Content, Reading, check_form
from rnnlab.errors import UserError

ROLES = {
    "values": ("x", "values", "data", "signals"),
    "labels": ("y", "labels", "label", "target", "targets"),
    "lengths": ("lengths", "length", "sizes"),
    "channels": ("channels", "channel_names"),
    "times": ("times", "t"),
    "groups": ("groups", "group"),
}
ROLE_OF = {name: role for role, names in ROLES.items() for name in names}
MOST_BYTES = 1 << 31  # of the arrays in a file, unpacked


@dataclass(frozen=True)
class ArrayFile:
    """A file of values with the files that stand beside it.

    Attributes:
        file: With the values.
        beside: The `.npy` files of labels, lengths and so on, by their roles.
    """

    file: Path
    beside: Mapping[str, Path]


def grouped(files: Sequence[Path]) -> list[ArrayFile]:
    """Return the files of values, `X.npy` with `y.npy` or `X_train.npy` with `y_train.npy`; others as they are."""
    roles = {file: _role(file) for file in files if file.suffix.lower() == ".npy"}
    beside: dict[tuple[Path, str], dict[str, Path]] = {}
    for file, (role, rest) in roles.items():
        beside.setdefault((file.parent, rest), {})[role] = file
    chosen = [file for file in files if file not in roles or roles[file][0] == "values"]
    if not chosen:
        raise UserError(f"data: {files[0]} has no values beside it; name them X.npy, and their labels y.npy")
    return [ArrayFile(file, beside.get((file.parent, roles[file][1]), {}) if file in roles else {}) for file in chosen]


def _role(file: Path) -> tuple[str, str]:
    """Return what a `.npy` file holds, as the first word of its name says, and the rest of the name."""
    first, _, rest = file.stem.partition("_")
    return (ROLE_OF[first.lower()], rest) if first.lower() in ROLE_OF else ("values", file.stem)


def read_arrays(source: ArrayFile, reading: Reading) -> Content:
    """Read the sequences of an array `(N, T, C)`, or `(N, T)` of one channel.

    Raises:
        UserError: The file is no such array, or its arrays do not fit together.
    """
    file = source.file
    check_form(reading, "long", f"{file} is no table")
    arrays = _loaded(source)
    if "values" not in arrays:
        raise UserError(f"data: {file} has no array X of values (N, T, C)")
    values = _floats(arrays["values"], "values", file)
    values = values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or 0 in values.shape:
        raise UserError(f"data: {file}: its values have the shape {values.shape}; (N, T, C) is expected")
    sizes = _lengths(arrays.get("lengths"), values, file)
    inside = np.arange(values.shape[1]) < sizes[:, None]
    flat = values[inside]  # (total, C)
    _check_numbers(flat, reading.of_values, file)
    labels, asked = _labels(arrays.get("labels"), inside, reading, file)
    names = arrays.get("channels", np.array(numbered(values.shape[2])))
    if len(names) != values.shape[2]:
        raise UserError(f"data: {file} names {len(names)} channels, and its values have {values.shape[2]}")
    check_size(flat, list(map(str, names)), f"data: {file}: the channel")
    times = arrays.get("times")
    if times is not None:
        times = _fitting(_floats(times, "times", file), inside.shape, "times", file)[inside]
        _check_times(times, sizes, file)
    groups = arrays.get("groups")
    return Content(
        values=flat,
        sizes=sizes,
        channels=tuple(map(str, names)),
        labels=labels,
        targets=tuple(f"y{number}" for number in range(1, len(labels) + 1)) if len(labels) > 1 else ("label",),
        asked=asked,
        times=times,
        groups=None if groups is None else list(map(str, _fitting(groups, (len(sizes),), "groups", file))),
    )


def _loaded(source: ArrayFile) -> dict[str, NDArray[Any]]:
    """Return the arrays by their roles.

    Raises:
        UserError: A file is damaged, unfolds to more than it should or has two arrays of a role.
    """
    if source.file.suffix.lower() == ".npy":
        files = {**source.beside, "values": source.file}
        return {role: _load(file) for role, file in files.items()}
    loaded = _load(source.file)
    arrays: dict[str, NDArray[Any]] = {}
    for name, array in loaded.items():
        role = ROLE_OF.get(name.lower())
        if role is None:
            raise UserError(f"data: {source.file} has an array {name}; X, y, lengths, channels, times, groups are read")
        if role in arrays:
            raise UserError(f"data: {source.file} has two arrays of {role}; leave {name} out")
        arrays[role] = array
    return arrays


def _load(file: Path) -> Any:
    try:
        if file.suffix.lower() == ".npy":
            with file.open("rb") as stream:
                return np.load(stream, allow_pickle=False)
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise UserError(f"data: {file} unfolds to more than {MOST_BYTES >> 30} GiB")
        with np.load(file, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except UserError:
        raise
    except Exception as error:  # NumPy and zipfile fail on a foreign file in every way there is
        raise UserError(f"data: {file} is no file of plain NumPy arrays, or is damaged") from error


def _floats(array: NDArray[Any], what: str, file: Path) -> NDArray[np.float64]:
    if array.dtype.kind not in "fiub":
        raise UserError(f"data: {file}: its {what} are {array.dtype}, not numbers")
    return array.astype(np.float64)


def _fitting(array: NDArray[Any], shape: tuple[int, ...], what: str, file: Path) -> NDArray[Any]:
    if array.shape != shape:
        raise UserError(f"data: {file}: its {what} have the shape {array.shape}; {shape} is expected")
    return array


def _lengths(lengths: NDArray[Any] | None, values: NDArray[np.float64], file: Path) -> NDArray[np.int64]:
    """Return how many steps each sequence has: those of the array, where nothing says it."""
    count, longest = values.shape[:2]
    if lengths is None:
        return np.full(count, longest, dtype=np.int64)
    _fitting(lengths, (count,), "lengths", file)
    if lengths.dtype.kind not in "iu" or lengths.min() < 1 or lengths.max() > longest:
        raise UserError(f"data: {file}: its lengths are whole numbers from 1 to {longest}, the steps of its values")
    return lengths.astype(np.int64)


def _check_numbers(flat: NDArray[np.float64], missing: str, file: Path) -> None:
    if np.isinf(flat).any():
        raise UserError(f"data: {file} has an infinite number")
    if missing == "refuse" and np.isnan(flat).any():
        raise UserError(
            f"data: {file} has {int(np.isnan(flat).sum()):,} missing numbers; data.missing=forward repeats the one"
            " before, data.missing=mask also says so in a channel, and lengths say where sequences end"
        )


def _check_times(times: NDArray[np.float64], sizes: NDArray[np.int64], file: Path) -> None:
    """Raise UserError if times `(total,)` are none, or do not rise in every sequence."""
    check_size(times[:, None], ["times"], f"data: {file}: the array")
    if not np.isfinite(times).all():
        raise UserError(f"data: {file}: its times are finite numbers; lengths say where sequences end")
    of_step = np.repeat(np.arange(len(sizes)), sizes)
    falls = (np.diff(times) <= 0) & (np.diff(of_step) == 0)
    if falls.any():
        place = int(falls.argmax())
        raise UserError(
            f"data: {file}: the times of sequence {of_step[place] + 1} do not rise ({times[place + 1]:g} stands behind"
            f" {times[place]:g}); put the steps of each sequence, with their times, in the order of time"
        )


def _labels(
    labels: NDArray[Any] | None, inside: NDArray[np.bool_], reading: Reading, file: Path
) -> tuple[tuple[Sequence[str], ...], str]:
    """Return the labels as cells, and what they are, `class`, `number` or `steps`; '' where the cells have to tell.

    Raises:
        UserError: There are none, or they do not fit the values.
    """
    count, longest = inside.shape
    if not reading.labelled:
        return ([""] * count,), CLASS
    if labels is None:
        raise UserError(f"data: {file} has no labels; an array y beside the values has them")
    if labels.ndim not in (1, 2) or len(labels) != count:
        raise UserError(f"data: {file}: its labels have the shape {labels.shape}; ({count},) is expected")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise UserError(f"data: {file} has a label that is no number")
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim == 1:
        whole = labels.dtype.kind in "iubUS"
        return (_cells(labels),), reading.target or (CLASS if whole else "")
    _refuse_one_hot(labels, reading.target, file)
    if reading.target == STEPS or (reading.target is None and labels.shape[1] == longest and labels.dtype.kind != "f"):
        _fitting(labels, inside.shape, "labels", file)
        return (_cells(labels[inside]),), STEPS
    return tuple(_cells(column) for column in labels.T), NUMBER


def _refuse_one_hot(labels: NDArray[Any], target: str | None, file: Path) -> None:
    """Raise UserError if labels `(N, K)` are a class a sequence, of which a 1 in the column of its number tells."""
    if target in (NUMBER, STEPS):
        return
    if labels.dtype.kind in "iubf" and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        raise UserError(
            f"data: {file}: each row of its labels {labels.shape} has a single 1; give the numbers of classes"
            f" ({len(labels)},) such as y.argmax(axis=1), or data.target={STEPS} or {NUMBER} reads them as they are"
        )
    if target == CLASS:
        raise UserError(
            f"data.target={CLASS}: {file} has labels of the shape {labels.shape}, and a class a sequence has"
            f" ({len(labels)},)"
        )


def _cells(labels: NDArray[Any]) -> list[str]:
    """Return labels as cells of a table would have them."""
    if labels.dtype.kind == "S":
        return [label.decode("utf-8", "replace") for label in labels.tolist()]
    return [repr(label) if isinstance(label, float) else str(label) for label in labels.tolist()]
