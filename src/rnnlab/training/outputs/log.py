"""The log of a run, run.log, with warnings and tracebacks; and what Lightning is kept from saying."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnlab.config.passwords import without_passwords
from rnnlab.control_characters import shown

LIGHTNING = ("lightning", "lightning.pytorch", "lightning.fabric")
IRRELEVANT = (
    # Lightning 2.6 asks torch 2.13 for the kind of a tree in a way that torch has since renamed.
    r"`isinstance\(treespec, LeafSpec\)`",
    # Our own callback logs by steps of the whole training, not of an epoch.
    r"The number of training batches \(\d+\) is smaller than the logging interval",
    # An interrupted run goes on from what lies there.
    r"Checkpoint directory .* exists and is not empty",
    # tqdm, which libraries import, draws its bars without ipywidgets too; ours need none.
    r"IProgress not found",
    # A class may be named in a script that the font of figures lacks.
    r"Glyph \d+ .* missing from font",
)


class LogFile(logging.FileHandler):
    """A file of lines; what a full disk does not take is left out, without a page on the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        return


class LogLine(logging.Formatter):
    """Formats what is logged without secrets, and with control characters as a terminal may get them."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return shown(self.hide(super().format(record)))


@contextmanager
def run_log(
    path: Path, hide: Callable[[str], str] = without_passwords, aloud: bool = False
) -> Iterator[logging.Logger]:
    """Write everything that is logged inside into a file, and keep it off the terminal.

    Args:
        path: The file.
        hide: Takes the secrets out of a text.
        aloud: Write it to stderr as well.
    """
    handlers: list[logging.Handler] = [LogFile(path, encoding="utf-8")]
    if aloud:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    level = root.level
    for handler in handlers:
        handler.setFormatter(LogLine(hide))
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    quiet_lightning()
    hook, threading.excepthook = threading.excepthook, _log_of_thread
    try:
        with without_irrelevant_warnings():
            yield logging.getLogger("rnnlab")
    finally:
        threading.excepthook = hook
        logging.captureWarnings(False)
        root.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def _log_of_thread(failure: threading.ExceptHookArgs) -> None:
    """Log what has ended a thread, such as TensorBoard's on a full disk, in place of a page on the terminal."""
    if failure.exc_value is not None:
        log = logging.getLogger("rnnlab")
        log.error("a thread has failed", exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback))


@contextmanager
def without_irrelevant_warnings() -> Iterator[None]:
    """Silence the warnings that no user can do anything about."""
    with warnings.catch_warnings():
        for message in IRRELEVANT:
            warnings.filterwarnings("ignore", message)
        yield


@contextmanager
def silent_lightning() -> Iterator[None]:
    """Silence Lightning's advice and device report inside, and restore its loggers afterwards."""
    loggers = [logging.getLogger(name) for name in LIGHTNING]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with without_irrelevant_warnings():
            # A model that was trained on a GPU; Lightning then takes bf16-mixed.
            warnings.filterwarnings("ignore", r".*AMP with fp16 is not supported on CPU")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def quiet_lightning() -> None:
    """Send Lightning's advice and device report to the run's log instead of the terminal."""
    for name in LIGHTNING:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger(f"{LIGHTNING[1]}.loggers.mlflow").setLevel(logging.ERROR)  # it warns that an experiment is new
