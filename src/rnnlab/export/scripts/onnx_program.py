"""Programs of an exported folder, run by ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

FOLDER = Path(__file__).parent
MODEL: dict[str, Any] = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))


class Program:
    """A program of this folder. It takes lists of numbers and a state, and returns a list and the next state."""

    def __init__(self, name: str) -> None:
        self.card = MODEL["programs"][name]
        self.session = onnxruntime.InferenceSession(FOLDER / self.card["file"], providers=["CPUExecutionProvider"])

    def start(self, rows: int) -> list[Any]:
        """Return the state in which so many rows begin."""
        shapes = [[rows if size == "batch" else size for size in part["shape"]] for part in self.card["state"]]
        parts = zip(self.card["state"], shapes, strict=True)
        return [np.broadcast_to(np.array(part["initial"], part["type"]), shape) for part, shape in parts]

    def __call__(self, *inputs: Any, state: Sequence[Any] = ()) -> tuple[Any, list[Any]]:
        told = self.card["inputs"]
        arrays = [np.array(value, kind["type"]) for value, kind in zip(inputs, told, strict=True)]
        names = [part["name"] for part in (*told, *self.card["state"])]
        output, *after = self.session.run(None, dict(zip(names, [*arrays, *state], strict=True)))
        return output.tolist(), after
