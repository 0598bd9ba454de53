"""Generated signals, each of which tests one thing: what a network remembers, and for how long.

Every generator takes the number of sequences, their length and a seed. Sequences are independent draws, so that a
part of them is as good as another and no item is in two parts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.signals import CLASS, NUMBER, STEPS, Signals
from rnnlab.errors import UserError

COPIED = 10  # symbols that the network has to repeat
ALPHABET = 8  # different symbols
BLANK, DELIMITER = ALPHABET, ALPHABET + 1  # the symbols behind them

Floats = NDArray[np.float32]


def half_sums(sequences: int, length: int, seed: int, channels: int) -> Signals:
    """Standard normal vectors; `first` where the sum over the first half of the steps exceeds that over the second.

    Of an odd number of steps the second half has one more. Half of the sequences are of either class.

    Raises:
        UserError: A sequence of one step has no halves.
    """
    _at_least(length, 2, "one step has no halves")
    values = _normal(sequences, length, channels, seed)
    sums = values.sum(axis=2, dtype=np.float64)  # (N, T)
    larger = sums[:, : length // 2].sum(axis=1) > sums[:, length // 2 :].sum(axis=1)
    return Signals.of_equal_length(values, larger.astype(np.int64), CLASS, classes=("second", "first"))


def count_above(sequences: int, length: int, seed: int, threshold: float, more_than: int) -> Signals:
    """Standard normal numbers; `many` where more than `more_than` of them exceed a threshold, else `few`.

    The share of `many` is the upper tail of a binomial distribution with `length` draws: with 20 of them, a threshold
    of 1.5 and more than 3, it is 4.1%, so that a model which always says `few` is right in 95.9% of all cases.
    """
    values = _normal(sequences, length, 1, seed)
    many = (values[:, :, 0] > threshold).sum(axis=1) > more_than
    return Signals.of_equal_length(values, many.astype(np.int64), CLASS, classes=("few", "many"))


def first_sign(sequences: int, length: int, seed: int) -> Signals:
    """Standard normal numbers; `positive` where the first is above 0. All behind it is noise."""
    values = _normal(sequences, length, 1, seed)
    return Signals.of_equal_length(
        values, (values[:, 0, 0] > 0).astype(np.int64), CLASS, classes=("negative", "positive")
    )


def adding(sequences: int, length: int, seed: int, tolerance: float) -> Signals:
    """The adding problem (Hochreiter and Schmidhuber 1997, experiment 4), as Le, Jaitly and Hinton (2015) pose it.

    A step is a number drawn evenly from 0 to 1 and a marker, which is 1 at one step of the first half and at one of
    the second, else 0. The answer is the sum of the two marked numbers. Always answering 1 has a mean squared error
    of 1/6: the variance of a sum of two such numbers, 1/12 each.

    Hochreiter and Schmidhuber ask for half of that sum and count an answer within 0.04 as right: 0.08 of the sum.

    Raises:
        UserError: A sequence of one step has no halves.
    """
    _at_least(length, 2, "there must be two numbers to add")
    random = np.random.default_rng(seed)
    numbers = random.random((sequences, length), dtype=np.float32)
    rows = np.arange(sequences)
    marked = random.integers(length // 2, size=sequences), random.integers(length // 2, length, size=sequences)
    markers = np.zeros_like(numbers)
    for steps in marked:
        markers[rows, steps] = 1
    answers = numbers[rows, marked[0]] + numbers[rows, marked[1]]
    note = "always answering 1 has a mean squared error of 1/6, 0.1667: what a network without memory reaches"
    return Signals.of_equal_length(
        np.stack([numbers, markers], axis=2), answers, NUMBER, ("value", "marker"), tolerance=tolerance, notes=(note,)
    )


def copying(sequences: int, length: int, seed: int) -> Signals:
    """The copying problem (Hochreiter and Schmidhuber 1997), as Arjovsky, Shah and Bengio (2016) pose it.

    Ten symbols of eight, then T - 1 blanks, a delimiter and ten more blanks; `length` is T + 20. The answers are
    blanks for T + 10 steps, and then the ten symbols. A step is a one-hot vector over eight symbols, blank and
    delimiter. Who knows when to answer and nothing else has 10 ln 8 / (T + 20) nats per step.

    Raises:
        UserError: The sequences are too short for ten symbols, a delay and ten answers.
    """
    _at_least(length, 2 * COPIED + 1, f"{COPIED} symbols, a delimiter and {COPIED} answers take as many")
    symbols = np.random.default_rng(seed).integers(ALPHABET, size=(sequences, COPIED))
    read = np.full((sequences, length), BLANK)
    read[:, :COPIED] = symbols
    read[:, -COPIED - 1] = DELIMITER
    answers = np.full((sequences, length), BLANK, dtype=np.int64)
    answers[:, -COPIED:] = symbols
    names = (*(f"symbol {number}" for number in range(1, ALPHABET + 1)), "blank", "delimiter")
    chance = COPIED * np.log(ALPHABET) / length
    note = f"without a memory of the symbols, the loss is at best 10 ln 8 / {length} = {chance:.4f} nats per step"
    one_hot = np.eye(len(names), dtype=np.float32)[read]
    return Signals.of_equal_length(one_hot, answers, STEPS, names, names[: BLANK + 1], silent=BLANK, notes=(note,))


def _normal(sequences: int, length: int, channels: int, seed: int) -> Floats:
    return np.random.default_rng(seed).standard_normal((sequences, length, channels), dtype=np.float32)


def _at_least(length: int, least: int, why: str) -> None:
    if length < least:
        raise UserError(f"data.sequence_length must be at least {least} here, not {length}: {why}")
