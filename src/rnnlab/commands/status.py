"""`rnnlab status`: what of a sweep is complete, running, interrupted, failed or not started.

Of a sweep that proceeds in rounds also: which round it is, what is out and what is still open.
"""

from __future__ import annotations

from rnnlab.config.compose import compose
from rnnlab.records.sources import source_folders
from rnnlab.report.rounds_status import show_rounds
from rnnlab.report.status import progress_of, show
from rnnlab.terminal import Terminal
from rnnlab.verbosity import is_quiet


def main(arguments: list[str]) -> int:
    """Show how far the runs are that `sweep=` or `path=` names.

    Raises:
        UserError: The arguments name no runs.
    """
    config = compose("status", arguments)
    folders, console = source_folders(config["sweep"], config["path"]), Terminal(highlight=False)
    progress = progress_of(folders)
    show(progress, console)
    for folder in () if is_quiet() else folders:
        show_rounds(folder, progress, console)
    return 0
