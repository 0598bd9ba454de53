"""What a command is going to do, found out and checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rnnlab.config.keys import short_name
from rnnlab.config.schema import check_run
from rnnlab.data.prepared import Prepared, data_key, prepare
from rnnlab.data.sources.files import sha256
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS, RunFolder, find_checkpoint
from rnnlab.records.identity import folders_by_hash, hash_in, identity, run_name
from rnnlab.records.provenance import Origin

OF_THE_COMMAND = ("rerun", "dry_run", "on_failure")  # keys that say how to go about a sweep, not what its runs are
MISSING = "missing"


@dataclass(frozen=True, eq=False)
class PlannedRun:
    """One run to be done.

    Attributes:
        config: Resolved and plain; what is said to the command and not to the run is not in it.
        prepared: The data that it names, which the runs of a sweep share; None where its worker has to prepare it.
        folder: Where it belongs.
        label: What sets it apart in its sweep, such as `cell=gru seed=1`.
        origin: Where the command was given.
        sha256: Of the data.
        again: Train it even if it is complete.
    """

    config: dict[str, Any]
    prepared: Prepared | None
    folder: RunFolder
    label: str
    origin: Origin
    sha256: str
    again: bool = False

    @property
    def work(self) -> int:
        """About how long it takes beside the others of its sweep: passes over the data times recurrent weights."""
        model, training = self.config["model"], self.config["trainer"]
        return int(training["max_epochs"] * model["num_layers"] * model["hidden_size"] ** 2)


def plan(
    configs: Iterable[Mapping[str, Any]],
    labels: Iterable[str] = (),
    data: dict[str, Prepared] | None = None,
    alone: Iterable[Sequence[str]] = (),
) -> list[PlannedRun]:
    """Check every configuration, prepare its data, and give it its folder; what is asked for twice is done once.

    The same data is prepared once, however many runs there are. Worker processes get it mapped into their memory,
    which is what joblib does with arrays of a megabyte and more.

    Args:
        configs: Resolved and plain.
        labels: What sets each apart from the others.
        data: What was prepared before, by `data_key`; what is prepared now is added.
        alone: The words behind `rnnlab train` that train each of them alone; without them, those of this command.

    Raises:
        UserError: A value is out of range, data is missing or unreadable, or a run's place is taken by something else.
    """
    data = {} if data is None else data
    planned: dict[Path, PlannedRun] = {}
    there = cache(folders_by_hash)
    names, words, origin = iter(labels), iter(alone), Origin.of_this_command()
    for given in configs:
        check_run(given)
        config = {key: value for key, value in given.items() if key not in OF_THE_COMMAND}
        key = data_key(config)
        if key not in data:
            data[key] = prepare(config)
        name = run_name(config, data[key].sha256, named_files(config))
        sweep = RUNS / str(config["sweep"])
        folder = RunFolder(there(sweep).get(hash_in(name), sweep / name))
        if given["rerun"] or not folder.result():
            folder.check_place()
        check_stored(folder, config)
        label = next(names, "") or folder.path.name
        run_origin = origin.alone(next(words, ()))
        planned.setdefault(
            folder.path, PlannedRun(config, data[key], folder, label, run_origin, data[key].sha256, given["rerun"])
        )
    return list(planned.values())


def named_files(config: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the checkpoint that `init_from` stands for and of the file `data.tokenizer`, where there are any.

    Raises:
        UserError: There is no such checkpoint.
    """
    start, tokenizer = config["init_from"], config["data"].get("tokenizer")
    files = {"init_from": start if start is None else find_checkpoint(start, "init_from"), "data.tokenizer": tokenizer}
    return {key: sha256([Path(file)]) for key, file in files.items() if file is not None}


def check_stored(folder: RunFolder, config: Mapping[str, Any]) -> None:
    """Refuse to go on in a folder that holds another run than the one whose name it has.

    Raises:
        UserError: Its configuration differs in what can change the result, or cannot be read.
    """
    if (stored := folder.read_config()) is None:
        return
    ours, theirs = identity(config), identity(stored)
    wrong = [
        f"{key} is {theirs.get(key, MISSING)!r} there and {ours.get(key, MISSING)!r} here"
        for key in sorted({*ours, *theirs})
        if ours.get(key, MISSING) != theirs.get(key, MISSING)
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more keys" if len(wrong) > 3 else ""
        raise UserError(f"{folder.config} is another run's: {'; '.join(wrong[:3])}{more}; move that folder away")


def labels_of(overrides: Sequence[Sequence[str]]) -> list[str]:
    """For each run of a sweep, those of its overrides that not every run has."""
    common = set(overrides[0]).intersection(*overrides) if overrides else set()
    return [" ".join(_short(override) for override in run if override not in common) for run in overrides]


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{short_name(key)}={value}"
