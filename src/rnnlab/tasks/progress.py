"""What a checkpoint in the middle of a training must hold beside Lightning's own, so that it goes on to the bit."""

from __future__ import annotations

from typing import Any

import torch

from rnnlab.tasks.record import EpochRecord


def progress(epoch: EpochRecord, should_stop: bool) -> dict[str, Any]:
    """The epoch so far, torch's random states and threads, and whether a callback asked for the end; plain values."""
    return {
        "epoch": {"batches": epoch.batches, "predictions": epoch.predictions, "loss_sum": epoch.loss_sum},
        "random": torch.get_rng_state(),
        "random_of_gpus": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "should_stop": should_stop,
        "threads": torch.get_num_threads(),  # the sums of a matrix product are grouped by them
    }


def resume(saved: dict[str, Any]) -> tuple[EpochRecord, bool]:
    """Set random states and threads, and give back the epoch so far and whether it was to be the last."""
    torch.set_num_threads(saved["threads"])
    torch.set_rng_state(saved["random"].cpu())
    if torch.cuda.is_available() and saved["random_of_gpus"]:
        torch.cuda.set_rng_state_all([state.cpu() for state in saved["random_of_gpus"]])
    return EpochRecord(**saved["epoch"]), bool(saved["should_stop"])
