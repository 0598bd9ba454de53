"""`rnnlab predict`: the class of texts or of a table's rows, the tags of words, or the next values of a series."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.control_characters import in_one_line
from rnnlab.data.sources.tables import is_table
from rnnlab.records.folder import find_checkpoint
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
    checkpoint = find_checkpoint(config["checkpoint"])
    reading = {key: value for key, value in config["data"].items() if value is not None}
    with UserInput.opened(config["text"], config["file"], reading) as source:
        from rnnlab.training.trained import Trained  # imports torch, now that the arguments are right

        model = Trained(checkpoint)
        detail(repr(model))
        if source.file is not None and is_table(Path(source.file)) and model.answers_rows:
            _answer_table(model, source.file, config, reading)
            return 0
        inputs = model.predictor.read_inputs(source)
        model.predictor.print_answers(map(model.answer, inputs), config["format"])
    return 0


def _answer_table(model: Trained, file: str, config: Mapping[str, Any], reading: Mapping[str, Any]) -> None:
    remarks = model.predict_file(
        file, config["output"], config["probabilities"], config["overwrite"], config["format"], **reading
    )
    for remark in remarks:
        print(in_one_line(remark), file=sys.stderr)
