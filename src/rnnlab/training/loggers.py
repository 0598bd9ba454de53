"""The loggers of a run: TensorBoard in the run folder, and what every logger is told at the end."""

from __future__ import annotations

import getpass
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from filelock import FileLock
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

from rnnlab.records.event_files import as_protobuf, hparams_summary
from rnnlab.records.folder import write_atomically
from rnnlab.training.outputs.hparams import Value


class RunTensorBoard(TensorBoardLogger):
    """Writes event files directly into the run folder, and no hparams.yaml: the run folder has its config.yaml."""

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="", version="", default_hp_metric=False)

    def save(self) -> None:
        self.experiment.flush()

    def finalize(self, status: str) -> None:
        """Write what is held back; the file stays open for the test, which would begin another."""
        self.save()

    def close(self) -> None:
        """End the file."""
        self.experiment.close()

    def log_settings(self, settings: Mapping[str, Value]) -> None:
        """Write a row of the HParams tab, and no summary of an experiment, of which TensorBoard takes but one."""
        start = plugin_data_pb2.SessionStartInfo(start_time_secs=time.time())
        for name, value in settings.items():
            start.hparams[name].CopyFrom(as_protobuf(value))
        end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=time.time())
        writer = self.experiment._get_file_writer()
        for tag, content in (
            (metadata.SESSION_START_INFO_TAG, {"session_start_info": start}),
            (metadata.SESSION_END_INFO_TAG, {"session_end_info": end}),
        ):
            writer.add_summary(hparams_summary(tag, **content))


def beginning() -> FileLock:
    """Return the lock under which loggers begin: runs of a sweep would make the tables or the experiment twice."""
    return FileLock(Path(tempfile.gettempdir()) / f"rnnlab-loggers-{getpass.getuser()}.lock")


class EventFiles(pl.Callback):
    """Keeps in every checkpoint how long TensorBoard's files were, so that a resumed run has every point once."""

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, RunTensorBoard):
                logger.save()  # what a killed process holds back is lost
        files = _event_files(Path(trainer.default_root_dir))
        checkpoint["event_files"] = {file.name: file.stat().st_size for file in files}


def continue_curves(loggers: list[Logger], folder: Path, step: int, sizes: Mapping[str, int] | None) -> None:
    """Take back what an earlier attempt drew after the checkpoint from which a training goes on.

    Args:
        loggers: Of the run.
        folder: The run's.
        step: Of the checkpoint; a TensorBoard that is open hides what lies beyond.
        sizes: What `EventFiles` kept in it; None for nothing.
    """
    for logger in loggers:
        if isinstance(logger, RunTensorBoard):
            logger._kwargs["purge_step"] = step + 1
    if sizes is not None:
        _take_back(folder, sizes)
    _join(_event_files(folder))


def _take_back(folder: Path, sizes: Mapping[str, int]) -> None:
    """Shorten event files to the sizes that they had; the first of them has what was in those it was joined with."""
    files = _event_files(folder)
    joined = sum(sizes.values()) - sum(sizes.get(file.name, 0) for file in files)
    for file in files:
        size = sizes.get(file.name, 0) + (joined if file == files[0] else 0)
        if size <= 0:
            file.unlink()
        elif size < file.stat().st_size:
            os.truncate(file, size)


def _join(files: list[Path]) -> None:
    """Put event files into the first of them, so that a run that was often resumed has two, and opens quickly."""
    if len(files) > 1:
        write_atomically(files[0], b"".join(file.read_bytes() for file in files))
        for file in files[1:]:
            file.unlink()


def _event_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("events.out.tfevents.*"))


def log_settings(loggers: list[Logger], settings: Mapping[str, Value]) -> None:
    """Log the settings of a run that begins with every logger but TensorBoard's, which learns them at the end."""
    services = [logger for logger in loggers if not isinstance(logger, RunTensorBoard)]
    if services:
        with beginning():
            for logger in services:
                logger.log_hyperparams(dict(settings))


def log_outcome(loggers: list[Logger], settings: Mapping[str, Value], best: Mapping[str, float], step: int) -> None:
    """Log the result of a finished run with every logger.

    TensorBoard's HParams tab gets its row only here, when the figures are known: registered earlier, a run would
    stand there with -1 or nothing. The row says what the run's settings are; what a sweep varies says the sweep.

    Args:
        loggers: Of the run.
        settings: The flat description of the run, with every other setting that can change a result.
        best: The metrics of the best epoch, as `val_best/loss`.
        step: The optimizer step at which it ended.
    """
    for logger in loggers:
        if isinstance(logger, RunTensorBoard):
            logger.log_settings(settings)
        logger.log_metrics(dict(best), step)


def close(loggers: list[Logger]) -> None:
    """Let every logger write what it holds, and end a run of Weights & Biases, which the next run would join."""
    for logger in loggers:
        logger.finalize("success")
        if isinstance(logger, RunTensorBoard):
            logger.close()
        if isinstance(logger, WandbLogger):
            logger.experiment.finish()
