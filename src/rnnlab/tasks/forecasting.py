"""Forecasting a series of numbers: an encoder reads the past, a decoder goes on from its state."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchmetrics import MeanAbsoluteError, MeanMetric, MetricCollection
from torchmetrics import Metric as Measured

from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.config.targets import build
from rnnlab.control_characters import in_one_line
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import Part
from rnnlab.data.source import remembering_columns
from rnnlab.data.sources.series import Series
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn.decoding import decode
from rnnlab.nn.encoder import build_causal_encoder, build_encoder
from rnnlab.nn.flops import declared_flops, linear_flops, total_flops
from rnnlab.nn.modes import evaluation_mode
from rnnlab.records.metrics import Metric, ranking_loss
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.items import ItemFigures
from rnnlab.tasks.predictions import Forecast, print_forecast
from rnnlab.tasks.user_input import UserInput

NAIVE_ERROR = (
    "A naive error is the mean absolute error in the training part of the seasonal naive forecast, which repeats the"
    " last season, so that the loss is the mean absolute scaled error (MASE, Hyndman and Koehler 2006)."
)
LAST_VALUE = "last value"  # the model of chance
# The errors of the model and of two baselines on the same windows, in the series' own units.
MAE = Metric(
    "mae",
    "test error",
    "mean absolute error of the test part, in the series' own units",
    interval=False,
    explanation="The errors of the test part are mean absolute ones in the series' own units: the model's, that of"
    " repeating the last value, and that of repeating the last season, all on the same windows.",
    chance=LAST_VALUE,
    finding="forecasts$of_data: on the test part the best configuration errs by $mae on average (MASE $loss), repeating"
    " the last value by $mae_last, repeating the last season by $mae_seasonal.",
)
MAE_LAST, MAE_SEASONAL = (
    Metric(f"mae_{name}", f"last {unit}", f"the error of repeating the last {unit}", interval=False, baseline_of="mae")
    for name, unit in (("last", "value"), ("seasonal", "season"))
)


class Forecaster(SequenceTask):
    """Forecasts the next values of a series by an encoder and a decoder (Sutskever et al. 2014; Cho et al. 2014).

    Encoder and decoder are layers of the same cell and shape with weights of their own; the decoder starts in the
    state that the encoder ends in, with the last value that was read. Training gives it the truth or its own
    forecasts (`model.teacher_forcing`); evaluation and forecasting are free running.

    The loss is the MASE: absolute errors over those of the seasonal naive forecast in the training part. Inputs,
    targets and forecasts are standardised, unless it is said that they are in the series' own units.

    Attributes:
        sequence_length: Values that are read.
        horizon: Values that are forecast.
        season: Values after which the naive forecast repeats itself.
        by_window: Whether the network sees, and forecasts, how far values lie from the last one that was read, which
            is what a trend asks for (Zeng et al. 2023, NLinear).
    """

    chance_model = f"{LAST_VALUE} that was read"
    answer_type = Forecast

    mean: Tensor
    deviation: Tensor
    naive_error: Tensor
    change: Tensor

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.sequence_length, self.horizon = int(data["sequence_length"]), int(data["horizon"])
        self.season = int(data["season"])
        self.by_window = data["normalise"] == "window"
        # They come from the card; as weights, `init_from` would bring those of other data.
        for name in ("mean", "deviation", "naive_error", "change"):  # (D,) each
            self.register_buffer(name, torch.as_tensor(data[name], dtype=torch.float32), persistent=False)
        self.embedding = nn.Identity()  # values are vectors as they are
        use = "a forecaster, whose decoder goes on where a forward pass has ended"
        self.encoder = build_causal_encoder(cell, model, len(vocabulary), use)
        self.decoder = build_encoder(cell, model, len(vocabulary))
        self.dropout = nn.Dropout(model["dropout"]) if model["dropout"] else nn.Identity()
        self.head = nn.Linear(self.decoder.output_size, len(vocabulary))
        self.teacher_forcing = float(model["teacher_forcing"])
        self.build_metrics()

    def forward(self, inputs: Tensor, truth: Tensor | None = None) -> Tensor:
        """Forecast the values `(B, horizon, D)` after inputs `(B, T, D)`; `truth` has them for teacher forcing."""
        centre = inputs[:, -1:] if self.by_window else torch.zeros_like(inputs[:, -1:])  # (B, 1, D)
        scale = self.change / self.deviation if self.by_window else torch.ones_like(self.change)
        x = (inputs - centre) / scale
        _, state = self.encoder(x)
        taught = None if truth is None else (truth - centre) / scale
        forecasts = decode(self.decoder, self._read_out, state, x[:, -1:], self.horizon, taught, self.teacher_forcing)
        return forecasts * scale + centre

    def flops(self, steps: int) -> float | None:
        ends = steps + self.horizon  # the decoder goes on where the encoder has ended
        return total_flops(
            (1, declared_flops(self.encoder, steps)),
            (1, declared_flops(self.decoder, ends)),
            (-1, declared_flops(self.decoder, steps)),
            (self.horizon, linear_flops(self.head)),
        )

    def outputs(self, batch: Batch) -> Tensor:
        forecasts: Tensor = self(batch.inputs, batch.targets if self.training else None)
        return forecasts

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return ((logits - batch.targets).abs() * (self.deviation / self.naive_error)).mean()

    def count(self, batch: Batch) -> int:
        return batch.targets.numel()

    def declare_metrics(self) -> dict[Metric, Measured]:
        return {
            replace(ranking_loss("naive errors per value", chance=LAST_VALUE), explanation=NAIVE_ERROR): MeanMetric(),
            Metric("mase", "test MASE", "mean absolute scaled error", shown="results", chance=LAST_VALUE): MeanMetric(),
            **{metric: MeanAbsoluteError() for metric in (MAE, MAE_LAST, MAE_SEASONAL)},
        }

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        for name in ("loss", "mase"):
            metrics[name].update(self.loss(logits, batch), self.count(batch))
        forecasts = {
            "mae": logits,
            "mae_last": seasonal_naive(batch.inputs, self.horizon, 1),
            "mae_seasonal": seasonal_naive(batch.inputs, self.horizon, self.season),
        }
        truth = self.in_units(batch.targets).reshape(-1)
        for name, forecast in forecasts.items():
            metrics[name].update(self.in_units(forecast).reshape(-1), truth)

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the forecast reaches that repeats the last value; it knows nothing of training."""
        assert part.labels is not None
        ends = part.sequences.starts(np.arange(len(part.sequences))) + self.sequence_length - 1
        last = part.sequences.symbols[ends].astype(np.float64)  # (N, D)
        errors = np.array([np.abs(part.labels[:, step] - last).mean(axis=0) for step in range(self.horizon)])  # (H, D)
        mae = errors * self.deviation.double().cpu().numpy()
        mase = float((mae / self.naive_error.double().cpu().numpy()).mean())
        return {"loss": mase, "mase": mase, "mae": float(mae.mean())}

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        """Measure each forecast; `absolute_error` is the sum of its errors in the series' own units."""
        errors = (outputs - batch.targets).abs() * self.deviation  # (B, horizon, D)
        scaled = (errors / self.naive_error).flatten(1)
        count = torch.full_like(batch.lengths, scaled.shape[1])
        return {"loss": scaled.sum(dim=1), "count": count, "absolute_error": errors.flatten(1).sum(dim=1)}

    def in_units(self, values: Tensor) -> Tensor:
        """Return standardised values `(…, D)` in the series' own units."""
        return values * self.deviation + self.mean

    def read_inputs(self, source: UserInput) -> Iterator[list[Series]]:
        """Read the series in a user's table, a row a step.

        Raises:
            UserError: There is no table, or its series is too short or has another number of columns.
        """
        if source.file is None:
            key = "file" if source.text is None else "text"
            raise UserError(
                f"{key}: this model goes on with a series of numbers; give file=series.csv, a table with a row a step"
            )
        reader = remembering_columns(self.card["config"], self.vocabulary.symbols) | dict(source.reading)
        series = build(reader, files=[Path(source.file)])
        if not isinstance(series, Series):
            raise UserError(f"file: {source.file} holds no series of numbers")
        try:
            self._check(series.values)
        except UserError as error:
            raise UserError(f"file: {source.file}: {error}") from error
        print(in_one_line(series.description), file=sys.stderr)
        yield [series]

    def answer(self, inputs: Sequence[Series]) -> list[Forecast]:
        """Forecast the next values of each series."""
        return [Forecast(series.names, self.forecast(series.values).tolist()) for series in inputs]

    def print_answers(self, blocks: Iterable[list[Forecast]], style: str) -> None:
        for forecast in chain.from_iterable(blocks):
            print_forecast(forecast, style)

    @torch.no_grad()
    def forecast(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forecast the next values of a series, both in its own units.

        Args:
            values: `(T,)` or `(T, D)`.

        Returns:
            `(horizon,)` or `(horizon, D)`.

        Raises:
            UserError: The series is too short, or has another number of columns.
        """
        self._check(values)
        last = torch.from_numpy(values.reshape(len(values), -1)[-self.sequence_length :]).to(self.mean)
        forecast = self.in_units(self._forecast(((last - self.mean) / self.deviation)[None])[0])
        return forecast.double().cpu().numpy().reshape(-1, *values.shape[1:])

    def _check(self, values: NDArray[np.float64]) -> None:
        """Raise UserError if the model cannot forecast a series."""
        columns = values.reshape(len(values), -1).shape[1]
        if columns != len(self.mean):
            raise UserError(f"it has {columns} columns of numbers; the model was trained on {len(self.mean)}")
        if len(values) < self.sequence_length:
            raise UserError(f"its {len(values)} values are too few; the model reads the last {self.sequence_length}")

    @torch.no_grad()
    def charts(self, part: Part, name: str, count: int) -> list[Lines]:
        """Draw the first forecasts of a part, one behind the other, beside the truth and the seasonal naive forecast.

        Values are in the series' own units; of several columns, those of the first.
        """
        rows = np.arange(len(part.sequences))[:: self.horizon][:count]  # a window begins at every step
        batch = Collation(part, pad=0)(rows).to(self.device)
        naive = seasonal_naive(batch.inputs, self.horizon, self.season)
        history, truth, forecasts, seasonal = (
            self.in_units(values.to(self.device))[..., 0].flatten().tolist()
            for values in (batch.inputs[:1], batch.targets, self._forecast(batch.inputs), naive)
        )
        known = [*history, *truth]
        begin = -len(history)
        series = self.vocabulary.symbols[0]
        chart = Lines(
            name="forecasts",
            title=f"Forecasts of {series}",
            caption=f"Forecasts of {self.horizon} values each of the {name} part. Each begins where the one before"
            " ends, and has seen what happened until then.",
            x=Axis(f"step of the {name} part"),
            y=Axis(series),
            lines=(
                _line("what happened", range(begin, begin + len(known)), known),
                self._pieces("forecast", forecasts, known, begin),
                self._pieces("last season repeated", seasonal, known, begin),
            ),
        )
        return [chart]

    def _pieces(self, label: str, forecasts: list[float], known: list[float], begin: int) -> Line:
        """Draw forecasts as lines that begin at the last value known to them, with a gap between two."""
        x: list[int] = []
        y: list[float] = []
        for origin in range(0, len(forecasts), self.horizon):
            piece = [known[origin - begin - 1], *forecasts[origin : origin + self.horizon]]
            x += range(origin - 1, origin + len(piece))
            y += [*piece, math.nan]
        return _line(label, x, y)

    def _forecast(self, inputs: Tensor) -> Tensor:
        with evaluation_mode(self):
            forecasts: Tensor = self(inputs)
        return forecasts

    def _read_out(self, hidden: Tensor) -> Tensor:
        values: Tensor = self.head(self.dropout(hidden))
        return values


def _line(label: str, x: Sequence[int], y: Sequence[float]) -> Line:
    values = tuple(y)
    return Line(label, tuple(map(float, x)), values, low=values, high=values)  # of one run: no band


def seasonal_naive(inputs: Tensor, horizon: int, season: int) -> Tensor:
    """Repeat the last season of inputs `(B, T, D)` as forecasts `(B, horizon, D)`; with `season` 1, the last value."""
    steps = torch.arange(horizon, device=inputs.device) % season
    return inputs[:, inputs.shape[1] - season + steps]
