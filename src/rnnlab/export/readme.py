"""The README of an exported folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.export.formats import Format
from rnnlab.export.programs import Contents

COMMANDS = {
    "language_model": ['python predict.py generate --prompt "" --samples 5', 'python predict.py score "a text"'],
    "tagger": ['python predict.py "The old man the boat ."', "python predict.py < sentences.txt"],
    "signals": ['python predict.py "0.5 -1.2 0.3"', "python predict.py --csv recording.csv"],
    "forecaster": ["python predict.py series.csv"],
    "classifier": ['python predict.py "a text" "another"', "python predict.py < texts.txt"],
}
NOTES = {
    "language_model": "Samples have the probabilities that `rnnlab generate` gives them, and at temperature 0 they are"
    " the same; the draws of a seed are others.",
}


def readme(model: Mapping[str, Any], chosen: Format, contents: Contents) -> str:
    """Return the README.

    Args:
        model: What model.json says.
        chosen: The format of the programs.
        contents: What is exported.
    """
    commands = "\n".join(f"    {line}" for line in COMMANDS[contents.script])
    programs = "\n".join(
        f"| `{p['file']}` | {_told(p['inputs'])} | {_returned(p)} |" for p in model["programs"].values()
    )
    notes = [NOTES.get(contents.script, ""), *(f"There is {remark}." for remark in contents.remarks)]
    return (
        f"""# A model of task={model["task"]} with cell={model["cell"]}

Exported by rnnlab {model["rnnlab"]}. It needs {chosen.needs}, and nothing of rnnlab:

{commands}

Each answer is a line of JSON. `predict.py` is short: it reads `model.json`, encodes, asks the programs and decodes, and
`import predict` gives its functions to a server.

| program | inputs | returns |
|---|---|---|
{programs}

`batch` and `steps` may be any number. A program of one step also takes the parts of a state, `state_0` and so on, and
returns the next state: a loop reads a sequence of any length, and a stream without an end. `model.json` says the shape
of each part and the number that it begins with, the vocabulary or the scaler, and the labels.

{chr(10).join(filter(None, notes))}
""".rstrip()
        + "\n"
    )


def _told(inputs: list[dict[str, Any]]) -> str:
    return ", ".join(f"`{given['name']}` {_shape(given['shape'])} {given['type']}" for given in inputs)


def _returned(program: Mapping[str, Any]) -> str:
    return f"`{program['output']}`" + (", the next state" if program["state"] else "")


def _shape(sizes: list[int | str]) -> str:
    return f"({', '.join(map(str, sizes))})"
