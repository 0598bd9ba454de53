"""Charts as plain values. `paper` draws them as pictures, `page` as figures of plotly.js."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.charts.palette import CELLS, DASHES

MOST_BANDS = 4  # that overlap and can still be told apart; further lines are thin
FEW_POINTS = 3  # of a line, below which each is marked


def zero_for_nan(half: float) -> float:
    """Return half the width of an interval as it is drawn: 0 for NaN, where the interval is not known."""
    return 0.0 if math.isnan(half) else half


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes:
        name: The name of the quantity.
        unit: Its unit; empty without one.
        log: Whether it is logarithmic.
        ticks: The values that were measured, where there are few enough to mark each of them.
    """

    name: str
    unit: str = ""
    log: bool = False
    ticks: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """Such as `training time (seconds)`."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Line:
    """A line, with a band around it if there is an interval; all tuples are equally long.

    Attributes:
        label: The entry in the legend.
        x: The places of its points.
        y: The values there, such as means over seeds; NaN leaves a gap.
        low: The lower edge of the band; empty for a line without a band.
        high: The upper edge; empty for a line without a band.
        colour: The name that determines the colour, such as the cell; empty for a colour by the line's place.
        style: The number of the dash and the marker, such as that of the hidden size; None for the line's place.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    colour: str = ""
    style: int | None = None

    @property
    def has_band(self) -> bool:
        """True if there is an interval to draw."""
        return bool(self.low) and self.low != self.high


@dataclass(frozen=True)
class Lines:
    """Lines over one pair of axes.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation for a reader who sees the figure without the table.
        x: The horizontal axis.
        y: The vertical axis.
        lines: The lines, best first if there is an order.
        legend: The head of the legend; a single line has a legend only where this is not empty.
    """

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    legend: str = ""

    @property
    def banded(self) -> tuple[int, ...]:
        """The places of the lines that are drawn with their bands: the first four that have one."""
        return tuple([place for place, line in enumerate(self.lines) if line.has_band][:MOST_BANDS])

    def is_thin(self, place: int) -> bool:
        """Return True if a line is drawn thin: its band is left out, since others have one."""
        return self.lines[place].has_band and place not in self.banded

    def is_marked(self, place: int) -> bool:
        """Return True if a line's points are marked: those that were measured, few ones, and dashes that come twice."""
        looks = [
            (line.colour or number, (number if line.style is None else line.style) % len(DASHES))
            for number, line in enumerate(self.lines)
        ]
        return bool(self.x.ticks) or len(self.lines[place].x) < FEW_POINTS or len(set(looks)) < len(looks)


def lines_at(places: Sequence[float], values: Mapping[str, Sequence[float]]) -> tuple[Line, ...]:
    """Build lines without bands whose points stand at the same places.

    Args:
        places: The places along the horizontal axis, increasing.
        values: By label, a value for each place; NaN where there is none. Where every label begins with the name of a
            shipped cell, that is what the colours belong to.
    """
    cells = [re.split(r"\W", label)[0] for label in values]
    colours = cells if set(cells) <= CELLS.keys() else [""] * len(cells)
    return tuple(
        Line(label, tuple(places), tuple(map(float, line)), colour=colour)
        for (label, line), colour in zip(values.items(), colours, strict=True)
    )


@dataclass(frozen=True)
class Point:
    """A configuration among others.

    Attributes:
        label: Its name.
        group: What the legend puts together, such as the cell.
        x: Its cost.
        y: Its mean loss.
        half: Half of the 95% interval of the mean; NaN with one seed.
        on_front: Whether no other point is better in both cost and loss.
        colour: The name that determines the colour, such as the cell; empty for a colour by the group's place.
        style: The number of the marker, such as that of the hidden size; None for a marker by the group's place.
        rest: What the marker says, such as `hidden_size 64`; empty where it says nothing.
    """

    label: str
    group: str
    x: float
    y: float
    half: float
    on_front: bool
    colour: str = ""
    style: int | None = None
    rest: str = ""


@dataclass(frozen=True)
class Scatter:
    """Loss against a cost, with the Pareto front; attributes as in `Lines`."""

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]

    @property
    def groups(self) -> list[str]:
        """The groups of the points, in their order."""
        return list(dict.fromkeys(point.group for point in self.points))

    @property
    def styles(self) -> dict[str, int]:
        """The numbers of markers by the settings that they stand for; empty where they say nothing."""
        said = {(point.style, point.rest) for point in self.points if point.style is not None and point.rest}
        return {rest: number for number, rest in sorted(said)}

    def marker_of(self, point: Point) -> int:
        """Return the number of a point's marker."""
        return self.groups.index(point.group) if point.style is None else point.style


@dataclass(frozen=True)
class Changes:
    """The mean losses of configurations that each change one base, below each other.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation of the figure.
        x: The axis of the losses.
        labels: The name of each configuration, the best first.
        losses: Their mean losses.
        halves: Half of the 95% interval of each mean; NaN with one seed.
        base: The mean loss of the base.
        colours: The name that determines the colour of each, such as its cell; empty for one colour.
    """

    name: str
    title: str
    caption: str
    x: Axis
    labels: tuple[str, ...]
    losses: tuple[float, ...]
    halves: tuple[float, ...]
    base: float
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeatMap:
    """A number for every pair of a row and a column.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation of the figure.
        x: The name of the quantity along the columns.
        y: The name of the quantity along the rows.
        columns: The name of each column.
        rows: The name of each row.
        values: A row of numbers for each of `rows`; NaN where there is none.
        unit: The name of the values, with their unit.
        centred: Whether 0 is the middle of the scale: white between two colours.
    """

    name: str
    title: str
    caption: str
    x: str
    y: str
    columns: Sequence[str]
    rows: Sequence[str]
    values: Sequence[Sequence[float]]
    unit: str
    centred: bool = False


@dataclass(frozen=True)
class Panels:
    """Heat maps beside each other, each under its own title.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation of the figure.
        panels: The heat maps from left to right.
    """

    name: str
    title: str
    caption: str
    panels: Sequence[HeatMap]


@dataclass(frozen=True)
class Dimension:
    """An axis of parallel coordinates.

    Attributes:
        label: The name of the setting.
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
    """Parallel coordinates: a line for each configuration across an axis for each setting, coloured by its loss.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation of the figure.
        dimensions: The settings, and the loss last.
        losses: The loss of each configuration.
        labels: The name of each configuration.
        unit: The name of the losses, with their unit.
    """

    name: str
    title: str
    caption: str
    dimensions: tuple[Dimension, ...]
    losses: tuple[float, ...]
    labels: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; NaN where it is not known.

    Attributes:
        value: The estimate.
        low: The lower end of its interval.
        high: The upper end.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def ends(self) -> tuple[float, float]:
        """The ends as they are drawn: both at the value where the interval is not known."""
        return (self.low, self.high) if math.isfinite(self.low) and math.isfinite(self.high) else (self.value,) * 2


@dataclass(frozen=True)
class IntervalRow:
    """A level among others: a dot with its interval.

    Attributes:
        label: The name of the level.
        main: The estimate that levels are compared by.
        second: Another estimate of the same, such as that of the test part, drawn thinner; None without one.
        marked: Whether it is marked, such as a candidate for best.
        colour: The name that determines the colour, such as the cell; empty for the colour of the chart's first.
        text: The estimate and its interval as text, with the digits that it has.
        note: What else is known of the level, such as `lr 0.004, 5 seeds`.
    """

    label: str
    main: Interval
    second: Interval | None = None
    marked: bool = False
    colour: str = ""
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class IntervalPanel:
    """Levels below each other.

    Attributes:
        title: What the levels have in common, such as `hidden_size 64`; empty where there is one panel.
        rows: The levels from top to bottom.
    """

    title: str
    rows: tuple[IntervalRow, ...]


@dataclass(frozen=True)
class IntervalChart:
    """Levels as dots with intervals, in panels below each other.

    Attributes:
        name: The name of its file, without the suffix.
        title: The title of the figure.
        caption: The explanation for a reader who sees the figure without the table.
        x: The axis of the values.
        panels: The panels from top to bottom.
        shared: Whether the panels have one axis in common; False where their values have different units or scales.
        first: What `main` is, for the legend, such as `validation part`.
        second: What `second` is; empty where no row has one.
        mark: What a mark says, such as `could still be best`; empty where nothing is marked.
        unmarked: What it says that a row has none, such as `worse than the best`.
    """

    name: str
    title: str
    caption: str
    x: Axis
    panels: tuple[IntervalPanel, ...]
    shared: bool = True
    first: str = ""
    second: str = ""
    mark: str = ""
    unmarked: str = ""

    def extent(self, panel: IntervalPanel) -> tuple[float, float]:
        """Return the least and the greatest value of a panel's axis; 1 and 2 where no value can be drawn."""
        panels = self.panels if self.shared else (panel,)
        drawn = [estimate for shown in panels for row in shown.rows for estimate in (row.main, row.second) if estimate]
        ends = [end for estimate in drawn if math.isfinite(estimate.value) for end in (estimate.value, *estimate.ends)]
        places = [end for end in ends if end > 0 or not self.x.log] or [1.0, 2.0]
        return min(places), max(places)


Chart = Lines | Scatter | Changes | HeatMap | Panels | Parallel | IntervalChart
