"""Forecasting a series of numbers: an encoder reads the past, a decoder goes on from its state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchmetrics import Metric as Measured
from torchmetrics import MetricCollection

from rnnlab.charts.values import Lines
from rnnlab.config.targets import build
from rnnlab.control_characters import in_one_line
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.channels import Channels
from rnnlab.data.preparation.forecasting import check_like_training
from rnnlab.data.prepared import Part
from rnnlab.data.source import remembering_columns
from rnnlab.data.sources.series import Panel, Series
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn.decoding import decode
from rnnlab.nn.encoder import build_causal_encoder, build_encoder
from rnnlab.nn.flops import declared_flops, linear_flops, total_flops
from rnnlab.nn.modes import evaluation_mode
from rnnlab.records.metrics import Metric
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.forecasts.charts import Drawn
from rnnlab.tasks.forecasts.metrics import LAST_VALUE, Errors, ForecastMetrics
from rnnlab.tasks.forecasts.quantiles import Quantiles
from rnnlab.tasks.items import ItemFigures
from rnnlab.tasks.predictions import Forecast, print_forecasts
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import note

DIGITS_OF_AN_ERROR = 3  # a forecast is written to a thousandth of the naive error


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
        by_season: Whether it forecasts, beyond that, how far they lie from the last season repeated. The decoder then
            reads at every step what was a season before it: the values, and what was known in advance of them.
        channels: What a step of a window holds. The encoder reads all of it, the decoder what is known in advance.
        quantiles: Those that are forecast; None for one number a value.
    """

    chance_model = f"{LAST_VALUE} that was read"
    answer_type = Forecast

    mean: Tensor
    deviation: Tensor
    naive_error: Tensor
    change: Tensor
    linear: Tensor

    def __init__(  # the nodes of a configuration
        self,
        vocabulary: Vocabulary,
        data: Config,
        model: Config,
        cell: Config,
        optimizer: Config,
        scheduler: Config,
        quantiles: Sequence[float] | None = None,
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.sequence_length, self.horizon = int(data["sequence_length"]), int(data["horizon"])
        self.season = int(data["season"])
        self.by_window, self.by_season = data["normalise"] in ("window", "season"), data["normalise"] == "season"
        self.data = data
        self.channels = Channels.from_card(data["channels"]) if "channels" in data else Channels(vocabulary.symbols)
        self.quantiles = None if quantiles is None else Quantiles(quantiles)
        columns, series = len(vocabulary), len(self.channels.series)
        # They come from the card; as weights, `init_from` would bring those of other data.
        for name in ("mean", "deviation", "naive_error", "change"):  # (S, D) each
            values = torch.as_tensor(data[name], dtype=torch.float32).reshape(series, columns)
            self.register_buffer(name, values, persistent=False)
        linear = torch.as_tensor(data.get("linear", []), dtype=torch.float32)  # (D, H, L + K + 1)
        self.register_buffer("linear", linear, persistent=False)
        self.embedding = nn.Identity()  # values are vectors as they are
        use = "a forecaster, whose decoder goes on where a forward pass has ended"
        ahead = self.channels.ahead.stop - columns
        self.encoder = build_causal_encoder(cell, model, columns + ahead + len(self.channels.past), use)
        self.decoder = build_encoder(cell, model, (columns + ahead) * (2 if self.by_season else 1))
        self.dropout = nn.Dropout(model["dropout"]) if model["dropout"] else nn.Identity()
        self.head = nn.Linear(self.decoder.output_size, columns * (len(self.quantiles) if self.quantiles else 1))
        self.teacher_forcing = float(model["teacher_forcing"])
        self.measures = ForecastMetrics(self.channels, self.quantiles, linear.numel() > 0)
        self.build_metrics()

    def forward(
        self,
        inputs: Tensor,
        truth: Tensor | None = None,
        known: Tensor | None = None,
        ratio: Tensor | None = None,
    ) -> Tensor:
        """Forecast the values after a window.

        Args:
            inputs: `(B, T, C)`, the channels of every step.
            truth: `(B, horizon, D)`, the values, for teacher forcing; None for free running.
            known: `(B, horizon, K)`, what is known of the steps that are forecast; None where nothing is, or where it
                stays as it is at the last step.
            ratio: `(B, 1, D)`, the usual change of a window over the deviation; None for those of training.

        Returns:
            `(B, horizon, D)`; with quantiles `(B, horizon, D, Q)`.
        """
        values = inputs[..., : len(self.vocabulary)]
        centre = values[:, -1:] if self.by_window else torch.zeros_like(values[:, -1:])  # (B, 1, D)
        scale = self._ratio(inputs) if ratio is None else ratio
        x = (values - centre) / scale
        beside = [inputs[..., place] for place in (self.channels.ahead, self.channels.behind)]
        if known is None and beside[0].shape[-1]:
            known = beside[0][:, -1:].expand(-1, self.horizon, -1)
        _, state = self.encoder(torch.cat([x, *beside], dim=-1) if sum(b.shape[-1] for b in beside) else x)
        forecasts = decode(
            self.decoder,
            self._read_out,
            state,
            x[:, -1:],
            self.horizon,
            None if truth is None else (truth - centre) / scale,
            self.teacher_forcing,
            self._beside(x, inputs, known),
            None if self.quantiles is None else self._median,
            self._base(x),
        )
        if self.quantiles is None:
            return forecasts * scale + centre
        fan: Tensor = forecasts.unflatten(-1, (-1, len(self.quantiles)))
        return fan * scale[..., None] + centre[..., None]

    def _base(self, x: Tensor) -> Tensor | None:
        """Return what the decoder's forecasts are measured from, `(B, horizon, D)` or `(B, horizon, D · Q)`."""
        if not self.by_season:
            return None
        base = self._last_season(x)
        return base if self.quantiles is None else base.repeat_interleave(len(self.quantiles), dim=-1)

    def _beside(self, x: Tensor, inputs: Tensor, known: Tensor | None) -> Tensor | None:
        """Return what the decoder reads beside the value before: what is known, and what was a season before."""
        if not self.by_season:
            return known
        before = self._last_season(torch.cat([x, inputs[..., self.channels.ahead]], dim=-1))
        return before if known is None else torch.cat([known, before], dim=-1)

    def _last_season(self, steps: Tensor) -> Tensor:
        return seasonal_naive(steps, self.horizon, min(self.season, steps.shape[1]))  # a drawn network reads fewer

    def _ratio(self, inputs: Tensor) -> Tensor:
        if not self.by_window:
            return torch.ones_like(self.change[0])
        return self._of_series(self.change / self.deviation, inputs)

    def _of_series(self, scales: Tensor, steps: Tensor) -> Tensor:
        """Return the row of scales `(S, D)` for each row of inputs or targets `(B, T, C)`: `(B, 1, D)`, or `(D,)`."""
        if self.channels.index is None:
            return scales[0]
        rows: Tensor = scales[self._series(steps)][:, None]
        return rows

    def _series(self, steps: Tensor) -> Tensor:
        """Return the index of the series of each row `(B,)`."""
        if self.channels.index is None:
            return torch.zeros(len(steps), dtype=torch.long, device=steps.device)
        return steps[:, 0, self.channels.index].round().long()

    def flops(self, steps: int) -> float | None:
        ends = steps + self.horizon  # the decoder goes on where the encoder has ended
        return total_flops(
            (1, declared_flops(self.encoder, steps)),
            (1, declared_flops(self.decoder, ends)),
            (-1, declared_flops(self.decoder, steps)),
            (self.horizon, linear_flops(self.head)),
        )

    def outputs(self, batch: Batch) -> Tensor:
        forecasts: Tensor = self(
            batch.inputs, self._truth(batch) if self.training else None, self._known(batch.targets)
        )
        return forecasts

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        scale = self._of_series(self.deviation / self.naive_error, batch.targets)
        return (self._losses(logits, self._truth(batch)) * scale).mean()

    def _losses(self, forecasts: Tensor, truth: Tensor) -> Tensor:
        """Return the loss of each standardised value `(B, H, D)`."""
        if self.quantiles is None:
            return (forecasts - truth).abs()
        return self.quantiles.crps(forecasts, truth)

    def count(self, batch: Batch) -> int:
        return self._truth(batch).numel()

    def _truth(self, batch: Batch) -> Tensor:
        return batch.targets[..., : len(self.vocabulary)]

    def _known(self, targets: Tensor) -> Tensor | None:
        known = targets[..., self.channels.ahead]
        return known if known.shape[-1] else None

    def _point(self, forecasts: Tensor) -> Tensor:
        """Return the forecast of a number: that itself, or the median."""
        return forecasts if self.quantiles is None else forecasts[..., self.quantiles.middle]

    def declare_metrics(self) -> dict[Metric, Measured]:
        return self.measures.declare()

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        point = self._point(logits)
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        scale = self._of_series(self.deviation / self.naive_error, batch.targets)
        mase = ((point - self._truth(batch)).abs() * scale).mean()
        metrics["mase"].update(mase, self.count(batch))
        baselines = self._baselines(batch)
        if self.measures.single:
            truth = self.in_units(self._truth(batch)).reshape(-1)
            for name, forecast in {"mae": point, **{f"mae_{name}": made for name, made in baselines.items()}}.items():
                metrics[name].update(self.in_units(forecast).reshape(-1), truth)
        else:
            errors = {name: self._errors(forecast, batch) for name, forecast in baselines.items()}
            self.measures.update(metrics, self._errors(point, batch), errors)
        if self.quantiles is not None:
            self._update_intervals(metrics, logits, batch)

    def _update_intervals(self, metrics: MetricCollection, forecasts: Tensor, batch: Batch) -> None:
        assert self.quantiles is not None
        truth = self._truth(batch)
        unit = self.deviation if self.measures.single else self.deviation / self.naive_error
        scale = self._of_series(unit, batch.targets)
        metrics["crps"].update(self.quantiles.crps(forecasts, truth) * scale)
        if self.quantiles.has_interval:
            low, high = forecasts[..., 0], forecasts[..., -1]
            metrics["coverage"].update(((low <= truth) & (truth <= high)).float())
            metrics["width"].update((high - low) * scale)

    def _errors(self, forecasts: Tensor, batch: Batch) -> Errors:
        standardised = (forecasts - self._truth(batch)).abs()
        deviation, naive = (self._of_series(scales, batch.targets) for scales in (self.deviation, self.naive_error))
        absolute = standardised * deviation
        return Errors(absolute / naive, absolute, self._series(batch.targets))

    def _baselines(self, batch: Batch) -> dict[str, Tensor]:
        """Forecast by what the network has to beat, `(B, H, D)` each."""
        values = batch.inputs[..., : len(self.vocabulary)]
        forecasts = {
            "last": seasonal_naive(values, self.horizon, 1),
            "seasonal": seasonal_naive(values, self.horizon, self.season),
        }
        if self.linear.numel():
            forecasts["linear"] = linear_forecast(self.linear, values, self._known(batch.targets))
        return forecasts

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the forecast reaches that repeats the last value; it knows nothing of training."""
        assert part.labels is not None
        columns = len(self.vocabulary)
        ends = part.sequences.starts(np.arange(len(part.sequences))) + self.sequence_length - 1
        steps = part.sequences.symbols[ends].astype(np.float64)  # (N, C)
        place = 0 if self.channels.index is None else np.rint(steps[:, self.channels.index]).astype(np.int64)
        last, labels = steps[:, :columns], part.labels
        deviation, naive = (scales.double().cpu().numpy()[place] for scales in (self.deviation, self.naive_error))
        if self.channels.index is None:
            errors = np.array([np.abs(labels[:, step, :columns] - last).mean(axis=0) for step in range(self.horizon)])
            mae = errors * deviation  # (H, D)
            mase = float((mae / naive).mean())
            alone = {"mae": float(mae.mean())} if self.measures.single else {}
            return {"loss": mase, "mase": mase, **alone}
        scaled = [(np.abs(labels[:, at, :columns] - last) * deviation / naive).mean() for at in range(self.horizon)]
        mase = float(np.mean(scaled))
        return {"loss": mase, "mase": mase}

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        """Measure each forecast; `absolute_error` is the sum of its errors in the series' own units."""
        deviation, naive = (self._of_series(scales, batch.targets) for scales in (self.deviation, self.naive_error))
        truth = self._truth(batch)
        scaled = (self._losses(outputs, truth) * deviation / naive).flatten(1)
        errors = (self._point(outputs) - truth).abs() * deviation  # (B, horizon, D)
        count = torch.full_like(batch.lengths, scaled.shape[1])
        figures = {"loss": scaled.sum(dim=1), "count": count, "absolute_error": errors.flatten(1).sum(dim=1)}
        return figures if self.channels.index is None else {**figures, "series": self._series(batch.targets)}

    def in_units(self, values: Tensor, series: int = 0) -> Tensor:
        """Return standardised values `(…, D)` of a series in its own units."""
        return values * self.deviation[series] + self.mean[series]

    def read_inputs(self, source: UserInput) -> Iterator[list[Series]]:
        """Read the series in a user's table, a row a step.

        Raises:
            UserError: There is no table, or its series is too short or is not like those of training.
        """
        if source.file is None:
            key = "file" if source.text is None else "text"
            raise UserError(
                f"{key}: this model goes on with a series of numbers; give file=series.csv, a table with a row a step"
            )
        reader = remembering_columns(self.card["config"], self.vocabulary.symbols) | dict(source.reading)
        content = build(reader, files=[Path(source.file)])
        if not isinstance(content, Series | Panel):
            raise UserError(f"file: {source.file} holds no series of numbers")
        members = list(content.members) if isinstance(content, Panel) else [content]
        for series in members:
            where = f"file: {source.file}{f', series {series.id}' if series.id else ''}"
            try:
                self._check(series)
                self._check_future(series)
            except UserError as error:
                raise UserError(f"{where}: {error}") from error
        note(in_one_line(content.description))
        if strange := [series.id for series in members if self._is_new(series)]:
            note(in_one_line(f"scaled by their own values, as training had no such series: {', '.join(strange[:5])}"))
        yield members

    def answer(self, inputs: Sequence[Series]) -> list[Forecast]:
        """Forecast the next values of each series."""
        return [self._answer(series) for series in inputs]

    def print_answers(self, blocks: Iterable[list[Forecast]], style: str, probabilities: bool = False) -> None:
        print_forecasts(list(chain.from_iterable(blocks)), style)

    def forecast(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forecast the next values of a series, both in its own units.

        Args:
            values: `(T,)` or `(T, D)`.

        Returns:
            `(horizon,)` or `(horizon, D)`.

        Raises:
            UserError: The series is too short, or has another number of columns.
        """
        table = values.reshape(len(values), -1)
        series = Series(table, tuple(map(str, range(table.shape[1]))))
        self._check(series)
        return self._point(torch.from_numpy(self._forecast_series(series))).numpy().reshape(-1, *values.shape[1:])

    def _answer(self, series: Series) -> Forecast:
        series = replace(series, values=series.values.reshape(len(series.values), -1))
        self._check(series)
        self._check_future(series)
        forecasts = torch.from_numpy(self._forecast_series(series))  # (H, D) or (H, D, Q)
        steps = np.arange(self.horizon) + series.first + len(series.values)
        naive = self.naive_error[self.channels.place(series.id)].tolist()
        shares = self.quantiles.shares if self.quantiles else ()
        return Forecast(
            series.names,
            self._point(forecasts).tolist(),
            times=tuple(series.axis.written(steps)) if series.axis else (),
            time_name=series.axis.name if series.axis else "step",
            quantiles={share: forecasts[..., place].tolist() for place, share in enumerate(shares)},
            series=series.id,
            series_name=str(self.card["config"]["data"].get("id_column") or "series"),
            digits=tuple(max(0, math.ceil(-math.log10(error)) + DIGITS_OF_AN_ERROR) for error in naive),
        )

    @torch.no_grad()
    def _forecast_series(self, series: Series) -> NDArray[np.float64]:
        """Forecast the next values `(H, D)` of a series in its own units; with quantiles `(H, D, Q)`."""
        count, length = len(series.values), self.sequence_length
        mean, deviation, ratio = (scale.to(self.mean) for scale in self._scales(series))
        values = (torch.from_numpy(series.values[-length:]).to(self.mean) - mean) / deviation
        read = self.channels.steps_of(series, values.cpu().numpy(), count - length, count, self.data)
        known = self.channels.known_of(series, count, count + self.horizon, self.data)
        inputs, ahead = (torch.from_numpy(steps).to(self.mean)[None] for steps in (read, known))
        with evaluation_mode(self):
            forecasts = self(inputs, known=ahead if ahead.shape[-1] else None, ratio=ratio)[0]
        if self.quantiles is not None:
            deviation, mean = deviation[:, None], mean[:, None]
        in_units: NDArray[np.float64] = (forecasts * deviation + mean).double().cpu().numpy()
        return in_units

    def _is_new(self, series: Series) -> bool:
        return self.channels.index is not None and series.id not in self.channels.series

    def _scales(self, series: Series) -> tuple[Tensor, Tensor, Tensor]:
        """Return mean, deviation and the ratio of a series, each `(D,)`: those of training, or of its own values."""
        place = self.channels.place(series.id)
        ratios = self.change / self.deviation if self.by_window else torch.ones_like(self.change)
        if not self._is_new(series):
            return self.mean[place], self.deviation[place], ratios[place]
        spread = series.values.std(axis=0)
        own = torch.from_numpy(series.values.mean(axis=0)), torch.from_numpy(np.where(spread > 0, spread, 1.0))
        return *own, ratios.mean(dim=0)

    def _check(self, series: Series) -> None:
        """Raise UserError if the model cannot forecast a series."""
        columns = series.values.shape[1]
        if columns != len(self.vocabulary):
            raise UserError(f"it has {columns} columns of numbers; the model was trained on {len(self.vocabulary)}")
        if len(series.values) < self.sequence_length:
            raise UserError(
                f"its {len(series.values)} values are too few; the model reads the last {self.sequence_length}"
            )
        if lacking := [
            name for name in self.channels.covariates if name not in (*series.known.names, *series.past.names)
        ]:
            raise UserError(f"it has no {lacking[0]}, which the model reads; give a table with that column")
        check_like_training([series], self.data, self.vocabulary.symbols, "it", with_ids=False)

    def _check_future(self, series: Series) -> None:
        """Raise UserError if a series does not say what is known of the steps to be forecast."""
        if self.channels.known and len(series.future) < self.horizon:
            raise UserError(
                f"{len(series.future)} rows behind the last value say {', '.join(self.channels.known)}; the model"
                f" forecasts {self.horizon} steps and needs as many"
            )

    @torch.no_grad()
    def charts(self, part: Part, name: str, count: int) -> list[Lines]:
        """Draw the first forecasts of a part, one behind the other, beside the truth and the seasonal naive forecast.

        Values are in the series' own units; of several columns or series, those of the first.
        """
        starts = part.sequences.starts(np.arange(len(part.sequences)))
        rows = _apart(starts, self.horizon)[:count]  # a window begins at every step
        batch = Collation(part, pad=0)(rows).to(self.device)
        rows = rows[(self._series(batch.inputs) == 0).cpu().numpy()]
        batch = Collation(part, pad=0)(rows).to(self.device)
        with evaluation_mode(self):
            forecasts = self(batch.inputs, known=self._known(batch.targets))
        first, last = int(starts[rows[0]]), int(starts[rows[-1]]) + self.sequence_length + self.horizon
        flat = torch.from_numpy(part.sequences.symbols[first:last, : len(self.vocabulary)].astype(np.float32))
        seasonal = self._baselines(batch)["seasonal"]
        known, point, naive = (
            self.in_units(values.to(self.device))[..., 0].double().cpu().numpy()
            for values in (flat, self._point(forecasts), seasonal)
        )
        fan = None
        if self.quantiles is not None:
            fan = (forecasts[..., 0, :] * self.deviation[0, 0] + self.mean[0, 0]).double().cpu().numpy()
        drawn = Drawn(
            self.vocabulary.symbols[0] + (f" of {self.channels.series[0]}" if self.channels.index is not None else ""),
            known,
            -self.sequence_length,
            [int(start) - first for start in starts[rows]],
            point,
            naive,
            fan,
            self.quantiles.shares if self.quantiles else (),
        )
        return [drawn.chart(name)]

    def _read_out(self, hidden: Tensor) -> Tensor:
        values: Tensor = self.head(self.dropout(hidden))
        if self.quantiles is None:
            return values
        return self.quantiles.in_order(values.unflatten(-1, (-1, len(self.quantiles)))).flatten(-2)

    def _median(self, predictions: Tensor) -> Tensor:
        assert self.quantiles is not None
        medians: Tensor = predictions.unflatten(-1, (-1, len(self.quantiles)))[..., self.quantiles.middle]
        return medians


def _apart(starts: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """Return the rows of windows of which each begins at least a horizon behind the one before."""
    rows = [0]
    for row, start in enumerate(starts.tolist()):
        if start >= starts[rows[-1]] + horizon:
            rows.append(row)
    return np.array(rows)


def seasonal_naive(inputs: Tensor, horizon: int, season: int) -> Tensor:
    """Repeat the last season of inputs `(B, T, D)` as forecasts `(B, horizon, D)`; with `season` 1, the last value."""
    steps = torch.arange(horizon, device=inputs.device) % season
    return inputs[:, inputs.shape[1] - season + steps]


def linear_forecast(coefficients: Tensor, values: Tensor, known: Tensor | None) -> Tensor:
    """Forecast `(B, H, D)` by coefficients `(D, H, L + K + 1)`, see `data.preparation.linear_forecast`.

    Args:
        coefficients: Of the values of a window, of what is known in advance, and a constant.
        values: `(B, L, D)`.
        known: `(B, H, K)`; None where nothing is.
    """
    length = values.shape[1]
    last = values[:, -1:]
    forecasts = torch.einsum("bld,dhl->bhd", values - last, coefficients[..., :length])
    if known is not None:
        forecasts = forecasts + torch.einsum("bhk,dhk->bhd", known, coefficients[..., length:-1])
    return forecasts + last + coefficients[..., -1].T
