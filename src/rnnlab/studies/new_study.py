"""`rnnlab study new name=…`: a folder with a question, to be filled in and run."""

from __future__ import annotations

from pathlib import Path

from rnnlab.config.schema import FOLDER_NAME
from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically
from rnnlab.studies.index import write_index
from rnnlab.studies.readme import BEGIN, END

QUESTION = "Which cell learns this best, and at which size?"

STUDY = """\
# {question}
defaults:
  - train
# - override task: chars        # names (the default), chars, sentiment or tagging
# - override data: shakespeare  # `rnnlab train --help` lists what there is
# - override hydra/sweeper: tune  # each level at its own best; race: seeds go where they decide; then without `seed`
  - _self_

sweep: "{name}"

# What all runs have, where it is not the default.
trainer:
  max_epochs: 4

hydra:
  mode: MULTIRUN
  sweeper:
    params:                     # what varies; five seeds tell small differences from luck
      cell: rnn,gru,lstm
      model.hidden_size: 32,64
      seed: 0,1,2,3,4
"""

README = """\
# {question}

Say here what is compared, on which data, and what is the same for all.

    rnnlab study name={name}

{begin}
{end}
"""


def new_study(experiments: Path, name: str, question: str | None) -> Path:
    """Write `study.yaml` and `README.md` of a study that asks a question, and put it into the index.

    Args:
        experiments: The folder of studies.
        name: The name of the study's folder.
        question: The question; None for a usual one.

    Raises:
        UserError: The name is no folder's name, or the folder is there already.
    """
    if not FOLDER_NAME.holds(name):
        raise UserError(f"name must be {FOLDER_NAME.text}, not {name!r}")
    folder = experiments / name
    if folder.exists():
        raise UserError(f"name={name}: {folder} is there already; choose another name, or edit its study.yaml")
    words = {"name": name, "question": _clean(question) or QUESTION, "begin": BEGIN, "end": END}
    write_atomically(folder / "README.md", README.format(**words))
    write_atomically(folder / "study.yaml", STUDY.format(**words))
    write_index(experiments)
    return folder / "study.yaml"


def _clean(question: str | None) -> str:
    """Return a question on one line, without unprintable letters and the marks of a README."""
    words = (question or "").replace("<!--", "").split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())
