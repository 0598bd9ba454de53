"""Finding run folders and reading their files into `Run`, finished or not."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config.keys import flatten
from rnnlab.config.plain_files import read_json
from rnnlab.records.files.config_files import read_config
from rnnlab.records.files.csv_files import Row, read_rows, read_table, rows_of, rows_with
from rnnlab.records.files.format_version import check_format
from rnnlab.records.folder import COMPLETE, FAILED, RunFolder, planned_runs
from rnnlab.records.identity import as_asked_for, hash_in, with_effect
from rnnlab.records.items import read_items
from rnnlab.records.metrics import Metric, read_metrics
from rnnlab.records.rounds import Draw, draws_of, read_rounds
from rnnlab.records.run_index import LEAST_RUNS, Contents, RunIndex, shared_keys, stamps_of

if TYPE_CHECKING:
    import pandas as pd

OBJECTIVE = "val/loss"
NOT_STARTED, NOT_FINISHED = "not started", "not finished"
NOT_FINITE = re.compile(r"loss became (nan|-?inf)")  # in the reason of a run that diverged
MARKS_OF_A_RUN = frozenset({"config.yaml", "summary.json"})


@dataclass(frozen=True)
class RecordedFiles:
    """The contents of a run's files, for a run whose folder need not exist.

    Attributes:
        curves: The rows of metrics.csv.
        timing: The rows of timing.csv.
        examples: What examples.json has.
        answers: What the trained network said of the texts that a study shows: `text`, `label`, `probability`,
            `note` and `probabilities` of each.
    """

    curves: Sequence[Row] = ()
    timing: Sequence[Row] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    answers: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Run:
    """One run as its folder describes it.

    Attributes:
        folder: `runs/SWEEP/RUN`, as it was reached from the current folder.
        status: What summary.json says, or "not started", "not finished" while there is none.
        reason: Why it failed, in one line; otherwise empty.
        config: The resolved configuration, flattened to dotted keys.
        summary: summary.json, or nothing.
        ranked_by: The loss that it is compared by with others; None for the first that it declares.
        recorded: What a recording has in place of the folder's other files; None where they lie in the folder.
        draw: What a tuning says of it, for which it tried a setting; None for other runs.
        texts: What the index has of metrics.csv and timing.csv; None where they are read from the folder.
    """

    folder: Path
    status: str
    reason: str
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    ranked_by: Metric | None = None
    recorded: RecordedFiles | None = None
    draw: Draw | None = None
    texts: tuple[str, str] | None = None

    @property
    def is_complete(self) -> bool:
        return self.status == COMPLETE

    @property
    def diverged(self) -> bool:
        """True if it failed since its loss was no finite number."""
        return self.status == FAILED and bool(self.config) and NOT_FINITE.search(self.reason) is not None

    @property
    def seed(self) -> Any:
        return self.config.get("seed", self.part("hparams").get("seed"))

    @cached_property
    def loss(self) -> float:
        """The validation loss of the best epoch in the run's `unit`; NaN where there is none."""
        return self.value(self.measure.validation)

    @cached_property
    def effects(self) -> Mapping[str, Any]:
        """The settings that can change its result, by dotted key; see `records.identity.with_effect`."""
        return shared_keys(with_effect(self.config))

    @cached_property
    def told_apart(self) -> Mapping[str, Any]:
        """The settings that tell it from others, by dotted key; see `records.identity.told_apart_by`."""
        return as_asked_for(self.effects, self.config)

    @cached_property
    def declared(self) -> tuple[Metric, ...]:
        """The metrics that its summary declares."""
        return read_metrics(self.summary)

    @property
    def measure(self) -> Metric:
        """The loss that it is ranked by."""
        return self.ranked_by or next(metric for metric in self.declared if metric.ranks)

    @property
    def unit(self) -> str:
        """The unit of its losses, such as `nats per token`."""
        return self.measure.unit

    @property
    def flops(self) -> float | None:
        """Operations of a forward pass for one step of a sequence; None where they are not declared, or not known."""
        flops = float_or_nan(self.summary.get("flops"))
        return flops if 0 <= flops < math.inf else None

    @property
    def validation_items(self) -> str | None:
        """A digest of the items that it was validated on, equal exactly for the same ones; None where not known."""
        return self._items("validation")

    @property
    def test_items(self) -> str | None:
        """A digest of the items that it was tested on, of the same kind."""
        return self._items("test")

    @property
    def validation_count(self) -> int | None:
        """The number of items that it was validated on; of a running text its characters."""
        return self._count("validation")

    @property
    def test_count(self) -> int | None:
        """The number of items that it was tested on; of a running text its characters."""
        return self._count("test")

    def _items(self, part: str) -> str | None:
        items = self.part("data").get(f"{part}_items")
        return items if isinstance(items, str) and items else None

    def _count(self, part: str) -> int | None:
        count = self.part("data").get(f"{part}_count")
        return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None

    @cached_property
    def steps(self) -> float:
        """The optimizer steps that it was trained for; NaN where nothing says how many."""
        steps = float_or_nan(self.summary.get("steps"))
        return max((row["step"] for row in self.curves("step")), default=math.nan) if math.isnan(steps) else steps

    @property
    def started(self) -> datetime | None:
        """The time at which its training began, in UTC; None where summary.json does not say."""
        try:
            started = datetime.fromisoformat(str(self.summary.get("started")))
            return started.astimezone(UTC) if started.tzinfo else started.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None

    def value(self, name: str) -> float:
        """A metric of the best epoch (`val/…`, `train/…`) or of the test (`test/…`); NaN where there is none."""
        return float_or_nan(self.metrics("test" if name.startswith("test/") else "best").get(name))

    def chance(self, name: str) -> float:
        """Return the metric, such as `val/loss`, of a model that has learned nothing of the sequence.

        NaN where it is unknown: for training, and in runs of earlier versions.
        """
        return float_or_nan(self.part("chance").get(name))

    def part(self, name: str) -> Mapping[str, Any]:
        """A mapping of summary.json, such as `hparams`; empty where it is missing."""
        return _mapping(self.summary.get(name))

    def metrics(self, part: str) -> Mapping[str, Any]:
        """The metrics of the `best` epoch or of the `test`."""
        return _mapping(self.part("metrics").get(part))

    def curves(self, *needed: str) -> list[Row]:
        """Return the rows of metrics.csv that have a finite number in every needed column."""
        return rows_with(self.recorded.curves if self.recorded else self._rows(0), needed)

    def timing(self, *needed: str) -> list[Row]:
        """Return the rows of timing.csv that have a finite number in every needed column."""
        return rows_with(self.recorded.timing if self.recorded else self._rows(1), needed)

    def _rows(self, file: int) -> list[Row]:
        """Return the rows of metrics.csv or timing.csv."""
        if self.texts is not None:
            return rows_of(self.texts[file])
        folder = RunFolder(self.folder)
        return read_rows((folder.metrics, folder.timing)[file])

    def items(self) -> pd.DataFrame | None:
        """Return what the test measured of each item, see `read_items`; None where that was not kept.

        Raises:
            UserError: The file is damaged.
        """
        return None if self.recorded else read_items(self.folder)

    @property
    def answers(self) -> Sequence[Mapping[str, Any]]:
        """The answers of a recorded run to the texts that its study shows; none of any other run."""
        return self.recorded.answers if self.recorded else ()

    def examples(self) -> Mapping[str, Any]:
        """Return what examples.json has; nothing where it is missing or damaged."""
        if self.recorded:
            return self.recorded.examples
        try:
            return _mapping(read_json(RunFolder(self.folder).examples))
        except (OSError, ValueError):
            return {}


def find_runs(folders: Iterable[Path]) -> list[Run]:
    """Every run that lies in or below the folders or was planned for them, sorted by path and each once."""
    unique = {folder for root in folders for folder in run_folders(root)}
    return _with_draws(_read_runs(sorted(unique, key=Path.as_posix)))


def _read_runs(folders: Sequence[Path]) -> list[Run]:
    """Read run folders; where many lie in one place, those that have changed since they were last read."""
    places = Counter(folder.parent for folder in folders)
    indexes = {place: RunIndex(place) for place, count in places.items() if count >= LEAST_RUNS}
    runs = [_indexed(folder, indexes.get(folder.parent)) for folder in folders]
    for index in indexes.values():
        index.save()
    return runs


def _indexed(folder: Path, index: RunIndex | None) -> Run:
    if index is None:
        return read_run(folder)
    if (known := index.known(folder)) is not None:
        check_format(known.summary, RunFolder(folder).summary)  # a later rnnlab may have written both
        return _run_of(folder, known)
    stamps = stamps_of(folder)
    try:
        contents = _contents_of(folder)
    except _DamagedError as error:  # read again whenever it is asked for
        return error.run
    texts = (read_table(file) for file in (RunFolder(folder).metrics, RunFolder(folder).timing))
    contents = Contents(contents.config, contents.summary, *texts)
    index.keep(folder, stamps, contents)
    return _run_of(folder, contents)


def _with_draws(runs: Sequence[Run]) -> list[Run]:
    """Return the runs with what the tunings of their sweeps say of them, by the hash in the names of their folders.

    Raises:
        UserError: The rounds.json of a sweep is damaged.
    """
    draws: dict[tuple[Path, str], Draw] = {}
    for sweep in {run.folder.parent for run in runs}:
        if rounds := read_rounds(sweep):
            draws |= {(sweep, hash_in(name) or name): draw for name, draw in draws_of(rounds).items()}
    if not draws:
        return list(runs)
    keys = [(run.folder.parent, hash_in(run.folder.name) or run.folder.name) for run in runs]
    return [replace(run, draw=draws.get(key)) for run, key in zip(runs, keys, strict=True)]


def run_folders(root: Path) -> Iterator[Path]:
    """The folders of runs in and below `root`, those included that are planned and not there yet."""
    for place, inner, files in os.walk(root):
        if MARKS_OF_A_RUN & set(files):
            inner.clear()  # a run holds no runs
            yield Path(place)
        else:
            inner[:] = [name for name in inner if name != "report" and not name.startswith(".")]
            yield from (Path(place, name) for name in _not_begun(Path(place), inner))


def _not_begun(sweep: Path, folders: Iterable[str]) -> Iterator[str]:
    """The planned names that no folder has; a folder may have been renamed, but for its hash."""
    there = {hash_in(name) for name in folders}
    by_hash = {hash_in(name) or name: name for name in planned_runs(sweep)}
    return (name for key, name in by_hash.items() if key not in there)


def read_run(folder: Path) -> Run:
    """Read a run folder; one that cannot be read counts as a failed run and never hides the others."""
    try:
        return replace(_run_of(folder, _contents_of(folder)), texts=None)
    except _DamagedError as error:
        return error.run


class _DamagedError(Exception):
    """A run whose summary or configuration cannot be read."""

    def __init__(self, folder: Path, file: str, error: Exception, summary: Mapping[str, Any]) -> None:
        super().__init__(file)
        self.run = Run(folder, FAILED, f"{file} cannot be read ({_one_line(error)})", {}, summary)


def _contents_of(folder: Path) -> Contents:
    """Read the configuration and the summary of a run.

    Raises:
        _DamagedError: One of them cannot be read.
    """
    files = RunFolder(folder)
    try:
        summary = files.read_summary() or {}
    except (OSError, ValueError) as error:
        raise _DamagedError(folder, "summary.json", error, {}) from error
    try:
        return Contents(_read_config(files.config), summary)
    except (OSError, ValueError) as error:
        raise _DamagedError(folder, "config.yaml", error, summary) from error


def _run_of(folder: Path, contents: Contents) -> Run:
    """Return the run whose files say this."""
    config, summary = contents.config, contents.summary
    status = str(summary.get("status", NOT_FINISHED if folder.is_dir() else NOT_STARTED))
    reason = _one_line(summary.get("reason") or "no reason given") if status == FAILED else ""
    texts = contents.metrics, contents.timing
    return checked(Run(folder, status, reason, config or _mapping(summary.get("hparams")), summary, texts=texts))


def checked(run: Run) -> Run:
    """Return the run; one that is complete and has no validation loss counts as failed."""
    if run.is_complete and not math.isfinite(run.loss):
        return replace(run, status=FAILED, reason=f"summary.json has no {OBJECTIVE}")
    return run


def float_or_nan(value: Any) -> float:
    """Return a number as a float, anything else as NaN."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:  # a whole number of hundreds of digits
        return math.nan


def _read_config(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    return dict(flatten(_mapping(read_config(file))))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
