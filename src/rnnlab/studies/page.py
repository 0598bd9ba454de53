"""A study's page, written from its runs.jsonl.gz: the results in its README, the figures, and the index of studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from rnnlab.analysis.comparison import Comparison, compare_runs
from rnnlab.charts.paper import png
from rnnlab.charts.values import Chart
from rnnlab.data.text.words import words
from rnnlab.errors import UserError
from rnnlab.records.folder import write_atomically
from rnnlab.records.recording import Recording, read_recording
from rnnlab.report.answer.headline import headline
from rnnlab.report.figures.options import study_charts
from rnnlab.report.render import markdown, terminal
from rnnlab.report.sections.answers import MOST_COLUMNS, Answers
from rnnlab.report.sections.examples import Samples, samples_of
from rnnlab.report.wording import escaped
from rnnlab.studies.index import write_index
from rnnlab.studies.readme import fill_in
from rnnlab.studies.study import RECORDING, Results, Study
from rnnlab.tasks.predictions import Prediction


@dataclass(frozen=True)
class Page:
    """The page of a study as it was written.

    Attributes:
        comparison: The comparison of its runs.
        examples: Samples of the best run, or the predictions of each configuration's best run for the study's texts.
        kept: The names of the figures that were kept, since only a training can draw them.
    """

    comparison: Comparison
    examples: Samples | Answers
    kept: Sequence[str]

    def print(self, console: Console) -> None:
        """Print the ranking and the examples."""
        terminal(self.comparison, console, RECORDING)
        console.print()
        self.examples.terminal(console)
        console.print()


def write_page(study: Study) -> Page:
    """Write the page of a study from its recorded runs; the same recording gives the same bytes.

    Raises:
        UserError: runs.jsonl.gz is missing or damaged, none of its runs is complete, or the README lost a mark.
    """
    recording = read_recording(study.recording)
    comparison = _comparison(study, recording)
    examples, charts = _examples(comparison, recording), study_charts(comparison)
    kept = (*recording.beside.figures, *recording.probes.figures, *recording.search.figures)
    parts = [markdown(comparison, charts, RECORDING, most=None), recording.beside.text, examples.markdown()]
    # What probes have measured is the answer where there is no other.
    parts.insert(len(parts) if comparison.repeated else 0, recording.probes.text)
    parts.append(recording.search.text)
    write_results(study, "\n".join(filter(None, parts)), charts, _results(recording, comparison, charts))
    return Page(comparison, examples, kept)


def compared(study: Study) -> Comparison:
    """Compare the recorded runs of a study.

    Raises:
        UserError: runs.jsonl.gz is missing or damaged, or none of its runs is complete.
    """
    return _comparison(study, read_recording(study.recording))


def _comparison(study: Study, recording: Recording) -> Comparison:
    return compare_runs(
        recording.study, recording.runs, holds=recording.holds, asked=study.asked(), rounds=recording.rounds
    )


def write_results(study: Study, text: str, charts: Sequence[Chart], results: Results) -> None:
    """Write the results of a study: its README, its charts and results.json, and the index of all studies.

    Pictures of earlier results that the study has no more are deleted.

    Args:
        study: The study.
        text: The results as Markdown.
        charts: Those to be drawn.
        results: The answer, and the names of all pictures, drawn here or earlier.

    Raises:
        UserError: The README lost a mark.
    """
    before = study.read_results()
    fill_in(study.readme, study.name, text)
    for chart in charts:
        write_atomically(study.folder / f"{chart.name}.png", png(chart))
    for name in set(before.figures if before else ()) - set(results.figures):
        (study.folder / name).unlink(missing_ok=True)
    study.write_results(results)
    write_index(study.folder.parent)


def _results(recording: Recording, comparison: Comparison, charts: Sequence[Chart]) -> Results:
    """Return the headline and the answer of the first probe.

    Where nothing is repeated a ranking finds nothing, and the probe's answer is the only one.
    """
    ranked = [escaped(headline(comparison.answer))]
    answers = [*(ranked if comparison.repeated or not recording.probes.text else ()), recording.probes.answer]
    drawn = [f"{chart.name}.png" for chart in charts]
    figures = [*recording.probes.figures, *drawn, *recording.beside.figures, *recording.search.figures]
    return Results("\n\n".join(filter(None, answers)), figures[0] if figures else "", figures)


def _examples(comparison: Comparison, recording: Recording) -> Samples | Answers:
    """Return samples of the best run, or the predictions of each configuration's best run for the study's texts."""
    if not recording.shown:
        return samples_of(comparison.best)
    best = comparison.best_runs[:MOST_COLUMNS]
    by_label = [(label, [Prediction(**answer) for answer in run.answers]) for label, run in best]
    if any(len(predictions) != len(recording.shown) for _, predictions in by_label):
        raise UserError(f"{recording.study}: a recorded run has not answered each of the texts that the study shows")
    texts = {text: words(text) for text in recording.shown}
    return Answers(texts, by_label, left_out=len(comparison.best_runs) - len(best))
