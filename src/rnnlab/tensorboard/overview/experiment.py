"""A sweep in TensorBoard's HParams tab: the settings that it varies come first, and the metrics that rank.

The tab ticks the first five settings and the first five metrics. Its parallel coordinates leave out a run that lacks a
value of one that is ticked, so what every run has comes before the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.plugins.hparams import api_pb2, metadata

from rnnlab.analysis.varying import varying_keys
from rnnlab.config.keys import short_name
from rnnlab.errors import UserError
from rnnlab.records.event_files import BEST, WORKLOAD, hparams_summary, write_event_file
from rnnlab.records.folder import RunFolder
from rnnlab.records.metrics import Metric, read_metrics
from rnnlab.records.reading import run_folders
from rnnlab.training.outputs.hparams import SAID, Value, flat_hparams, settings

FILE = ".sweep.tfevents"  # in a sweep's folder; TensorBoard reads every file with `tfevents` in its name
TICKED = 5  # settings, and metrics, that the tab shows until a person chooses others
LISTED = TICKED * 2  # values from which on the tab has a field for an interval instead of boxes to tick
BEST_LOSSES = (f"{BEST}loss", "hp/best_val_loss")  # the latter in runs of 0.1.0
# What every run has, whatever its task: ticked in place of metrics that runs of other tasks lack.
EVERYWHERE = ("train/loss", "val/loss", f"{WORKLOAD}tokens_per_second", f"{WORKLOAD}peak_memory_mb")


def experiment(sessions: Sequence[Mapping[str, Value]], metrics: Iterable[str]) -> Any:
    """Return the protocol buffer of an experiment: varied settings that every run has, then others, then the metrics.

    Args:
        sessions: The settings of the runs.
        metrics: The tags of the metrics in the order of their columns.
    """
    varied = varied_settings(sessions)
    everywhere = [name for name in varied if all(name in session for session in sessions)]
    equal = [name for name in ("parameters", "lr", *SAID) if any(name in session for session in sessions)]
    names = dict.fromkeys([*everywhere, *varied, *equal])
    infos = [_hparam(name, sessions, differs=name in everywhere) for name in names]
    columns = [
        api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name="best val/loss" * (tag in BEST_LOSSES))
        for tag in metrics
    ]
    return api_pb2.Experiment(hparam_infos=infos, metric_infos=columns)


def varied_settings(sessions: Sequence[Mapping[str, Value]]) -> list[str]:
    """Return the names of the settings that tell runs apart, without those that follow from another.

    Of several tasks, what is another for each task alone comes behind what was chosen; the seed comes last.
    """
    keys = [{SAID.get(name, name): value for name, value in run.items() if name != "parameters"} for run in sessions]
    names = {key: name for name, key in SAID.items()}
    varied = [names.get(key, key) for key in varying_keys(keys)]

    def place(name: str) -> tuple[bool, bool, bool]:
        pairs = {(run.get("task"), run.get(name)) for run in sessions}
        comes_with_task = name != "task" and len(pairs) == len({task for task, _ in pairs}) > 1
        return name == "seed", comes_with_task, name not in SAID

    return sorted(varied, key=place)


def metric_columns(declared: Iterable[Sequence[Metric]], tags: Sequence[Collection[str]]) -> list[str]:
    """Return the tags that runs are ranked by: those that every run has come before those that some lack.

    Args:
        declared: The metrics of each task.
        tags: Of the scalars that each run has.
    """
    wanted = list(dict.fromkeys(tag for metrics in declared for tag in (*BEST_LOSSES, *map(_test, ranked(metrics)))))
    there = [tag for tag in wanted if any(tag in run for run in tags)]
    common = [tag for tag in there if all(tag in run for run in tags)]
    if len(common) == len(there):
        return there
    spare = [tag for tag in EVERYWHERE if all(tag in run for run in tags)]
    return [*common, *spare[: max(0, TICKED - len(common))], *(tag for tag in there if tag not in common)]


def declared_by(summary: Mapping[str, Any]) -> tuple[Metric, ...]:
    """Return the metrics of a run's task; of a run that declares none, those of its test."""
    metrics = read_metrics(summary)
    if len(metrics) > 1:
        return metrics
    keys = (name.removeprefix("test/") for name in tested(summary))
    return (*metrics, *(Metric(key, key) for key in keys if key not in {metric.key for metric in metrics}))


def describe_sweep(sweep: Path, planned: Mapping[Path, Mapping[str, Any]] | None = None) -> None:
    """Write what plain `tensorboard --logdir runs/SWEEP` shows first into the sweep's folder, as a small event file.

    A TensorBoard that is open keeps what it has read first; it shows another description after a restart.

    Args:
        sweep: The folder.
        planned: Configurations that are known already, by the folder of the run; others are read.
    """
    sessions, tasks, tags = [], dict[str, tuple[Metric, ...]](), []
    for path in sorted(run_folders(sweep)):
        result = RunFolder(path).result()
        if (session := _session(path, (planned or {}).get(path), result)) is None:
            continue
        sessions.append(session)
        if result:
            tasks.setdefault(str(session["task"]), declared_by(result))
            tags.append({*BEST_LOSSES[:1], *tested(result), *EVERYWHERE})
    if tags:
        content = experiment(sessions, metric_columns(tasks.values(), tags))
        write_event_file(sweep / FILE, [hparams_summary(metadata.EXPERIMENT_TAG, experiment=content)])


def _session(path: Path, config: Mapping[str, Any] | None, result: Mapping[str, Any] | None) -> dict[str, Value] | None:
    """Return the settings of a run; None where its configuration cannot be read, which people may have edited."""
    try:
        config = config or RunFolder(path).read_config()
        if config is None:
            return None
        hparams = flat_hparams(config, int(result["parameters"]) if result else 0)
    except (UserError, KeyError, TypeError, ValueError):
        return None
    if not result:
        del hparams["parameters"]
    return settings(config, hparams)


def tested(summary: Mapping[str, Any]) -> list[str]:
    """Return the names of the metrics of a run's test."""
    metrics = summary.get("metrics")
    test = metrics.get("test") if isinstance(metrics, Mapping) else None
    return list(test) if isinstance(test, Mapping) else []


def task_of(summary: Mapping[str, Any]) -> str:
    """Return the name of a run's task; empty where its summary does not say it."""
    hparams = summary.get("hparams")
    return str(hparams.get("task", "")) if isinstance(hparams, Mapping) else ""


def settings_of(folder: RunFolder, hparams: Mapping[str, Value]) -> dict[str, Value]:
    """Return all settings of a run that told TensorBoard few of them; those it told where its folder says no more."""
    try:
        config = folder.read_config()
    except UserError:
        config = None
    return dict(hparams) if config is None else settings(config, hparams)


def _hparam(name: str, sessions: Sequence[Mapping[str, Value]], differs: bool) -> Any:
    """Describe a setting: its type, and its values as a list, or as an interval where there are many numbers."""
    values = list(dict.fromkeys(session[name] for session in sessions if name in session))
    kinds = {bool: api_pb2.DATA_TYPE_BOOL, str: api_pb2.DATA_TYPE_STRING}
    types = {kinds.get(type(value), api_pb2.DATA_TYPE_FLOAT64) for value in values}
    kind = types.pop() if len(types) == 1 else api_pb2.DATA_TYPE_STRING
    info = api_pb2.HParamInfo(name=name, display_name=short_name(name), type=kind, differs=differs)
    if kind == api_pb2.DATA_TYPE_FLOAT64 and len(values) >= LISTED:
        info.domain_interval.min_value, info.domain_interval.max_value = float(min(values)), float(max(values))
        return info
    listed = map(str, values) if kind == api_pb2.DATA_TYPE_STRING else values
    info.domain_discrete.extend(sorted(listed))
    return info


def ranked(metrics: Sequence[Metric]) -> list[Metric]:
    """Return the metrics of a task by which people rank: the loss, those of the task, then the loss in other units."""
    own = [metric for metric in metrics if not metric.baseline_of]
    return sorted(own, key=lambda metric: 0 if metric.key == "loss" else 2 if metric.ranks else 1)


def _test(metric: Metric) -> str:
    return metric.test
