"""One run: from a configuration to a run folder."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from rnnlab.analysis.findings.threshold import Threshold, metric_of
from rnnlab.config.environment import Secrets
from rnnlab.config.processes import processes_of
from rnnlab.control_characters import in_one_line
from rnnlab.data.items import Items
from rnnlab.data.prepared import Prepared
from rnnlab.data.shares import Share
from rnnlab.errors import ProcessFailedError, reason_of
from rnnlab.records import provenance
from rnnlab.records.event_files import BEST, CHANCE
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, PRUNED, RunFolder, write_atomically
from rnnlab.records.metrics import MEASURES, objective_of
from rnnlab.records.provenance import Origin
from rnnlab.records.stopping import PrunedError, StoppedError, interruptible
from rnnlab.tasks.base import flops_per_step, parameters_of
from rnnlab.tasks.capabilities import KnowsChance
from rnnlab.tasks.chance import chance_of
from rnnlab.training.blocks import BlockDataModule, block_loop
from rnnlab.training.callbacks import MetricsFile, TimingFile
from rnnlab.training.checkpoints import beginning_task, load_weights
from rnnlab.training.devices import check_shareable, described, device_of
from rnnlab.training.loggers import close, continue_curves, log_outcome, log_settings
from rnnlab.training.outputs.examples import write_examples
from rnnlab.training.outputs.hparams import Value, flat_hparams, settings
from rnnlab.training.outputs.items import ItemsFile
from rnnlab.training.outputs.log import quiet_lightning, run_log
from rnnlab.training.parallel.exchange import Exchange
from rnnlab.training.parallel.merging import BeginsEvaluation, MergesMetrics
from rnnlab.training.parallel.processes import joined
from rnnlab.training.resuming import Reached, reached
from rnnlab.training.trainer import build_trainer, check_limits, check_monitors, fit, steps_of, thread_count
from rnnlab.verbosity import is_verbose, note

Summary = dict[str, Any]


class TrainingRun:
    """A run that is ready to train: what a user can get wrong is checked when it is made.

    Attributes:
        config: Resolved and plain.
        folder: Where the run is written.
        prepared: The data that the configuration names.
        progress: Whether the terminal shows how it gets on.
        task: The network that is trained.
        data: Its batches.
        trainer: Lightning's Trainer.
        parameters: Trainable parameters of the network.
        chance: What a model reaches that has learned nothing of the sequence, by the names of metrics; empty where that
            is unknown, and before `execute`.
        flops: Operations of a forward pass for one step of a sequence of `data.sequence_length`; None if not declared.
        secrets: What its loggers have from the environment.
    """

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
            progress: Show a progress bar where there is a terminal, and the log in its place in a verbose command.
            callbacks: Further ones, which do not change the result.

        Raises:
            UserError: The configuration cannot be carried out.
        """
        quiet_lightning()
        torch.set_num_threads(thread_count(config))
        self.config, self.folder, self.prepared, self.origin = config, folder, prepared, origin
        self.progress = progress
        self.secrets = Secrets(config["logger"])
        self.task = beginning_task(config, prepared)
        self.parameters = parameters_of(self.task)
        self.chance: dict[str, float] = {}
        self.flops = flops_per_step(self.task, config["data"]["sequence_length"])
        self.processes = processes_of(config["trainer"])
        self.data = BlockDataModule(prepared, config, Share(self.processes.rank, self.processes.size))
        check_limits(config["trainer"], self.data)
        self.metrics, self.timing, self.items = MetricsFile(folder), TimingFile(folder), ItemsFile(folder)
        blocks = self.data.train_dataloader()
        self.merges, self.begins = MergesMetrics(), BeginsEvaluation()
        records = (self.merges, self.metrics, self.timing, self.items)
        self.trainer = build_trainer(config, folder, records, blocks, progress, (*callbacks, self.begins))
        self.task.trainer = self.trainer
        self.device = device_of(self.trainer)
        check_shareable(config, self.processes, self.task, self.device)
        self.task.total_steps = steps_of(config["trainer"], self.data.steps_per_epoch)
        self.task.build_optimizer(steps=100)  # finds a key that the optimizer does not take
        check_monitors(self.trainer, self.task)
        if config["holds"] is not None:
            metric_of(Threshold.parse(config["holds"]), self.task.declared)

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
        there, damage = (None, "") if again else reached(self.folder)
        self._open_folder(resumed=there is not None)
        with run_log(self.folder.log, self.secrets.hide, aloud=self.progress and is_verbose()) as log:
            if damage:
                note(damage)
                log.warning(damage)
            self._log_beginning(log, there)
            try:
                outcome = self._attempt(log, None if there is None else there.checkpoint)
            finally:
                close(self.trainer.loggers)
            summary = self._summary(outcome)
            self.folder.write_summary(summary)
            if outcome["status"] == COMPLETE:
                self.folder.previous_checkpoint.unlink(missing_ok=True)
            log.info("%s", outcome["status"])
        if outcome["status"] == INTERRUPTED:
            raise KeyboardInterrupt
        return summary

    def _open_folder(self, resumed: bool) -> None:
        self.folder.go_on(self.config) if resumed else self.folder.start_over(self.config)
        if self.origin.diff:
            write_atomically(self.folder.uncommitted, self.origin.diff)

    def _log_beginning(self, log: logging.Logger, there: Reached | None) -> None:
        """Log what is trained on what, and from where an earlier attempt's training goes on."""
        if there is not None:
            log.info("going on from %s", there.checkpoint)
            continue_curves(self.trainer.loggers, self.folder.path, there.step, there.event_files)
        log.info("%s: %d parameters, data %s", self.folder.path, self.parameters, self.prepared.sha256)
        log.info("it runs on %s", self.runs_on)
        for part, counts in self.prepared.balance.items():
            log.info("%s: %s", part, ", ".join(f"{count:,} {label}" for label, count in counts.items()))
        for remark in self.prepared.notes:
            log.warning(remark)

    def _attempt(self, log: logging.Logger, last: Path | None) -> Summary:
        """Train and test, and return how that ended."""
        try:
            with interruptible():
                self.chance = chance_of(self.task, self.prepared.parts)  # first: what is wrong there costs no training
                log_settings(self.trainer.loggers, self._settings())
                with self._joined_processes() as exchange:
                    outcome = self._train_and_test(last, exchange)
            self._log_outcome(outcome)
        except (KeyboardInterrupt, StoppedError):
            return {"status": INTERRUPTED}
        except PrunedError as error:
            return {"status": PRUNED, "reason": str(error)}
        except ProcessFailedError as error:
            log.error("the run failed: %s", error)  # with the traceback of the process that did
            return {"status": FAILED, "reason": self.secrets.hide(reason_of(error))}
        except Exception as error:
            log.exception("the run failed")
            return {"status": FAILED, "reason": self.secrets.hide(reason_of(error))}
        return outcome

    @property
    def runs_on(self) -> str:
        """The devices that it trains on, such as `CPU, 1 thread`."""
        return described(self.config, self.device, self.processes)

    @contextmanager
    def _joined_processes(self) -> Iterator[Exchange | None]:
        """Bring the other processes of the run together, and connect to them what has to do with them."""
        if self.processes.size == 1:
            yield None
            return
        with joined(self.processes) as exchange:
            exchange.send("begin", config=dict(self.config), sha256=self.prepared.sha256)
            exchange.use(self.device)
            for one in (self.merges, self.begins, block_loop(self.trainer)):
                one.exchange = exchange
            yield exchange

    def _train_and_test(self, last: Path | None, exchange: Exchange | None) -> Summary:
        fit(self.trainer, self.task, self.data, self.folder, last)
        load_weights(self.task, self.folder.best_checkpoint)
        self.trainer.test(self.task, datamodule=self.data, verbose=False)
        of_others = [] if exchange is None else exchange.gather()
        write_examples(self.task, self.folder, self.prepared)
        best = self.metrics.best()
        test = {k: v.item() for k, v in self.trainer.callback_metrics.items() if k.startswith("test/")}
        self.items.write(self.data.test_dataloader(), test["test/loss"], of_others)
        return {
            "status": COMPLETE,
            "objective": best[objective_of(self.task.declared).validation],
            "metrics": {"best": _finite(best), "test": _finite(test)},
            "epochs": len({row["epoch"] for row in self.metrics.rows if row["step"]}),
            "best_epoch": best["epoch"],
            "steps": int(max(row["step"] for row in self.metrics.rows)),
        }

    def _log_outcome(self, outcome: Summary) -> None:
        values = outcome["metrics"]["best"]
        own = [metric for metric in self.task.declared if not metric.baseline_of]
        best = {BEST + metric.key: value for metric in own if (value := values.get(metric.validation)) is not None}
        step = int(self.metrics.best()["step"])
        chance = {CHANCE + name[4:]: value for name, value in self.chance.items() if name.startswith("val/")}
        for end in dict.fromkeys((0, self.trainer.global_step)):  # the two ends of a horizontal line
            for logger in self.trainer.loggers if chance else ():
                logger.log_metrics(chance, end)
        log_outcome(self.trainer.loggers, self._settings(), best, step)

    def _settings(self) -> dict[str, Value]:
        return settings(self.config, flat_hparams(self.config, self.parameters))

    def _summary(self, outcome: Summary) -> Summary:
        return {
            **outcome,
            "hparams": flat_hparams(self.config, self.parameters),
            "parameters": self.parameters,
            "flops": self.flops,
            "unit": self.task.unit,
            MEASURES: [metric.to_json() for metric in self.task.declared],
            **self._chance(),
            "started": self.timing.started,
            "seconds": round(self.timing.seconds, 3),
            "data": self._data(),
            "versions": provenance.versions(),
            "git": self.origin.git,
            **self.origin.commands,
            "machine": provenance.machine(),
        }

    def _chance(self) -> Summary:
        """The value of chance of every metric that has one, and the model in words that reaches them."""
        if not (self.chance and isinstance(self.task, KnowsChance)):
            return {}
        return {"chance": self.chance, "chance_model": self.task.chance_model}

    def _data(self) -> Summary:
        """The data's name and SHA-256, what was read and left out, what is measured on, and every part's classes."""
        classes = {"classes": self.prepared.balance} if self.prepared.balance else {}
        items = {**_described("validation", self.data.items("val")), **_described("test", self.data.items("test"))}
        train, val = self.prepared.parts["train"], self.prepared.parts["val"]
        said = {"description": self.prepared.description, "notes": [in_one_line(note) for note in self.prepared.notes]}
        return {
            "name": self.prepared.name,
            "sha256": self.prepared.sha256,
            **{key: value for key, value in said.items() if value},
            **({"train_count": train.size} if train.reading == val.reading else {}),
            **items,
            **classes,
        }


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    """Metrics as JSON can hold them: a perplexity that overflows is null."""
    return {key: value if math.isfinite(value) else None for key, value in values.items() if "/" in key}


def _described(part: str, items: Items | None) -> Summary:
    return {f"{part}_items": items and items.digest, f"{part}_count": items and items.count}
