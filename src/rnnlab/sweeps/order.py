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
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace

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
    if not levels.size:
        return list(range(len(levels)))
    shared = np.zeros(len(levels)) if before is None else (levels == before).sum(axis=1)
    turns, order = _Turns(levels), [int(np.argmin(shared))]  # none has been done of any level
    while (place := turns.behind(order[-1])) is not None:
        order.append(place)
    return order


class _Turns:
    """The runs of a repetition that are left.

    Runs that have all levels but one in common, that of the key with the most levels, make a group. Each group has a
    heap of the levels that its runs have of that key, by the share that is done of a level. Shares only grow: one that
    is out of date is too small, and is brought up to date when it comes to the top. So a turn looks at one run of each
    group, and not at every run.
    """

    def __init__(self, levels: NDArray[np.int64]) -> None:
        """Take the levels `(runs, keys)` of all runs."""
        self._keys = np.arange(levels.shape[1])
        self._none = int(levels.max()) + 1
        totals = np.zeros((len(self._keys), self._none + 1))
        np.add.at(totals, (self._keys, levels), 1)
        # What a single run has is never done while that run is left, and never shared.
        self._levels = np.where(totals[self._keys, levels] == 1, self._none, levels)
        self._totals, self._done = np.maximum(totals, 1), np.zeros_like(totals)
        self._last = int(np.argmax([len(np.unique(column)) for column in self._levels.T]))
        others = self._levels.copy()
        others[:, self._last] = self._none
        # Of each group: the levels and the place of the run that would be next
        self._next, groups = np.unique(others, axis=0, return_inverse=True)
        self._places = np.zeros(len(self._next), dtype=np.int64)
        self._group_of = groups.ravel().tolist()
        self._queues: list[dict[int, deque[int]]] = [{} for _ in self._next]
        for place, (group, level) in enumerate(zip(self._group_of, self._levels[:, self._last].tolist(), strict=True)):
            self._queues[group].setdefault(level, deque()).append(place)
        self._heaps = [sorted((0.0, queue[0], level) for level, queue in queues.items()) for queues in self._queues]
        self._open = np.arange(len(self._next))
        self._avoiding = set(self._open.tolist())  # groups whose next run may be another one at the next turn

    def behind(self, place: int) -> int | None:
        """Return the run that comes behind one, which is done then; None if it was the last."""
        before, group = self._levels[place], self._group_of[place]
        level = int(before[self._last])
        self._queues[group][level].remove(place)
        self._done[self._keys, before] += before != self._none
        alike = np.flatnonzero(self._next[:, self._last] == level).tolist() if level != self._none else ()
        self._avoiding = {number for number in {*self._avoiding, group, *alike} if self._choose(number, level)}
        if not self._heaps[group]:
            self._open, self._next[group] = self._open[self._open != group], self._none
        return self._best(before) if len(self._open) else None

    def _best(self, before: NDArray[np.int64]) -> int:
        """Return the best of the groups' next runs, behind one of these levels `(keys,)`."""
        following = self._next[self._open]
        mine = self._keys, following
        shares = np.round((self._done[mine] / self._totals[mine]).sum(axis=1), DIGITS)
        best = np.flatnonzero(shares == shares.min())
        shared = ((following[best] == before) & (before != self._none)).sum(axis=1)
        places = self._places[self._open[best]]
        return int(places[np.lexsort((places, shared))[0]])

    def _choose(self, group: int, before: int) -> bool:
        """Choose the next run of a group; return whether a level was passed over as that of the run before."""
        heap = self._heaps[group]
        self._bring_up_to_date(group)
        if not heap:
            return False
        top, passed = heap[0], False
        if top[2] == before != self._none:
            heappop(heap)
            self._bring_up_to_date(group)
            if passed := bool(heap) and heap[0][0] == top[0]:
                self._next[group, self._last], self._places[group] = heap[0][2], heap[0][1]
            heappush(heap, top)
        if not passed:
            self._next[group, self._last], self._places[group] = top[2], top[1]
        return passed

    def _bring_up_to_date(self, group: int) -> None:
        """Bring the top of a group's heap up to date."""
        heap, queues = self._heaps[group], self._queues[group]
        while heap:
            _, _, level = heap[0]
            if not queues[level]:
                heappop(heap)
                continue
            share = float(self._done[self._last, level] / self._totals[self._last, level])
            now = share, queues[level][0], level
            if now == heap[0]:
                return
            heapreplace(heap, now)


def _hash(run: PlannedRun) -> str:
    return hashlib.sha256(run.folder.path.name.encode()).hexdigest()
