"""One run: from a configuration to a run folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from rnnlab.data.prepared import Prepared
from rnnlab.errors import UserError
from rnnlab.records import provenance
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, PRUNED, RunFolder, find_checkpoint, write_atomically
from rnnlab.records.metrics import MEASURES, objective_of, shown_in_tables
from rnnlab.records.provenance import Origin
from rnnlab.records.stopping import PrunedError, StoppedError, interruptible
from rnnlab.tasks.base import parameters_of
from rnnlab.training.blocks import BlockDataModule
from rnnlab.training.callbacks import MetricsFile, TimingFile
from rnnlab.training.checkpoints import begin_with, load_weights, new_task
from rnnlab.training.examples import write_examples
from rnnlab.training.hparams import flat_hparams
from rnnlab.training.log import quiet_lightning, run_log
from rnnlab.training.loggers import close, go_on, log_outcome
from rnnlab.training.resuming import step_of
from rnnlab.training.trainer import build_trainer, fit, steps_of, thread_count

Summary = dict[str, Any]


class TrainingRun:
    """A run that is ready to train: everything that a user can get wrong was wrong before this object existed."""

    def __init__(
        self,
        config: Mapping[str, Any],
        folder: RunFolder,
        prepared: Prepared,
        origin: Origin,
        progress: bool = False,
        callbacks: Sequence[pl.Callback] = (),
    ) -> None:
        """Build the task and the trainer; write nothing.

        Args:
            config: Resolved and plain.
            folder: Where the run is written.
            prepared: The data that the configuration names.
            origin: Where the command was given.
            progress: Show a progress bar where there is a terminal.
            callbacks: Further ones, which do not change the result.

        Raises:
            UserError: The configuration cannot be carried out.
        """
        quiet_lightning()
        torch.set_num_threads(thread_count(config))
        self.config = config
        self.folder = folder
        self.prepared = prepared
        pl.seed_everything(config["seed"], verbose=False)
        self.task = new_task(config, self.prepared)
        if config["init_from"] is not None:
            begin_with(self.task, find_checkpoint(config["init_from"], "init_from"))
        self.metrics, self.timing = MetricsFile(folder), TimingFile(folder)
        self.data = BlockDataModule(prepared, config)
        self._check_batches()
        blocks = self.data.train_dataloader()
        self.trainer = build_trainer(config, folder, self.metrics, self.timing, blocks, progress, callbacks)
        self.parameters = parameters_of(self.task)
        self.task.trainer = self.trainer
        self.task.total_steps = steps_of(config["trainer"], self.data.steps_per_epoch)
        self.task.build_optimizer(steps=100)  # a key that it does not have is found now, not in the middle
        self._check_monitors()
        self.origin = origin

    def execute(self, again: bool = False) -> Summary:
        """Train, test the best checkpoint and write summary.json last, whatever happens.

        Where an earlier attempt left a checkpoint, training goes on from there.

        Args:
            again: Begin anew instead.

        Returns:
            What summary.json holds. An exception inside becomes the status `failed` with its reason.

        Raises:
            KeyboardInterrupt: The user stopped it; the summary says `interrupted`.
        """
        step = None if again else step_of(self.folder.last_checkpoint)
        last = None if step is None else self.folder.last_checkpoint
        self.folder.go_on(self.config) if last else self.folder.start_over(self.config)
        if self.origin.diff:
            write_atomically(self.folder.uncommitted, self.origin.diff + "\n")
        with run_log(self.folder.log) as log:
            if step is not None:
                log.info("going on from %s", last)
                go_on(self.trainer.loggers, step)
            log.info("%s: %d parameters, data %s", self.folder.path, self.parameters, self.prepared.sha256)
            for part, counts in self.prepared.balance.items():
                log.info("%s: %s", part, ", ".join(f"{count:,} {label}" for label, count in counts.items()))
            for note in self.prepared.notes:
                log.warning(note)
            try:
                with interruptible():
                    outcome = self._train_and_test(last)
                self._log_outcome(outcome)
            except (KeyboardInterrupt, StoppedError):
                log.info("interrupted")
                self.folder.write_summary(self._summary({"status": INTERRUPTED}))
                raise KeyboardInterrupt from None
            except PrunedError as error:
                outcome = {"status": PRUNED, "reason": str(error)}
            except Exception as error:
                log.exception("the run failed")
                outcome = {"status": FAILED, "reason": f"{type(error).__name__}: {error}".splitlines()[0]}
            finally:
                close(self.trainer.loggers)
            summary = self._summary(outcome)
            self.folder.write_summary(summary)
            log.info("%s", outcome["status"])
        return summary

    def _check_monitors(self) -> None:
        known = ["train/loss", *map(str, self.task.metrics_of("val"))]
        for callback in self.trainer.callbacks:  # type: ignore[attr-defined]
            if getattr(callback, "monitor", None) not in [None, *known]:
                name = type(callback).__name__
                raise UserError(f"callbacks: {name} monitors {callback.monitor}; choose {', '.join(known)}")

    def _check_batches(self) -> None:
        """Lightning would find these only after the run has begun."""
        counts = {"train": len(self.data.train_batches()), "val": len(self.data.val_dataloader()),
                  "test": len(self.data.test_dataloader())}  # fmt: skip
        for part, count in counts.items():
            share = self.config["trainer"][f"limit_{part}_batches"]
            if isinstance(share, float) and int(share * count) == 0:
                raise UserError(
                    f"trainer.limit_{part}_batches={share} leaves none of {count} batches; use a whole number"
                )
        interval, count = self.config["trainer"]["val_check_interval"], self.data.steps_per_epoch
        if (isinstance(interval, int) and interval > count) or int(interval * count) == 0:
            raise UserError(f"trainer.val_check_interval={interval} does not fit into an epoch of {count} batches")

    def _train_and_test(self, last: Path | None) -> Summary:
        fit(self.trainer, self.task, self.data, self.folder, last)
        load_weights(self.task, self.folder.best_checkpoint)
        self.trainer.test(self.task, datamodule=self.data, verbose=False)
        write_examples(self.task, self.folder, self.prepared)
        best = self.metrics.best()
        test = {k: v.item() for k, v in self.trainer.callback_metrics.items() if k.startswith("test/")}
        return {
            "status": COMPLETE,
            "objective": best[objective_of(self.task.declared).validation],
            "metrics": {"best": _finite(best), "test": _finite(test)},
            "epochs": len({row["epoch"] for row in self.metrics.rows if row["step"]}),
            "best_epoch": best["epoch"],
        }

    def _log_outcome(self, outcome: Summary) -> None:
        test = outcome["metrics"]["test"]
        figures = {"hp/best_val_loss": outcome["metrics"]["best"]["val/loss"], "hp/test_loss": test["test/loss"]}
        shown = shown_in_tables(self.task.declared)
        figures |= {f"hp/{metric.column}": value for metric in shown if (value := test[metric.test]) is not None}
        log_outcome(self.trainer.loggers, flat_hparams(self.config, self.parameters), figures)

    def _summary(self, outcome: Summary) -> Summary:
        return {
            **outcome,
            "hparams": flat_hparams(self.config, self.parameters),
            "parameters": self.parameters,
            "unit": self.task.unit,
            MEASURES: [metric.to_json() for metric in self.task.declared],
            "seconds": round(self.timing.seconds, 3),
            "data": self._data(),
            "versions": provenance.versions(),
            "git": self.origin.git,
            **self.origin.commands,
            "machine": provenance.machine(),
        }

    def _data(self) -> Summary:
        """What was learned; of labelled texts also how many of each class every part has."""
        classes = {"classes": self.prepared.balance} if self.prepared.balance else {}
        return {"name": self.prepared.name, "sha256": self.prepared.sha256, **classes}


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    """Metrics as JSON can hold them: a perplexity that overflows is null."""
    return {key: value if math.isfinite(value) else None for key, value in values.items() if "/" in key}
