"""The charts of a comparison as plain values; `figures` draws them for paper, `interactive` for the page."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Attributes:
        label: With the unit in brackets.
        log: Whether it is logarithmic.
        ticks: The values that were measured, where there are few enough to mark each.
    """

    label: str
    log: bool = False
    ticks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line with a band around it; all tuples are equally long.

    Attributes:
        label: What the legend says.
        x: Where.
        y: The mean over seeds.
        low: The lower edge of the band.
        high: The upper edge.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Lines:
    """Lines over one pair of axes.

    Attributes:
        name: Of its file, without the suffix.
        title: Of the chart.
        caption: What it shows, for a reader who sees it without the table.
        x: The horizontal axis.
        y: The vertical one.
        lines: Best first, if there is an order.
        legend: What the legend is headed with.
    """

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    legend: str = ""


@dataclass(frozen=True)
class Point:
    """A configuration among others.

    Attributes:
        label: Its name.
        group: What it is coloured by, such as its cell.
        x: What it costs.
        y: Its mean loss.
        half: Half of the 95% interval of that; NaN where one seed cannot say.
        on_front: Whether nothing is better in both.
    """

    label: str
    group: str
    x: float
    y: float
    half: float
    on_front: bool


@dataclass(frozen=True)
class Scatter:
    """Loss against a cost, with the Pareto front; attributes as in `Lines`."""

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Changes:
    """The mean losses of configurations, the best first, and of the base that they change; the rest as in `Lines`."""

    name: str
    title: str
    caption: str
    x: Axis
    labels: tuple[str, ...]
    losses: tuple[float, ...]
    halves: tuple[float, ...]
    base: float


@dataclass(frozen=True)
class HeatMap:
    """A mean loss for every pair of levels of two factors.

    Attributes:
        name: Of its file, without the suffix.
        title: Of the chart.
        caption: What it shows.
        x: The name of the factor whose levels are the columns.
        y: That of the rows.
        columns: The levels of the columns.
        rows: Those of the rows.
        values: A row for each of `rows`; NaN where there is nothing.
        unit: Of the values, with what they are.
        centred: Whether 0 is the middle of the scale: white between two colours.
    """

    name: str
    title: str
    caption: str
    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    unit: str
    centred: bool = False


@dataclass(frozen=True)
class Panels:
    """Heat maps beside each other, each under its own title.

    Attributes:
        name: Of its file, without the suffix.
        title: Of the chart.
        caption: What it shows.
        panels: From left to right.
    """

    name: str
    title: str
    caption: str
    panels: tuple[HeatMap, ...]


@dataclass(frozen=True)
class Dimension:
    """An axis of parallel coordinates.

    Attributes:
        label: What it shows.
        values: The place of each configuration on it.
        ticks: The places that have a name.
        names: Those names.
    """

    label: str
    values: tuple[float, ...]
    ticks: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parallel:
    """A line for each configuration across one axis a setting, coloured by its loss.

    Attributes:
        name: Of its file, without the suffix.
        title: Of the chart.
        caption: What it shows.
        dimensions: The settings, and the loss last.
        losses: Of each configuration.
        labels: Their names.
        unit: Of the losses, with what they are.
    """

    name: str
    title: str
    caption: str
    dimensions: tuple[Dimension, ...]
    losses: tuple[float, ...]
    labels: tuple[str, ...] = field(default=())
    unit: str = ""


Chart = Lines | Scatter | Changes | HeatMap | Panels | Parallel
