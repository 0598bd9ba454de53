"""The settings that lines and points are grouped by."""

from __future__ import annotations

GROUPED_BY = ("cell", "task", "data")  # lines and points are told apart by the first of them that varied
AVERAGED = "averaged over the other settings, those that all of them have"
