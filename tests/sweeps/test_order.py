"""A sweep is worked off seed by seed, and within a seed no level's runs lie together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console

from rnnlab.records.folder import COMPLETE, RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.sweeps.launchers.backend import SequentialBackend
from rnnlab.sweeps.order import DIGITS, _interleaved, in_mixed_order
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.pool import run_all

CELLS, SIZES, RATES = ("rnn", "gru", "lstm"), (64, 128, 256), (1e-3, 3e-3, 1e-2, 3e-2)


def planned(cell: str, size: int, rate: float, seed: Any) -> PlannedRun:
    config = {
        "cell": {"name": cell, "_target_": f"rnnlab.nn.{cell}", **({"gates": 4} if cell == "lstm" else {})},
        "model": {"hidden_size": size, "num_layers": 1},
        "optimizer": {"lr": rate},
        "seed": seed,
    }
    name = f"{cell}-{size}-{rate}-{seed}"
    return PlannedRun(config, None, RunFolder(Path("runs/x") / name), name, Origin(""), "")


def grid(
    cells: Sequence[str] = CELLS, sizes: Sequence[int] = SIZES, rates: Sequence[float] = RATES, seeds: int = 3
) -> list[PlannedRun]:
    return [planned(*values) for values in product(cells, sizes, rates, range(seeds))]


def levels(runs: Iterable[PlannedRun]) -> dict[str, list[Any]]:
    configs = [run.config for run in runs]
    return {
        "cell": [config["cell"]["name"] for config in configs],
        "size": [config["model"]["hidden_size"] for config in configs],
        "rate": [config["optimizer"]["lr"] for config in configs],
        "seed": [config["seed"] for config in configs],
    }


def longest_row(values: Iterable[Any]) -> int:
    return max(len(list(group)) for _, group in groupby(values))


def test_all_settings_of_a_seed_come_before_the_next_seed() -> None:
    runs = grid()
    order = in_mixed_order(runs)
    assert len(order) == len(runs) and set(order) == set(runs)
    assert levels(order)["seed"] == sorted(levels(runs)["seed"])
    assert levels(in_mixed_order(grid()[::-1]))["seed"][0] == 2, "the seeds as they were given"


@pytest.mark.parametrize(
    "values",
    [
        (CELLS, SIZES, RATES),
        (CELLS, SIZES[:2], RATES[:1]),
        (CELLS[:2], SIZES, RATES),
        (CELLS[:2], SIZES[:2], RATES[:1]),
        (CELLS, SIZES[:1], RATES[:1]),
        (CELLS[:1], SIZES[:1], RATES),
    ],
)
def test_no_level_has_more_than_two_runs_in_a_row_and_all_get_on_alike(values: tuple[Any, ...]) -> None:
    order = in_mixed_order(grid(*values))
    for start in range(0, len(order), len(order) // 3):
        of_a_seed = levels(order[start : start + len(order) // 3])
        del of_a_seed["seed"]
        for column in of_a_seed.values():
            kinds = sorted(set(column))
            if len(kinds) > 1:
                assert longest_row(column) <= 2
                for end in range(1, len(column) + 1):
                    counts = [column[:end].count(kind) for kind in kinds]
                    assert max(counts) - min(counts) <= 2


def test_the_order_is_the_same_whatever_order_the_settings_were_given_in_and_differs_between_seeds() -> None:
    runs = grid()
    again = sorted(grid(), key=lambda run: (run.config["seed"], run.config["optimizer"]["lr"], run.label))
    order = [run.label for run in in_mixed_order(runs)]
    assert [run.label for run in in_mixed_order(again)] == order
    turns = [[label.rpartition("-")[0] for label in order[start : start + 36]] for start in (0, 36, 72)]
    assert turns[0] != turns[1] != turns[2] and sorted(turns[0]) == sorted(turns[1])


def test_settings_whose_seeds_differ_take_turns_as_well() -> None:
    runs = [planned("gru", 64, 1e-3, seed) for seed in (0, 1)] + [planned("rnn", 64, 1e-3, seed) for seed in (7, 8)]
    order = in_mixed_order(runs)
    assert {run.label[-1] for run in order[:2]} == {"0", "7"} and {run.label[-1] for run in order[2:]} == {"1", "8"}


def interleaved_one_by_one(levels: NDArray[np.int64], before: NDArray[np.int64] | None) -> list[int]:
    """The definition: at every turn, look at every run that is left."""
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


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=40, unique=True),
    st.sets(st.integers(0, 2), min_size=1),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_turns_are_those_of_looking_at_every_run_that_is_left(
    rows: list[tuple[int, int, int]], columns: set[int], first: bool
) -> None:
    array = np.array(rows)[:, sorted(columns)]
    before = None if first else array[-1]
    assert _interleaved(array, before) == interleaved_one_by_one(array, before)


def test_one_run_and_no_run_have_an_order() -> None:
    assert in_mixed_order([]) == []
    run = planned("gru", 64, 1e-3, None)
    assert in_mixed_order([run]) == [run]


class RecordingBackend(SequentialBackend):
    """Says that every run is complete, in the order in which they arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: list[str] = []

    def map(self, work: Any, items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for number, run in enumerate(items):
            self.labels.append(run.label)
            yield number, {"status": COMPLETE, "metrics": {"best": {"val/loss": 1.0}}, "seconds": 1.0, "of": run.label}


def test_backends_get_the_runs_in_mixed_order_and_summaries_come_back_in_that_of_the_command(workdir: Path) -> None:
    runs, backend = grid(rates=RATES[:1]), RecordingBackend()
    done = run_all(runs, backend, Console(file=StringIO()))
    assert backend.labels == [run.label for run in in_mixed_order(runs)] != [run.label for run in runs]
    assert [summary["of"] for summary in done] == [run.label for run in runs]


def test_what_is_left_of_a_sweep_goes_on_in_the_same_order(workdir: Path) -> None:
    runs = grid(rates=RATES[:1])
    order = in_mixed_order(runs)
    for run in order[:5]:
        run.folder.write_summary(
            {"status": COMPLETE, "objective": 1.0, "seconds": 1.0, "metrics": {"best": {"val/loss": 1.0}}, "of": "x"}
        )
    backend = RecordingBackend()
    run_all(runs, backend, Console(file=StringIO()))
    assert backend.labels == [run.label for run in order[5:]]
