"""`rnnlab compare`: rank the configurations of a sweep, say what they show, and write the report."""

from __future__ import annotations

import hashlib

from rich.text import Text

from rnnlab.analysis.comparison import compare
from rnnlab.analysis.question import asked
from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.records.sources import source_folders
from rnnlab.report.render import print_headline, terminal
from rnnlab.report.sections.examples import samples_of
from rnnlab.report.write import write_report
from rnnlab.terminal import Terminal
from rnnlab.verbosity import is_quiet, is_verbose

LONGEST = 120  # characters of a folder's name


def main(arguments: list[str]) -> int:
    """Compare what `sweep=` or `path=` names; the report goes into the first of its folders.

    Raises:
        UserError: The arguments name no runs, or none of them is complete.
    """
    config = compose("compare", arguments)
    check({key: config[key] for key in ("target", "holds", "worth")})
    folders = source_folders(config["sweep"], config["path"])
    comparison = compare(folders, target=config["target"], holds=config["holds"], asked=asked(config))
    report, page = write_report(comparison, folders[0] / _name([folder.name for folder in folders[1:]]))
    console = Terminal(highlight=False)
    if is_quiet():
        print_headline(comparison, console)
    elif is_verbose():
        console.print(Text(report.read_text(encoding="utf-8")), soft_wrap=True)
    else:
        terminal(comparison, console)
        console.print()
        samples_of(comparison.best).terminal(console)
        console.print()
    console.print(Text(f"Report: {report.as_posix()}\nPage:   {page.as_posix()}"), soft_wrap=True)
    return 0


def _name(others: list[str]) -> str:
    """Of the report's folder: a report on several sweeps leaves each one's own alone."""
    name = "-with-".join(["report", *others])
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name if len(name) <= LONGEST else f"report-with-{len(others)}-others-{digest}"
