"""`rnnlab compare`: rank the configurations of a sweep, print the ranking and write the report."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rnnlab.config.compose import compose
from rnnlab.report.compare import compare
from rnnlab.report.render import terminal
from rnnlab.report.sources import source_folders
from rnnlab.report.write import write_report


def main(arguments: list[str]) -> int:
    """Compare what `sweep=` or `path=` names; the report goes into the first of its folders.

    Raises:
        UserError: The arguments name no runs, or none of them is complete.
    """
    config = compose("compare", arguments)
    folders = source_folders(config["sweep"], config["path"])
    comparison = compare(folders)
    others = [folder.name for folder in folders[1:]]  # a report on several sweeps leaves each one's own alone
    report = write_report(comparison, folders[0] / "-with-".join(["report", *others]))
    console = Console(highlight=False)
    terminal(comparison, console)
    console.print()
    console.print(Text(f"Report: {report.as_posix()}"), soft_wrap=True)
    return 0
