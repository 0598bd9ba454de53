"""`rnnlab study`: a question's sweep, and its answer in the study's README."""

from __future__ import annotations

import textwrap
from pathlib import Path

from rich.console import Console
from rich.text import Text

from rnnlab.commands import train
from rnnlab.config.compose import compose, compose_train, plain, readable_errors
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.report.compare import Comparison, compare
from rnnlab.report.figures import learning_curves
from rnnlab.report.readme import fill_in
from rnnlab.report.render import markdown, terminal
from rnnlab.report.write import FIGURE, write_report
from rnnlab.training.folder import RUNS, RunFolder, plan_file, planned_runs, write_atomically

EXPERIMENTS = Path("experiments")
SAMPLES = 10
LINE = 100  # what is longer than a line is shown alone


def main(arguments: list[str]) -> int:
    """Run what is still to be run, compare, and write table, figure and answer into the study's README.

    Raises:
        UserError: There is no such study, or its configuration is wrong.
        RunsFailedError: Some runs failed; the README then shows the others and says which are missing.
    """
    folder = _folder(str(compose("study", arguments)["name"]))
    sweep = _sweep(folder)
    failure: RunsFailedError | None = None
    plan_file(sweep).unlink(missing_ok=True)  # what an earlier form of the study planned is no part of its answer
    try:
        train.main(_train_arguments(folder))
    except RunsFailedError as error:
        failure = error
    planned = planned_runs(sweep)
    if failure is not None and not any(RunFolder(sweep / name).result() for name in planned):
        raise failure
    comparison = compare([sweep], only=planned)
    write_report(comparison, sweep / "report")
    samples = _samples(comparison.best_run)
    _write_readme(folder, comparison, samples)
    _show(comparison, samples, folder)
    if failure is not None:
        raise failure
    return 0


def _folder(name: str) -> Path:
    folder = EXPERIMENTS / name
    if (folder / "study.yaml").is_file():
        return folder
    studies = sorted(path.parent.name for path in EXPERIMENTS.glob("*/study.yaml"))
    known = f"the studies are {', '.join(studies)}" if studies else "no experiments/*/study.yaml lies here"
    raise UserError(f"name={name}: there is no {folder / 'study.yaml'}; {known}")


def _train_arguments(folder: Path) -> list[str]:
    return ["--config-dir", str(folder), "--config-name", "study"]


def _sweep(folder: Path) -> Path:
    with readable_errors("train"):
        return RUNS / str(plain(compose_train(_train_arguments(folder))[1])["sweep"])


def _samples(best_run: Path) -> str:
    """What the best run makes up, from a fixed seed: some names in a row, or one text; '' where it makes up nothing."""
    from rnnlab.tasks.abilities import Generates  # imports torch, which training has done in other processes
    from rnnlab.training.trained import Trained

    model = Trained(best_run)
    if not isinstance(model.task, Generates):
        return ""
    items = model.generate(samples=SAMPLES)
    return ", ".join(items) if max(map(len, items)) <= LINE else items[0].strip("\n")


def _write_readme(folder: Path, comparison: Comparison, samples: str) -> None:
    write_atomically(folder / FIGURE, learning_curves(comparison))
    block = textwrap.indent(samples, "    ")
    made_up = f"\nMade up by the best run:\n\n{block}\n" if samples else ""
    fill_in(folder / "README.md", folder.name, markdown(comparison, FIGURE) + made_up)


def _show(comparison: Comparison, samples: str, folder: Path) -> None:
    console = Console(highlight=False)
    terminal(comparison, console)
    if samples:
        console.print(f"\nMade up by {comparison.best_run}:\n")
        console.print(Text(textwrap.indent(samples, "  ")))
    console.print(f"\nWritten to {folder / 'README.md'}", soft_wrap=True)
