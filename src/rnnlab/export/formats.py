"""The formats in which programs are written: ONNX, and the exported programs of torch."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from rnnlab.errors import UserError
from rnnlab.export.kernels import translations, with_kernels
from rnnlab.export.programs import Program, state_of

State = tuple[Tensor, ...]


class Format:
    """A format of programs.

    Attributes:
        suffix: Of a program's file.
        runtime: The module of `rnnlab.export.scripts` that runs such programs.
        needs: The packages that such a script needs, for people.
        packages: The packages that writing needs.
    """

    suffix: str
    runtime: str
    needs: str
    packages: ClassVar[Sequence[str]] = ()

    def check(self) -> None:
        """Raise UserError if a package is missing."""
        for package in self.packages:
            if importlib.util.find_spec(package) is None:
                raise UserError(
                    f"format={self.suffix}: the package {package} is not installed; pip install 'rnnlab[export]'"
                )

    @abstractmethod
    def write(self, program: Program, file: Path) -> None:
        """Write a program."""

    @abstractmethod
    def run(self, file: Path, inputs: Sequence[Tensor], state: State) -> list[Tensor]:
        """Run a written program; return its output and the parts of the next state."""


class Torch(Format):
    """The exported programs of torch, `.pt2`."""

    suffix, runtime, needs = "pt2", "torch_program", "torch"

    def write(self, program: Program, file: Path) -> None:
        torch.export.save(with_kernels(traced(program)), file)

    def run(self, file: Path, inputs: Sequence[Tensor], state: State) -> list[Tensor]:
        with torch.no_grad():
            return list(torch.export.load(file).module()(*inputs, state))


class Onnx(Format):
    """ONNX, whose files hold the weights too."""

    suffix, runtime, needs = "onnx", "onnx_program", "onnxruntime and NumPy"
    packages = ("onnxscript", "onnxruntime")

    def write(self, program: Program, file: Path) -> None:
        states = [part["name"] for part in program.card["state"]]
        with _quiet():
            written = torch.onnx.export(
                traced(program),
                dynamo=True,
                verbose=False,
                input_names=[*program.inputs, *states],
                output_names=[program.output, *(f"next_{name}" for name in states)],
                custom_translation_table=translations(),
            )
            assert written is not None
            written.save(file)

    def run(self, file: Path, inputs: Sequence[Tensor], state: State) -> list[Tensor]:
        import onnxruntime

        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        names = [given.name for given in session.get_inputs()]
        feed = {name: tensor.numpy() for name, tensor in zip(names, (*inputs, *state), strict=True)}
        return [torch.from_numpy(array) for array in session.run(None, feed)]


FORMATS: dict[str, Format] = {"onnx": Onnx(), "torch": Torch()}


def traced(program: Program) -> ExportedProgram:
    """Trace a program by its examples, with axes of any length where it says so."""
    rows = len(next(iter(program.inputs.values())))
    state = tuple(state_of(program, rows))
    shapes = [dict.fromkeys(program.axes[name], Dim.DYNAMIC) for name in program.inputs]
    # Contiguous, as an array of numbers is: torch makes a condition of how an example lies in memory.
    given = (*(example.contiguous() for example in program.inputs.values()), state)
    with torch.no_grad(), _quiet():
        return torch.export.export(
            program.network, given, dynamic_shapes=(*shapes, tuple({1: Dim.DYNAMIC} for _ in state))
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep exporters from talking of themselves, such as of packages that they would do more with."""
    loggers = [logging.getLogger(name) for name in ("torch", "torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
