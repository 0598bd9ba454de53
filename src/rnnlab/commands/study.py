"""`rnnlab study`: train what a study asks for, record the runs, and write the answer into the study's README."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from rnnlab.commands.train import train
from rnnlab.config.compose import compose
from rnnlab.config.schema import check
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.records.folder import plan_file
from rnnlab.report.render import print_headline
from rnnlab.studies.collect import collect, plan_study, planned
from rnnlab.studies.computed import REFERENCE, compute, reference_of, write_computed
from rnnlab.studies.documents import print_document
from rnnlab.studies.new_study import new_study
from rnnlab.studies.page import Page, write_page
from rnnlab.studies.study import EXPERIMENTS, Study, find_study
from rnnlab.terminal import Terminal
from rnnlab.verbosity import is_quiet, is_verbose

NEW = "new"
ONLY = "only"  # the value of `report` with which nothing is trained


def main(arguments: list[str]) -> int:
    """Run what is still to be run, record it, and write table, figures and answer into the study's README.

    The same results give the same bytes. `rnnlab study new` starts a study instead. A study of the reference shows
    what `reference.KEY=VALUE` would change, and writes only what its `study.yaml` asks for.

    Raises:
        UserError: There is no such study, its configuration is wrong, or there is nothing to report.
        RunsFailedError: Some runs failed; the README then shows the others and says which are missing.
    """
    if arguments[:1] == [NEW]:
        return _begin(arguments[1:])
    changes = [word for word in arguments if word.startswith(f"{REFERENCE}.")]
    config = compose("study", [word for word in arguments if word not in changes])
    check({"report": config["report"]})
    study, console = find_study(str(config["name"])), Terminal(highlight=False)
    path, reference = config["data"]["path"], reference_of(study, changes)
    if path is not None and (reference or config["report"] == ONLY):
        raise UserError("data.path: a study of the reference and report=only read no data; leave it out")
    if reference:
        return _compute(study, changes, console)
    failure = None if config["report"] == ONLY else _train(study, path)
    page = write_page(study)
    _print_page(study, page, console)
    if page.kept and config["report"] == ONLY and not is_quiet():
        console.print(f"Kept, since only a training draws them: {', '.join(page.kept)}", soft_wrap=True)
    console.print(f"Written to {study.readme}", soft_wrap=True)
    if failure is not None:
        raise failure
    return 0


def _print_page(study: Study, page: Page, console: Console) -> None:
    """Print the page of a study: its headline alone where the command is quiet, all of it where it is verbose."""
    if is_quiet():
        print_headline(page.comparison, console)
    elif is_verbose():
        console.print(Text(study.readme.read_text(encoding="utf-8")), soft_wrap=True)
    else:
        page.print(console)


def _begin(arguments: list[str]) -> int:
    given = compose("study", arguments)
    for key in ("report", "data.path"):
        if any(word.startswith(f"{key}=") for word in arguments):
            raise UserError(f"{key}: a new study has no data and no results yet; give its name and question")
    file = new_study(EXPERIMENTS, str(given["name"]), given["question"])
    Terminal(highlight=False).print(f"{file} asks; `rnnlab study name={given['name']}` answers.", soft_wrap=True)
    return 0


def _train(study: Study, data_path: str | None) -> RunsFailedError | None:
    """Train what is not complete and record all runs; return the failure of some of them."""
    plan, failure = plan_study(study, data_path), None
    plan_file(plan.sweep).unlink(missing_ok=True)  # what an earlier form of the study planned is no part of its answer
    try:
        train(list(plan.words), compares=False)  # the page says more
    except RunsFailedError as error:
        if not any(run.is_complete for run in planned(plan.sweep)):
            raise
        failure = error
    collect(study, plan)
    return failure


def _compute(study: Study, changes: list[str], console: Console) -> int:
    reference = reference_of(study, changes)
    document = compute(reference)
    if not changes:
        write_computed(study, document, reference)
    print_document(document, console)
    where = f"Not written: {study.file} asks for something else" if changes else f"Written to {study.readme}"
    console.print(where, soft_wrap=True)
    return 0
