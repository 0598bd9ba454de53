"""The processes of one run: those that it starts itself, or those that torchrun, Slurm or another launcher has started.

Launchers say in the environment which process is which, as torchrun does: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and
MASTER_PORT. Slurm has names of its own for the first three.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnnlab.errors import UserError

OF_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Processes:
    """The processes of a run, and which of them this one is.

    Attributes:
        size: How many there are.
        rank: Of this one, from 0.
        local_rank: Of this one among those of its machine.
        started: Whether a launcher has started all of them; else the first one starts the others, on its machine.
    """

    size: int = 1
    rank: int = 0
    local_rank: int = 0
    started: bool = False


def started_processes() -> Processes | None:
    """Return the processes that a launcher has started; None where it has started but one, or there is no launcher."""
    if "SLURM_STEP_NUM_TASKS" in os.environ and "WORLD_SIZE" not in os.environ:
        size, rank, local_rank = (int(os.environ[f"SLURM_{name}"]) for name in ("STEP_NUM_TASKS", "PROCID", "LOCALID"))
        return Processes(size, rank, local_rank, started=True) if size > 1 else None
    if not all(os.environ.get(name) for name in OF_TORCHRUN) or int(os.environ["WORLD_SIZE"]) == 1:
        return None
    size, rank = int(os.environ["WORLD_SIZE"]), int(os.environ["RANK"])
    return Processes(size, rank, int(os.environ.get("LOCAL_RANK", "0")), started=True)


def processes_of(training: Mapping[str, Any]) -> Processes:
    """Return the processes of a run with these settings of `trainer`.

    Raises:
        UserError: A launcher has started another number than is asked for, or none for several machines.
    """
    devices, nodes = training["devices"], training.get("num_nodes", 1)
    there = started_processes()
    if there is None and nodes > 1:
        raise UserError(f"trainer.num_nodes={nodes}: start the command on every machine with torchrun or srun")
    if there is None:
        return Processes(devices)
    if (devices, nodes) != (1, 1) and devices * nodes != there.size:
        raise UserError(
            f"trainer.devices={devices}: the launcher has started {there.size} processes, not {devices * nodes};"
            " leave trainer.devices out, or give both the same number"
        )
    return there
