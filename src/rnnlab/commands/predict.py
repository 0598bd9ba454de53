"""`rnnlab predict`: classes of texts, rows or signals, numbers of signals, tags of words, the next values of series."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.control_characters import in_one_line
from rnnlab.report.best_checkpoint import opened_checkpoint
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import detail

if TYPE_CHECKING:
    from rnnlab.training.trained import Trained


def main(arguments: list[str]) -> int:
    """Print the model's answer to `text=`, to each line or row of `file=`, or of the standard input, or to a series.

    Raises:
        UserError: There is no input, it cannot be read, or the checkpoint is of a model that predicts nothing.
    """
    config = compose("predict", arguments)
    check(config)
    with opened_checkpoint(config) as checkpoint:
        reading = {key: value for key, value in config["data"].items() if value is not None}
        with UserInput.opened(config["text"], config["file"], reading) as source:
            from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

            model = Trained(checkpoint)
            detail(repr(model))
            for remark in _answer(model, source, config):
                print(in_one_line(remark), file=sys.stderr)
    return 0


def _answer(model: Trained, source: UserInput, config: Mapping[str, Any]) -> list[str]:
    """Print or write the answers; return what there is to say about them."""
    output, probabilities, overwrite = config["output"], config["probabilities"], config["overwrite"]
    if source.file is not None and model.reads_rows_of(source.file, source.reading):
        return model.predict_file(
            source.file, output, probabilities, overwrite, style=config["format"], **source.reading
        )
    model.check_probabilities(probabilities)
    inputs = model.predictor.read_inputs(source)
    if output is not None:
        return model.write_answers(inputs, output, probabilities, overwrite, source.file)
    model.predictor.print_answers(map(model.answer, inputs), config["format"], probabilities)
    return []
