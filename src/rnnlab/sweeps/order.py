"""The order in which the runs of a sweep are worked off.

A machine is busier at some hours than at others. Were all runs of one cell done before those of the next, its load
would be taken for the cost of a cell. So a sweep goes on seed by seed: first every setting with its first seed, then
every setting with its second. Within a seed the levels of every key take turns. The next run is one whose levels have
had the smallest share of their runs so far; of those, one that shares the fewest levels with the run before; of those,
one drawn by a hash of the run's name. Hence the turns differ from seed to seed, and the same sweep has the same order
wherever it runs and however often it was interrupted.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnlab.config.keys import flatten
from rnnlab.sweeps.plan import PlannedRun

SEED = "seed"
DIGITS = 9  # after the point: sums of the same shares in another order are equal


def in_mixed_order(planned: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Return the runs in the order in which they are worked off."""
    levels = levels_of(planned)  # (runs, keys)
    repetitions = defaultdict[int, list[int]](list)
    done = Counter[bytes]()
    for number, setting in enumerate(levels):
        repetitions[done[setting.tobytes()]].append(number)
        done[setting.tobytes()] += 1
    order: list[int] = []
    for repetition in sorted(repetitions):
        numbers = np.array(repetitions[repetition])
        drawn = np.argsort([_hash(planned[number]) for number in numbers])
        before = levels[order[-1]] if order else None
        order += numbers[drawn][_interleaved(levels[numbers[drawn]], before)].tolist()
    return [planned[number] for number in order]


def levels_of(planned: Sequence[PlannedRun]) -> NDArray[np.int64]:
    """Return the levels `(runs, keys)` of the keys that vary beside the seed, as numbers.

    Keys that always vary together, such as those of a cell's node, count as one.
    """
    leaves = [dict(flatten(run.config)) for run in planned]
    columns = dict[tuple[int, ...], None]()
    for key in dict.fromkeys(key for run in leaves for key in run if key != SEED):
        numbers = dict[str, int]()
        columns[tuple(numbers.setdefault(repr(run.get(key)), len(numbers)) for run in leaves)] = None
    varied = [column for column in columns if any(column)]
    return np.array(varied, dtype=np.int64).reshape(len(varied), len(planned)).T.copy()


def _interleaved(levels: NDArray[np.int64], before: NDArray[np.int64] | None) -> list[int]:
    """Return the places of runs with these levels `(runs, keys)`, interleaved; the first of equally good ones first.

    Args:
        levels: Of the runs of a repetition.
        before: The levels `(keys,)` of the run before them; None if there is none.
    """
    keys = np.arange(levels.shape[1])
    totals = np.zeros((len(keys), int(levels.max(initial=0)) + 1))
    np.add.at(totals, (keys, levels), 1)
    done = np.zeros_like(totals)
    left, order = np.arange(len(levels)), list[int]()
    while len(left):
        mine = keys, levels[left]
        shares = np.round((done[mine] / totals[mine]).sum(axis=1), DIGITS)
        shared = np.zeros(len(left)) if before is None else (levels[left] == before).sum(axis=1)
        place = np.lexsort((shared, shares))[0]  # stable
        before = levels[left[place]]
        done[keys, before] += 1
        order.append(int(left[place]))
        left = np.delete(left, place)
    return order


def _hash(run: PlannedRun) -> str:
    return hashlib.sha256(run.folder.path.name.encode()).hexdigest()
