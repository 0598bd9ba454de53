"""`rnnlab probe`: measure what a trained network does inside, and write the figures and numbers."""

from __future__ import annotations

from pathlib import Path

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.report.best_checkpoint import opened_checkpoint
from rnnlab.studies.documents import print_document
from rnnlab.studies.probing import build_probe, load_subject, measure, usual_folder, write_measured
from rnnlab.terminal import Terminal
from rnnlab.verbosity import detail, is_quiet


def main(arguments: list[str]) -> int:
    """Measure, write and print.

    Raises:
        UserError: A value is out of range, the checkpoint is none, there is nothing of that kind to see in such a
            network, or the text or the data cannot be read.
    """
    config = compose("probe", arguments)
    check(config)
    with opened_checkpoint(config) as checkpoint:
        folder = usual_folder(checkpoint, config) if config["folder"] is None else Path(config["folder"])
        if folder.exists() and not folder.is_dir():
            raise UserError(f"folder: {folder} is a file; name a folder for the figures and numbers")
        detail(str(checkpoint))
        measured = measure(build_probe(config), [load_subject(checkpoint, config)])
        written = write_measured(measured, folder)
        console = Terminal(highlight=False)
        if not is_quiet():
            print_document(measured, console)
        for file in written:
            console.print(str(file), soft_wrap=True)
    return 0
