"""`rnnlab study`: a question's sweep, and its answer in the study's README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from rnnlab.commands import train
from rnnlab.config.compose import compose, compose_train, plain, readable_errors
from rnnlab.data.words import words
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.report.answers import MOST_COLUMNS, Answers
from rnnlab.report.compare import Comparison, compare
from rnnlab.report.figures import learning_curves
from rnnlab.report.made_up import MadeUp
from rnnlab.report.readme import fill_in
from rnnlab.report.render import markdown, terminal
from rnnlab.report.search import HISTORY, IMPORTANCE, TEXT
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
    config = _configuration(folder)
    sweep = RUNS / str(config["sweep"])
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
    example = _example(comparison, config["task"].get("shown", ()))
    _write_readme(folder, sweep / "report", comparison, example)
    _show(comparison, example, folder)
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


def _configuration(folder: Path) -> dict[str, Any]:
    """What all runs of the study have; where a value is swept, its default."""
    with readable_errors("train"):
        return plain(compose_train(_train_arguments(folder))[1])


def _example(comparison: Comparison, texts: Sequence[str]) -> MadeUp | Answers | None:
    """What the best run makes up, or what each configuration's best run says of the texts; None for other tasks."""
    from rnnlab.tasks.abilities import Classifies, Generates  # imports torch, which training has done elsewhere
    from rnnlab.training.trained import Trained

    best = Trained(comparison.best_run)
    if isinstance(best.task, Generates):
        items = best.generate(samples=SAMPLES)
        return MadeUp(comparison.best_run, ", ".join(items) if max(map(len, items)) <= LINE else items[0].strip("\n"))
    if not (isinstance(best.task, Classifies) and texts):
        return None
    asked = {text: words(text) for text in texts}
    shown = comparison.best_runs[:MOST_COLUMNS]
    said = [(label, Trained(run).predict(list(asked))) for label, run in shown]
    return Answers(asked, said, left_out=len(comparison.best_runs) - len(shown))


def _write_readme(folder: Path, report: Path, comparison: Comparison, example: MadeUp | Answers | None) -> None:
    write_atomically(folder / FIGURE, learning_curves(comparison))
    results = [markdown(comparison, FIGURE)]
    if example:
        results.append(example.markdown())
    if (report / TEXT).is_file():
        results.append((report / TEXT).read_text(encoding="utf-8"))
        for figure in (report / name for name in (HISTORY, IMPORTANCE) if (report / name).is_file()):
            write_atomically(folder / figure.name, figure.read_bytes())
    fill_in(folder / "README.md", folder.name, "\n".join(results))


def _show(comparison: Comparison, example: MadeUp | Answers | None, folder: Path) -> None:
    console = Console(highlight=False)
    terminal(comparison, console)
    if example:
        console.print()
        example.terminal(console)
    console.print(f"\nWritten to {folder / 'README.md'}", soft_wrap=True)
