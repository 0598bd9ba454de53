"""Arguments of Lightning's Trainer that a configuration may not set, and why.

Every other argument has a rule in `rnnlab.config.schema` and works as Lightning documents it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rnnlab.errors import UserError

OF_THE_PROCESS = "torch would keep it for every later run of the same process"

REFUSED = {
    "barebones": "a run needs its metrics, loggers and checkpoints",
    "benchmark": OF_THE_PROCESS,
    "callbacks": "add a callback with +callbacks.NAME._target_=CLASS",
    "default_root_dir": "a run is written to runs/SWEEP/RUN; choose SWEEP with sweep=NAME",
    "deterministic": OF_THE_PROCESS,
    "enable_autolog_hparams": "hyperparameters are logged when a run is complete, with its result",
    "enable_checkpointing": "a run tests its best checkpoint; callbacks.last_checkpoint.enabled switches the last one",
    "enable_model_summary": "the number of parameters is printed, and kept in summary.json",
    "enable_progress_bar": "a bar is shown where there is a terminal",
    "fast_dev_run": "choose debug=fast, which leaves a complete run folder",
    "gradient_clip_algorithm": "gradients are clipped by their norm, to trainer.gradient_clip_val",
    "limit_predict_batches": "a training predicts nothing; use `rnnlab predict`",
    "logger": "choose a logger with logger=OPTION, or add one with +logger.NAME._target_=CLASS",
    "min_epochs": "callbacks.early_stopping.patience says how long a training goes on",
    "min_steps": "callbacks.early_stopping.patience says how long a training goes on",
    "model_registry": "a run keeps its model in its folder",
    "num_sanity_val_steps": "a validation before training would be no part of metrics.csv",
    "overfit_batches": "choose trainer.limit_train_batches; validation keeps data of its own",
    "plugins": "rnnlab sets it, so that a checkpoint is written whole or not at all",
    "reload_dataloaders_every_n_epochs": "the data of a run is the same in every epoch",
    "sync_batchnorm": "a network that normalises over a batch is trained by one process",
    "use_distributed_sampler": "with trainer.devices, rnnlab itself gives every process its rows of each batch",
}


def check_trainer(names: Iterable[str], allowed: Iterable[str]) -> None:
    """Check the names of the keys under `trainer`.

    Args:
        names: What a configuration has there.
        allowed: What it may have.

    Raises:
        UserError: Lightning's Trainer lacks such an argument, or a run cannot use it.
    """
    for name in names:
        if name not in allowed:
            reason = REFUSED.get(name, "neither rnnlab nor Lightning's Trainer has such an argument")
            raise UserError(f"trainer.{name} cannot be set: {reason}")
