"""The sentences on what a reader should know before trusting a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.findings.missing import Missing
from rnnlab.records.reading import OBJECTIVE
from rnnlab.report.sections.provenance import data_sets

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def notes(comparison: Comparison) -> list[str]:
    """Return what else to mind of a ranking: repeated runs, other data, settings not compared alone, and the like."""
    sentences = []
    if repeated := comparison.repeats:
        runs, verb, one = ("run", "repeats", "it counts") if repeated == 1 else ("runs", "repeat", "each counts")
        sentences.append(f"{repeated} {runs} {verb} the configuration and seed of another; {one} once.")
    if len(data_sets(comparison.complete)) > 1:
        sentences.append(f"The runs used different data, so their {OBJECTIVE} may not measure the same thing.")
    asked = comparison.answer.question
    answered = (*asked.by, *asked.tune) if comparison.repeated else ()  # levels, each at its own best
    answered = comparison.settings if comparison.is_tuned else answered  # no two trials have a drawn value in common
    if alone := [name for name in comparison.not_alone if name not in answered]:
        sentences.append(f"Never varied at equal settings of the rest, so not compared alone: {', '.join(alone)}.")
    label = comparison.best_runs[0][0]
    if label != comparison.table["label"].iloc[0]:
        rank = list(comparison.table["label"]).index(label) + 1
        sentences.append(f"The best run is of {label}, rank {rank} by its mean: {comparison.chosen.reason}.")
    if comparison.missing.failed:
        sentences.append("A configuration that lost seeds to failures is ranked by those that survived.")
    return sentences


def missing_sentence(missing: Missing) -> str:
    """Return such as `3 of 18 runs are missing (1 failed, 2 not finished).`; '' where every run has ended."""
    sentences = []
    if missing.count:
        verb = "is" if missing.count == 1 else "are"
        parts = [(len(missing.failed), "failed"), (len(missing.unfinished), "not finished")]
        reasons = ", ".join(f"{count} {state}" for count, state in parts if count)
        sentences.append(f"{missing.count} of {missing.planned} runs {verb} missing ({reasons}).")
    if missing.pruned:
        sentences.append(f"{missing.pruned} of {missing.planned} runs were given up by the search.")
    return " ".join(sentences)
