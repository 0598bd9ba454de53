"""The run folder and its files, each written whole, so that a reader never sees half of one.

Nothing here imports torch: sweeps and reports read run folders without it.
"""

from __future__ import annotations

import csv
import glob
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.config.passwords import recorded
from rnnlab.config.plain_files import read_json
from rnnlab.control_characters import shown, to_json
from rnnlab.errors import UserError
from rnnlab.records.files.config_files import config_text, read_config
from rnnlab.records.files.format_version import FORMAT, KEY, check_format

RUNS = Path("runs")  # under the current folder: runs/SWEEP/RUN
COMPLETE, FAILED, PRUNED, INTERRUPTED, RUNNING = "complete", "failed", "pruned", "interrupted", "running"
ENDINGS = (COMPLETE, FAILED, PRUNED, INTERRUPTED)  # what summary.json may say
PARTIAL = ".partial"  # how the name of a file ends that is being written
LONGEST_WRITE = 3600.0  # seconds; whoever began to write a file before that is dead
OF_A_RUN = (  # what rnnlab writes into a run's folder, beside the configuration
    "summary.json",
    "metrics.csv",
    "timing.csv",
    "test_items.csv",
    "test_items.csv.gz",
    "examples.json",
    "run.log",
    "uncommitted.diff",
    "tokenizer.json",
    "projector_config.pbtxt",
    "events.out.tfevents.*",
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "checkpoints/previous.ckpt",
    "checkpoints/next.ckpt",
    "projector/*",
    "probes",
)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    clear_partial(path.parent, path.name, older_than=LONGEST_WRITE)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL)
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


def clear_partial(folder: Path, name: str = "*", older_than: float = 0.0) -> None:
    """Delete what processes that were killed had begun to write: the file of that name, or any in the folder.

    Args:
        folder: Only there, not below.
        name: Of the file that was to be written.
        older_than: Seconds since it was written to; somebody may still be at it.
    """
    pattern = f".{name if name == '*' else glob.escape(name)}.*{PARTIAL}"
    for file in folder.glob(pattern):
        with suppress(FileNotFoundError):  # its writer has ended, or another has cleared it
            if time.time() - file.stat().st_mtime >= older_than:
                file.unlink()


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
    def items(self) -> Path:
        return self.path / "test_items.csv"

    @property
    def packed_items(self) -> Path:
        return self.path / "test_items.csv.gz"

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

    @property
    def previous_checkpoint(self) -> Path:
        return self.checkpoints / "previous.ckpt"

    @property
    def next_checkpoint(self) -> Path:
        return self.checkpoints / "next.ckpt"

    def check_place(self) -> None:
        """Check that a run may be written here.

        Raises:
            UserError: There is a link or a file in its place, or a folder with files that are no run's.
        """
        if self.path.is_symlink():
            raise UserError(f"{self.path} is a link, and a run needs a folder of its own; move the link away")
        if not self.path.is_dir():
            if self.path.exists():
                raise UserError(f"{self.path} is a file, and a run needs a folder of that name; move it away")
            return
        if self.config.is_file() or self.summary.is_file():
            return
        if strange := sorted(file.name for file in self.path.iterdir() if not file.name.endswith(PARTIAL)):
            raise UserError(f"{self.path} is no run's folder (it has {strange[0]} and no config.yaml); move it away")

    def start_over(self, config: Mapping[str, Any]) -> None:
        """Delete what an earlier attempt left, and begin with the configuration; a user's own files stay.

        Raises:
            UserError: The folder is not a run's.
        """
        self.check_place()
        for pattern in OF_A_RUN:  # summary.json first: what is deleted in part is not complete
            for place in self.path.glob(pattern):
                shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
        self._open(config)

    def go_on(self, config: Mapping[str, Any]) -> None:
        """Reopen the folder of an attempt that has ended, for training to go on; its files stay."""
        self.summary.unlink(missing_ok=True)
        self._open(config)

    def _open(self, config: Mapping[str, Any]) -> None:
        for place in (self.path, self.checkpoints):  # only who holds the run's lock writes there
            clear_partial(place)
        self.write_config(config)

    def was_begun(self) -> bool:
        """Return True if an attempt was started that has not ended."""
        return self.config.is_file() and not self.summary.is_file()

    def write_config(self, config: Mapping[str, Any]) -> None:
        plain = recorded(config)
        text = config_text(plain, allow_unicode=True)
        if shown(text) != text:  # which a terminal would obey
            text = config_text(plain, allow_unicode=False)
        write_atomically(self.config, text)

    def read_config(self) -> dict[str, Any] | None:
        """The configuration that lies here, or None where no run was begun.

        Raises:
            UserError: It cannot be read.
        """
        try:
            config = read_config(self.config)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UserError(f"{self.config}: not YAML; move that folder away") from error
        if not isinstance(config, dict):
            raise UserError(f"{self.config}: not a run's configuration; move that folder away")
        return config

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        content = {**summary, KEY: FORMAT}
        write_atomically(self.summary, to_json(content, indent=2, allow_nan=False) + "\n")

    def read_summary(self) -> dict[str, Any] | None:
        """Return the contents of summary.json, or None where there is none yet.

        Raises:
            ValueError: It is damaged.
            UserError: A later rnnlab wrote it.
        """
        try:
            summary = read_json(self.summary)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not isinstance(summary, dict):
            return None
        check_format(summary, self.summary)
        return summary

    def result(self) -> dict[str, Any] | None:
        """The summary of a complete run; None while there is no result that can be read."""
        try:
            summary = self.read_summary()
        except ValueError:
            return None
        return summary if summary and summary.get("status") == COMPLETE and _has_result(summary) else None

    def is_damaged(self) -> bool:
        """Return True if summary.json cannot be read, or lacks what a run of its status has."""
        try:
            summary = self.read_summary()
        except ValueError:
            return True
        if summary is None:
            return self.summary.is_file()
        status = summary.get("status")
        return status not in ENDINGS or (status == COMPLETE and not _has_result(summary))


def _has_result(summary: Mapping[str, Any]) -> bool:
    """Return True if a summary has the numbers that commands print and compare; people may have edited it."""
    try:
        numbers = (summary["objective"], summary["seconds"], summary["metrics"]["best"]["val/loss"])
    except (KeyError, TypeError):
        return False
    return all(isinstance(number, int | float) for number in numbers)


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
    there = set(planned_runs(sweep))
    with plan_file(sweep).open("a", encoding="utf-8") as stream:  # appended: two commands may plan at a time
        stream.write("".join(f"{name}\n" for name in dict.fromkeys(names) if name not in there))


def checkpoint_of(path: Path, key: str) -> Path | None:
    """Return the checkpoint that a path names: the file, or the best one of a run's folder; None for other folders.

    Args:
        path: The path.
        key: The key that it was given for; messages begin with it.

    Raises:
        UserError: There is no such file or folder, or the run is not complete.
    """
    if path.is_file():
        return path
    if path == Path():
        raise UserError(f"{key}: no name was given; give a checkpoint file, or the folder of a run or a sweep")
    if not path.is_dir():
        raise UserError(f"{key}: there is no file {path}")
    folder = RunFolder(path)
    if folder.is_damaged():
        raise UserError(f"{key}: {folder.summary} is damaged; `rnnlab train` writes it anew, or name a checkpoint file")
    return folder.best_checkpoint if folder.result() else None
