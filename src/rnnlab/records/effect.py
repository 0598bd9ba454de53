"""Which keys can change a result: what a run's identity is made of, and what tells configurations apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rnnlab.config.rules import flatten

# Where things are written, what is shown, how the work is shared out, how files are found and read.
WITHOUT_EFFECT = (
    "sweep",
    "logger",
    "callbacks.samples.",  # and the next: the classes had other names in the configurations of earlier runs
    "callbacks.confusion_matrix.",
    "trainer.log_every_n_steps",
    "trainer.threads",
    "trainer.block_size",
    "data.files.",
    "data.text_column",  # and the next two: what they do is part of data.reader
    "data.label_column",
    "data.value_column",
    "data.tag_column",
    "data.reader.labels",  # and the next: data.labels and model.condition say them
    "task.prepare.condition",
    "task.file_reader",
    "task.shown",
    "holds",
    "probes",
)
# Callbacks that change nothing of a training, by their class.
ONLOOKERS = ("rnnlab.tensorboard.", "rnnlab.training.resuming.LastCheckpoint")


def with_effect(config: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves of a configuration, nested or already flat, that can change a result, by dotted key.

    The settings of a callback that is switched off are left out: they do nothing. So are those of sub-words where
    there are none, and their number where a file has them.
    """
    leaves = dict(flatten(config))
    off = tuple(key.removesuffix("enabled") for key, on in leaves.items() if key.endswith(".enabled") and on is False)
    without = (*WITHOUT_EFFECT, *_onlookers(leaves), *_of_subwords(leaves))
    return {
        key: value
        for key, value in leaves.items()
        if not key.startswith(without) and (key.endswith(".enabled") or not key.startswith(off))
    }


def _of_subwords(leaves: Mapping[str, Any]) -> Iterator[str]:
    """The keys of sub-words that do nothing."""
    if leaves.get("data.level") != "bpe":
        yield "data.tokenizer"
    if leaves.get("data.level") != "bpe" or leaves.get("data.tokenizer") is not None:
        yield "data.vocab_size"


def _onlookers(leaves: Mapping[str, Any]) -> Iterator[str]:
    """What the keys of callbacks that change nothing begin with, `callbacks.NAME.`."""
    for key, value in leaves.items():
        group, _, rest = key.partition(".")
        name, _, last = rest.rpartition(".")
        if group == "callbacks" and last == "_target_" and "." not in name and str(value).startswith(ONLOOKERS):
            yield f"callbacks.{name}."
