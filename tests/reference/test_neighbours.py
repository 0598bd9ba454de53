"""The nearest neighbour under dynamic time warping, beside networks."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnlab.charts.document import Document, Table
from rnnlab.data.signals import CLASS, Signals
from rnnlab.errors import UserError
from rnnlab.reference.neighbours import nearest_neighbour, neighbours

SETS = {"Bumps": ("up", "down"), "Steps": ("one", "two")}


def cost(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The cost of the best alignment, by its definition: a step goes on in one sequence, the other, or both."""
    costs = np.full((len(first) + 1, len(second) + 1), np.inf)
    costs[0, 0] = 0
    for row, column in product(range(len(first)), range(len(second))):
        before = min(costs[row, column], costs[row, column + 1], costs[row + 1, column])
        costs[row + 1, column + 1] = before + ((first[row] - second[column]) ** 2).sum()
    return float(costs[-1, -1])


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_the_nearest_is_the_one_that_aligns_at_the_least_cost(seed: int, channels: int) -> None:
    draw = np.random.default_rng(seed)
    sizes = draw.integers(1, 7, 9)
    sequences = [draw.normal(size=(size, channels)) for size in sizes]
    answers, parts = draw.integers(0, 2, 9), ["train"] * 5 + ["test"] * 4
    signals = Signals(
        np.concatenate(sequences).astype(np.float32),
        sizes,
        answers,
        CLASS,
        tuple("xyz"[:channels]),
        ("a", "b"),
        generated=False,
        parts=parts,
    )
    sequences = [sequence.astype(np.float32).astype(np.float64) for sequence in sequences]
    nearest = [min(range(5), key=lambda train: cost(sequences[test], sequences[train])) for test in range(5, 9)]
    expected = np.mean([answers[train] == answers[test] for test, train in zip(range(5, 9), nearest, strict=True)])
    assert nearest_neighbour(signals) == pytest.approx(float(expected))


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sets in the archive's form: bumps that come early or late, and go up or down."""
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path))
    draw = np.random.default_rng(0)
    for name, labels in SETS.items():
        for part, count in (("TRAIN", 6), ("TEST", 10)):
            lines = ["@problemName made", "@univariate true", f"@classLabel true {' '.join(labels)}", "@data"]
            for number in range(count):
                values = draw.normal(0, 0.05, draw.integers(8, 14))
                values[draw.integers(1, 6)] += 1 if number % 2 else -1
                lines.append(",".join(f"{value:.4f}" for value in values) + f":{labels[number % 2]}")
            file = tmp_path / "ts" / name / f"{name}_{part}.ts"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(lines) + "\n")
    return tmp_path


def table_of(document: Document) -> dict[str, dict[str, str]]:
    (table,) = [block for block in document.blocks if isinstance(block, Table)]
    return {row[0]: dict(zip(table.heads, row, strict=True)) for row in table.rows}


def test_its_table_has_the_networks_of_each_set_beside_it(sets: Path) -> None:
    level = {"level": "gru", "value": 0.9, "test": None}
    answer = {"groups": [{"within": {"data": "Bumps"}, "levels": [level, {**level, "level": "rnn", "value": 0.8}]}]}
    document = neighbours(list(SETS), {"Bumps": 0.99}, answer)
    rows = table_of(document)
    assert rows["Bumps"]["gru"] == "0.900" and rows["Bumps"]["rnn"] == "0.800" and rows["Steps"]["gru"] == "–"
    assert rows["Bumps"]["nearest neighbour, DTW"] == "1.000" and rows["Bumps"]["the same, published"] == "0.990"
    assert rows["Bumps"]["sequences, training and test"] == "6 + 10" and rows["Bumps"]["most frequent class"] == "0.500"
    assert "0 of 1 sets" in str(document.blocks[0]), "of those that networks were compared on"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"dtaidistance is not installed; pip install 'rnnlab\[archive\]'"):
        neighbours(["Bumps"])
