"""A process of a run that does not lead: it does on its rows what the first process tells.

It holds the weights, takes the optimizer steps and measures; what comes next, when to stop and what is written is
decided by the first process alone (`rnnlab.training.parallel.exchange`).
"""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import lightning.pytorch as pl
import torch
from torch.distributed import Store  # type: ignore[attr-defined]

from rnnlab.config.processes import Processes, started_processes
from rnnlab.data.collation import Batch
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.shares import Share
from rnnlab.errors import ProcessFailedError, UserError, reason_of
from rnnlab.records.stopping import SIGNALS
from rnnlab.training.blocks import BlockDataModule, OptimizerSteps, remembered, restore_random_state
from rnnlab.training.checkpoints import new_task
from rnnlab.training.outputs.items import ItemMeasurements
from rnnlab.training.outputs.log import quiet_lightning, silent_lightning
from rnnlab.training.parallel.exchange import Exchange, Message, SharedSteps
from rnnlab.training.parallel.merging import measuring, states_of
from rnnlab.training.parallel.processes import store_of_launcher
from rnnlab.training.trainer import evaluation_trainer, steps_of, thread_count

POLL_INTERVAL = 0.5  # seconds between two looks at whether the first process is alive


class Follower:
    """One process of one run."""

    def __init__(self, exchange: Exchange, config: Mapping[str, Any], sha256: str, local_rank: int) -> None:
        """Build what the first process has built.

        Raises:
            UserError: This machine cannot carry out the configuration.
        """
        quiet_lightning()
        torch.set_num_threads(thread_count(config))
        self.exchange, self.config = exchange, config
        self.prepared = _prepared(config, sha256)
        pl.seed_everything(config["seed"], verbose=False)
        self.task = new_task(config, self.prepared)
        self.data = BlockDataModule(self.prepared, config, exchange.share)
        self.task.total_steps = steps_of(config["trainer"], self.data.steps_per_epoch)
        self.task.trainer = evaluation_trainer(config, local_rank)
        self.device = self.task.trainer.strategy.root_device
        self.task.to(self.device)
        exchange.use(self.device)
        self.weights = list(self.task.parameters())
        self.steps: OptimizerSteps | None = None
        self._block_size = 0
        self._position = (-1, 0)  # epoch, and batches of it that were read
        self._blocks: Iterator[list[Batch]] = iter(())

    def work(self) -> None:
        """Do what the first process tells, until the run ends."""
        while (message := self.exchange.receive())["do"] != "end":
            getattr(self, f"_{message['do']}")(message)

    def _start(self, message: Message) -> None:
        """Go on from the state of the first process, with rows and random numbers of this one."""
        share, training = self.exchange.share, self.config["trainer"]
        optimizer, schedule = self.task.build_optimizer(self.task.total_steps)
        shared = SharedSteps(self.exchange, self.data.train_batches().sampler)
        clip, rows = training["gradient_clip_val"], self.config["data"]["batch_size"]
        self.steps = OptimizerSteps(self.task, optimizer, schedule, clip, rows, shared)
        self.steps.load_state(message)
        mine = message["shares"][share.rank - 1]
        self.task.carry(mine["carried"])
        torch.manual_seed(_seed(self.config["seed"], share.rank))
        if mine["random"] is not None:
            restore_random_state(mine["random"])

    def _train(self, message: Message) -> None:
        """Take the optimizer steps of a block."""
        assert self.steps is not None
        self.exchange.share_weights(self.weights)
        block = self._block(message["epoch"], message["begun"], message["size"])
        self.task.train()
        for batch in block[: message["steps"]]:
            with self.steps.precision():
                self.steps.take(batch.to(self.device))

    def _block(self, epoch: int, begun: int, size: int) -> list[Batch]:
        """Return the batches of an epoch behind the first `begun`; as a rule they follow those before."""
        self._block_size = size
        if self._position != (epoch, begun):
            batches = self.data.train_batches()
            if hasattr(batches.sampler, "set_epoch"):
                batches.sampler.set_epoch(epoch)
            self._blocks = batches.blocks(self._sizes(), begun)
        self._position = (epoch, begun + size)
        return next(self._blocks)

    def _sizes(self) -> Iterator[int]:
        while True:
            yield self._block_size

    def _evaluate(self, message: Message) -> None:
        """Measure the rows of this process of `val` or `test`, and hand over what was measured."""
        self.exchange.share_weights(self.weights)
        part, figures = message["part"], ItemMeasurements()
        batches = self.data.val_dataloader() if part == "val" else self.data.test_dataloader()
        metrics, read = measuring(self.task, part), self.data.limited(part, len(batches))
        for metric in metrics.values():
            metric.reset()
        self.task.eval()
        step = self.task.validation_step if part == "val" else self.task.test_step
        with torch.inference_mode(), self.task.trainer.precision_plugin.val_step_context():
            for number, block in enumerate(batches.blocks([1] * read)):
                for batch in block:
                    outputs = step(batch.to(self.device), number)
                    figures.add(self.task, outputs if part == "test" else None, batch.to(self.device))
        self.exchange.gather(states_of(metrics))
        if part == "test":
            self.exchange.gather(figures.columns())

    def _state(self, message: Message) -> None:
        """Hand over what a checkpoint has to know of this process."""
        self.exchange.gather(remembered(self.task))


def follow(store: Store, share: Share, local_rank: int) -> None:
    """Take part in every run that the first process trains, until it needs this process no more."""
    for number in SIGNALS:  # the first process decides what they mean
        signal.signal(number, signal.SIG_IGN)
    store.set(f"ready/{share.rank}", "")
    try:
        exchange = Exchange(store, share)
        while (message := exchange.receive())["do"] == "begin":
            with silent_lightning():
                Follower(exchange, message["config"], message["sha256"], local_rank).work()
    except ProcessFailedError:  # another one has failed, the first perhaps, and the first one says so
        return
    except Exception as error:
        reason = f"process {share.rank + 1} of {share.size}: {_reason(error)}"
        store.set("failure", f"{reason}\n{traceback.format_exc()}")


def follow_launcher(processes: Processes) -> None:
    """Follow the first of the processes that a launcher has started, of which this is another."""
    follow(store_of_launcher(), Share(processes.rank, processes.size), processes.local_rank)


def main() -> None:
    """Follow the process that has started this one, and end with it."""
    threading.Thread(target=_end_with, args=(int(os.environ.pop("RNNLAB_LEADER")),), daemon=True).start()
    follow_environment()


def follow_environment() -> None:
    """Follow the process that the environment names, as torchrun does."""
    processes = started_processes()
    assert processes is not None
    follow_launcher(processes)


def _end_with(leader: int) -> None:
    """End this process when the first one is gone, whatever it is doing."""
    while os.getppid() == leader:
        time.sleep(POLL_INTERVAL)
    os._exit(1)


def _prepared(config: Mapping[str, Any], sha256: str) -> Prepared:
    prepared = prepare(config)
    if prepared.sha256 != sha256:
        raise UserError(f"data: on {platform.node()} its files differ from those of the first process")
    return prepared


def _seed(seed: int, rank: int) -> int:
    """Return a seed of random numbers that are others in every process."""
    random: Sequence[int] = torch.randint(2**31, (rank,), generator=torch.Generator().manual_seed(seed)).tolist()
    return random[-1]


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else reason_of(error)


if __name__ == "__main__":
    main()
