"""The plan of a command: the runs that it will do, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from rnnlab.analysis.best_run import find_checkpoint
from rnnlab.analysis.varying import varying_keys
from rnnlab.config.keys import short_name
from rnnlab.config.schema import check_run
from rnnlab.data.prepared import Prepared, data_key, prepare
from rnnlab.data.sources.files import sha256
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS, RunFolder, planned_runs
from rnnlab.records.identity import PATHS, folders_by_hash, hash_in, identity, run_hash, run_name, told_apart_by
from rnnlab.records.provenance import Origin
from rnnlab.sweeps.sizes import Sizes

OF_THE_COMMAND = ("rerun", "dry_run", "on_failure")  # keys that belong to the command and not to its runs
MISSING = "missing"


@dataclass(frozen=True, eq=False)
class PlannedRun:
    """A planned run.

    Attributes:
        config: Its configuration, resolved and plain, without the keys `OF_THE_COMMAND`.
        prepared: Its data, which the runs of a sweep share; None where a worker has to prepare it.
        folder: Its folder.
        label: The settings that distinguish it in its sweep, such as `cell=gru seed=1`.
        origin: The command that asked for it, and the code.
        sha256: The hash of the data.
        rerun: Train it even if it is complete.
        sized: What hidden size was taken for `model.parameters`, in words; empty where none was asked for.
    """

    config: dict[str, Any]
    prepared: Prepared | None
    folder: RunFolder
    label: str
    origin: Origin
    sha256: str
    rerun: bool = False
    sized: str = ""


def plan(
    configs: Iterable[Mapping[str, Any]],
    labels: Iterable[str] = (),
    data: dict[str, Prepared] | None = None,
    alone: Iterable[Sequence[str]] = (),
    varied: Sequence[str] | None = None,
    origin: Origin | None = None,
) -> list[PlannedRun]:
    """Check configurations, prepare their data and choose their folders; equal configurations make one run.

    The arguments, and what is raised, are those of `plan_each`.
    """
    return list(dict.fromkeys(plan_each(configs, labels, data, alone, varied, origin)))


def plan_each(
    configs: Iterable[Mapping[str, Any]],
    labels: Iterable[str] = (),
    data: dict[str, Prepared] | None = None,
    alone: Iterable[Sequence[str]] = (),
    varied: Sequence[str] | None = None,
    origin: Origin | None = None,
) -> list[PlannedRun]:
    """Return the run of every configuration as `plan` makes them; equal configurations have the same one.

    Data that several runs share is prepared once. joblib maps its arrays of a megabyte and more into the memory of
    worker processes.

    Args:
        configs: The configurations, resolved and plain.
        labels: The labels of the runs; a missing one is the name of the run's folder.
        data: Prepared data by `data_key`; data that is prepared now is added.
        alone: For each configuration, the words behind `rnnlab train` that train it alone; by default those of this
            command.
        varied: The keys that names of new folders tell; None for those that vary among these runs and those that are
            there.
        origin: The command that asked for them; None for that of this process.

    Raises:
        UserError: A value is out of range, data is missing or unreadable, or a run's place is taken by something else.
    """
    data = {} if data is None else data
    planned: dict[Path, PlannedRun] = {}
    names, words, asked = iter(labels), iter(alone), origin or Origin.of_this_command()
    each = list[PlannedRun]()
    runs = list(configs)
    for config in runs:
        check_run(config)
    for config in runs:
        if (key := data_key(config)) not in data:
            data[key] = prepare(config)
    sizes = Sizes()
    sized = [sizes.sized(config, data[data_key(config)]) for config in runs]
    runs = [config for config, _ in sized]
    folder_of = _Folders([_of_a_run(config) for config in runs], varied)
    for full_config, (_, size) in zip(runs, sized, strict=True):
        config = _of_a_run(full_config)
        key = data_key(config)
        folder = RunFolder(folder_of(config, data[key].sha256))
        if full_config["rerun"] or not folder.result():
            folder.check_place()
        check_stored(folder, config)
        label = next(names, "") or folder.path.name
        run_origin = asked.alone(next(words, ()))
        run = PlannedRun(config, data[key], folder, label, run_origin, data[key].sha256, full_config["rerun"], size)
        each.append(planned.setdefault(folder.path, run))
    return each


def settled(run: PlannedRun) -> PlannedRun:
    """Return a run with the folder that another command has given it since it was planned; its lock must be held."""
    sweep = run.folder.path.parent
    there = folders_by_hash(sweep).get(hash_in(run.folder.path.name), run.folder.path)
    return run if there == run.folder.path else replace(run, folder=RunFolder(there))


def _of_a_run(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in OF_THE_COMMAND}


class _Folders:
    """Finds the folders of runs by their hash; a run without one gets a name that tells what its sweep varies."""

    def __init__(self, configs: Sequence[Mapping[str, Any]], varied: Sequence[str] | None) -> None:
        self._configs, self._given = configs, varied
        self._named = cache(_named_by_hash)
        self._varied = cache(self._varied_in)

    def __call__(self, config: Mapping[str, Any], sha256: str) -> Path:
        sweep, files = RUNS / str(config["sweep"]), named_files(config)
        there = self._named(sweep).get(run_hash(config, sha256, files))
        return there or sweep / run_name(config, sha256, files, self._varied(sweep))

    def _varied_in(self, sweep: Path) -> list[str]:
        """Return the keys that vary among the planned runs of a sweep and those that it has."""
        if self._given is not None:
            return list(self._given)
        there = map(_config_in, self._named(sweep).values())
        ours = [config for config in self._configs if str(config["sweep"]) == sweep.name]
        return varying_keys([_told_apart_by(config) for config in (*ours, *filter(None, there))])


def _config_in(path: Path) -> dict[str, Any] | None:
    """Return the configuration that lies in a folder; None where there is none that can be read."""
    try:
        return RunFolder(path).read_config()
    except UserError:  # another run's, whose name changes nothing
        return None


def _named_by_hash(sweep: Path) -> dict[str, Path]:
    """The folders that runs of a sweep have or were planned to have, by hash."""
    planned = {key: sweep / name for name in planned_runs(sweep) if (key := hash_in(name))}
    return {**planned, **folders_by_hash(sweep)}


def _told_apart_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that names can tell apart: those that are part of the identity, and the files of the data."""
    data = config.get("data")
    files = {key: data.get(key.removeprefix("data.")) if isinstance(data, Mapping) else None for key in PATHS}
    of_the_run = {*identity(config), "data.tokens_per_step"}
    told = {key: value for key, value in told_apart_by(config).items() if key in of_the_run}
    return {**told, **files}


def named_files(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the checkpoint `init_from` and of the file `data.tokenizer`, by key, where they are set.

    Raises:
        UserError: There is no such checkpoint.
    """
    start, tokenizer = config["init_from"], config["data"].get("tokenizer")
    files = {"init_from": start if start is None else find_checkpoint(start, "init_from"), "data.tokenizer": tokenizer}
    return {key: sha256([Path(file)]) for key, file in files.items() if file is not None}


def check_stored(folder: RunFolder, config: Mapping[str, Any]) -> None:
    """Check that a folder holds the run of a configuration, or none yet.

    Raises:
        UserError: The stored configuration differs in a key that can change the result, or cannot be read.
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
    """Return a label for each run of a sweep: the overrides that not every run has."""
    common = set(overrides[0]).intersection(*overrides) if overrides else set()
    return [label_of([override for override in run if override not in common]) for run in overrides]


def label_of(overrides: Sequence[str]) -> str:
    """Return overrides with short keys, such as `cell=gru hidden_size=64`."""
    return " ".join(map(_short, overrides))


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{short_name(key)}={value}"
