"""`rnnlab study`: a question's sweep, or a lesson that trains nothing, and its answer in the study's README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.commands import probe, train
from rnnlab.config.compose import compose, compose_train, plain, readable_errors
from rnnlab.config.targets import build
from rnnlab.data.text.words import words
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.records.folder import RUNS, RunFolder, plan_file, planned_runs, write_atomically
from rnnlab.reference.lesson import Lesson
from rnnlab.report.answers import MOST_COLUMNS, Answers
from rnnlab.report.examples import Specimens
from rnnlab.report.figures import telling_charts
from rnnlab.report.render import markdown, terminal
from rnnlab.report.search import HISTORY, IMPORTANCE, TEXT
from rnnlab.report.write import write_figures, write_report
from rnnlab.studies import lesson as lessons
from rnnlab.studies.new_study import new_study
from rnnlab.studies.readme import fill_in, write_index

EXPERIMENTS = Path("experiments")
NEW = "new"
REFERENCE = "reference"  # the key of a study that runs a function of rnnlab.reference in place of a sweep


def main(arguments: list[str]) -> int:
    """Run what is still to be run, compare, and write table, figures and answer into the study's README.

    The same results give the same bytes. `rnnlab study new` starts a study instead. A study of the reference shows
    what `reference.KEY=VALUE` would change, and writes only what its `study.yaml` asks for.

    Raises:
        UserError: There is no such study, or its configuration is wrong.
        RunsFailedError: Some runs failed; the README then shows the others and says which are missing.
    """
    if arguments[:1] == [NEW]:
        return _begin(arguments[1:])
    changes = [word for word in arguments if word.startswith(f"{REFERENCE}.")]
    folder = _folder(str(compose("study", [word for word in arguments if word not in changes])["name"]))
    if node := _reference(folder, changes):
        return _teach(folder, node, written=not changes)
    config = _configuration(folder)
    probes = probe.configurations(config["probes"])
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
    comparison = compare([sweep], only=planned, holds=config["holds"])
    write_report(comparison, sweep / "report")
    example = _example(comparison, config["task"].get("shown", ()))
    seen = probe.look_into(comparison, probes)
    _write_readme(folder, sweep / "report", comparison, example, seen)
    write_index(EXPERIMENTS)
    _show(comparison, example, folder)
    if failure is not None:
        raise failure
    return 0


def _begin(arguments: list[str]) -> int:
    given = compose("study", arguments)
    file = new_study(EXPERIMENTS, str(given["name"]), given["question"])
    Console(highlight=False).print(f"{file} asks; `rnnlab study name={given['name']}` answers.", soft_wrap=True)
    return 0


def _folder(name: str) -> Path:
    folder = EXPERIMENTS / name
    if (folder / "study.yaml").is_file():
        return folder
    studies = sorted(path.parent.name for path in EXPERIMENTS.glob("*/study.yaml"))
    known = f"the studies are {', '.join(studies)}" if studies else "no experiments/*/study.yaml lies here"
    raise UserError(f"name={name}: there is no {folder / 'study.yaml'}; {known}")


def _reference(folder: Path, changes: list[str]) -> dict[str, Any]:
    """What a study calls in place of training, with the changes of the command line; empty where it trains."""
    with readable_errors("study"):
        study = OmegaConf.to_container(OmegaConf.load(folder / "study.yaml"))
        changed = OmegaConf.to_container(OmegaConf.from_dotlist(changes))
    node = study.get(REFERENCE, {}) if isinstance(study, dict) else {}
    if not isinstance(node, dict) or (node and "_target_" not in node):
        raise UserError(f"{folder / 'study.yaml'}: {REFERENCE} must be a function's name as _target_, and its settings")
    given = changed.get(REFERENCE, {}) if isinstance(changed, dict) else {}
    keys = [str(key) for key in node if key != "_target_"]
    for key in given if isinstance(given, dict) else ():
        if key not in keys:
            there = f"its keys are {', '.join(keys)}" if node else f"{folder / 'study.yaml'} trains networks"
            raise UserError(f"{REFERENCE}.{key}: unknown key; {there}")
    return {str(key): value for key, value in {**node, **given}.items()}


def _teach(folder: Path, node: dict[str, Any], written: bool) -> int:
    """Call what the node names, show the lesson that it returns, and write it into the README."""
    try:
        lesson = build(node)
    except (ValueError, TypeError) as error:
        raise UserError(f"{REFERENCE}: {error}") from error
    if not isinstance(lesson, Lesson):
        raise UserError(f"{REFERENCE}._target_: {node['_target_']} returns no Lesson")
    if written:
        settings = {key: value for key, value in node.items() if key != "_target_"}
        fill_in(folder / "README.md", folder.name, f"{lessons.markdown(lesson)}\n\n{lessons.made_with(settings)}")
        write_figures(lessons.charts(lesson), folder, before=folder / "README.md")
        write_index(EXPERIMENTS)
    console = Console(highlight=False)
    lessons.terminal(lesson, console)
    file = folder / ("README.md" if written else "study.yaml")
    where = f"Written to {file}" if written else f"Not written: {file} asks for something else"
    console.print(where, soft_wrap=True)
    return 0


def _train_arguments(folder: Path) -> list[str]:
    return ["--config-dir", str(folder), "--config-name", "study"]


def _configuration(folder: Path) -> dict[str, Any]:
    """What all runs of the study have; where a value is swept, its default."""
    with readable_errors("train"):
        return plain(compose_train(_train_arguments(folder))[1])


def _example(comparison: Comparison, texts: Sequence[str]) -> Specimens | Answers:
    """What the best run makes up, or what each configuration's best run says of the texts."""
    specimens = Specimens.of(comparison.best.folder)
    if not (specimens.labels and texts):
        return specimens
    from rnnlab.tasks.capabilities import Tags
    from rnnlab.training.trained import Trained  # imports torch, which training has done elsewhere

    asked = {text: words(text) for text in texts}
    shown = comparison.best_runs[:MOST_COLUMNS]
    said = []
    for label, model in ((label, Trained(run)) for label, run in shown):
        tags = isinstance(model.task, Tags)
        said.append((label, [its.prediction for its in model.tag(asked)] if tags else model.predict(asked)))
    return Answers(asked, said, left_out=len(comparison.best_runs) - len(shown))


def _write_readme(
    folder: Path, report: Path, comparison: Comparison, example: Specimens | Answers, seen: Lesson
) -> None:
    drawn = telling_charts(comparison)
    write_figures([*drawn, *lessons.charts(seen)], folder, before=folder / "README.md")
    results = [markdown(comparison, drawn), example.markdown()]
    # What probes have seen is the answer where there is no other.
    results.insert(len(results) if comparison.repeated else 0, lessons.markdown(seen))
    if (report / TEXT).is_file():
        results.append((report / TEXT).read_text(encoding="utf-8"))
        for figure in (report / name for name in (HISTORY, IMPORTANCE) if (report / name).is_file()):
            write_atomically(folder / figure.name, figure.read_bytes())
    fill_in(folder / "README.md", folder.name, "\n".join(filter(None, results)))


def _show(comparison: Comparison, example: Specimens | Answers, folder: Path) -> None:
    console = Console(highlight=False)
    terminal(comparison, console)
    console.print()
    example.terminal(console)
    console.print(f"\nWritten to {folder / 'README.md'}", soft_wrap=True)
