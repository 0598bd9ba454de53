"""Saliency: how much a prediction depends on each of the symbols before it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.charts.document import Document, Table
from rnnlab.charts.number_format import three_digits
from rnnlab.charts.values import Axis, HeatMap, Lines, lines_at
from rnnlab.data.text.display import display
from rnnlab.data.text.vocabulary import CHANNEL
from rnnlab.errors import UserError
from rnnlab.probes.inputs import vocabulary_of
from rnnlab.probes.probe import Probe, Subject
from rnnlab.probes.trace import undisturbed
from rnnlab.tasks.capabilities import Classifies

SHORTEST = 2  # symbols among which there is something to choose


@dataclass(frozen=True)
class Saliency:
    """The saliency of each symbol for each prediction.

    Attributes:
        symbols: The T symbols that were read, as labels show them.
        predictions: What is predicted, P of them: behind each symbol the one that follows (behind the last, the
            likeliest one) or, by a classifier, every class.
        probabilities: `(P,)` of what is predicted.
        norms: `(P, T)`, the Euclidean norm of ∂ log p / ∂ e_s, the gradient of the logarithm of that probability with
            respect to the embedding of each symbol: first-derivative saliency (Simonyan et al. 2013 for images, Li et
            al. 2016 for words). 0 for symbols that the prediction cannot see.
        products: `(P, T)`, the inner product of that gradient with the embedding itself: gradient × input, positive
            where the symbol speaks for the prediction.
        classes: Whether the predictions are the classes of a text, and not next symbols.
    """

    symbols: tuple[str, ...]
    predictions: tuple[str, ...]
    probabilities: Tensor
    norms: Tensor
    products: Tensor
    classes: bool

    @property
    def shares(self) -> Tensor:
        """`(P, T)`, the norms of each prediction as shares of their sum."""
        total = self.norms.sum(dim=1, keepdim=True)
        return torch.where(total > 0, self.norms / total, 0.0)


def saliency(task: nn.Module, symbols: Tensor) -> Saliency:
    """Measure the saliency of the symbols of one text.

    Any encoder will do, also one that attends or reads backwards.

    Args:
        task: A language model or a classifier, with an embedding of symbols.
        symbols: `(T,)`.

    Raises:
        UserError: The task is neither, or there are fewer than two symbols.
    """
    vocabulary = vocabulary_of(task)
    embedding = getattr(task, "embedding", None)
    if not isinstance(embedding, nn.Module) or vocabulary.level == CHANNEL:
        raise UserError(f"{type(task).__name__} has no embedding of symbols, so nothing can be salient")
    if len(symbols) < SHORTEST:
        raise UserError(f"there are at least {SHORTEST} symbols needed to choose among, not {len(symbols)}")
    names = [display(symbol) for symbol in vocabulary.symbols]
    with undisturbed(task):
        inputs = symbols.to(next(task.parameters()).device)[None].clone()
        with _leaf(embedding) as leaves:
            logs = _logits(task, inputs)[0].log_softmax(dim=-1)
        if isinstance(task, Classifies):
            chosen, predicted = logs, list(task.labels)
        else:
            following = torch.cat([inputs[0, 1:], logs[-1].argmax()[None]])
            chosen = logs.gather(1, following[:, None])[:, 0]
            predicted = [names[index] for index in following.tolist()]
        (vectors,) = leaves  # (1, T, D)
        gradients = [torch.autograd.grad(log, vectors, retain_graph=True)[0][0] for log in chosen]
    stacked = torch.stack(gradients)  # (P, T, D)
    return Saliency(
        tuple(names[index] for index in symbols.tolist()),
        tuple(predicted),
        chosen.detach().exp().cpu(),
        stacked.norm(dim=-1).cpu(),
        (stacked * vectors.detach()).sum(dim=-1).cpu(),
        isinstance(task, Classifies),
    )


def _logits(task: nn.Module, inputs: Tensor) -> Tensor:
    """Return the logits of a row: `(1, T, V)` of a language model, `(1, C)` of a classifier."""
    takes_lengths = "lengths" in inspect.signature(task.forward).parameters
    output = task(inputs, torch.tensor([inputs.shape[1]])) if takes_lengths else task(inputs)
    logits: Tensor = output if isinstance(output, Tensor) else output[0]
    classifies = isinstance(task, Classifies)
    if logits.dim() != (2 if classifies else 3) or (not classifies and logits.shape[-1] != len(vocabulary_of(task))):
        raise UserError(f"{type(task).__name__} neither predicts the next symbol nor tells the class of a text")
    return logits


@contextmanager
def _leaf(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the outputs of an embedding as leaves, with respect to which gradients can be taken."""
    leaves: list[Tensor] = []

    def cut(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:  # noqa: ARG001
        leaves.append(output.detach().clone().requires_grad_())
        return leaves[-1]

    handle = embedding.register_forward_hook(cut)
    try:
        yield leaves
    finally:
        handle.remove()


class SalientSymbols(Probe):
    """The saliency of the symbols of a text for each prediction."""

    def __init__(self, steps: int) -> None:
        """Set up the probe.

        Args:
            steps: Symbols of a text at most.
        """
        self.steps = steps

    def measure(self, subjects: Sequence[Subject]) -> Document:
        (subject,) = subjects
        measured = saliency(subject.task, subject.inputs.symbols(subject.task, self.steps))
        return _of_classes(measured, subject.name) if measured.classes else _of_next_symbols(measured, subject.name)


DEFINED = (
    "The saliency of a symbol is the norm of the gradient of the prediction's log-probability with respect to its"
    " embedding (Simonyan et al. 2013; Li et al. 2016)"
)


def _of_classes(measured: Saliency, network: str) -> Document:
    best = int(measured.probabilities.argmax())
    shares = measured.shares[best]
    first = shares.argsort(descending=True, stable=True)[:3].tolist()
    largest = ", ".join(f"{measured.symbols[place]} ({shares[place]:.0%})" for place in first)
    label, probability = measured.predictions[best], float(measured.probabilities[best])
    columns = (measured.norms[best], shares, measured.products[best])
    rows = [
        [symbol, *(three_digits(float(column[place])) for column in columns)]
        for place, symbol in enumerate(measured.symbols)
    ]
    return Document(
        [
            f"Of its {len(measured.symbols)} symbols, {label} ({probability:.2f}) hangs most on {largest}. {DEFINED}.",
            saliency_chart(measured, network, "Saliency"),
            Table(["symbol", "saliency", "share", "gradient × input"], rows, name="symbols"),
        ]
    )


def _of_next_symbols(measured: Saliency, network: str) -> Document:
    count = len(measured.symbols)
    shares = measured.shares
    back = [float(torch.diagonal(shares, -distance).mean()) for distance in range(count)]
    mean = float((shares * (torch.arange(count)[:, None] - torch.arange(count))).sum(dim=1).mean())
    return Document(
        [
            f"A prediction of {network} owes {back[0]:.0%} of its saliency to the symbol just before it, and symbols"
            f" lie {mean:.1f} steps back on the average, weighted by their saliency. {DEFINED}.",
            saliency_chart(measured, network, "Saliency"),
            Lines(
                name="saliency-by-distance",
                title="Saliency by distance",
                caption=f"Mean share of the saliency by how far back a symbol lies, {network}.",
                x=Axis("symbols back"),
                y=Axis("share"),
                lines=lines_at(range(count), {"saliency": back}),
            ),
        ]
    )


def saliency_chart(measured: Saliency, network: str, title: str) -> HeatMap:
    """Draw the saliency of symbols, a column each, for each prediction, a row.

    It is gradient × input for classes, and a share of the saliency for next symbols.
    """
    if measured.classes:
        return HeatMap(
            name="saliency",
            title=title,
            caption=f"Gradient × input: how far each symbol speaks for (red) or against (blue) a class, by {network}.",
            x="symbol",
            y="class",
            columns=measured.symbols,
            rows=measured.predictions,
            values=measured.products.tolist(),
            unit="gradient × input",
            centred=True,
        )
    count = len(measured.symbols)
    later = torch.ones(count, count).triu(1).bool()  # symbols that the prediction has not read yet
    return HeatMap(
        name="saliency",
        title=title,
        caption=f"Each row is a prediction of {network}, of the symbol that follows: what share of its saliency each"
        " symbol before it has. The last row is the likeliest next symbol.",
        x="symbol read",
        y="symbol predicted",
        columns=measured.symbols,
        rows=measured.predictions,
        values=measured.shares.masked_fill(later, math.nan).tolist(),
        unit="share of the saliency",
    )
