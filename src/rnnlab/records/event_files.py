"""TensorBoard's files and tags: what the HParams tab reads, written without TensorFlow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Value
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import metadata, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from rnnlab.records.folder import write_atomically

BEST = "val_best/"  # before the names of the best epoch's metrics
CHANCE = "val_chance/"  # before those of chance on the validation part: horizontal lines
WORKLOAD = "workload/"  # before those of padding, memory and speed: the last group of the Time Series tab


def as_protobuf(value: str | float | bool) -> Value:
    """Return the value of a hyperparameter as the HParams tab has it."""
    if isinstance(value, bool):  # which is an int as well
        return Value(bool_value=value)
    return Value(string_value=value) if isinstance(value, str) else Value(number_value=value)


def hparams_summary(tag: str, **content: Any) -> Summary:
    """Return what is written under one of the HParams tab's tags.

    Args:
        tag: Such as `metadata.EXPERIMENT_TAG`.
        content: The field of HParamsPluginData that it holds, such as `experiment`.
    """
    described = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**content))
    return Summary(value=[Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)])


def write_event_file(file: Path, summaries: Sequence[Summary]) -> None:
    """Write an event file whole; the same summaries give the same bytes."""
    stream = io.BytesIO()
    records = RecordWriter(stream)
    for event in (Event(file_version="brain.Event:2"), *(Event(summary=summary) for summary in summaries)):
        records.write(event.SerializeToString())
    if not file.is_file() or file.read_bytes() != stream.getvalue():
        write_atomically(file, stream.getvalue())
