"""`rnnlab export`: a trained model as a folder that runs without rnnlab."""

from __future__ import annotations

from pathlib import Path

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.report.best_checkpoint import opened_checkpoint
from rnnlab.terminal import Terminal
from rnnlab.verbosity import detail, is_quiet, note


def main(arguments: list[str]) -> int:
    """Write the folder, and say what is in it.

    Raises:
        UserError: The checkpoint is none, its model cannot be exported, a package is missing, or something else lies in
            the folder.
    """
    config = compose("export", arguments)
    check(config, "export")
    if not str(config["output"]).strip():
        raise UserError("output: name a folder for the model")
    folder = Path(config["output"])
    with opened_checkpoint(config) as checkpoint:
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        detail(repr(model))
        for remark in model.export(folder, config["format"]):
            note(remark)
    if not is_quiet():
        Terminal(highlight=False).print(f"{folder}: try `python {folder / 'predict.py'} --help`", soft_wrap=True)
    return 0
