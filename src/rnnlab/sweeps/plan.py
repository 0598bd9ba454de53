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
from rnnlab.records.identity import (
    PATHS,
    as_asked_for,
    folders_by_hash,
    hash_in,
    hash_of,
    identifying,
    identity,
    readable_name,
    with_effect,
)
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
    runs_planned = list[PlannedRun]()
    runs = list(configs)
    for config in runs:
        check_run(config)
    keys = list(map(data_key, runs))
    for key, config in zip(keys, runs, strict=True):
        if key not in data:
            data[key] = prepare(config)
    sizes = Sizes()
    sized = [sizes.sized(config, data[key]) for key, config in zip(keys, runs, strict=True)]
    runs = [config for config, _ in sized]
    configs_of_runs = [_of_a_run(config) for config in runs]
    folders = _Folders(configs_of_runs, varied)
    for number, (full_config, (_, size)) in enumerate(zip(runs, sized, strict=True)):
        config, prepared = configs_of_runs[number], data[keys[number]]
        folder = RunFolder(folders.folder_of(number, config, prepared.sha256))
        if full_config["rerun"] or not folder.result():
            folder.check_place()
        check_stored(folder, config)
        label = next(names, "") or folder.path.name
        run_origin = asked.alone(next(words, ()))
        run = PlannedRun(config, prepared, folder, label, run_origin, prepared.sha256, full_config["rerun"], size)
        runs_planned.append(planned.setdefault(folder.path, run))
    return runs_planned


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
        """Take the configurations of the planned runs, and the keys that names tell as `plan_each` has them."""
        self._given = varied
        self._named = cache(_named_by_hash)
        self._varied = cache(self._varied_in)
        self._effects = [with_effect(config) for config in configs]
        self._ours: dict[str, list[dict[str, Any]]] = {}
        for config, effects in zip(configs, self._effects, strict=True):
            self._ours.setdefault(str(config["sweep"]), []).append(_told_apart_by(config, effects))

    def folder_of(self, number: int, config: Mapping[str, Any], sha256: str) -> Path:
        """Return the folder of the run of that number, whose data has that hash."""
        sweep = RUNS / str(config["sweep"])
        digest = hash_of(identifying(self._effects[number]), sha256, named_files(config))
        there = self._named(sweep).get(digest)
        return there or sweep / f"{readable_name(config, self._varied(sweep))}-{digest}"

    def _varied_in(self, sweep: Path) -> list[str]:
        """Return the keys that vary among the planned runs of a sweep and those that it has."""
        if self._given is not None:
            return list(self._given)
        there = [_told_apart_by(config, with_effect(config)) for config in self._configs_in(sweep)]
        return varying_keys([*self._ours[sweep.name], *there])

    def _configs_in(self, sweep: Path) -> list[dict[str, Any]]:
        return list(filter(None, map(_config_in, self._named(sweep).values())))


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


def _told_apart_by(config: Mapping[str, Any], effects: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that names can tell apart: those that are part of the identity, and the files of the data."""
    data = config.get("data")
    files = {key: data.get(key.removeprefix("data.")) if isinstance(data, Mapping) else None for key in PATHS}
    of_the_run = {*identifying(effects), "data.tokens_per_step"}
    asked = {key: value for key, value in as_asked_for(effects, config).items() if key in of_the_run}
    return {**asked, **files}


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
