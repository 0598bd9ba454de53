"""Checks of every run of a sweep, before the first of them is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rnnlab.errors import UserError
from rnnlab.sweeps.plan import PlannedRun

ANYWHERE = ("auto", "cpu")  # accelerators that every machine has


def rehearse(planned: Iterable[PlannedRun]) -> None:
    """Build, and do not train, a run for each setting that only torch and the task can judge.

    Such are a bound on a metric, a metric that a callback monitors, an accelerator, a precision and several devices.
    Where none of them is set torch is not imported. What fails for another reason, such as memory, is left to the run
    itself.

    Raises:
        UserError: This machine or the task cannot do what is asked.
    """
    for run in {_judged(run.config): run for run in planned if _needs_judging(run.config)}.values():
        from rnnlab.training.run import TrainingRun  # imports torch

        assert run.prepared is not None
        try:
            TrainingRun(run.config, run.folder, run.prepared, run.origin)
        except UserError:
            raise
        except Exception:  # said by the run, beside its log
            continue


def _needs_judging(config: Mapping[str, Any]) -> bool:
    training = config["trainer"]
    unusual = training.get("accelerator") not in ANYWHERE or training.get("precision") == "16-mixed"
    several = (training.get("devices"), training.get("num_nodes", 1)) != (1, 1)
    return unusual or several or config["holds"] is not None or bool(_monitors(config))


def _judged(config: Mapping[str, Any]) -> str:
    training = config["trainer"]
    parts = [config["task"].get("name"), config["holds"], training.get("accelerator"), training.get("precision")]
    if training.get("devices") != 1:
        parts += [training["devices"], config["callbacks"], config["model"], config["cell"]]
    return json.dumps([*parts, _monitors(config)], default=str, sort_keys=True)


def _monitors(config: Mapping[str, Any]) -> list[Any]:
    return [node for node in config["callbacks"].values() if "monitor" in node and node.get("enabled", True)]
