"""report.html: one page that explains itself and needs nothing beside it, no network, no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from rnnlab.analysis.findings.classes import is_square
from rnnlab.charts.examples import Examples
from rnnlab.charts.number_format import ABSENT, loss
from rnnlab.charts.page import figure
from rnnlab.charts.palette import in_the_dark
from rnnlab.charts.values import Chart
from rnnlab.charts.words import in_words
from rnnlab.config.plain_files import read_text
from rnnlab.control_characters import shown, to_json
from rnnlab.records.folder import RunFolder
from rnnlab.records.reading import Run
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.sentences import cautions, decides, sentences
from rnnlab.report.render import MOST_ROWS, trials_sentence
from rnnlab.report.results import result_of
from rnnlab.report.sections.classes import EXPLAINED as CLASS_WORDS
from rnnlab.report.sections.classes import HEADS as CLASS_HEADS
from rnnlab.report.sections.classes import ClassTable, class_table
from rnnlab.report.sections.data import data_sets
from rnnlab.report.sections.examples import EMPTY, read_examples
from rnnlab.report.sections.findings import findings
from rnnlab.report.sections.notes import missing_sentence, notes
from rnnlab.report.sections.provenance import provenance
from rnnlab.report.tables.contrasts import CONTRASTS, EXPLAINED, sections
from rnnlab.report.tables.page import columns, rows, unfolded
from rnnlab.report.units import unit_in_words
from rnnlab.report.wording import count

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

TEMPLATES = files("rnnlab.report") / "template"
FILTERED = 10  # rows from which the table has a box to find one
MANY_CLASSES = 10  # from which a confusion matrix has room for its counts alone
WHITE_FROM = 0.72  # the share from which white stands out from the ground of a confusion matrix more than black does
SHORT = 60  # characters of a sample that leave room for others beside it
# Whatever else is in the page, a browser runs these scripts only and asks no host for anything.
POLICY = "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'"


@dataclass(frozen=True)
class Best:
    """The best run, as the page shows it.

    Attributes:
        run: The run.
        config: Its config.yaml; empty where that cannot be read.
        repeat: The command that trains it again; empty where an older version did not note it.
        examples: What it generates, and which classes it takes for which.
    """

    run: Run
    config: str
    repeat: str
    examples: Examples

    @classmethod
    def from_run(cls, run: Run) -> Best:
        """Read what the page shows of a run."""
        repeat = str(run.summary.get("repeat") or "")
        return cls(
            run,
            _text_of(RunFolder(run.folder).config),
            f"{repeat} rerun=true" if repeat else "",
            read_examples(run),
        )

    @property
    def samples(self) -> list[str]:
        return [sample or EMPTY for sample in self.examples.samples]

    @property
    def short(self) -> bool:
        """True if its samples fit side by side."""
        return all(len(sample) <= SHORT and "\n" not in sample for sample in self.samples)

    @property
    def classes(self) -> ClassTable:
        """The scores of each class of the test part."""
        return class_table(self.examples)

    @property
    def confusion(self) -> list[tuple[str, list[tuple[int, float]]]]:
        """The confusion matrix: for each true class, counts of the predicted ones and their shares of the row."""
        labels, counts = self.examples.labels, self.examples.confusion
        if not is_square(labels, counts):
            return []
        return [
            (label, [(count_, count_ / (sum(row) or 1)) for count_ in row])
            for label, row in zip(labels, counts, strict=True)
        ]


def page(comparison: Comparison, charts: Sequence[Chart]) -> str:
    """Render a comparison as HTML; the same comparison gives the same text.

    Args:
        comparison: What to report.
        charts: Its charts, in the order in which they are shown.
    """
    heads = columns(comparison)
    plotly, script = get_plotlyjs() if charts else "", _part("page.js")
    policy = POLICY.format(scripts=f"{_hash(plotly)} {_hash(script)}")
    return (
        _environment()
        .from_string(_part("page.html.j2"))
        .render(
            comparison=comparison,
            headline=headline(comparison.answer),
            sentences=sentences(comparison.answer),
            step=decides(comparison.answer),
            findings=findings(comparison),
            cautions=cautions(comparison.answer),
            sections=sections(comparison.answer),
            heads=CONTRASTS,
            explained=EXPLAINED,
            notes=notes(comparison),
            missing_sentence=missing_sentence(comparison.missing),
            provenance=provenance(comparison.complete),
            charts=charts,
            columns=heads,
            rows=rows(comparison, heads),
            complete=int((comparison.runs["status"] == "complete").sum()),
            best=Best.from_run(comparison.best),
            chosen=comparison.chosen,
            result=result_of(comparison.best, comparison.criterion),
            class_heads=CLASS_HEADS,
            class_words=CLASS_WORDS,
            data_sets=data_sets(comparison.complete),
            unit_words=unit_in_words(comparison.measure, comparison.metrics),
            many=MANY_CLASSES,
            filtered=len(comparison.table) > FILTERED,
            trials_sentence=trials_sentence(comparison),
            most_rows=MOST_ROWS,
            data={"figures": [figure(chart) for chart in charts], "dark": in_the_dark(), **unfolded(comparison)},
            policy=policy,
            style=Markup(_part("page.css")),
            plotly=Markup(plotly),
            script=Markup(script),
        )
    )


@cache
def _environment() -> Environment:
    """Return the environment of templates, which escapes everything: labels and samples come from users' files."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.policies["json.dumps_function"] = to_json
    environment.policies["json.dumps_kwargs"] = {
        "allow_nan": False,
        "ensure_ascii": False,
        "separators": (",", ":"),
    }
    written = (in_words, count, loss)
    environment.filters.update({function.__name__: function for function in written})
    environment.globals.update(ABSENT=ABSENT, WHITE_FROM=WHITE_FROM)
    return environment


def _shown(value: Any) -> Any:
    """Return what a template writes, a text with its control characters shown; scripts and JSON stay as they are."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _part(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Return the source expression by which a content security policy allows a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _text_of(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, ValueError):
        return ""
