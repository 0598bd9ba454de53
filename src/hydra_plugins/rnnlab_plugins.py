"""rnnlab's sweepers and launchers, in the namespace package in which Hydra looks for plugins.

Hydra imports this module in every application on the machine, so it imports little and late.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.sweeps.launchers.backend import Backend
    from rnnlab.sweeps.plan import PlannedRun
    from rnnlab.sweeps.rounds.command import SweepCommand
    from rnnlab.sweeps.rounds.planner import Planner
    from rnnlab.sweeps.search.search import Search


class GridSweeper(Sweeper):
    """Sweeps over every combination of the values; nothing is written before all runs are checked."""

    def __init__(self, params: dict[str, str] | None, cases: Sequence[Mapping[str, Any]] | None) -> None:
        """Configure the sweeper.

        Args:
            params: The values of swept keys, such as `1,2`.
            cases: Values that vary together; each case is combined with all of `params`.
        """
        self.params = params
        self.cases = cases

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context = hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from rnnlab.config.literals import quote_swept
        from rnnlab.sweeps.cases import case_overrides

        assert self.hydra_context is not None and self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        jobs: list[list[str]] = []
        for case in case_overrides(self.cases):
            overrides = parser.parse_overrides([*_words(self.params), *quote_swept(case), *arguments])
            values = {override.get_key_element(): _values_of(override) for override in overrides}  # a later word wins
            jobs += map(list, product(*values.values()))
        return self.launcher.launch(jobs, initial_job_idx=0)


def _words(params: Mapping[str, str] | None) -> list[str]:
    from rnnlab.config.literals import quote_swept

    return quote_swept([f"{key}={value}" for key, value in (params or {}).items()])


def _values_of(override: Override) -> list[str]:
    """Return an override for each value of a swept override, or the override alone.

    Raises:
        UserError: It sweeps over an interval, which has no list of values.
    """
    key = override.get_key_element()
    if not override.is_sweep_override():
        return [f"{key}={override.get_value_element_as_str()}"]
    if not override.is_discrete_sweep():
        from rnnlab.errors import UserError

        raise UserError(f"{key}: a grid has no intervals; give its values, or choose hydra/sweeper=optuna")
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


class OptunaSweeper(Sweeper):
    """Searches with Optuna; a trial is the mean over some seeds, and its storage lets a killed search go on."""

    def __init__(self, params: dict[str, str] | None, **settings: Any) -> None:
        self.params = params
        self.settings = settings

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from rnnlab.config.schema import check
        from rnnlab.report.search import write_search
        from rnnlab.sweeps.rehearsal import rehearse
        from rnnlab.sweeps.remarks import print_remarks, print_warnings_in
        from rnnlab.sweeps.search.optuna_search import best_trial, conclude, logs_of, preview_search, run_search
        from rnnlab.tensorboard.overview.experiment import describe_sweep
        from rnnlab.terminal import Terminal, progress_console

        assert isinstance(self.launcher, RunLauncher) and self.config is not None
        nodes = ("sampler", "pruner")  # checked with all that a configuration may call
        check({"hydra": {"sweeper": {key: value for key, value in self.settings.items() if key not in nodes}}})
        search, default_run = self._search(arguments)
        if self.launcher.backend().shares_memory:
            rehearse([default_run])
        print_remarks([default_run])  # only now: a refusal is one line
        if self.config.dry_run:
            return preview_search(search)
        backend = self.launcher.backend(self.settings["n_jobs"])
        study = run_search(search, backend, progress_console(), self.config.on_failure)
        if best_trial(study) is not None:
            describe_sweep(search.folder)
            write_search(study, search.folder / "report", search.metric)
        print_warnings_in(logs_of(search, study), [default_run])
        return conclude(search, study, Terminal())

    def _search(self, arguments: list[str]) -> tuple[Search, PlannedRun]:
        """Return the search that the command line asks for, and the run with the searched keys at their defaults."""
        from rnnlab.config.compose import flags_of, plain
        from rnnlab.config.jobs import compose_jobs
        from rnnlab.errors import UserError
        from rnnlab.records.identity import run_hash
        from rnnlab.sweeps.plan import named_files, plan
        from rnnlab.sweeps.search.objective import direction_of
        from rnnlab.sweeps.search.optuna_study import check_search
        from rnnlab.sweeps.search.search import Search
        from rnnlab.sweeps.search.space import example_overrides, space_of

        assert self.config is not None and self.hydra_context is not None
        settings = self.settings
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        space, fixed = space_of(parser.parse_overrides([*_words(self.params), *arguments]))
        if not space:
            raise UserError("hydra.sweeper.params: say what to search over, such as optimizer.lr=interval(1e-3,1e-1)")
        # An error that trials would have is raised here, before anything is written.
        jobs = [[*fixed, *overrides] for overrides in example_overrides(space)]
        compose_jobs(self.hydra_context.config_loader, self.config, jobs)
        (default_run,) = plan([plain(self.config)])
        sweep = str(self.config.sweep)
        search = Search(
            sweep=sweep,
            overrides=(*flags_of(self.config), *fixed),
            common=run_hash(default_run.config, default_run.sha256, named_files(default_run.config)),
            space=space,
            sampler=settings["sampler"],
            pruner=settings["pruner"],
            metric=settings["metric"],
            direction=direction_of(settings["metric"], settings["direction"], default_run),
            storage=settings["storage"],
            name=settings["study_name"] or sweep,
            trials=settings["n_trials"],
            seeds=settings["seeds"],
            most_parameters=settings["most_parameters"],
            origin=default_run.origin,
        )
        check_search(search)
        return search, default_run


class RoundsSweeper(Sweeper, ABC):
    """Trains the runs of a sweep in rounds: what ended decides what comes next.

    Attributes:
        answers: True: the terminal ends with the answer, since an answer is what the rounds were for.
    """

    name: str
    answers = True

    def __init__(self, params: dict[str, str] | None, **settings: Any) -> None:
        """Configure the sweeper.

        Args:
            params: The values of swept keys, as a study.yaml gives them.
            settings: The other keys of `hydra.sweeper`.
        """
        self.params = params
        self.settings = settings

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    @abstractmethod
    def planner(self, overrides: list[Override]) -> tuple[Planner, SweepCommand]:
        """Return what plans the rounds, and what makes runs of the planned words.

        Args:
            overrides: The words of `params` and of the command line, swept ones included.

        Raises:
            UserError: A word or a setting is wrong.
        """

    def sweep(self, arguments: list[str]) -> Any:
        from rnnlab.config.schema import check
        from rnnlab.sweeps.rounds.sweep import sweep_in_rounds

        assert isinstance(self.launcher, RunLauncher) and self.hydra_context is not None
        check({"hydra": {"sweeper": {key: value for key, value in self.settings.items() if key != "sampler"}}})
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        planner, command = self.planner(parser.parse_overrides([*_words(self.params), *arguments]))
        if not command.config.dry_run:
            self.launcher.swept = (command.sweep,)
        return sweep_in_rounds(self.name, planner, command, self.launcher.backend())


class TuneSweeper(RoundsSweeper):
    """Tunes every level that is compared, then trains the best setting of each with fresh seeds."""

    name = "tune"

    def planner(self, overrides: list[Override]) -> tuple[Planner, SweepCommand]:
        from rnnlab.sweeps.tune.command import tuning

        assert self.config is not None and self.hydra_context is not None
        return tuning(self.hydra_context.config_loader, self.config, overrides, self.settings)


class RaceSweeper(RoundsSweeper):
    """Gives seeds to the configurations that could still be the best, until the answer stands."""

    name = "race"

    def planner(self, overrides: list[Override]) -> tuple[Planner, SweepCommand]:
        from rnnlab.config.literals import quote_swept
        from rnnlab.sweeps.cases import case_overrides
        from rnnlab.sweeps.race.command import RaceSettings, race_of

        assert self.hydra_context is not None and self.config is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        names = ("first", "most", "seed", "question", "worth", "metric")
        settings = RaceSettings(**{name: self.settings[name] for name in names}, within=_names(self.settings["within"]))
        from_params = len(self.params or {})
        cases = []
        for case in case_overrides(self.settings["cases"]):
            words = [*overrides[:from_params], *parser.parse_overrides(quote_swept(case)), *overrides[from_params:]]
            cases.append({word.get_key_element(): _values_of(word) for word in words})  # a later word wins
        return race_of(cases, settings, self.hydra_context.config_loader, self.config)


def _names(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


class RunLauncher(Launcher, ABC):
    """Plans the runs of a sweep and executes them with a backend.

    Attributes:
        swept: The folders of the sweeps whose planned runs were executed.
        devices: Of a run, on each of its machines: the most that any run has.
    """

    swept: tuple[Path, ...] = ()
    devices = 1

    @abstractmethod
    def backend(self, workers: int | None = None) -> Backend:
        """Build the backend that executes runs, `workers` at a time; None for the launcher's own setting."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context = hydra_context
        self.config = config
        self.devices = int(config.trainer.devices)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from rnnlab.config.compose import flags_of
        from rnnlab.config.jobs import compose_jobs
        from rnnlab.config.schema import check
        from rnnlab.sweeps.plan import labels_of, plan
        from rnnlab.sweeps.pool import report_failures, run_all
        from rnnlab.sweeps.rehearsal import rehearse
        from rnnlab.sweeps.remarks import print_remarks, print_warnings
        from rnnlab.terminal import progress_console

        check({"hydra": {"launcher": {"workers": getattr(self, "workers", None)}}})
        configs = compose_jobs(self.hydra_context.config_loader, self.config, job_overrides)
        flags = flags_of(self.config)
        planned = plan(configs, labels_of(job_overrides), alone=[[*flags, *words] for words in job_overrides])
        self.devices = max(run.config["trainer"]["devices"] for run in planned)
        if self.config.dry_run:
            from rnnlab.sweeps.preview import show

            print_remarks(planned)
            show(planned, self.backend().workers)
            return []
        if self.backend().shares_memory:  # else the runs are done by other machines, which may have what this one lacks
            rehearse(run for run in planned if run.rerun or not run.folder.result())
        print_remarks(planned)  # only now: a refusal is one line
        self.swept = tuple(dict.fromkeys(run.folder.path.parent for run in planned))
        summaries = run_all(planned, self.backend(), progress_console(), self.config.on_failure)
        print_warnings(planned)
        report_failures(planned, summaries)
        return [JobReturn(status=JobStatus.COMPLETED, _return_value=summary["objective"]) for summary in summaries]


class BasicLauncher(RunLauncher):
    """Executes one run after the other in this process."""

    def backend(self, workers: int | None = None) -> Backend:
        from rnnlab.sweeps.launchers.backend import SequentialBackend

        return SequentialBackend()


class JoblibLauncher(RunLauncher):
    """Executes runs in worker processes on this machine."""

    def __init__(self, workers: int | None) -> None:
        self.workers = workers
        self._said = False

    def backend(self, workers: int | None = None) -> Backend:
        from rnnlab.sweeps.launchers.backend import SequentialBackend
        from rnnlab.sweeps.launchers.process_backend import ProcessBackend

        count = self._at_a_time(workers or self.workers)
        return SequentialBackend() if count == 1 else ProcessBackend(count, self.devices)

    def _at_a_time(self, asked: int | None) -> int:
        """Return how many runs are trained at a time: no more with several devices than there is room for."""
        from rnnlab.cores import available_cores
        from rnnlab.sweeps.launchers.worker_group import runs_at_a_time
        from rnnlab.verbosity import say_unless_quiet

        if self.devices == 1:
            return asked or available_cores()
        room = runs_at_a_time(self.devices)
        if asked is not None and asked > room and not self._said:
            self._said = True
            runs = f"{room} run{'s'[: room != 1]}"
            say_unless_quiet(
                f"hydra.launcher.workers={asked}: with trainer.devices={self.devices} there is room for {runs}"
            )
        return min(asked or room, room)


class SubmititLauncher(RunLauncher):
    """Executes each run in a job of Slurm, or in a process of this machine like one."""

    def __init__(self, executor: str, workers: int | None, **parameters: Any) -> None:
        self.executor = executor
        self.workers = workers
        self.parameters = parameters

    def backend(self, workers: int | None = None) -> Backend:
        from rnnlab.errors import UserError
        from rnnlab.sweeps.launchers.submitit_backend import SubmititBackend

        tasks = (self.parameters.get("nodes") or 1) * (self.parameters.get("tasks_per_node") or 1)
        if tasks > 1 and self.devices not in (1, tasks):
            raise UserError(
                f"trainer.devices={self.devices}: the jobs have {tasks} tasks, and each is a process of the run; leave"
                " trainer.devices out"
            )
        devices = max(tasks, self.devices)
        return SubmititBackend(self.executor, workers or self.workers, self.parameters, devices)


class RayLauncher(RunLauncher):
    """Executes each run in a task on a Ray cluster."""

    def __init__(self, address: str | None, workers: int | None, cpus: float, gpus: float) -> None:
        self.address = address
        self.workers = workers
        self.cpus = cpus
        self.gpus = gpus

    def backend(self, workers: int | None = None) -> Backend:
        from rnnlab.errors import UserError
        from rnnlab.sweeps.launchers.ray_backend import RayBackend

        if max(self.cpus, self.gpus) < self.devices:
            raise UserError(
                f"hydra.launcher.cpus={self.cpus}: a run with trainer.devices={self.devices} takes {self.devices} cores"
            )
        return RayBackend(self.address, workers or self.workers, self.cpus, self.gpus)
