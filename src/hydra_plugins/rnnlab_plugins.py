"""rnnlab's sweeper and launcher, in the namespace package in which Hydra looks for such plugins.

Hydra imports this module in every application on the machine, so it imports little and late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class GridSweeper(BasicSweeper):
    """Every combination of the values given. Unlike Hydra's own it writes nothing before the runs are checked."""

    def __init__(self, params: dict[str, str] | None) -> None:
        super().__init__(max_batch_size=None, params=params)

    def sweep(self, arguments: list[str]) -> Any:
        from rnnlab.errors import RunsFailedError

        assert self.hydra_context is not None and self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        (jobs,) = self.split_arguments(overrides, max_batch_size=None)
        results = self.launcher.launch(jobs, initial_job_idx=0)
        failed = [result for result in results if result.status is not JobStatus.COMPLETED]
        if failed:
            reasons = "\n".join(f"  {result._return_value}" for result in failed)
            raise RunsFailedError(f"{len(failed)} of {len(results)} runs failed:\n{reasons}")
        return results


class RunLauncher(Launcher):
    """Plans the runs of a sweep and works them off in worker processes."""

    def __init__(self, workers: int | None) -> None:
        self.workers = workers

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context = hydra_context
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from rich.console import Console

        from rnnlab.config.compose import compose_jobs
        from rnnlab.config.rules import check
        from rnnlab.sweeps.plan import labels_of, plan
        from rnnlab.sweeps.pool import run_all

        check({"hydra": {"launcher": {"workers": self.workers}}})
        configs = compose_jobs(self.hydra_context.config_loader, self.config, job_overrides)
        planned = plan(configs, labels_of(job_overrides))
        summaries = run_all(planned, self.workers, Console(stderr=True))
        return [
            JobReturn(
                status=JobStatus.COMPLETED if summary["status"] == "complete" else JobStatus.FAILED,
                _return_value=summary.get("objective", f"{run.folder.path}: {summary.get('reason')}"),
            )
            for run, summary in zip(planned, summaries, strict=True)
        ]
