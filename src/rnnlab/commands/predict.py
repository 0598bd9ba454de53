"""`rnnlab predict`: the class of texts, the tags of their words, or the next values of a series."""

from __future__ import annotations

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.records.folder import find_checkpoint
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import detail


def main(arguments: list[str]) -> int:
    """Print the model's answer to `text=`, to each line of `file=` or of the standard input, or to a series.

    Raises:
        UserError: There is no input, it cannot be read, or the checkpoint is of a model that predicts nothing.
    """
    config = compose("predict", arguments)
    check(config)
    checkpoint = find_checkpoint(config["checkpoint"])
    reading = {key: value for key, value in config["data"].items() if value is not None}
    with UserInput.opened(config["text"], config["file"], reading) as source:
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        detail(repr(model))
        inputs = model.predictor.read_inputs(source)
        model.predictor.print_answers(map(model.answer, inputs), config["format"])
    return 0
