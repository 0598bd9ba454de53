"""Writing an exported folder: whole or not at all, and only where nothing else lies."""

from __future__ import annotations

import ast
import importlib.metadata
import tempfile
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnnlab.config.plain_files import read_json
from rnnlab.control_characters import to_json
from rnnlab.errors import UserError
from rnnlab.export.contents import contents_of
from rnnlab.export.formats import FORMATS, Format
from rnnlab.export.programs import Contents
from rnnlab.export.readme import readme
from rnnlab.nn.modes import evaluation_mode
from rnnlab.tasks.base import SequenceTask

MODEL, README, SCRIPT = "model.json", "README.md", "predict.py"
MARK, VERSION = "rnnlab export", 1  # of model.json
LARGEST_DIFFERENCE = 1e-4  # rounding is a hundredth of it; a program of something else is off by far more
RUNTIME = (
    "from rnnlab.export.scripts.onnx_program import MODEL, Program\n"  # the line that a runtime takes the place of
)


def export(task: SequenceTask, folder: Path, format: str = "onnx") -> tuple[str, ...]:
    """Write a trained task as a folder that runs without rnnlab.

    Args:
        task: The task.
        folder: Where it goes; nothing, an empty folder or an earlier export may lie there.
        format: `onnx` or `torch`.

    Returns:
        Lines on what is left out, and why.

    Raises:
        UserError: The task cannot be exported, a package is missing, or something else lies in the folder.
    """
    chosen = FORMATS[format]
    chosen.check()
    _check_place(folder)
    with evaluation_mode(task), torch.no_grad():
        contents = contents_of(task)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
            made = Path(temporary) / "new"
            made.mkdir()
            _write(contents, chosen, made, task.card["config"])
            if folder.exists():
                folder.rename(Path(temporary) / "old")
            made.rename(folder)
    return contents.remarks


def _write(contents: Contents, chosen: Format, folder: Path, config: Mapping[str, Any]) -> None:
    files = {name: f"{name}.{chosen.suffix}" for name in contents.programs}
    for name, program in contents.programs.items():
        chosen.write(program, folder / files[name])

    def run(name: str, inputs: Sequence[Tensor], state: Sequence[Tensor]) -> list[Tensor]:
        return chosen.run(folder / files[name], inputs, tuple(state))

    if not (difference := contents.difference(run)) <= LARGEST_DIFFERENCE:
        raise UserError(
            f"checkpoint: this {config['task']['name']} model computes something else than its program of cell="
            f"{config['cell']['name']}, by {difference:.1g}; it cannot be exported"
        )
    model = {
        "format": MARK,
        "format_version": VERSION,
        "rnnlab": importlib.metadata.version("rnnlab"),
        "task": config["task"]["name"],
        "cell": config["cell"]["name"],
        "programs": {name: {"file": files[name], **p.card} for name, p in contents.programs.items()},
        **contents.values,
    }
    (folder / MODEL).write_text(to_json(model, indent=1) + "\n", encoding="utf-8")
    (folder / SCRIPT).write_text(script(contents.script, chosen), encoding="utf-8")
    (folder / README).write_text(readme(model, chosen, contents), encoding="utf-8")


def script(name: str, chosen: Format) -> str:
    """Return the script of a task with what runs the programs of a format in it, as one file."""
    task, runtime = (_source(module) for module in (name, chosen.runtime))
    head, body = task.split(RUNTIME)
    first = next(node for node in ast.parse(runtime).body[1:] if getattr(node, "module", "") != "__future__")
    imports = {line for line in head.splitlines() if line.startswith(("import ", "from "))}
    lines = runtime.splitlines()[first.lineno - 1 :]
    kept = "\n".join(line for line in lines if line not in imports)
    return f"{head.rstrip()}\n{kept.strip()}\n\n\n{body.strip()}\n"


def _source(module: str) -> str:
    return resources.files("rnnlab.export.scripts").joinpath(f"{module}.py").read_text(encoding="utf-8")


def _check_place(folder: Path) -> None:
    """Raise UserError if something lies there that is no export."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"output: {folder} is a file; name a folder that is not there yet")
    names = {file.name for file in folder.iterdir()}
    if names and not _is_export(folder, names):
        raise UserError(f"output: {folder} holds something else than an export of rnnlab; name another folder")


def _is_export(folder: Path, names: set[str]) -> bool:
    """Return whether an export lies there and nothing else."""
    try:
        model = read_json(folder / MODEL)
        files = {program["file"] for program in model["programs"].values()}
        return bool(model["format"] == MARK) and names <= {MODEL, README, SCRIPT, "__pycache__", *files}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
