"""Names of columns with any letters and signs, as a study.yaml gives them: as a key, swept, or in a case."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support import Answer

NAMES = ("Größe", "Temp (°C)", "a=b [x]", "it's {odd}")
DEFAULTS = ["train", {"override task": "forecasting"}, {"override data": "file"}, {"override debug": "fast"}, "_self_"]
SWEPT = "Größe,a=b [x]"
STUDIES = {
    **{f"the key {name}": ({"data": {"value_column": name}}, {}, [name]) for name in NAMES},
    **{f"a case {name}": ({}, {"cases": [{"data.value_column": name, "seed": 1}]}, [name]) for name in NAMES},
    "cases": ({}, {"cases": [{"data.value_column": name} for name in NAMES]}, NAMES),
    "a case of several": ({}, {"cases": [{"data.value_column": ["Größe", "Temp (°C)"], "seed": 1}]}, NAMES[:2]),
    "swept": ({}, {"params": {"data.value_column": SWEPT}}, ["Größe", "a=b [x]"]),
}


@pytest.fixture
def series(workdir: Path) -> Path:
    """A table with a column of every name."""
    rows = [[math.sin(row / (column + 2)) + column for column in range(len(NAMES))] for row in range(200)]
    lines = [";".join(NAMES), *(";".join(f"{value:.4f}" for value in row) for row in rows)]
    (workdir / "series.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return workdir


@pytest.mark.parametrize("case", STUDIES)
def test_a_study_names_columns_as_they_are(rnnlab: Callable[..., Answer], series: Path, case: str) -> None:
    keys, sweeper, names = STUDIES[case]
    content = {
        "defaults": DEFAULTS,
        "sweep": "columns",
        "data": {"path": "series.csv", **keys.get("data", {})},
        "hydra": {"mode": "MULTIRUN", "sweeper": sweeper or {"params": {"seed": 0}}},
    }
    (series / "study").mkdir()
    (series / "study" / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    answer = rnnlab("train", "-cd", "study", "-cn", "study", "dry_run=true")
    assert answer.code == 0, answer.err
    said = " ".join(line.partition(", not read")[0] for line in answer.err.splitlines())
    read = {name for name in NAMES if name in said}
    assert read == set(names), answer.err
