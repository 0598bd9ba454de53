"""The probes of rnnlab.probes, on a schedule and in TensorBoard."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.data.collation import Batch
from rnnlab.data.text.display import readable
from rnnlab.errors import UserError
from rnnlab.probes.embedding import table_of
from rnnlab.probes.gates import gate_saturation
from rnnlab.probes.gradient_flow import GradientFlow, gradient_flow
from rnnlab.probes.hidden_states import hidden_states
from rnnlab.probes.inputs import read
from rnnlab.probes.saliency import saliency
from rnnlab.tasks.base import SequenceTask
from rnnlab.tensorboard import figures
from rnnlab.tensorboard.schedule import Looking, title_of
from rnnlab.tensorboard.writers import boards, log_scalars


class GradientFlowThroughTime(Looking):
    """The norm of the loss's gradient against the distance to it: a figure, and its two ends as scalars."""

    def __init__(self, rows: int, steps: int) -> None:
        super().__init__(rows, steps)
        self._before: GradientFlow | None = None  # training

    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        flow = gradient_flow(task, batch)
        if trainer.global_step == 0:
            self._before = flow
        ends = {"gradient_flow/first": float(flow.norms["h"][-1]), "gradient_flow/last": float(flow.norms["h"][0])}
        log_scalars(trainer, {**ends, "gradient_flow/first_to_last": flow.first_to_last}, trainer.global_step)
        before = self._before if trainer.global_step else None
        for writer in boards(trainer):
            figure = figures.gradient_flow(flow, before, title_of(trainer, task))
            writer.add_figure("gradient_flow", figure, trainer.global_step)


class HiddenStatesOfText(Looking):
    """What every unit does while one text is read, as a figure."""

    def __init__(self, text: str | None) -> None:
        """Look at nothing yet.

        Args:
            text: What is read; None for the first sequence of the validation part.
        """
        super().__init__(rows=1, steps=figures.SHOWN)
        self.text = text

    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        symbols = batch.inputs[0, : int(batch.lengths[0])] if self.text is None else str(self.text)
        read = hidden_states(task, symbols, "callbacks.hidden_states.text")
        for writer in boards(trainer):
            figure = figures.hidden_states(read, title_of(trainer, task))
            writer.add_figure("hidden_states", figure, trainer.global_step)


class SaliencyOfText(Looking):
    """Which symbols of one text the predictions hang on, as a figure."""

    def __init__(self, text: str | None) -> None:
        """Look at nothing yet.

        Args:
            text: What is read; None for the first sequence of the validation part.
        """
        super().__init__(rows=1, steps=figures.SHOWN)
        self.text = text

    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        symbols = batch.inputs[0, : int(batch.lengths[0])]
        if self.text is not None:
            symbols = read(task, str(self.text), "callbacks.saliency.text")[: self.steps]
        found = saliency(task, symbols)
        for writer in boards(trainer):
            figure = figures.saliency(found, title_of(trainer, task))
            writer.add_figure("saliency", figure, trainer.global_step)


class EmbeddingVectors(Looking):
    """The vectors of the first symbols of the validation part, as a figure."""

    def __init__(self, symbols: int) -> None:
        """Look at nothing yet.

        Args:
            symbols: How many, each once.
        """
        super().__init__(rows=64, steps=figures.SHOWN)
        self.symbols = symbols

    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        table, vocabulary = table_of(task)
        kept = batch.inputs.unique()[: self.symbols].cpu()
        names = [readable(vocabulary.symbols[index]) for index in kept.tolist()]
        for writer in boards(trainer):
            figure = figures.embedding(table[kept], names, title_of(trainer, task))
            writer.add_figure("embedding", figure, trainer.global_step)


class Gates(Looking):
    """How much of the time gates are shut or wide open: means over the units as scalars, every unit in a figure."""

    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        found = gate_saturation(task, batch)
        if not found:
            raise UserError(f"cell={task.card['config']['cell']['name']} has no gates, or does not tell of them")
        for its in found:
            shares = {"shut": float(its.shut.mean()), "wide_open": float(its.wide_open.mean())}
            tags = {f"gates_{how}/layer{its.layer}_{its.gate}": share for how, share in shares.items()}
            log_scalars(trainer, tags, trainer.global_step)
        for writer in boards(trainer):
            writer.add_figure("gates", figures.gates(found, title_of(trainer, task)), trainer.global_step)
