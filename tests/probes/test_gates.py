"""Gates and hidden states, against formulas and texts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from networks import batch_of, classifier, language_model
from rnnlab.errors import UserError
from rnnlab.nn import Cell, State
from rnnlab.nn.stack import Stack
from rnnlab.probes.gates import gate_saturation
from rnnlab.probes.hidden_states import hidden_states

GATES = {
    "gru": ["reset", "update"],
    "lstm": ["input", "forget", "output"],
    "rnn": [],
    "scratch_rnn": [],
    "irnn": [],
    "layernorm_lstm": ["input", "forget", "output"],
    "coupled_lstm": ["input", "forget", "output"],
    "mingru": ["update"],
    "minlstm": ["forget", "input"],
    "lru": [],
}
GATES |= {"scratch_gru": GATES["gru"], "scratch_lstm": GATES["lstm"]}
BLOCKS = {"gru": {"reset": 0, "update": 1}, "lstm": {"input": 0, "forget": 1, "output": 3}}


@pytest.mark.parametrize("cell", GATES)
def test_every_gate_of_every_layer_is_measured(cell: str) -> None:
    task = language_model(cell, 2)
    measured = gate_saturation(task, batch_of(task))
    assert [(entry.layer, entry.gate) for entry in measured] == [
        (layer, gate) for layer in (1, 2) for gate in GATES[cell]
    ]
    assert all(entry.shut.shape == entry.wide_open.shape == (4,) for entry in measured)


@pytest.mark.parametrize("cell", BLOCKS)
@torch.no_grad()
def test_gates_that_are_open_make_the_next_state_of_torchs_kernel(cell: str) -> None:
    """The formulas of torch.nn.GRU and LSTM, the candidate computed here from the same weights."""
    encoder = language_model(cell).encoder.eval()
    x, h, c = torch.randn(5, 3), torch.randn(5, 4), torch.randn(5, 4)
    gates = encoder.gate_activations(0, x, h if cell == "gru" else (h, c))
    w_i, w_h, b_i, b_h = (w.chunk(3 if cell == "gru" else 4)[2] for w in encoder.layers.parameters())
    if cell == "gru":
        candidate = torch.tanh(x @ w_i.T + b_i + gates["reset"] * (h @ w_h.T + b_h))
        expected = (1 - gates["update"]) * candidate + gates["update"] * h
        y, _ = encoder(x[:, None], h[None])
    else:
        candidate = torch.tanh(x @ w_i.T + b_i + h @ w_h.T + b_h)
        expected = gates["output"] * torch.tanh(gates["forget"] * c + gates["input"] * candidate)
        y, _ = encoder(x[:, None], (h[None], c[None]))
    assert torch.allclose(y[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize(("cell", "gate"), [(cell, gate) for cell, gates in BLOCKS.items() for gate in gates])
@pytest.mark.parametrize(("bias", "shut", "wide_open"), [(-10.0, 1.0, 0.0), (10.0, 0.0, 1.0), (0.0, 0.0, 0.0)])
def test_a_bias_shuts_and_opens_a_gate(cell: str, gate: str, bias: float, shut: float, wide_open: float) -> None:
    task = language_model(cell, 2)
    with torch.no_grad():
        for name, weight in task.encoder.layers.named_parameters():
            block = weight.chunk(len(weight) // 4)[BLOCKS[cell][gate]]
            block.fill_(bias / 2 if name.startswith("bias") else 0.0)
    for saturation in gate_saturation(task, batch_of(task)):
        if saturation.gate == gate:
            assert (saturation.shut.unique().tolist(), saturation.wide_open.unique().tolist()) == ([shut], [wide_open])


def test_padding_has_no_gates() -> None:
    task = language_model("gru")
    batch = batch_of(task, (6, 2, 4))
    alone = [
        gate_saturation(
            task, batch_of(task, (6, 2, 4))._replace(inputs=batch.inputs[[row], :length], lengths=batch.lengths[[row]])
        )
        for row, length in enumerate((6, 2, 4))
    ]
    for number, saturation in enumerate(gate_saturation(task, batch)):
        counted = sum(length * one[number].shut for length, one in zip((6, 2, 4), alone, strict=True))
        assert torch.allclose(saturation.shut, counted / 12)


class Leaky(Cell):
    """A cell from outside with one gate."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.leak = nn.Parameter(torch.full((hidden_size,), 10.0))

    def step(self, x: Tensor, state: State) -> State:
        (leak,) = self.gate_activations(x, state).values()
        assert isinstance(state, Tensor)
        return (1 - leak) * state

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        return {"leak": torch.sigmoid(self.leak).expand(len(x), -1)}


def test_a_cell_from_outside_tells_of_its_gates() -> None:
    task = language_model("gru")
    task.encoder = Stack(Leaky, {}, input_size=3, hidden_size=4, num_layers=1)
    (saturation,) = gate_saturation(task, batch_of(task))
    assert (saturation.gate, saturation.wide_open.tolist()) == ("leak", [1.0] * 4)


def test_hidden_states_belong_to_the_symbols_of_a_text() -> None:
    task = language_model("lstm", 2)
    measured = hidden_states(task, "a b")
    assert measured.symbols == ("[S]", "a", "␣", "b")
    assert {name: part.shape for name, part in measured.states.items()} == {"h": (5, 2, 4), "c": (5, 2, 4)}
    assert not measured.states["h"][0].any()
    assert torch.equal(measured.states["h"], hidden_states(task, task.encode_text("a b", "text")).states["h"])


def test_a_classifier_reads_words() -> None:
    assert hidden_states(classifier("gru"), "A good film, so good!").symbols == (
        "[UNK]",
        "good",
        "film",
        "[UNK]",
        "[UNK]",
    )


def test_a_text_that_cannot_be_read_is_refused_with_its_key() -> None:
    with pytest.raises(UserError, match=r"^callbacks\.hidden_states\.text: the vocabulary has no 'é'"):
        hidden_states(language_model("gru"), "é", "callbacks.hidden_states.text")
    with pytest.raises(UserError, match=r"^text: '' has no words"):
        hidden_states(classifier("gru"), "")
