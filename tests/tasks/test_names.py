"""The names language model: its size, its loss, and the names that it makes up."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import IGNORE, Batch, Collation
from rnnlab.data.preparation.names import encode
from rnnlab.data.prepared import Part
from rnnlab.data.text.vocabulary import PAD, START_STOP, Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn import State
from rnnlab.tasks.base import parameters_of
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.names import NamesLM

VOCABULARY = Vocabulary.of_characters(["abcdefghijklmnopqrstuvwxyz"], (START_STOP, PAD))


def model(*arguments: str) -> NamesLM:
    config = plain(compose_train(list(arguments))[1])
    torch.manual_seed(0)
    task = NamesLM(VOCABULARY, {}, config["model"], config["cell"], config["optimizer"], config["scheduler"])
    task.card = {"data": {"training_items": torch.zeros(1, dtype=torch.int64)}}
    return task


@cache
def small(cell: str, layers: int) -> NamesLM:
    """Hydra composes it once, which takes a while."""
    return model(f"cell={cell}", f"model.num_layers={layers}", "model.hidden_size=8", "model.embedding_size=8")


def parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else state


def batch_of(*names: str) -> Batch:
    return Collation(Part(encode(list(names), VOCABULARY, 64)), VOCABULARY.pad)(np.arange(len(names)))


@pytest.mark.parametrize("cell", ["scratch_rnn", "rnn"])
def test_the_lectures_model_has_24028_parameters(cell: str) -> None:
    """SYSTEMS B4."""
    assert parameters_of(model(f"cell={cell}")) == 24_028


@settings(max_examples=20)
@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=2, max_size=6))
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "scratch_rnn"])
def test_the_loss_of_a_padded_batch_is_the_mean_over_its_tokens(cell: str, names: list[str]) -> None:
    task, batch = small(cell, 1), batch_of(*names)
    total = 0.0
    for name in names:
        alone = batch_of(name)
        total += task.loss(task.outputs(alone), alone).item() * int(task.count(alone))
    assert int(task.count(batch)) == sum(len(name) + 1 for name in names)
    assert task.loss(task.outputs(batch), batch).item() == pytest.approx(total / int(task.count(batch)), abs=1e-5)


@settings(max_examples=10)
@given(
    names=st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=5),
    more=st.integers(0, 4),
    symbol=st.integers(0, len(VOCABULARY) - 1),
)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "scratch_rnn"])
def test_a_padded_batch_gives_every_name_the_loss_logits_and_state_that_it_has_alone(
    cell: str, layers: int, names: list[str], more: int, symbol: int
) -> None:
    """Whatever stands in the padding, and however much of it there is."""
    task, batch = small(cell, layers), batch_of(*names)
    inputs = nn.functional.pad(batch.inputs, (0, more))
    inputs = inputs.where(torch.arange(inputs.shape[1]) < batch.lengths[:, None], symbol)
    batch = Batch(inputs, batch.lengths, nn.functional.pad(batch.targets, (0, more), value=IGNORE))
    logits = task.outputs(batch)
    _, state = task.encoder(task.embedding(inputs), lengths=batch.lengths)
    total = 0.0
    for row, (name, length) in enumerate(zip(names, batch.lengths.tolist(), strict=True)):
        alone = batch_of(name)
        its_logits, its_state = task(alone.inputs)
        assert torch.allclose(logits[row, :length], its_logits[0], atol=1e-6)
        for ours, alone_part in zip(parts(state), parts(its_state), strict=True):
            assert torch.allclose(ours[:, row], alone_part[:, 0], atol=1e-6)
        total += task.loss(its_logits, alone).item() * length
    assert task.loss(logits, batch).item() == pytest.approx(total / int(task.count(batch)), abs=1e-6)


def test_metrics_agree_with_the_loss_over_batches_of_different_size() -> None:
    task = model("model.hidden_size=8")
    metrics = task.metrics_of("val")
    batches = [batch_of("emma", "al"), batch_of("christopher"), batch_of("bo", "x", "anna")]
    for batch in batches:
        task.update(metrics, task.outputs(batch), batch)
    values = {key: value.item() for key, value in metrics.compute().items()}
    everything = batch_of("emma", "al", "christopher", "bo", "x", "anna")
    logits = task.outputs(everything)
    right = (logits.argmax(-1) == everything.targets).sum() / task.count(everything)
    assert values["val/loss"] == pytest.approx(task.loss(logits, everything).item(), abs=1e-5)
    assert values["val/perplexity"] == pytest.approx(math.exp(values["val/loss"]), rel=1e-4)
    assert values["val/accuracy"] == pytest.approx(right.item(), abs=1e-6)


def test_a_bidirectional_language_model_is_refused() -> None:
    with pytest.raises(UserError, match=r"model\.bidirectional=true is not for a language model"):
        model("model.bidirectional=true")


def test_samples_come_from_the_seed_and_keep_to_the_alphabet_and_the_length() -> None:
    task = model("model.hidden_size=8")
    names = task.sample(200, Sampling(seed=1, length=7))
    assert names == task.sample(200, Sampling(seed=1, length=7)) != task.sample(200, Sampling(seed=2, length=7))
    assert all(len(name) <= 7 and set(name) <= set("abcdefghijklmnopqrstuvwxyz") for name in names)
    assert max(map(len, names)) == 7
    assert task.training  # sampling leaves the mode as it was


def test_a_prefix_begins_every_sample_and_changes_what_follows() -> None:
    task = model("model.hidden_size=8")
    names = task.sample(20, Sampling(prefix="ma", seed=1))
    assert all(name.startswith("ma") for name in names) and len(set(names)) > 1
    with pytest.raises(UserError, match=r"prompt: the vocabulary has no 'é', '!'"):
        task.sample(1, Sampling(prefix="mé!"))
    with pytest.raises(UserError, match="leave no room"):
        task.sample(1, Sampling(prefix="maria", length=5))


def test_sampling_draws_from_the_models_own_distribution() -> None:
    """The first letters of many samples are distributed as the model says, [PAD] left out."""
    task = model("model.hidden_size=8").eval()
    start = torch.tensor([[VOCABULARY.start_stop]])
    logits = task(start)[0][0, -1, : VOCABULARY.pad]
    expected = logits.softmax(-1)
    names = task.sample(20_000, Sampling(length=1, seed=3))
    counts = torch.zeros(VOCABULARY.pad)
    for name in names:
        counts[VOCABULARY.symbols.index(name) if name else VOCABULARY.start_stop] += 1
    assert (counts / 20_000 - expected).abs().max() < 4 * (0.25 / 20_000) ** 0.5


@pytest.mark.parametrize(("units", "projection"), [(8, 0), (12, 8 * 12)])
def test_a_tied_output_layer_is_the_embedding_itself_behind_a_projection_where_sizes_differ(
    units: int, projection: int
) -> None:
    words = ["cell=gru", "model.embedding_size=8", f"model.hidden_size={units}"]
    tied, free = model(*words, "model.tie_weights=true"), model(*words)
    logits, _ = tied(batch_of("emma").inputs)
    outputs, _ = tied.encoder(tied.embedding(batch_of("emma").inputs))
    vectors = outputs if not projection else tied.head.projection(outputs)
    torch.testing.assert_close(logits, vectors @ tied.embedding.weight.T + tied.head.to_symbols.bias)
    assert parameters_of(free) - parameters_of(tied) == len(VOCABULARY) * units - projection
    tied.loss(logits, batch_of("emma")).backward()
    assert tied.embedding.weight.grad is not None


def test_dropout_of_the_embedding_acts_in_training_alone() -> None:
    torch.manual_seed(0)
    task, batch = model("cell=rnn", "model.embedding_dropout=0.5"), batch_of("emma", "olivia")
    assert not torch.equal(task.train().outputs(batch), task.outputs(batch))
    assert torch.equal(task.eval().outputs(batch), task.outputs(batch))
