"""`rnnlab generate`: new items from a checkpoint."""

from __future__ import annotations

import sys

from rnnlab.config.compose import compose
from rnnlab.config.rules import check
from rnnlab.errors import UserError


def main(arguments: list[str]) -> int:
    """Print samples, one a line; how many of them are new goes to stderr, so that a pipe gets names only.

    Raises:
        UserError: A value is out of range, the checkpoint is none, or the prompt has an unknown symbol.
    """
    config = compose("generate", arguments)
    check(config)
    from rnnlab.tasks.base import Samples  # imports torch, now that the arguments are right
    from rnnlab.training.checkpoints import load

    task = load(config["checkpoint"])
    if not isinstance(task, Samples):
        raise UserError(f"checkpoint: {config['checkpoint']} holds a {type(task).__name__}, which generates nothing")
    names = task.sample(
        config["samples"],
        prefix=str(config["prompt"]),
        length=config["length"],
        temperature=config["temperature"],
        top_k=config["top_k"],
        seed=config["seed"],
    )
    print("\n".join(names))
    print(f"{task.share_new(names):.0%} of these are not in the training set", file=sys.stderr)
    return 0
