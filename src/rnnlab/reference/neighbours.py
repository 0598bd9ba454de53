"""What a method without any network reaches on sets of the time series archives: the study experiments/ts-archive.

The nearest neighbour under dynamic time warping (DTW) has been the archives' own opponent since 2002: a sequence is of
the class of that training sequence to which it can be aligned at the least cost, the sum of squared distances of all
channels over the best alignment (Dau et al., "The UCR Time Series Archive", 2019, and, for several channels, DTW_D of
Shokoohi-Yekta et al., 2017). Its alignment is not restricted to a window here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.charts.document import Document, Table
from rnnlab.data.signals import CLASS, Signals
from rnnlab.data.sources.archive import archived
from rnnlab.data.sources.signals import read_signals
from rnnlab.errors import UserError

TEST, TRAIN = "test", "train"
DASH = "–"


def neighbours(
    sets: Sequence[str], published: Mapping[str, float] | None = None, answer: Mapping[str, Any] | None = None
) -> Document:
    """Put the nearest neighbour under DTW beside the networks of a comparison, by their accuracy on the test part.

    Args:
        sets: Names of sets of the archives, such as GunPoint.
        published: The accuracy that others report of this method, by set.
        answer: A comparison of networks as answer.json has it, by accuracy, asked separately for each set.

    Raises:
        UserError: A set cannot be read or has no classes, or the package dtaidistance is missing.
    """
    if importlib.util.find_spec("dtaidistance") is None:
        raise UserError("the package dtaidistance is not installed; pip install 'rnnlab[archive]'")
    published, networks = published or {}, _networks(answer or {}, sets)
    cells = list(dict.fromkeys(cell for reached in networks.values() for cell in reached))
    heads = ["set", "sequences, training and test", "steps", "channels", "classes", "most frequent class"]
    rows, right = [], {}
    for name in sets:
        signals, reached = _read(name), networks.get(name, {})
        right[name] = nearest_neighbour(signals)
        others = [_share(reached.get(cell)) for cell in cells]
        rows.append([name, *_facts(signals), *others, _share(right[name]), _share(published.get(name))])
    return Document(
        [
            _in_short(right, networks),
            Table([*heads, *cells, "nearest neighbour, DTW", "the same, published"], rows),
        ]
    )


def nearest_neighbour(signals: Signals) -> float:
    """Return the share of test sequences whose nearest training sequence under DTW is of their class.

    Of several that are as near, the first counts.

    Args:
        signals: Sequences with a class each, of the parts `train` and `test`.
    """
    from dtaidistance import dtw_ndim

    parts = np.asarray(signals.parts)
    sequences = [signals.values[first:last] for first, last in pairwise(np.r_[0, np.cumsum(signals.sizes)])]
    order = [*np.flatnonzero(parts == TEST), *np.flatnonzero(parts == TRAIN)]
    tests = int((parts == TEST).sum())
    distances = dtw_ndim.distance_matrix_fast(
        [np.ascontiguousarray(sequences[index], np.float64) for index in order],
        ndim=signals.values.shape[1],
        block=((0, tests), (tests, len(order))),
        parallel=False,
    )
    answers: NDArray[Any] = signals.answers[order]
    nearest = np.asarray(distances)[:tests, tests:].argmin(axis=1)
    return float((answers[tests:][nearest] == answers[:tests]).mean())


def _read(name: str) -> Signals:
    signals = read_signals(archived(name))
    if signals.asked != CLASS:
        raise UserError(f"sets: {name} has no classes")
    return signals


def _facts(signals: Signals) -> list[str]:
    """Return what a row says of a set, but for its name."""
    parts = np.asarray(signals.parts)
    lengths = sorted({int(signals.sizes.min()), int(signals.sizes.max())})
    often = np.bincount(signals.answers[parts == TRAIN].astype(int)).argmax()
    return [
        f"{(parts == TRAIN).sum()} + {(parts == TEST).sum()}",
        " to ".join(map(str, lengths)),
        str(signals.values.shape[1]),
        str(len(signals.classes)),
        _share(float((signals.answers[parts == TEST] == often).mean())),
    ]


def _in_short(right: Mapping[str, float], networks: Mapping[str, Mapping[str, float]]) -> str:
    """Say on how many sets a network is right more often than the nearest neighbour."""
    both = [name for name in right if networks.get(name)]
    if not both:
        return "The accuracy of the nearest neighbour under dynamic time warping on the test parts."
    ahead = sum(max(networks[name].values()) > right[name] for name in both)
    return (
        f"On the test parts of {ahead} of {len(both)} sets the best cell is right more often than the nearest neighbour"
        " under dynamic time warping, on average over seeds."
    )


def _networks(answer: Mapping[str, Any], sets: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the test accuracy of each level of a comparison, by the set of its group; the only set needs no group."""
    reached = {}
    for group in answer.get("groups", ()):
        named = {str(value) for value in group["within"].values()} & set(sets) if len(sets) > 1 else sets
        for name in named:
            reached[name] = {level["level"]: (level["test"] or level)["value"] for level in group["levels"]}
    return reached


def _share(value: float | None) -> str:
    return DASH if value is None else f"{value:.3f}"
