"""run.log: what happened during a run, warnings and tracebacks included."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIGHTNING = ("lightning", "lightning.pytorch", "lightning.fabric")
IRRELEVANT = (
    # Lightning 2.6 asks torch 2.13 for the kind of a tree in a way that torch has since renamed.
    r"`isinstance\(treespec, LeafSpec\)`",
    # Our own callback logs by steps of the whole training, not of an epoch.
    r"The number of training batches \(\d+\) is smaller than the logging interval",
    # A class may be named in a script that the font of figures lacks.
    r"Glyph \d+ .* missing from font",
)


@contextmanager
def run_log(path: Path) -> Iterator[logging.Logger]:
    """Collect the log of everything inside in a file; the terminal stays free for what a person reads."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    quiet_lightning()
    try:
        with without_irrelevant_warnings():
            yield logging.getLogger("rnnlab")
    finally:
        logging.captureWarnings(False)
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


@contextmanager
def without_irrelevant_warnings() -> Iterator[None]:
    """Leave out the warnings that no user can do anything about."""
    with warnings.catch_warnings():
        for message in IRRELEVANT:
            warnings.filterwarnings("ignore", message)
        yield


def quiet_lightning() -> None:
    """Lightning's advice and device report go to the run's log, not to the terminal."""
    for name in LIGHTNING:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
