"""The provenance of the results of several runs: data, packages, commit, machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rnnlab.records.reading import Run


def provenance(runs: Sequence[Run]) -> list[str]:
    """List the data sets, the versions of packages and the machines behind the results, one line each."""
    return [*data_sets(runs), *packages(runs), *machines(runs)]


def data_sets(runs: Iterable[Run]) -> list[str]:
    """List each data set once, such as `data names (SHA-256 0f3a5c…)`."""
    names = {(str(data["name"]), str(data.get("sha256", ""))) for run in runs if "name" in (data := run.part("data"))}
    return [f"data {name}" + (f" (SHA-256 {sha256[:12]}…)" if sha256 else "") for name, sha256 in sorted(names)]


def packages(runs: Iterable[Run]) -> list[str]:
    """List each package and commit with every version that the runs were made with."""
    versions: dict[str, set[str]] = {}
    for run in runs:
        for package, version in run.part("versions").items():
            versions.setdefault(str(package), set()).add(str(version))
        if commit := run.part("git").get("commit"):
            changed = " with uncommitted changes" if run.part("git").get("dirty") else ""
            versions.setdefault("commit", set()).add(f"{str(commit)[:10]}{changed}")
    return [f"{package} {' and '.join(sorted(known))}" for package, known in versions.items()]


def machines(runs: Iterable[Run]) -> list[str]:
    """List each kind of machine, such as `machine Linux x86_64, AMD EPYC, 2 cores`; hosts have no names here."""
    kinds = {_described(machine) for run in runs if (machine := run.part("machine"))}
    return [f"machine {kind}" for kind in sorted(kinds)]


def _described(machine: Mapping[str, Any]) -> str:
    listed = machine.get("gpus")
    gpus = Counter(map(str, listed if isinstance(listed, list) else []))
    parts = [machine.get("system"), machine.get("processor"), f"{machine.get('cores')} cores"]
    return ", ".join([*map(str, filter(None, parts)), *(f"{count} x {gpu}" for gpu, count in gpus.items())])
