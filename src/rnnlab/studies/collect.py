"""Collect the results of a study's runs and their trained networks in its runs.jsonl.gz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from rnnlab.analysis.comparison import Comparison, compare_runs
from rnnlab.charts.document import Document
from rnnlab.charts.paper import png
from rnnlab.config.compose import compose_train, readable_errors
from rnnlab.config.literals import quote
from rnnlab.records.folder import RUNS, planned_runs, write_atomically
from rnnlab.records.identity import hash_in
from rnnlab.records.reading import RecordedFiles, Run, find_runs
from rnnlab.records.recording import Recording, Section, write_recording
from rnnlab.records.rounds import read_rounds
from rnnlab.report.answer.document import document as answer_values
from rnnlab.report.search import HISTORY, IMPORTANCE, TEXT
from rnnlab.report.sections.answers import MOST_COLUMNS
from rnnlab.report.sections.examples import read_examples
from rnnlab.report.write import write_report
from rnnlab.studies.computed import check_beside, compute
from rnnlab.studies.documents import document_markdown
from rnnlab.studies.probing import measure_runs, probe_configurations
from rnnlab.studies.study import Study


@dataclass(frozen=True)
class StudyPlan:
    """The sweep of a study and its questions to the trained networks.

    Attributes:
        words: The arguments of `rnnlab train` that train it.
        sweep: The folder of its runs.
        holds: A bound on a metric, whose range is reported; None for none.
        shown: The texts that classifiers predict.
        probes: The configuration of each probe.
        beside: What is computed beside the networks: a function and its settings; None for nothing.
    """

    words: Sequence[str]
    sweep: Path
    holds: str | None
    shown: Sequence[str]
    probes: Sequence[Mapping[str, Any]]
    beside: Mapping[str, Any] | None


def plan_study(study: Study, data_path: str | None = None) -> StudyPlan:
    """Compose a study's study.yaml and its probes, so that an error is raised before anything is trained.

    Args:
        study: The study.
        data_path: Where its data lies, which may be outside of the study's folder; None for where study.yaml says.

    Raises:
        UserError: It does not compose.
    """
    words = ["--config-dir", str(study.folder), "--config-name", "study"]
    words += [] if data_path is None else [f"data.path={quote(data_path)}"]
    with readable_errors("train"):
        config = compose_train(words).config
        sweep, holds, listed, beside = (_value(config, key) for key in ("sweep", "holds", "probes", "beside"))
        shown = _value(config, "task.shown") or ()
    probes = probe_configurations(listed)
    if beside is not None:
        check_beside(beside)
    return StudyPlan(words, RUNS / str(sweep), holds, shown, probes, beside)


def _value(config: DictConfig, key: str) -> Any:
    """Return a value, resolved by itself: other keys may have none but those that the sweep gives them."""
    value = OmegaConf.select(config, key)
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def planned(sweep: Path) -> list[Run]:
    """Return every run that was planned for a sweep, finished or not; its folder may have been renamed."""
    plan = {hash_in(name) or name for name in planned_runs(sweep)}
    return [run for run in find_runs([sweep]) if (hash_in(run.folder.name) or run.folder.name) in plan]


def collect(study: Study, plan: StudyPlan) -> None:
    """Write the report of a study's sweep, the study's runs.jsonl.gz, and the figures that need networks or trials.

    Raises:
        UserError: None of the runs is complete, or a probe cannot measure what it is asked.
    """
    runs = planned(plan.sweep)
    rounds = read_rounds(plan.sweep)
    comparison = compare_runs(plan.sweep.name, runs, holds=plan.holds, asked=study.asked(), rounds=rounds)
    report = plan.sweep / "report"
    write_report(comparison, report)
    answers = _answers(comparison, plan.shown)
    recording = Recording(
        study=plan.sweep.name,
        runs=[_recorded(run, answers.get(run.folder, ())) for run in runs],
        holds=plan.holds,
        shown=list(dict.fromkeys(plan.shown)) if answers else (),
        probes=_measure(study, comparison, plan.probes),
        search=_search(study, report),
        beside=_beside(study, comparison, plan.beside),
        rounds=rounds,
    )
    write_recording(study.recording, recording)


def _recorded(run: Run, answers: Sequence[Mapping[str, Any]]) -> Run:
    return replace(run, recorded=RecordedFiles(run.curves(), run.timing(), run.examples(), answers))


def _answers(comparison: Comparison, texts: Sequence[str]) -> dict[Path, list[dict[str, Any]]]:
    """Return the predictions of each configuration's best run for texts, by folder; empty without classes."""
    if not (read_examples(comparison.best).labels and texts):
        return {}
    from rnnlab.training.trained import Trained  # imports torch, which training has done elsewhere

    return {
        run.folder: [asdict(prediction) for prediction in Trained(run.folder).predict_labels(dict.fromkeys(texts))]
        for _, run in comparison.best_runs[:MOST_COLUMNS]
    }


def _measure(study: Study, comparison: Comparison, configs: Sequence[Mapping[str, Any]]) -> Section:
    """Let the probes measure the best runs, and draw what they return."""
    measured = measure_runs(comparison, configs)
    if not measured.blocks:
        return Section()
    return _section(study, measured, str(measured.blocks[1]))  # the answer is below the first probe's heading


def _beside(study: Study, comparison: Comparison, node: Mapping[str, Any] | None) -> Section:
    """Compute what stands beside the networks, from what is known of them."""
    if node is None:
        return Section()
    document = compute({**node, "answer": answer_values(comparison.answer)})
    return _section(study, document, str(document.blocks[0]))


def _section(study: Study, document: Document, answer: str) -> Section:
    """Draw the charts of a document into the study's folder, and return it as a part of the page."""
    for chart in document.charts:
        write_atomically(study.folder / f"{chart.name}.png", png(chart))
    return Section(document_markdown(document), answer, tuple(f"{chart.name}.png" for chart in document.charts))


def _search(study: Study, report: Path) -> Section:
    """Copy what a search has written into the sweep's report."""
    if not (report / TEXT).is_file():
        return Section()
    figures = [name for name in (HISTORY, IMPORTANCE) if (report / name).is_file()]
    for name in figures:
        write_atomically(study.folder / name, (report / name).read_bytes())
    return Section((report / TEXT).read_text(encoding="utf-8"), figures=tuple(figures))
