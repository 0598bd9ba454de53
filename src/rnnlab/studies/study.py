"""A study: a folder that asks a question in `study.yaml` and holds its answer."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnnlab.analysis.question import Asked, asked
from rnnlab.config.locations import shipped_studies
from rnnlab.config.plain_files import read_json, read_yaml
from rnnlab.control_characters import to_json
from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically
from rnnlab.records.reading import OBJECTIVE
from rnnlab.verbosity import note

EXPERIMENTS = Path("experiments")  # under the current folder: experiments/STUDY
RECORDING = "runs.jsonl.gz"  # in a study, what its runs left


@dataclass(frozen=True)
class Results:
    """The answer of a study, as results.json keeps it and the index of studies shows it.

    Attributes:
        answer: Its sentences, as Markdown.
        figure: The name of the picture that the index shows; empty without one.
        figures: The names of all pictures of the results.
    """

    answer: str
    figure: str
    figures: Sequence[str]


@dataclass(frozen=True)
class Study:
    """`experiments/STUDY/` and what lies in it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def file(self) -> Path:
        """The file study.yaml, a Hydra configuration."""
        return self.folder / "study.yaml"

    @property
    def readme(self) -> Path:
        """A person's words around the results."""
        return self.folder / "README.md"

    @property
    def recording(self) -> Path:
        """The file runs.jsonl.gz, the recording of the runs."""
        return self.folder / RECORDING

    @property
    def results_file(self) -> Path:
        """The answer, for the index."""
        return self.folder / "results.json"

    @property
    def question(self) -> str:
        """The comment at the head of study.yaml, as one line; the study's name where there is none."""
        text = self.file.read_text(encoding="utf-8-sig", errors="replace").lstrip()
        head = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
        return " ".join(line.lstrip("# ") for line in head if "@package" not in line) or self.name

    def asked(self) -> Asked:
        """Return the question of its `compare`, which may be asked anew of recorded runs; of a search, by its metric.

        Raises:
            UserError: study.yaml cannot be read, or a role is wrong.
        """
        try:
            config = read_yaml(self.file)
        except (OSError, ValueError) as error:
            raise UserError(f"{self.file}: {error}") from error
        config = config if isinstance(config, dict) else {}
        searched = _node(_node(config, "hydra"), "sweeper").get("metric")
        return asked({"metric": searched if searched != OBJECTIVE else None, **_node(config, "compare")})

    def read_results(self) -> Results | None:
        """Return what results.json says; None while there is none.

        Raises:
            UserError: It is damaged.
        """
        try:
            values = read_json(self.results_file)
            answer, figure, figures = values["answer"], values["figure"], values["figures"]
            if not (isinstance(figures, list) and all(isinstance(text, str) for text in (answer, figure, *figures))):
                raise ValueError("`answer` and `figure` are to be texts, and `figures` a list of texts")
            if any(Path(name).name != name or not name.endswith(".png") for name in filter(None, (figure, *figures))):
                raise ValueError("a figure is a PNG in the study's folder")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UserError(
                f"{self.results_file}: not the results of a study ({error!r}); remove it and write it anew"
            ) from error
        return Results(answer, figure, tuple(figures))

    def write_results(self, results: Results) -> None:
        """Write results.json."""
        write_atomically(self.results_file, to_json(asdict(results), indent=2, ensure_ascii=False) + "\n")


def _node(config: dict[str, Any], key: str) -> dict[str, Any]:
    node = config.get(key)
    return node if isinstance(node, dict) else {}


def find_studies(experiments: Path) -> Iterator[Study]:
    """Yield every study in a folder of them, by name."""
    return (Study(file.parent) for file in sorted(experiments.glob("*/study.yaml")))


def find_study(name: str, experiments: Path = EXPERIMENTS) -> Study:
    """Return the study of this name; one that rnnlab ships is put there first, where there is none.

    Raises:
        UserError: There is none.
    """
    study = Study(experiments / name)
    if study.file.is_file():
        return study
    own = {other.name for other in find_studies(experiments)}
    shipped = {other.name: other for other in find_studies(shipped_studies())}
    if name in shipped and not study.folder.exists():
        _put(shipped[name], study)
        return study
    near = difflib.get_close_matches(name, {*own, *shipped}, n=1)
    known = f"did you mean {near[0]}?" if near else f"the studies are {', '.join(sorted(own or shipped))}"
    raise UserError(f"name={name}: there is no {study.file}; {known}")


def _put(shipped: Study, study: Study) -> None:
    """Copy the question of a study, its words and what was recorded of its runs."""
    for file in (shipped.recording, shipped.results_file, shipped.readme, *shipped.folder.glob("*.yaml")):
        if file.is_file():
            write_atomically(study.folder / file.name, file.read_bytes())
    note(f"{study.folder} is the study of this name that rnnlab ships")
