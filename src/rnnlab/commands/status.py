"""`rnnlab status`: what of a sweep is complete, running, interrupted, failed or not started."""

from __future__ import annotations

from rnnlab.config.compose import compose
from rnnlab.records.sources import source_folders
from rnnlab.report.status import progress_of, show
from rnnlab.terminal import Terminal


def main(arguments: list[str]) -> int:
    """Show how far the runs are that `sweep=` or `path=` names.

    Raises:
        UserError: The arguments name no runs.
    """
    config = compose("status", arguments)
    show(progress_of(source_folders(config["sweep"], config["path"])), Terminal(highlight=False))
    return 0
