"""Which of the symbols before it a prediction hangs on."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnnlab.data.text.display import readable
from rnnlab.data.text.vocabulary import CHANNEL
from rnnlab.errors import UserError
from rnnlab.probes.probe import Probe, Subject, number
from rnnlab.probes.trace import undisturbed
from rnnlab.probes.units import vocabulary_of
from rnnlab.reference.lesson import Curves, Grid, Lesson, Table
from rnnlab.tasks.capabilities import Classifies

SHORTEST = 2  # symbols among which there is something to choose


@dataclass(frozen=True)
class Saliency:
    """What each prediction owes to each symbol.

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
    """Measure it while a task reads one text.

    Any encoder will do, also one that attends or reads backwards.

    Args:
        task: A language model, or one that tells classes, with an embedding of symbols.
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
    names = [readable(symbol) for symbol in vocabulary.symbols]
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
        gradients = [torch.autograd.grad(each, vectors, retain_graph=True)[0][0] for each in chosen]
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
    """What the task makes of a row: `(1, T, V)` of a language model, `(1, C)` of a classifier."""
    takes_lengths = "lengths" in inspect.signature(task.forward).parameters
    made = task(inputs, torch.tensor([inputs.shape[1]])) if takes_lengths else task(inputs)
    logits: Tensor = made if isinstance(made, Tensor) else made[0]
    tells = isinstance(task, Classifies)
    if logits.dim() != (2 if tells else 3) or (not tells and logits.shape[-1] != len(vocabulary_of(task))):
        raise UserError(f"{type(task).__name__} neither predicts the next symbol nor tells the class of a text")
    return logits


@contextmanager
def _leaf(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """Within it, what the embedding gives are tensors of their own, with respect to which gradients can be taken."""
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
    """A text with what each prediction owes to each of its symbols."""

    def __init__(self, steps: int) -> None:
        """Look at nothing yet.

        Args:
            steps: Symbols of a text at most.
        """
        self.steps = steps

    def look(self, subjects: Sequence[Subject]) -> Lesson:
        (subject,) = subjects
        found = saliency(subject.task, subject.material.symbols(subject.task, self.steps))
        return Lesson(_of_classes(found, subject) if found.classes else _of_next_symbols(found, subject))


DEFINED = (
    "The saliency of a symbol is the norm of the gradient of the prediction's log-probability with respect to its"
    " embedding (Simonyan et al. 2013; Li et al. 2016)"
)


def _of_classes(found: Saliency, subject: Subject) -> list[str | Table | Grid]:
    best = int(found.probabilities.argmax())
    shares = found.shares[best]
    first = shares.argsort(descending=True, stable=True)[:3].tolist()
    told = ", ".join(f"{found.symbols[place]} ({shares[place]:.0%})" for place in first)
    label, probability = found.predictions[best], float(found.probabilities[best])
    rows = [
        [symbol, *(number(float(its[place])) for its in (found.norms[best], shares, found.products[best]))]
        for place, symbol in enumerate(found.symbols)
    ]
    caption = f"Gradient × input: how far each symbol speaks for (red) or against (blue) a class, by {subject.name}."
    values = found.products.tolist()
    names, unit = (found.symbols, found.predictions), "gradient × input"
    return [
        f"Of its {len(found.symbols)} symbols, {label} ({probability:.2f}) hangs most on {told}. {DEFINED}.",
        Grid("saliency", "Saliency", caption, "symbol", "class", *names, values, unit, centred=True),
        Table(["symbol", "saliency", "share", "gradient × input"], rows, name="symbols"),
    ]  # fmt: skip


def _of_next_symbols(found: Saliency, subject: Subject) -> list[str | Table | Curves | Grid]:
    count = len(found.symbols)
    shares = found.shares
    shown = shares.masked_fill(torch.ones(count, count).triu(1).bool(), math.nan)  # what comes later is not seen
    back = [float(torch.diagonal(shares, -distance).mean()) for distance in range(count)]
    mean = float((shares * (torch.arange(count)[:, None] - torch.arange(count))).sum(dim=1).mean())
    caption = (
        f"Each row is a prediction of {subject.name}, of the symbol that follows: what share of its saliency each"
        " symbol before it has. The last row is the likeliest next symbol."
    )
    words = ("Saliency by distance", f"Mean share of the saliency by how far back a symbol lies, {subject.name}.")
    return [
        f"A prediction of {subject.name} owes {back[0]:.0%} of its saliency to the symbol just before it, and symbols"
        f" lie {mean:.1f} steps back on the average, weighted by their saliency. {DEFINED}.",
        Grid("saliency", "Saliency", caption, "symbol read", "symbol predicted", found.symbols, found.predictions,
             shown.tolist(), "share of the saliency"),
        Curves("saliency-by-distance", *words, "symbols back", "share", range(count), {"saliency": back}),
    ]  # fmt: skip
