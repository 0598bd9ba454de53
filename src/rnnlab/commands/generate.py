"""`rnnlab generate`: new items or texts from a trained model."""

from __future__ import annotations

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.control_characters import say
from rnnlab.report.best_checkpoint import opened_checkpoint
from rnnlab.verbosity import detail, note


def main(arguments: list[str]) -> int:
    """Print samples, one a line, and on stderr how many of them are new, so that a pipe gets the samples only.

    Raises:
        UserError: A value is out of range, the file is no checkpoint, or the prompt has an unknown symbol.
    """
    config = compose("generate", arguments)
    check(config)
    with opened_checkpoint(config) as checkpoint:
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        detail(repr(model))
        settings = {key: config[key] for key in ("prompt", "condition", "length", "temperature", "top_k", "seed")}
        if config["samples"] == 1:
            items = ["".join(map(_print_piece, model.stream(**settings)))]
            say()
        else:
            items = model.generate(samples=config["samples"], **settings)
            say(_separator(items).join(items))
        if remark := model.remark(items):
            note(remark)
    return 0


def _print_piece(piece: str) -> str:
    """Print a piece of a text at once."""
    say(piece, end="", flush=True)
    return piece


def _separator(items: list[str]) -> str:
    """Return what stands between two items: a line feed, or a rule where a text has several lines."""
    return "\n\n---\n\n" if any("\n" in item for item in items) else "\n"
