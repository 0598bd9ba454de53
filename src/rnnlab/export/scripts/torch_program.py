"""Programs of an exported folder, run by torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

FOLDER = Path(__file__).parent
MODEL: dict[str, Any] = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))


class Program:
    """A program of this folder. It takes lists of numbers and a state, and returns a list and the next state."""

    def __init__(self, name: str) -> None:
        self.card = MODEL["programs"][name]
        self.module = torch.export.load(FOLDER / self.card["file"]).module()

    def start(self, rows: int) -> list[Any]:
        """Return the state in which so many rows begin."""
        shapes = [[rows if size == "batch" else size for size in part["shape"]] for part in self.card["state"]]
        parts = zip(self.card["state"], shapes, strict=True)
        return [_tensor(part["initial"], part["type"]).expand(shape).contiguous() for part, shape in parts]

    def __call__(self, *inputs: Any, state: Sequence[Any] = ()) -> tuple[Any, list[Any]]:
        told = self.card["inputs"]
        tensors = [_tensor(value, kind["type"]) for value, kind in zip(inputs, told, strict=True)]
        with torch.no_grad():
            output, *after = self.module(*tensors, tuple(state))
        return output.tolist(), after


def _tensor(value: Any, kind: str) -> torch.Tensor:
    return torch.tensor(value, dtype=getattr(torch, kind))
