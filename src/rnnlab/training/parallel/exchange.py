"""What the processes of one run say to each other: messages of plain values, weights, and sums of gradients.

The first process leads: it trains as a process alone does, with Lightning's loop, callbacks, checkpoints and records,
and tells the others what comes next. They hold the same weights, take the same optimizer steps, and work on their own
rows of every batch (`rnnlab.training.follower`). So the first process alone decides, such as when to stop.

Groups of torch.distributed are made without its global one: a process may train several runs one after the other, and
Lightning and torchmetrics, which look for a global group, measure in each process what that process has.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor
from torch.distributed import PrefixStore, ProcessGroupGloo, Store  # type: ignore[attr-defined]

from rnnlab.data.batching import Order, rows_of
from rnnlab.data.collation import Batch
from rnnlab.data.shares import Share
from rnnlab.errors import ProcessFailedError

PATIENCE = timedelta(days=7)  # a process that dies is noticed at once; that long, one may be busy on its own
LAST_WORDS = 5.0  # seconds in which a process that fails can say why

Message = dict[str, Any]


class Exchange:
    """The connection of one process of a run to the others; the first one has rank 0.

    Attributes:
        share: Of the rows of a batch, those of this process.
        broken: Whether a failure has left processes that may wait for something else than a message.
    """

    broken = False

    def __init__(self, store: Store, share: Share, reason: Callable[[], str | None] = lambda: None) -> None:
        """Connect to the other processes; all of them have to do so.

        Args:
            store: The processes' common one.
            share: Of this process.
            reason: Says why a process has ended without having left a reason in the store; None while all are alive.

        Raises:
            ProcessFailedError: One of them has ended.
        """
        self.share, self.store, self._reason = share, store, reason
        with self._watched():
            # torch's stubs do not know what a group can do.
            self._messages: Any = ProcessGroupGloo(PrefixStore("messages", store), share.rank, share.size, PATIENCE)
        self._tensors: Any = self._messages

    def use(self, device: torch.device) -> None:
        """Exchange weights and gradients that lie on such a device; all processes have to call it."""
        if device.type == "cuda":
            from torch.distributed import ProcessGroupNCCL

            torch.cuda.set_device(device)
            store, options = PrefixStore("tensors", self.store), ProcessGroupNCCL.Options()
            self._tensors = ProcessGroupNCCL(store, self.share.rank, self.share.size, options)

    @property
    def leads(self) -> bool:
        """Whether this is the process that tells the others what comes next."""
        return self.share.rank == 0

    def send(self, do: str, **values: Any) -> None:
        """Tell every other process what to do; `values` are tensors and plain values."""
        self._broadcast_bytes(_packed({"do": do, **values}))

    def receive(self) -> Message:
        """Wait for what the first process tells."""
        message: Message = _unpacked(self._broadcast_bytes(b""))
        return message

    def gather(self, value: Any = None) -> list[Any]:
        """Return what every other process gave to its call, in their order; nothing in the others."""
        with self._watched():
            if not self.leads:
                content = _packed(value)
                self._messages.send([torch.tensor([len(content)])], 0, 0).wait()
                self._messages.send([_as_tensor(content)], 0, 0).wait()
                return []
            return [self._received(rank) for rank in range(1, self.share.size)]

    def add(self, flat: Tensor) -> None:
        """Replace a tensor by the sum of those of all processes."""
        with self._watched():
            self._tensors.allreduce([flat]).wait()

    def share_weights(self, weights: Sequence[Tensor]) -> None:
        """Give every other process the weights of the first one."""
        flat = torch.cat([weight.detach().reshape(-1) for weight in weights])
        with self._watched():
            self._tensors.broadcast(flat, 0).wait()
        if not self.leads:
            pieces = flat.split([weight.numel() for weight in weights])
            with torch.no_grad():
                for weight, piece in zip(weights, pieces, strict=True):
                    weight.copy_(piece.view_as(weight))

    def failure(self) -> str | None:
        """Return why a process has failed, in one line and then its traceback; None where none says so."""
        if self.store.check(["failure"]):
            return self.store.get("failure").decode(errors="replace")
        return self._reason()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Raise ProcessFailedError where a connection breaks."""
        try:
            yield
        except RuntimeError as error:
            lost = f"a process of the run was lost: {error}".splitlines()[0]
            raise ProcessFailedError(self._why() or lost) from error

    def _why(self) -> str | None:
        if not self.leads:  # whoever leads says it
            return None
        until = time.monotonic() + LAST_WORDS
        while (said := self.failure()) is None and time.monotonic() < until:
            time.sleep(0.05)
        return said

    def _received(self, rank: int) -> Any:
        length = torch.zeros(1, dtype=torch.long)
        self._messages.recv([length], rank, 0).wait()
        content = torch.empty(int(length), dtype=torch.uint8)
        self._messages.recv([content], rank, 0).wait()
        return _unpacked(content.numpy().tobytes())

    def _broadcast_bytes(self, content: bytes) -> bytes:
        with self._watched():
            length = torch.tensor([len(content)])
            self._messages.broadcast(length, 0).wait()
            tensor = _as_tensor(content) if self.leads else torch.empty(int(length), dtype=torch.uint8)
            self._messages.broadcast(tensor, 0).wait()
        return tensor.numpy().tobytes()


class SharedSteps:
    """The part of an optimizer step that processes share: rows in, gradients out."""

    def __init__(self, exchange: Exchange, order: Order) -> None:
        """Share batches of that order."""
        self.exchange, self.order = exchange, order

    def mine(self, batch: Batch) -> tuple[Batch, bool]:
        """Return the rows of this process, and whether there are any.

        Where there are none it is the first row, which begins anew: its gradient counts nothing, and says which weights
        have one.
        """
        rows = rows_of(self.exchange.share, self.order, len(batch.lengths))
        mine = batch.rows(rows)
        if len(mine.lengths):
            return mine, True
        return batch.rows(slice(0, 1))._replace(continues=False), False

    def add(self, weights: Sequence[Tensor], loss: Tensor) -> Tensor:
        """Sum gradients and loss over all processes in one call; return the loss."""
        with_gradient = [weight for weight in weights if weight.grad is not None]
        gradients = [weight.grad for weight in with_gradient if weight.grad is not None]
        flat = torch.cat([*(gradient.reshape(-1) for gradient in gradients), loss.to(gradients[0].dtype).reshape(1)])
        self.exchange.add(flat)
        *sums, total = flat.split([*(gradient.numel() for gradient in gradients), 1])
        for weight, gradient in zip(with_gradient, sums, strict=True):
            weight.grad = gradient.view_as(weight)
        loss_of_all: Tensor = total.reshape(())
        return loss_of_all


def _packed(value: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


def _unpacked(content: bytes) -> Any:
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _as_tensor(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
