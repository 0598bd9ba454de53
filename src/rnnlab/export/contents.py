"""The export of each task: its programs, and the facts that the script needs beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.data.text.bpe import LEVEL
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError
from rnnlab.export.difference import off, pooled_difference, stepwise_difference
from rnnlab.export.networks import (
    BothWaysSequence,
    OneOutputStep,
    OutputSequence,
    OutputStep,
    PooledSequence,
    PooledStep,
    Words,
    has_kernel,
)
from rnnlab.export.programs import BATCH, STEPS, Contents, Program, Run, state_of
from rnnlab.nn.recurrent import Recurrent
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.chars import CharRNN
from rnnlab.tasks.classifier import PooledTask
from rnnlab.tasks.forecasting import Forecaster
from rnnlab.tasks.language_model import LanguageModel
from rnnlab.tasks.names import NamesLM
from rnnlab.tasks.sentiment import SentimentClassifier
from rnnlab.tasks.signals import SignalClassifier, SignalLabeller, SignalRegression
from rnnlab.tasks.tagging import Tagger

ROWS, LENGTH = 2, 3  # of examples, with which programs are traced
Programs = dict[str, Program]


def contents_of(task: SequenceTask) -> Contents:
    """Return what is exported of a trained task.

    Raises:
        UserError: The task, or its cell, cannot be exported.
    """
    make = next((make for kind, make in KINDS.items() if isinstance(task, kind)), None)
    if make is None:
        raise UserError(
            f"checkpoint: it holds a {type(task).__name__}, which has no form of one step; language models, classifiers"
            " of texts, taggers, signals and forecasters have one"
        )
    return make(task)


def _language_model(task: LanguageModel) -> Contents:
    vocabulary = _text_vocabulary(task.vocabulary)
    assert isinstance(task.embedding, nn.Embedding)
    inputs = _drawn(len(task.vocabulary), ROWS, LENGTH)
    step = OutputStep(task.embedding, task.encoder, task.head, task.embedding.embedding_dim)
    programs = _stepwise(step, inputs)
    values: dict[str, Any] = {"vocabulary": {**vocabulary, "start": None}}
    if isinstance(task, NamesLM):
        values["vocabulary"]["start"] = task.vocabulary.start_stop
        values["label_shares"] = task.label_shares().tolist() if task.vocabulary.labels else []
    if isinstance(task, CharRNN):
        values["vocabulary"]["first"] = int(task.encode_text("", "prompt")[0])

    def difference(run: Run) -> float:
        symbols = _drawn(len(task.vocabulary), 3, 5)
        return stepwise_difference(run, programs, symbols, task(symbols)[0])

    return Contents("language_model", programs, values, difference, _left_out(task, programs))


def _text_classifier(task: SentimentClassifier) -> Contents:
    vocabulary, size = _text_vocabulary(task.vocabulary), len(task.vocabulary)
    assert isinstance(task.embedding, nn.Embedding)
    programs = _pooled(task, _drawn(size, ROWS, LENGTH), task.embedding.embedding_dim)
    values = {"vocabulary": vocabulary, "labels": list(task.labels), "sequence_length": task.sequence_length}

    def difference(run: Run) -> float:
        return pooled_difference(run, programs, _drawn(size, 3, 5), task)

    return Contents("classifier", programs, values, difference, _left_out(task, programs))


def _tagger(task: Tagger) -> Contents:
    characters = task.characters
    letters = task.word_length if task.embedding.characters is not None else 0
    words, width = Words(task.embedding), task.embedding.output_size

    def drawn(rows: int, steps: int) -> Tensor:
        spelled = _drawn(len(characters), rows, steps, letters)
        spelled[..., letters // 2 :] = characters.pad
        return torch.cat([_drawn(len(task.vocabulary), rows, steps)[..., None], spelled], dim=-1)

    if task.encoder.causal:
        programs = _stepwise(OutputStep(words, task.encoder, task.head, width), drawn(ROWS, LENGTH))
    else:
        programs = _both_ways(BothWaysSequence(words, task.encoder, task.head), drawn(ROWS, LENGTH), task.encoder)
    values = {
        "vocabulary": {"symbols": list(task.vocabulary.symbols), "unknown": task.vocabulary.unknown},
        "characters": {"symbols": list(characters.symbols), "unknown": characters.unknown, "pad": characters.pad},
        "word_length": letters,
        "labels": list(task.labels),
    }

    def difference(run: Run) -> float:
        inputs = drawn(3, 5)
        numbered = torch.cat([torch.arange(15).reshape(3, 5, 1), inputs], dim=-1)  # as the task has them
        return stepwise_difference(run, programs, inputs, task(numbered, torch.full((3,), 5)))

    return Contents("tagger", programs, values, difference, _left_out(task, programs))


def _signals(task: SignalClassifier | SignalRegression | SignalLabeller) -> Contents:
    channels = len(task.vocabulary)
    random = torch.Generator().manual_seed(0)

    def drawn(rows: int, steps: int) -> Tensor:
        return torch.randn(rows, steps, channels, generator=random)

    values: dict[str, Any] = {
        "channels": list(task.data.get("channels") or task.vocabulary.symbols),
        "scaler": {"normalise": "none", "missing": None, "time_input": False, **(task.data.get("inputs") or {})},
        "sequence_length": task.data["sequence_length"],
        "every_length": task.data.get("every_length"),
        "asked": task.data["asked"],
        "time_column": (task.data.get("reading") or {}).get("time_column"),
    }
    if isinstance(task, SignalRegression):
        values["target"] = {
            "names": list(task.names),
            "mean": task.mean.tolist(),
            "deviation": task.deviation.tolist(),
        }
    else:
        values["labels"] = list(task.data["labels"])
    if isinstance(task, SignalLabeller):
        programs = _stepwise(OutputStep(task.embedding, task.encoder, task.head, channels), drawn(ROWS, LENGTH))
    else:
        programs = _pooled(task, drawn(ROWS, LENGTH), channels)

    def difference(run: Run) -> float:
        inputs = drawn(3, 5)
        if isinstance(task, SignalLabeller):
            return stepwise_difference(run, programs, inputs, task(inputs, torch.full((3,), 5)))
        return pooled_difference(run, programs, inputs, task)

    return Contents("signals", programs, values, difference, _left_out(task, programs))


def _forecaster(task: Forecaster) -> Contents:
    width, following = task.encoder.input_size, task.decoder.input_size
    random = torch.Generator().manual_seed(0)
    read = torch.randn(ROWS, LENGTH, width, generator=random)
    reading = _stepwise(OutputStep(nn.Identity(), task.encoder, nn.Identity(), width), read)
    step = OutputStep(nn.Identity(), task.decoder, task.head, following)
    x = torch.randn(ROWS, following, generator=random)
    made = {{"step": "encoder", "sequence": "encoder_sequence"}[name]: program for name, program in reading.items()}
    made["decoder"] = Program(step, {"inputs": x}, {"inputs": {0: BATCH}}, "forecasts")
    channels, data = task.channels, task.data
    ratio = task.change / task.deviation if task.by_window else torch.ones_like(task.change)
    scaler = {"mean": task.mean, "deviation": task.deviation, "ratio": ratio}
    values = {
        "columns": list(task.vocabulary.symbols),
        "known": list(channels.known),
        "calendar": list(channels.calendar),
        "past": list(channels.past),
        "series": list(channels.series),
        "id_column": task.card["config"]["data"].get("id_column"),
        "time_column": data["axis"]["name"] if "axis" in data else None,
        "axis": data.get("axis"),
        "scaler": {
            **{name: numbers.double().tolist() for name, numbers in scaler.items()},
            **{f"covariate_{name}": _listed(data.get(f"covariate_{name}")) for name in ("mean", "deviation")},
        },
        "sequence_length": task.sequence_length,
        "horizon": task.horizon,
        "season": task.season,
        "by_window": task.by_window,
        "by_season": task.by_season,
        "quantiles": list(task.quantiles.shares) if task.quantiles else [],
    }

    def difference(run: Run) -> float:
        inputs = torch.randn(3, 5, width, generator=random)
        truth, final = task.encoder(inputs)
        state = state_of(made["encoder"], 3)
        for step in inputs.unbind(dim=1):
            output, *state = run("encoder", [step.contiguous()], state)
        differences = [off(output, truth[:, -1])]
        if "encoder_sequence" in made:
            outputs, *_ = run("encoder_sequence", [inputs], state_of(made["encoder_sequence"], 3))
            differences.append(off(outputs, truth))
        x = torch.randn(3, following, generator=random)
        output, *_ = run("decoder", [x], state)
        return max(*differences, off(output, task.head(task.decoder(x[:, None], final)[0])[:, 0]))

    return Contents("forecaster", made, values, difference, _left_out(task, reading))


def _listed(numbers: Any) -> list[float]:
    return [] if numbers is None else torch.as_tensor(numbers, dtype=torch.float64).tolist()


def _stepwise(step: OutputStep, inputs: Tensor) -> Programs:
    """Return the programs of a causal network that answers at every step of inputs `(B, T, …)`."""
    programs = {"step": Program(step, {"inputs": inputs[:, 0]}, {"inputs": {0: BATCH}})}
    if has_kernel(step.layers.encoder):
        axes = {"inputs": {0: BATCH, 1: STEPS}}
        programs["sequence"] = Program(OutputSequence(step), {"inputs": inputs}, axes)
    return programs


def _both_ways(network: nn.Module, inputs: Tensor, encoder: Recurrent) -> Programs:
    """Return the program of a network over whole sequences `(B, T, …)` with their lengths, if its layers have one."""
    if not has_kernel(encoder):
        return {}
    given = {"inputs": inputs, "lengths": torch.tensor([LENGTH, LENGTH - 1])}
    axes: Mapping[str, Mapping[int, str]] = {"inputs": {0: BATCH, 1: STEPS}, "lengths": {0: BATCH}}
    return {"sequence": Program(network, given, axes)}


def _pooled(task: PooledTask, inputs: Tensor, width: int) -> Programs:
    """Return the programs of a task that predicts one thing of a sequence.

    Args:
        task: The task.
        inputs: Of some sequences, `(B, T)` or `(B, T, D)`.
        width: Units of a vector.
    """
    programs, encoder = {}, task.encoder
    if encoder.causal or encoder.one_output:
        make = OneOutputStep if encoder.one_output else PooledStep
        step = make(task.embedding, encoder, task.head, task.pooling, width)
        programs["step"] = Program(step, {"inputs": inputs[:, 0]}, {"inputs": {0: BATCH}})
    sequence = PooledSequence(task.embedding, encoder, task.head, task.pooling)
    return {**programs, **_both_ways(sequence, inputs, encoder)}


def _left_out(task: SequenceTask, programs: Programs) -> tuple[str, ...]:
    """Return a line on the program that a task does not have.

    Raises:
        UserError: It has none.
    """
    config = task.card["config"]
    cell, both = config["cell"]["name"], config["model"]["bidirectional"]
    if not programs and both:
        raise UserError(
            "model.bidirectional=true: what reads backwards is exported over whole sequences alone, and cell="
            f"{cell} has no operator for them; rnn, gru, lstm and irnn have"
        )
    if not programs:
        raise UserError(f"cell={cell}: its output at a step depends on later ones, so that it cannot go step by step")
    if "step" not in programs:
        return ("no program of one step: the model reads backwards, from the end of a sequence",)
    if "sequence" in programs:
        return ()
    return (f"no program of whole sequences: cell={cell} has no operator for them; rnn, gru, lstm and irnn have",)


def _text_vocabulary(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what encodes and decodes texts, as plain values.

    Raises:
        UserError: It has sub-words.
    """
    if vocabulary.level == LEVEL:
        raise UserError(
            "data.level=bpe: a model of sub-words is not exported, as its script would need the library tokenizers to"
            " read texts; train with data.level=char or word"
        )
    alphabet, symbols = set(vocabulary.alphabet), vocabulary.symbols
    written = [index for index, symbol in enumerate(symbols) if vocabulary.level == "word" or symbol in alphabet]
    unsaid = [symbols.index(symbol) for symbol in (PAD, UNKNOWN) if symbol in symbols]
    return {
        "level": vocabulary.level,
        "symbols": list(symbols),
        "labels": list(vocabulary.labels),
        "written": written,  # the symbols of which texts consist
        "unknown": vocabulary.unknown if UNKNOWN in symbols else None,
        "pad": vocabulary.pad,
        "never": [*unsaid, *range(vocabulary.first_label, len(symbols))],  # what is generated in no text
    }


def _drawn(size: int, *shape: int) -> Tensor:
    """Return indices below a size, drawn at random."""
    return torch.randint(size, shape, generator=torch.Generator().manual_seed(0))


KINDS: dict[type[SequenceTask], Callable[[Any], Contents]] = {
    LanguageModel: _language_model,
    SentimentClassifier: _text_classifier,
    Tagger: _tagger,
    SignalClassifier: _signals,
    SignalRegression: _signals,
    SignalLabeller: _signals,
    Forecaster: _forecaster,
}
