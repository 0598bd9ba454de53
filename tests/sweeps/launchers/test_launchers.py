"""Launchers that have others work: jobs of submitit, on this machine and in Slurm, tasks of Ray, worker processes.

The executors are real. Slurm alone is played by a script, which starts on this machine what it is given, with the
variables that Slurm sets.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forked import PATIENCE, Command, command
from rnnlab.cores import available_cores
from slurm import install
from support import Answer, assert_refused

pytestmark = pytest.mark.launchers

SMALL = ("train", "-m", "debug=fast", "model.hidden_size=8", "sweep=far")
DESCENT = (
    *SMALL,
    "optimizer=sgd",
    "scheduler=constant",
    "trainer.gradient_clip_val=null",
    "trainer.accelerator=cpu",
)
PACKAGES = {"submitit_local": "submitit", "ray": "ray"}
FAR = tuple(PACKAGES)
# A worker of Ray's is used for run after run; where one is enough, one is started.
FEW = {"submitit_local": (), "ray": ("hydra.launcher.workers=1",)}

# A plugin of the user's, which notes where it runs. Once, in the second epoch of one run, its process gets a signal,
# or with the signal 0 waits for Ctrl-C.
ACCIDENT = """
import os, time
from pathlib import Path
import torch
from lightning.pytorch import Callback
from rnnlab.records.stopping import asked_to_stop

class Accident(Callback):
    def __init__(self, seed, signal):
        self.seed, self.signal = seed, signal

    def on_train_start(self, trainer, pl_module):
        gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
        Path(f"seen-{os.getpid()}").write_text(f"{gpus} {torch.get_num_threads()}")

    def on_train_epoch_end(self, trainer, pl_module):
        mark = Path("accident")
        if pl_module.card["config"]["seed"] != self.seed or trainer.current_epoch != 1 or mark.exists():
            return
        mark.touch()
        if self.signal:
            os.kill(os.getpid(), self.signal)
        while not self.signal and not asked_to_stop():
            time.sleep(0.05)
"""
PLUGIN = {"RNNLAB_PLUGINS": "accident"}


def accident(folder: Path, seed: int, number: int) -> str:
    """The word that adds it to a command."""
    (folder / "accident.py").write_text(ACCIDENT)
    return f"+callbacks.accident={{_target_:accident.Accident,seed:{seed},signal:{int(number)}}}"


def summaries(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """By cell and seed, which the names of the run folders begin and go on with."""
    result = {}
    for file in folder.glob("runs/far/*/summary.json"):
        cell, seed = re.match(r"([a-z]+)-.*seed(\d+)", file.parent.name).groups()  # type: ignore[union-attr]
        result[cell, int(seed)] = json.loads(file.read_text())
    return result


def metrics(folder: Path) -> dict[tuple[str, int], object]:
    return {key: summary["metrics"] for key, summary in summaries(folder).items() if summary["status"] == "complete"}


def left_behind(folder: Path) -> list[Path]:
    return [*folder.glob("runs/.sessions/*"), *folder.glob("runs/.jobs/*")]


def descendants(mark: str) -> list[str]:
    """The command lines of the processes that have that word in their environment, zombies left out."""
    result = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "environ").read_bytes():
                result.append((place / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return result


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def interrupt(folder: Path, *words: str, **environment: str) -> tuple[str, int, str]:
    """Begin a command, press Ctrl-C where the accident waits for it, and wait for the end.

    Returns:
        What marks its processes, its exit code and its stderr.
    """
    mark = f"mark-{uuid.uuid4().hex}"
    process = Command(*words, cwd=folder, **PLUGIN, **environment, MARK=mark)
    wait_for(lambda: (folder / "accident").exists() or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: every process of the group gets it
    _, error = process.communicate()
    assert process.returncode is not None
    return mark, process.returncode, error


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], object]:
    """What one process finds, of two seeds."""
    folder = tmp_path_factory.mktemp("near")
    done = command(*SMALL, "seed=0,1", "hydra/launcher=basic", cwd=folder)
    assert done.returncode == 0, done.stderr
    return metrics(folder)


@dataclass(frozen=True)
class Far:
    """A sweep of three runs that a launcher gave to others: one failed, one was killed, one is complete."""

    launcher: str
    folder: Path
    words: tuple[str, ...]
    printed: str


@pytest.fixture(scope="module", params=FAR)
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Far:
    pytest.importorskip(PACKAGES[request.param])
    folder = tmp_path_factory.mktemp(request.param)
    words = (*DESCENT, f"hydra/launcher={request.param}", *FEW[request.param], accident(folder, 1, signal.SIGKILL))
    cases = "hydra.sweeper.cases=[{optimizer.lr:1e38,seed:2},{optimizer.lr:0.1,seed:[1,0]}]"
    done = command(*words, cases, cwd=folder, CUDA_VISIBLE_DEVICES="0,1", **PLUGIN)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    return Far(request.param, folder, words, done.stderr)


def test_a_sweep_elsewhere_finds_what_one_process_finds(far: Far, tmp_path: Path) -> None:
    done = command(*DESCENT, "optimizer.lr=0.1", "seed=0", "hydra/launcher=basic", cwd=tmp_path)
    assert done.returncode == 0 and metrics(far.folder) == metrics(tmp_path), done.stderr
    tidy = r"\[\d/3\] .*seed=0.*  val/loss \d\.\d{4}  \d+\.\d s"
    assert [line for line in far.printed.splitlines() if re.fullmatch(tidy, line)], far.printed


def test_a_run_that_fails_and_one_that_is_killed_stop_no_other(far: Far) -> None:
    statuses = {seed: summary["status"] for (_, seed), summary in summaries(far.folder).items()}
    assert statuses == {0: "complete", 1: "failed", 2: "failed"}
    table = far.printed.partition("2 of 3 runs failed:\n")[2]
    killed = {
        "submitit_local": r"job \d+ was killed, perhaps for want of memory; see (runs/\.jobs/\S+)",
        "ray": r"its Ray worker was killed, perhaps for want of memory",
    }
    match = re.search(killed[far.launcher], table)
    assert match and "FloatingPointError" in table, far.printed
    assert not list(far.folder.glob("runs/.sessions/*"))
    if far.launcher == "submitit_local":
        assert (far.folder / match[1]).is_file()  # what a lost job printed is kept
        assert "0" in {file.read_text().split()[0] for file in far.folder.glob("seen-*")} <= {"0", "1"}


def test_what_is_complete_is_not_submitted_again(far: Far) -> None:
    before = {file: file.stat().st_mtime_ns for file in far.folder.glob("runs/far/*/*")}
    words = (*far.words, "optimizer.lr=0.1", "seed=0")
    # Ray would look for this cluster, and fail.
    done = command(*words, cwd=far.folder, RAY_ADDRESS="127.0.0.1:1", **PLUGIN)
    assert (done.returncode, done.stderr) == (0, "1 of 1 runs are complete already\n")
    assert {file: file.stat().st_mtime_ns for file in far.folder.glob("runs/far/*/*")} == before


@pytest.mark.parametrize("launcher", ["submitit_local", pytest.param("ray", marks=pytest.mark.slow)])
def test_ctrl_c_leaves_a_checkpoint_and_no_process(
    tmp_path: Path, launcher: str, expected: dict[tuple[str, int], object]
) -> None:
    pytest.importorskip(PACKAGES[launcher])
    seeds = (0, 1) if launcher == "ray" else (0,)  # a second job would take as long as the first
    few = ("hydra.launcher.workers=1", f"seed={','.join(map(str, seeds))}")
    words = (*SMALL, f"hydra/launcher={launcher}", *few, accident(tmp_path, 0, 0))
    mark, code, printed = interrupt(tmp_path, *words)
    assert code == 130 and "Traceback" not in printed, printed
    assert "the same command again goes on" in printed
    wait_for(lambda: not descendants(mark))
    assert left_behind(tmp_path) == []
    assert {seed: summary["status"] for (_, seed), summary in summaries(tmp_path).items()} == {0: "interrupted"}
    done = command(*words, cwd=tmp_path, **PLUGIN)
    assert done.returncode == 0, done.stderr
    assert metrics(tmp_path) == {("gru", seed): expected["gru", seed] for seed in seeds}
    (log,) = tmp_path.glob("runs/far/gru-*-seed0-*/run.log")
    assert "going on from" in log.read_text()


ROUNDS = (
    *("train", "-m", "debug=fast", "model.hidden_size=4", "sweep=rounds", "hydra/sweeper=tune", "cell=rnn,gru"),
    *("optimizer.lr=tag(log,interval(1e-3,1e-1))", "hydra.sweeper.trials=2", "hydra.sweeper.extend=0"),
    *("hydra.sweeper.confirm=race", "hydra.sweeper.first=2", "hydra.sweeper.most=3"),
)


def runs_by_name(folder: Path) -> dict[str, object]:
    """The metrics of every run of the rounds."""
    files = folder.glob("runs/rounds/*/summary.json")
    return {file.parent.name: json.loads(file.read_text())["metrics"] for file in files}


@pytest.fixture(scope="module")
def rounds_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What one process finds when it tunes and races."""
    folder = tmp_path_factory.mktemp("rounds")
    done = command(*ROUNDS, "hydra/launcher=basic", cwd=folder)
    assert done.returncode == 0, done.stderr
    return runs_by_name(folder)


@pytest.mark.parametrize("launcher", FAR)
def test_a_tuning_and_its_race_end_elsewhere_as_here_though_their_planner_is_killed(
    launcher: str, tmp_path: Path, rounds_here: dict[str, object]
) -> None:
    pytest.importorskip(PACKAGES[launcher])
    words = (*ROUNDS, f"hydra/launcher={launcher}", *FEW[launcher])
    process = Command(*words, cwd=tmp_path)
    wait_for(lambda: runs_by_name(tmp_path) or process.poll() is not None)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL and 0 < len(runs_by_name(tmp_path)) < len(rounds_here)
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert runs_by_name(tmp_path) == rounds_here


def test_rounds_of_large_data_leave_nothing_behind_that_python_would_complain_of(tmp_path: Path) -> None:
    """Workers map what is larger than a megabyte; the tracker of such files had its say in the terminal."""
    data = ("task=signals", "data=first_sign", "data.sequences=2000", "data.sequence_length=300")
    words = ("model.hidden_size=4", "trainer.max_steps=2", "cell=rnn,gru", "sweep=large", "hydra.launcher.workers=2")
    done = command(
        *("train", "-m", *data, *words, "hydra/sweeper=race", "hydra.sweeper.first=2", "hydra.sweeper.most=3"),
        cwd=tmp_path,
    )
    assert done.returncode == 0 and "round 2" in done.stderr, done.stderr
    assert "Warning" not in done.stderr and "leaked" not in done.stderr


def test_where_there_is_no_slurm_nothing_is_begun(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(workdir))
    answer = rnnlab(*SMALL, "hydra/launcher=submitit_slurm", "seed=0,1")
    assert_refused(answer, ["hydra/launcher=submitit_slurm", "srun"])
    assert not (workdir / "runs").exists()


def test_a_ray_cluster_that_does_not_answer_is_not_waited_for(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for given in (address, f"ray://{address}"):
        answer = rnnlab(*SMALL, "hydra/launcher=ray", f"hydra.launcher.address='{given}'", "seed=0,1")
        assert_refused(answer, ["hydra.launcher.address", address, "refused"])
    assert not (workdir / "runs").exists()


def test_each_worker_process_of_a_machine_has_a_gpu_and_its_share_of_the_cores(tmp_path: Path) -> None:
    large = ("model.hidden_size=300", "data.limit=100", "trainer.max_epochs=1", "trainer.limit_train_batches=1")
    words = (*large, "hydra.launcher.workers=2", "trainer.accelerator=cpu", "seed=0,1,2,3", accident(tmp_path, 9, 9))
    done = command(*SMALL, *words, cwd=tmp_path, CUDA_VISIBLE_DEVICES="0,1", OMP_NUM_THREADS="", **PLUGIN)
    assert done.returncode == 0, done.stderr
    share = max(1, available_cores() // 2)
    assert sorted(file.read_text() for file in tmp_path.glob("seen-*")) == [f"0 {share}", f"1 {share}"]


@pytest.fixture
def slurm(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Where it keeps its books, and the environment in which it is found."""
    pytest.importorskip("submitit")
    place = install(tmp_path / "slurm")
    return place, {"PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}


def test_slurm_runs_an_array_of_jobs_and_queues_again_what_it_takes_away(
    tmp_path: Path, slurm: tuple[Path, dict[str, str]], expected: dict[tuple[str, int], object]
) -> None:
    place, environment = slurm
    launcher = {
        "name": "names",
        "slurm_partition": "small",
        "timeout_min": 90,
        "cpus_per_task": 3,
        "gpus_per_node": 1,
        "mem_gb": 4,
        "slurm_account": "me",
        "slurm_qos": "low",
    }
    done = command(
        *SMALL,
        "hydra/launcher=submitit_slurm",
        *(f"hydra.launcher.{key}={value}" for key, value in launcher.items()),
        "seed=0,1",
        accident(tmp_path, 1, signal.SIGUSR2),
        cwd=tmp_path,
        **PLUGIN,
        **environment,
    )
    assert done.returncode == 0 and len(done.stderr.splitlines()) == 2, done.stderr
    assert metrics(tmp_path) == expected
    assert (place / "requeued").read_text() == "100_1 "
    (log,) = tmp_path.glob("runs/far/gru-*-seed1-*/run.log")
    assert "interrupted" in log.read_text() and "going on from" in log.read_text()
    assert left_behind(tmp_path) == []
    script = set((place / "100.sh").read_text().splitlines())
    assert script >= {
        "#SBATCH --job-name=names",
        "#SBATCH --partition=small",
        "#SBATCH --time=90",
        "#SBATCH --cpus-per-task=3",
        "#SBATCH --gpus-per-node=1",
        "#SBATCH --mem=4GB",
        "#SBATCH --account=me",
        "#SBATCH --qos=low",
        "#SBATCH --array=0-1%2",
        "#SBATCH --signal=USR2@90",
    }


def test_ctrl_c_takes_jobs_that_wait_out_of_slurms_queue(tmp_path: Path, slurm: tuple[Path, dict[str, str]]) -> None:
    place, environment = slurm
    launcher = ("hydra/launcher=submitit_slurm", "hydra.launcher.workers=1")
    words = (*SMALL, *launcher, "seed=0,1", accident(tmp_path, 0, 0))
    mark, code, printed = interrupt(tmp_path, *words, **environment)
    assert code == 130 and "Traceback" not in printed, printed
    assert (place / "cancelled").read_text() == "100_1 "
    assert [summary["status"] for summary in summaries(tmp_path).values()] == ["interrupted"]
    wait_for(lambda: not descendants(mark))
    assert left_behind(tmp_path) == []


def test_what_slurm_does_not_take_is_one_clear_line(
    rnnlab: Callable[..., Answer],
    workdir: Path,
    slurm: tuple[Path, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", slurm[1]["PATH"])
    words = (*SMALL, "hydra/launcher=submitit_slurm", "seed=0,1")
    assert_refused(rnnlab(*words, "hydra.launcher.slurm_partition=nowhere"), ["invalid partition specified: nowhere"])
    assert_refused(rnnlab(*words, "hydra.launcher.timeout_min=soon"), ["timeout_min", "soon"])
    assert left_behind(workdir) == []
