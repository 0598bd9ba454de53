"""Views of the measurements of `rnnlab.probes`."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.data.collation import Batch
from rnnlab.data.text.display import display
from rnnlab.errors import UserError
from rnnlab.probes.embedding import table_of, vectors_chart
from rnnlab.probes.gates import gate_saturation, gates_chart
from rnnlab.probes.gradient_flow import GradientFlow, flow_chart, gradient_flow
from rnnlab.probes.hidden_states import hidden_states, states_chart
from rnnlab.probes.inputs import read
from rnnlab.probes.probe import BEFORE
from rnnlab.probes.saliency import saliency, saliency_chart
from rnnlab.tasks.base import SequenceTask
from rnnlab.tensorboard.probe_view import ProbeView, title_of
from rnnlab.tensorboard.writers import log_chart, log_scalars

MOST_SYMBOLS = 60  # of a text that is read; of a longer one, its beginning


class GradientFlowThroughTime(ProbeView):
    """The norm of the loss's gradient against the distance to it: a figure, and its two ends as scalars."""

    def __init__(self, rows: int, steps: int) -> None:
        super().__init__(rows, steps)
        self._before: GradientFlow | None = None  # training

    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        flow = gradient_flow(task, batch)
        if trainer.global_step == 0:
            self._before = flow
        ends = {"gradient_flow/first": float(flow.norms["h"][-1]), "gradient_flow/last": float(flow.norms["h"][0])}
        log_scalars(trainer, {**ends, "gradient_flow/first_to_last": flow.first_to_last}, trainer.global_step)
        flows = {} if self._before is None else {BEFORE: self._before}
        if trainer.global_step:
            flows[f"after step {trainer.global_step:,}"] = flow
        log_chart(trainer, "gradient_flow", flow_chart(title_of(trainer, task), flows))


class HiddenStatesOfText(ProbeView):
    """The activation of every unit while one text is read, as a figure."""

    def __init__(self, text: str | None) -> None:
        """Choose the text.

        Args:
            text: What is read; None for the first sequence of the validation part.
        """
        super().__init__(rows=1, steps=MOST_SYMBOLS)
        self.text = text

    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        symbols = batch.inputs[0, : int(batch.lengths[0])] if self.text is None else str(self.text)
        states = hidden_states(task, symbols, "callbacks.hidden_states.text").beginning(MOST_SYMBOLS)
        title = f"Hidden states: {title_of(trainer, task)}"
        log_chart(trainer, "hidden_states", states_chart(states, range(states.num_layers), title))


class SaliencyOfText(ProbeView):
    """The saliency of the symbols of one text for the predictions, as a figure."""

    def __init__(self, text: str | None) -> None:
        """Choose the text.

        Args:
            text: What is read; None for the first sequence of the validation part.
        """
        super().__init__(rows=1, steps=MOST_SYMBOLS)
        self.text = text

    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        symbols = batch.inputs[0, : int(batch.lengths[0])]
        if self.text is not None:
            symbols = read(task, str(self.text), "callbacks.saliency.text")[: self.steps]
        title = title_of(trainer, task)
        log_chart(trainer, "saliency", saliency_chart(saliency(task, symbols), title, f"Saliency: {title}"))


class EmbeddingVectors(ProbeView):
    """The vectors of the first symbols of the validation part, as a figure."""

    def __init__(self, symbols: int) -> None:
        """Choose the symbols.

        Args:
            symbols: How many, each once.
        """
        super().__init__(rows=64, steps=MOST_SYMBOLS)
        self.symbols = symbols

    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        table, vocabulary = table_of(task)
        kept = batch.inputs.unique()[: self.symbols].cpu()
        names = [display(vocabulary.symbols[index]) for index in kept.tolist()]
        title = f"Embedding: {title_of(trainer, task)}"
        log_chart(trainer, "embedding", vectors_chart(table[kept], names, title))


class Gates(ProbeView):
    """The share of time that gates are shut or wide open: means over units as scalars, every unit in a figure."""

    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        saturations = gate_saturation(task, batch)
        if not saturations:
            raise UserError(f"cell={task.card['config']['cell']['name']} has no gates, or does not tell of them")
        for gate in saturations:
            shares = {"shut": float(gate.shut.mean()), "wide_open": float(gate.wide_open.mean())}
            tags = {f"gates_{how}/layer{gate.layer}_{gate.gate}": share for how, share in shares.items()}
            log_scalars(trainer, tags, trainer.global_step)
        log_chart(trainer, "gates", gates_chart(saturations, f"Gates: {title_of(trainer, task)}"))
