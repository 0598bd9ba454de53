"""The HParams tab as `rnnlab tensorboard` serves it: what varies among the runs that are there comes first.

TensorBoard takes the description of an experiment from the first run that has one, and keeps it. Here it is made anew
whenever a page asks, of all runs, so that several sweeps together, sweeps that have grown and those of rnnlab 0.1.0,
each of whose runs describes an experiment, are shown like one sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard import default
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
from tensorboard.program import TensorBoard

from rnnlab.records.event_files import as_protobuf
from rnnlab.records.folder import RunFolder
from rnnlab.records.metrics import Metric
from rnnlab.tensorboard.overview.experiment import FILE, declared_by, experiment, metric_columns, settings_of
from rnnlab.training.outputs.hparams import SAID, Value

START = metadata.SESSION_START_INFO_TAG
Contents = dict[str, dict[str, bytes]]  # by run and tag


class VariedFirst(HParamsPlugin):  # type: ignore[misc]
    """TensorBoard's own plugin on another description of the experiment."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._context = RunsContext(context)


class RunsContext(Context):  # type: ignore[misc]
    """Describes the experiment by all runs that TensorBoard has read."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._folder = Path(context.logdir)
        self._starts: dict[str, tuple[bytes, bytes]] = {}  # by run: what was read, and what it became
        self._declared: dict[str, tuple[Metric, ...]] = {}  # by task

    def hparams_metadata(self, ctx: Any, experiment_id: str, run_tag_filter: Any = None) -> Contents:
        """Return what runs say of themselves, those of 0.1.0 with the settings that their folders know."""
        contents: Contents = super().hparams_metadata(ctx, experiment_id, run_tag_filter)
        starts = {run: self._completed(run, tags[START]) for run, tags in contents.items() if START in tags}
        for run, start in _of_one_kind(starts).items():
            contents[run][START] = start
        return contents

    def experiment_from_metadata(
        self,
        ctx: Any,
        experiment_id: str,
        include_metrics: bool,
        hparams_run_to_tag_to_content: Contents,
        data_provider_hparams: Any,
        hparams_limit: int | None = None,
    ) -> Any:
        """Return the description of all runs; there is none without a run that has ended."""
        sessions = {run: _hparams(tags[START]) for run, tags in hparams_run_to_tag_to_content.items() if START in tags}
        scalars = self.scalars_metadata(ctx, experiment_id)
        declared = {str(hparams.get("task")): self._declared_by(run, hparams) for run, hparams in sessions.items()}
        columns = metric_columns(declared.values(), [scalars.get(run, {}) for run in sessions])
        description = experiment(list(sessions.values()), columns if include_metrics else ())
        del description.hparam_infos[hparams_limit or len(description.hparam_infos) :]
        return description

    def _completed(self, run: str, content: bytes) -> bytes:
        before, after = self._starts.get(run, (b"", b""))
        if before != content:
            start = plugin_data_pb2.HParamsPluginData.FromString(content)
            hparams = _hparams(content)
            if set(hparams) <= {*SAID, "parameters"}:
                for name, value in settings_of(RunFolder(self._folder / run), hparams).items():
                    start.session_start_info.hparams[name].CopyFrom(as_protobuf(value))
            after = start.SerializeToString()
            self._starts[run] = content, after
        return after

    def _declared_by(self, run: str, hparams: Mapping[str, Value]) -> tuple[Metric, ...]:
        task = str(hparams.get("task"))
        if task not in self._declared and (result := RunFolder(self._folder / run).result()):
            self._declared[task] = declared_by(result)
        return self._declared.get(task, ())


class Board(TensorBoard):  # type: ignore[misc]
    """TensorBoard whose lists of runs have runs alone, and not the folders of sweeps, which hold a description."""

    def __init__(self, folder: Path, server_class: Any) -> None:
        """Choose what is served.

        Args:
            folder: What it reads.
            server_class: As of TensorBoard.
        """
        super().__init__(plugins(), server_class=server_class)
        self._folder = folder

    def _make_data_provider(self) -> tuple[Any, Any]:
        provider, multiplexer = super()._make_data_provider()
        listed = provider.list_runs

        def runs_alone(*arguments: Any, **more: Any) -> list[Any]:
            return [run for run in listed(*arguments, **more) if not (self._folder / run.run_name / FILE).is_file()]

        provider.list_runs = runs_alone
        return provider, multiplexer


def plugins() -> list[Any]:
    """Return TensorBoard's plugins, with that of the HParams tab replaced."""
    return [VariedFirst if plugin is HParamsPlugin else plugin for plugin in default.get_plugins()]


def _of_one_kind(starts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what runs say with texts for settings that are a number in one and `none` in another.

    TensorBoard cannot sort them otherwise.
    """
    hparams = {run: _hparams(content) for run, content in starts.items()}
    kinds: dict[str, set[type]] = {}
    for values in hparams.values():
        for name, value in values.items():
            kinds.setdefault(name, set()).add(type(value))
    mixed = {name for name, types in kinds.items() if len(types) > 1}
    if not mixed:
        return dict(starts)
    turned = {}
    for run, content in starts.items():
        start = plugin_data_pb2.HParamsPluginData.FromString(content)
        for name in mixed & set(hparams[run]):
            start.session_start_info.hparams[name].CopyFrom(as_protobuf(_as_text(hparams[run][name])))
        turned[run] = start.SerializeToString()
    return turned


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _hparams(content: bytes) -> dict[str, Value]:
    start = metadata.parse_session_start_info_plugin_data(content)
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in sorted(start.hparams.items())}
