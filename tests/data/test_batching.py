"""Batches: padding, order and coverage."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnlab.data.batching import Batches, InOrder, Shuffled, Streams
from rnnlab.data.collation import IGNORE, Collation
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.preparation.names import encode
from rnnlab.data.prepared import Part, Prepared
from rnnlab.data.sequences import Sequences, Windows
from rnnlab.data.text.vocabulary import PAD, START_STOP, Vocabulary

NAMED = (START_STOP, PAD)
NAMES = ["emma", "al", "bo", "christopher", "x"]
VOCABULARY = Vocabulary.of_characters(NAMES, NAMED)


def test_a_batch_reads_start_and_letters_and_predicts_letters_and_stop() -> None:
    sequences = encode(NAMES, VOCABULARY, sequence_length=20)
    batch = Collation(Part(sequences), VOCABULARY.pad)(np.array([0, 1]))
    s, pad = VOCABULARY.start_stop, VOCABULARY.pad
    e, m, a, l = (VOCABULARY.symbols.index(letter) for letter in "emal")  # noqa: E741
    assert batch.inputs.tolist() == [[s, e, m, m, a], [s, a, l, pad, pad]]
    assert batch.targets.tolist() == [[e, m, m, a, s], [a, l, s, IGNORE, IGNORE]]
    assert batch.lengths.tolist() == [5, 3]


@given(
    st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=30),
    st.integers(1, 8),
    st.booleans(),
)
def test_an_epoch_has_every_item_once_whatever_the_batches(names: list[str], size: int, bucketing: bool) -> None:
    vocabulary = Vocabulary.of_characters(names, NAMED)
    sequences = encode(names, vocabulary, sequence_length=20)
    order = Shuffled(sequences, size, seed=0, bucketing=bucketing)
    batches = Batches(order, Collation(Part(sequences), vocabulary.pad))
    seen = [vocabulary.decode(row[row != vocabulary.pad].tolist()) for batch in batches for row in batch.inputs]
    assert sorted(seen) == sorted(names)
    assert len(list(batches)) == len(batches) == -(-len(names) // size)


def of_lengths(lengths: NDArray[np.int64]) -> Sequences:
    return Sequences(np.zeros(1, dtype=np.uint8), np.zeros_like(lengths), lengths)


def order_of(seed: int, epoch: int, bucketing: bool = False) -> list[list[int]]:
    order = Shuffled(of_lengths(np.random.default_rng(1).integers(2, 12, 1_000)), 16, seed, bucketing)
    order.set_epoch(epoch)
    return [rows.tolist() for rows in order]


@given(st.integers(0, 2**32 - 1), st.integers(0, 1_000), st.booleans())
def test_the_order_is_a_function_of_seed_and_epoch_alone(seed: int, epoch: int, bucketing: bool) -> None:
    torch.manual_seed(seed % 7)
    first = order_of(seed, epoch, bucketing)
    torch.rand(3)
    np.random.default_rng().random(3)
    assert first == order_of(seed, epoch, bucketing)
    assert first != order_of(seed, epoch + 1, bucketing)
    assert first != order_of(seed + 1, epoch, bucketing)


def test_bucketing_takes_most_of_the_padding_away() -> None:
    lengths = np.random.default_rng(1).integers(2, 12, 10_000)

    def padding(bucketing: bool) -> float:
        batches = [lengths[rows] for rows in Shuffled(of_lengths(lengths), 32, seed=0, bucketing=bucketing)]
        return 1 - float(sum(batch.sum() for batch in batches) / sum(batch.max() * len(batch) for batch in batches))

    assert padding(True) < 0.03 < 0.3 < padding(False)


def test_evaluation_reads_in_the_order_of_the_split() -> None:
    assert [rows.tolist() for rows in InOrder(5, 2)] == [[0, 1], [2, 3], [4]]


TEXTS = st.integers(2, 400).map(lambda n: np.arange(n, dtype=np.uint16))


@given(TEXTS, st.integers(1, 50), st.integers(1, 9))
def test_streams_cover_every_character_once_and_each_row_goes_on_where_it_ended(
    text: NDArray[np.uint16], length: int, streams: int
) -> None:
    windows = Windows(text, length, stride=length)
    batches = list(Batches(Streams(len(windows), streams), Collation(Part(windows), pad=0)))
    targets = np.concatenate([batch.targets[batch.targets != IGNORE].numpy() for batch in batches])
    assert sorted(targets) == list(range(1, len(text)))
    assert [batch.continues for batch in batches] == [False] + [True] * (len(batches) - 1)
    for before, after in itertools.pairwise(batches):
        assert len(after.inputs) <= len(before.inputs) <= streams
        ends = [int(row[length - 1]) for row in before.targets[: len(after.inputs)]]
        assert [int(row[0]) for row in after.inputs] == ends


@given(TEXTS, st.integers(1, 50), st.integers(1, 9))
def test_sliding_windows_are_whole_and_stored_nowhere(text: NDArray[np.uint16], length: int, stride: int) -> None:
    if stride == length:
        return
    windows = Windows(text, length, stride)
    rows = np.arange(len(windows))
    expected = [start for start in range(0, len(text), stride) if start + length + 1 <= len(text)]
    assert windows.starts(rows).tolist() == expected
    assert set(windows.lengths(rows).tolist()) <= {length + 1}


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=40), size=st.integers(1, 7))
def test_a_batch_cut_with_others_is_the_batch_cut_alone(lengths: list[int], size: int) -> None:
    names = ["christopher"[:length] for length in lengths]
    for labels in (None, np.arange(len(names))):
        collate = Collation(Part(encode(names, VOCABULARY, 64), labels=labels), VOCABULARY.pad)
        batches = list(InOrder(len(names), size))
        for rows, batch in zip(batches, collate.block(batches, [False] * len(batches)), strict=True):
            alone = collate(rows)
            assert all(torch.equal(a, b) for a, b in zip(batch[:3], alone[:3], strict=True))


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=60), size=st.integers(1, 7))
def test_bucketing_lets_every_prediction_count_alike(lengths: list[int], size: int) -> None:
    """Mean loss times weight is proportional to the batch's sum, and an average batch weighs 1."""
    part = Part(encode(["christopher"[:length] for length in lengths], VOCABULARY, 64))
    prepared = Prepared("names", "", VOCABULARY, {"train": part})
    batches = list(SequenceDataModule(prepared, size, seed=0, bucketing=True).train_batches())
    predictions = [int(batch.lengths.sum()) for batch in batches]
    weights = [float(batch.weight) for batch in batches if batch.weight is not None]
    assert weights == pytest.approx([count * len(batches) / sum(predictions) for count in predictions])
    assert all(batch.weight is None for batch in SequenceDataModule(prepared, size, seed=0).train_batches())


def test_bucketed_batches_of_short_and_long_names_alternate() -> None:
    """Ten batches in a row, about what an optimizer's running mean sees, are as long as the average batch."""
    lengths = np.random.default_rng(1).integers(2, 12, 10_000)
    means = [lengths[rows].mean() for rows in Shuffled(of_lengths(lengths), 32, seed=0, bucketing=True)]
    tens = [np.mean(means[i : i + 10]) for i in range(len(means) - 10)]
    assert np.std(means) > 2.5 and np.std(tens) < 0.6


def vectors(sizes: list[int], width: int) -> Sequences:
    """Sequences of those lengths, every number in them another one and none of them 0."""
    counts = np.array(sizes)
    numbers = np.arange(1, counts.sum() * width + 1, dtype=np.float32).reshape(-1, width)
    return Sequences(numbers, np.cumsum(counts) - counts, counts)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(1, 3), st.integers(1, 5))
def test_a_batch_of_vectors_has_every_sequence_padded_with_0(sizes: list[int], width: int, rows: int) -> None:
    sequences, labels = vectors(sizes, width), np.arange(len(sizes), dtype=np.float32)
    batches = Batches(InOrder(len(sizes), rows), Collation(Part(sequences, labels=labels), pad=7))
    for batch in (batch for block in batches.blocks([len(batches)]) for batch in block):
        assert batch.inputs.dtype == torch.float32 and batch.targets.dtype == torch.float32
        assert batch.inputs.shape == (len(batch.lengths), int(batch.lengths.max()), width)
        for inputs, length, label in zip(batch.inputs, batch.lengths, batch.targets.long(), strict=True):
            begin = int(sequences.offsets[label])
            assert np.array_equal(inputs[:length], sequences.symbols[begin : begin + int(length)])
            assert not inputs[length:].any()


def test_without_labels_the_target_of_a_vector_is_the_next_one() -> None:
    batch = Collation(Part(vectors([4, 3], 2)), pad=7)(np.array([0, 1]))
    assert batch.lengths.tolist() == [3, 2]
    assert batch.inputs.tolist() == [[[1, 2], [3, 4], [5, 6]], [[9, 10], [11, 12], [0, 0]]]
    assert batch.targets.tolist() == [[[3, 4], [5, 6], [7, 8]], [[11, 12], [13, 14], [0, 0]]]


def test_windows_of_a_series_of_vectors_are_those_of_a_text() -> None:
    series = np.arange(14, dtype=np.float32).reshape(7, 2)
    cut = Collation(Part(Windows(series, length=3, stride=2)), pad=0)
    text = Collation(Part(Windows(np.arange(7, dtype=np.uint8), length=3, stride=2)), pad=0)
    rows = np.array([0, 1])
    assert torch.equal(cut(rows).inputs[..., 0], 2.0 * text(rows).inputs)
    assert torch.equal(cut(rows).targets[..., 0], 2.0 * text(rows).targets)


def test_several_labels_of_a_sequence_are_its_targets() -> None:
    labels = np.array([[1, 2], [3, 4], [5, 6]])
    part = Part(vectors([2, 2, 2], 1), labels=labels)
    assert Collation(part, pad=0)(np.array([2, 0])).targets.tolist() == [[5, 6], [1, 2]]
    assert part.predictions == 6


@given(st.integers(1, 400), st.integers(1, 7), st.integers(0, 70), st.booleans())
def test_an_epoch_goes_on_behind_any_batch_as_if_those_before_had_been_read(
    count: int, size: int, begun: int, bucketing: bool
) -> None:
    sizes = np.arange(count) % 17 + 2
    sequences = Sequences(np.zeros(int(sizes.sum()), np.uint8), np.cumsum(sizes) - sizes, sizes)
    shuffled = Shuffled(sequences, size, seed=3, bucketing=bucketing)
    for order in (shuffled, InOrder(count, size), Streams(count, size)):
        whole = [rows.tolist() for rows in order]
        assert [rows.tolist() for rows in order.behind(begun)] == whole[begun:]
