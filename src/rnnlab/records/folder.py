"""The run folder and its files, each written whole, so that a reader never sees half of one.

Nothing here imports torch: sweeps and reports read run folders without it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rnnlab.config.plain_files import read_json, read_yaml
from rnnlab.errors import UserError

RUNS = Path("runs")  # under the current folder: runs/SWEEP/RUN
COMPLETE, FAILED, PRUNED, INTERRUPTED, RUNNING = "complete", "failed", "pruned", "interrupted", "running"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error  # the system names no file that is written to
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Rows as CSV with a header; a missing value is an empty field."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@dataclass(frozen=True)
class RunFolder:
    """`runs/SWEEP/RUN/` and what lies in it."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def timing(self) -> Path:
        return self.path / "timing.csv"

    @property
    def examples(self) -> Path:
        return self.path / "examples.json"

    @property
    def log(self) -> Path:
        return self.path / "run.log"

    @property
    def uncommitted(self) -> Path:
        return self.path / "uncommitted.diff"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def best_checkpoint(self) -> Path:
        return self.checkpoints / "best.ckpt"

    @property
    def last_checkpoint(self) -> Path:
        return self.checkpoints / "last.ckpt"

    def start_over(self, config: Mapping[str, Any]) -> None:
        """Empty the folder of what an earlier attempt left and begin with the configuration."""
        if self.path.exists():
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True)
        self.write_config(config)

    def go_on(self, config: Mapping[str, Any]) -> None:
        """Reopen the folder of an attempt that has ended, for training to go on; its files stay."""
        self.summary.unlink(missing_ok=True)
        self.write_config(config)

    def was_begun(self) -> bool:
        """Return True if an attempt was started that has not ended."""
        return self.config.is_file() and not self.summary.is_file()

    def write_config(self, config: Mapping[str, Any]) -> None:
        write_atomically(self.config, yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True))

    def read_config(self) -> dict[str, Any] | None:
        """The configuration that lies here, or None where no run was begun.

        Raises:
            UserError: It cannot be read.
        """
        try:
            config = read_yaml(self.config)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UserError(f"{self.config}: not YAML; move that folder away") from error
        if not isinstance(config, dict):
            raise UserError(f"{self.config}: not a run's configuration; move that folder away")
        return config

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        write_atomically(self.summary, json.dumps(summary, indent=2, allow_nan=False) + "\n")

    def read_summary(self) -> dict[str, Any] | None:
        """Return the contents of summary.json, or None where there is none yet.

        Raises:
            ValueError: It is damaged.
        """
        try:
            summary = read_json(self.summary)
        except FileNotFoundError:
            return None
        return summary if isinstance(summary, dict) else None

    def result(self) -> dict[str, Any] | None:
        """The summary of a complete run; None while there is no result that can be read."""
        try:
            summary = self.read_summary()
        except ValueError:
            return None
        return summary if summary and summary.get("status") == COMPLETE else None


def plan_file(sweep: Path) -> Path:
    """The names of the runs that were ever planned for a sweep, one a line."""
    return sweep / "planned.txt"


def planned_runs(sweep: Path) -> list[str]:
    """The folder names of every run that was ever planned for a sweep."""
    file = plan_file(sweep)
    return list(dict.fromkeys(file.read_text(encoding="utf-8").split())) if file.is_file() else []


def add_to_plan(sweep: Path, names: Iterable[str]) -> None:
    """Remember which runs a sweep consists of, so that the missing ones can be counted."""
    sweep.mkdir(parents=True, exist_ok=True)
    with plan_file(sweep).open("a", encoding="utf-8") as stream:  # appended: two commands may plan at a time
        stream.write("".join(f"{name}\n" for name in dict.fromkeys(names) if name not in planned_runs(sweep)))


def find_checkpoint(given: str | Path, key: str = "checkpoint") -> Path:
    """The checkpoint file that a path stands for: itself, or the best one of a run's or a sweep's folder.

    Args:
        given: The path as the user gave it.
        key: The key that it was given for; messages begin with it.

    Raises:
        UserError: There is none.
    """
    path = Path(given)
    if path.is_file():
        return path
    if path == Path():
        raise UserError(f"{key}: no name was given; give a checkpoint file, or the folder of a run or a sweep")
    if not path.is_dir():
        raise UserError(f"{key}: there is no file {path}")
    folders = [RunFolder(path), *(RunFolder(inner) for inner in sorted(path.iterdir()) if inner.is_dir())]
    complete = [(result, folder) for folder in folders if (result := folder.result())]
    if not complete:
        raise UserError(f"{key}: {path} is neither a complete run nor a sweep with one")
    return min(complete, key=lambda pair: float(pair[0]["objective"]))[1].best_checkpoint
