"""Layers of torch over whole sequences as one operator of a program.

torch traces its recurrent layers step by step, for as many steps as the example has. So a program is traced with an
operator that stands for such layers, and each format puts its own in that place: torch its kernel, ONNX its GRU, LSTM
and RNN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
ATEN = torch.ops.aten
KERNELS: Mapping[str, Any] = {
    "RNN_TANH": ATEN.rnn_tanh.input,
    "RNN_RELU": ATEN.rnn_relu.input,
    "GRU": ATEN.gru.input,
    "LSTM": ATEN.lstm.input,
}


class WholeKernel(nn.Module):
    """Layers of one of torch's kernels that read forwards, `(B, T, D)` to `(B, T, H)`, as one operator."""

    def __init__(self, kernel: nn.RNNBase) -> None:
        super().__init__()
        self.kernel = kernel

    def forward(self, x: Tensor, state: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return outputs and the parts of the final state from inputs and the parts of a state."""
        layers = range(self.kernel.num_layers)
        weights = [getattr(self.kernel, f"{name}_l{layer}") for layer in layers for name in WEIGHTS]
        y, *after = OPERATORS[self.kernel.mode](x, list(state), weights, len(layers))
        return y, tuple(after)


def with_kernels(traced: ExportedProgram) -> ExportedProgram:
    """Put torch's kernels into a traced program, in the place of what stands for them."""
    kernels = {operator.default: KERNELS[mode] for mode, operator in _overloads().items()}
    for node in traced.graph.nodes:
        if node.target in kernels:
            x, state, weights, layers = node.args
            kernel = kernels[node.target]
            node.target = kernel
            node.args = (x, state if kernel is ATEN.lstm.input else state[0], weights, *_settings(layers))
    traced.graph_module.recompile()
    return traced


def translations() -> dict[Any, Any]:
    """Return how ONNX has what stands for kernels, as functions of onnxscript."""
    import onnxscript
    from onnxscript.function_libs.torch_lib.ops import core

    op: Any = onnxscript.opset18

    def elman(activation: str) -> Callable[..., Any]:
        def translate(x: Any, state: Sequence[Any], weights: Sequence[Any], layers: int) -> Any:
            y, finals = op.Transpose(x, perm=[1, 0, 2]), []  # (T, B, D)
            for layer in range(layers):
                w_i, w_h, b_i, b_h = weights[4 * layer : 4 * layer + 4]
                matrices = [op.Unsqueeze(weight, [0]) for weight in (w_i, w_h, op.Concat(b_i, b_h, axis=0))]
                before = op.Slice(state[0], [layer], [layer + 1], axes=[0])
                size = w_h.shape[1]
                y, final = op.RNN(y, *matrices, initial_h=before, hidden_size=size, activations=[activation])
                y = op.Squeeze(y, [1])
                finals.append(final)
            return op.Transpose(y, perm=[1, 0, 2]), op.Concat(*finals, axis=0)

        return translate

    def gru(x: Any, state: Sequence[Any], weights: Sequence[Any], layers: int) -> Any:
        return core.aten_gru(x, state[0], weights, *_settings(layers))

    def lstm(x: Any, state: Sequence[Any], weights: Sequence[Any], layers: int) -> Any:
        return core.aten_lstm(x, state, weights, *_settings(layers))

    made = {"RNN_TANH": elman("Tanh"), "RNN_RELU": elman("Relu"), "GRU": gru, "LSTM": lstm}
    return {operator.default: made[mode] for mode, operator in _overloads().items()}


def _settings(layers: int) -> tuple[Any, ...]:
    """Return the last arguments of torch's kernels: biases, layers, dropout, training, two directions, batch first."""
    return True, layers, 0.0, False, False, True


def _operator(mode: str) -> Any:
    """Register the operator that stands for a kernel: outputs and the parts of the final state.

    Its arguments are inputs `(B, T, D)`, the parts of a state `(layers, B, H)`, four weights a layer, and the layers.
    """
    kernel = KERNELS[mode]

    def compute(x: Tensor, state: list[Tensor], weights: list[Tensor], layers: int) -> list[Tensor]:
        hx = state if mode == "LSTM" else state[0]
        return [part.clone() for part in kernel(x, hx, weights, *_settings(layers))]

    def outline(x: Tensor, state: list[Tensor], weights: list[Tensor], layers: int) -> list[Tensor]:  # noqa: ARG001
        return [x.new_empty(x.shape[0], x.shape[1], state[0].shape[2]), *map(torch.empty_like, state)]

    made = torch.library.custom_op(f"rnnlab::{mode.lower()}", compute, mutates_args=())
    made.register_fake(outline)
    return made


def _overloads() -> dict[str, Any]:
    return {mode: getattr(torch.ops.rnnlab, mode.lower()) for mode in KERNELS}


OPERATORS = {mode: _operator(mode) for mode in KERNELS}
