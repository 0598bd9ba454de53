"""The page that opens first: the losses and the task's own metrics, pinned above everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tensorboard.program import WerkzeugServer
from werkzeug.utils import redirect

from rnnlab.records.folder import RunFolder
from rnnlab.records.reading import run_folders
from rnnlab.tensorboard.overview.experiment import declared_by, ranked, task_of

LOSSES = ("val/loss", "train/loss")
MOST = 6  # cards, two rows of three on a wide screen


def story_first(folders: Sequence[Path], app: Callable[..., Iterable[bytes]], flags: Any) -> Any:
    """Return the server of TensorBoard on folders of runs, whose front page opens with pinned cards."""

    def opening(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/" and not environ["QUERY_STRING"]:
            return redirect(f"/?pinnedCards={_pinned(pinned_tags(folders))}")(environ, start_response)
        return app(environ, start_response)

    return WerkzeugServer(opening, flags)


def pinned_tags(folders: Iterable[Path]) -> list[str]:
    """Return the tags of the first cards: the losses, and for each task that has a finished run its metrics in turn."""
    tasks: dict[str, list[str]] = {}
    for path in chain.from_iterable(map(run_folders, folders)):
        if result := RunFolder(path).result():
            tasks.setdefault(task_of(result), [metric.validation for metric in ranked(declared_by(result))])
    longest = max(map(len, tasks.values()), default=0)
    in_turn = [tags[place] for place in range(longest) for tags in tasks.values() if place < len(tags)]
    return list(dict.fromkeys([*LOSSES, *in_turn]))[:MOST]


def _pinned(tags: Iterable[str]) -> str:
    return quote(json.dumps([{"plugin": "scalars", "tag": tag} for tag in tags], separators=(",", ":")))
