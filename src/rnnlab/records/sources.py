"""The folders that `sweep=a`, `sweep=[a,b]` or `path=FOLDER` stand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS
from rnnlab.records.reading import run_folders


def source_folders(sweep: Any, path: Any) -> tuple[Path, ...]:
    """The folders whose runs are to be compared; each holds or plans at least one run.

    Args:
        sweep: A sweep's name, a list of names or None; each is a folder of `runs/` under the current folder.
        path: Any folder that holds runs, at whatever depth, or None.

    Raises:
        UserError: Neither or both are given, or one of them leads to no runs.
    """
    names = [str(name) for name in (sweep if isinstance(sweep, list) else [sweep]) if name is not None]
    if bool(names) == (path is not None):
        raise UserError("give sweep=NAME, sweep=[A,B] or path=FOLDER, one of them, to say which runs to compare")
    if path is not None:
        return (_folder_of_runs(Path(str(path))),)
    return tuple(_sweep_folder(name) for name in dict.fromkeys(names))


def named_folders(sources: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The folders that names of sweeps or paths stand for; a folder of that name under `runs/` goes first.

    Raises:
        UserError: None is given, or one of them leads to no folder.
    """
    listed = [sources] if isinstance(sources, str | Path) else list(sources)
    if not listed:
        raise UserError("no folder is given; give the name of a sweep, or a folder of runs")
    return tuple(RUNS / str(source) if _is_sweep(source) else _folder(source) for source in dict.fromkeys(listed))


def path_or_sweep(source: str | Path) -> Path:
    """The path itself; where there is none, the folder of the sweep of that name, if there is one."""
    path = Path(source)
    return RUNS / str(source) if not path.exists() and _is_sweep(source) else path


def _folder(source: str | Path) -> Path:
    if Path(source).is_dir():
        return Path(source)
    known = sweeps()
    there_are = f"; the sweeps there are: {', '.join(known)}" if known else ""
    raise UserError(f"{source}: there is no such folder, and no sweep of that name under runs/{there_are}")


def _is_sweep(source: str | Path) -> bool:
    return isinstance(source, str) and Path(source).name == source and bool(source) and _has_runs(RUNS / source)


def sweeps() -> list[str]:
    """The names of the sweeps under `runs/`."""
    folders = sorted(RUNS.iterdir()) if RUNS.is_dir() else []
    return [folder.name for folder in folders if folder.is_dir() and _has_runs(folder)]


def _sweep_folder(name: str) -> Path:
    check({"sweep": name})
    if _has_runs(RUNS / name):
        return RUNS / name
    known = sweeps()
    there_are = "the sweeps there are: " + ", ".join(known) if known else "there is no sweep here yet"
    raise UserError(f"sweep={name}: no runs in {(RUNS / name).as_posix()}; {there_are}")


def _folder_of_runs(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(f"path={folder}: there is no such folder")
    if not _has_runs(folder):
        raise UserError(f"path={folder}: no runs in this folder or below it (a run has a config.yaml)")
    return folder


def _has_runs(folder: Path) -> bool:
    return next(run_folders(folder), None) is not None
