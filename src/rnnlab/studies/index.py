"""The index of all studies: the question, the answer and a figure of each."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from rnnlab.control_characters import shown
from rnnlab.records.folder import write_atomically
from rnnlab.studies.study import find_studies

INDEX = "README.md"
WIDTH = 360  # pixels of a figure


def _in_short(answer: str) -> str:
    """Return the paragraphs of an answer without its lists; of what an earlier version recorded, without its tests."""
    paragraphs = [text for text in answer.strip().split("\n\n") if not text.startswith("- ")]
    led = [re.split(r", (?:but|and) the seeds|, before ", text)[0].rstrip(".") + "." for text in paragraphs]
    return "\n\n".join(led)


def write_index(experiments: Path) -> None:
    """Write the README of a folder of studies.

    Raises:
        UserError: The results.json of a study is damaged.
    """
    blocks = ["# Studies", "Each folder asks a question in its `study.yaml`; `rnnlab study name=NAME` answers it."]
    for study in find_studies(experiments):
        results = study.read_results()
        blocks += [f"## [{study.name}]({quote(study.name)}/README.md)", f"**{study.question}**"]
        blocks.append(_in_short(results.answer) if results else f"Not answered yet: `rnnlab study name={study.name}`")
        if results and results.figure:
            source = f"{quote(study.name)}/{quote(results.figure)}"
            blocks.append(f'<img src="{source}" alt="{study.name}" width="{WIDTH}">')
    write_atomically(experiments / INDEX, shown("\n\n".join(blocks) + "\n"))
