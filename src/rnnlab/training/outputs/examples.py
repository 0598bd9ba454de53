"""Examples of what a trained model does, left in its run folder for reports, which load no model."""

from __future__ import annotations

from rnnlab.charts.examples import Examples
from rnnlab.control_characters import to_json
from rnnlab.data.prepared import Prepared
from rnnlab.data.text.subwords import Subwords
from rnnlab.records.folder import RunFolder, write_atomically
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import CountsConfusion, DrawsCharts, Generates, Sampling

SAMPLES = 10
PREDICTIONS = 6  # in a chart: as many as it has room for
TOKENIZER = "tokenizer.json"  # sub-words that were trained, for data.tokenizer=


def write_examples(task: SequenceTask, folder: RunFolder, prepared: Prepared) -> None:
    """Write examples.json, and the sub-words that the run found, so that other runs can read the same ones.

    Args:
        task: With the best weights, and just tested.
        folder: Of its run.
        prepared: Its data.
    """
    if isinstance(vocabulary := getattr(task, "vocabulary", None), Subwords):
        write_atomically(folder.path / TOKENIZER, vocabulary.tokenizer)
    examples = examples_of(task, prepared).to_json()
    write_atomically(folder.examples, to_json(examples, ensure_ascii=False) + "\n")


def examples_of(task: SequenceTask, prepared: Prepared) -> Examples:
    """Collect what a task generates, confuses and draws."""
    samples = task.sample(SAMPLES, Sampling()) if isinstance(task, Generates) else ()
    charts = task.charts(prepared.parts["test"], "test", PREDICTIONS) if isinstance(task, DrawsCharts) else ()
    if not isinstance(task, CountsConfusion):
        return Examples(tuple(samples), charts=tuple(charts))
    counts = task.confusion_matrix().int().tolist()
    return Examples(tuple(samples), task.labels, tuple(map(tuple, counts)), tuple(charts))
