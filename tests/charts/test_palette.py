"""Colours belong to names, and readers tell them apart on both grounds."""

from __future__ import annotations

import itertools
import math

import pytest

from rnnlab.charts.palette import CELLS, GREY, GROUND, INK, OTHERS, colour_of
from rnnlab.config.reference import group_options

GROUNDS = {"light": GROUND.light, "dark": GROUND.dark}
# How a colour looks without cones for long or middle waves (Machado, Oliveira and Fernandes 2009, severity 1).
SEEN_BY = {
    "everyone": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopes": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deuteranopes": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, viewer: str) -> tuple[float, ...]:
    """Return a colour in Oklab (Ottosson 2020) times 100, as somebody sees it."""
    given = linear(colour)
    red, green, blue = (
        min(max(sum(weight * part for weight, part in zip(row, given, strict=True)), 0), 1) for row in SEEN_BY[viewer]
    )
    cones = (
        (0.4122 * red + 0.5363 * green + 0.0514 * blue) ** (1 / 3),
        (0.2119 * red + 0.6807 * green + 0.1074 * blue) ** (1 / 3),
        (0.0883 * red + 0.2817 * green + 0.6300 * blue) ** (1 / 3),
    )
    rows = ((21.05, 79.36, -0.41), (197.80, -242.86, 45.06), (2.59, 78.28, -80.87))
    return tuple(sum(weight * cone for weight, cone in zip(row, cones, strict=True)) for row in rows)


def test_every_shipped_cell_has_a_colour_of_its_own() -> None:
    assert set(CELLS) == set(group_options("cell"))


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_colour_stands_out_from_its_ground(ground: str) -> None:
    for name, shade in CELLS.items():
        assert contrast(getattr(shade, ground), GROUNDS[ground]) >= 3, name
    for text in (INK, GREY):
        assert contrast(getattr(text, ground), GROUNDS[ground]) >= 4.5


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("viewer", SEEN_BY)
def test_rnn_gru_and_lstm_are_told_apart_by_every_reader_and_no_two_cells_look_alike(ground: str, viewer: str) -> None:
    for one, other in itertools.combinations(CELLS, 2):
        apart = math.dist(*(lab(getattr(CELLS[name], ground), viewer) for name in (one, other)))
        usual = {one, other} <= {"rnn", "gru", "lstm"}
        assert apart >= (10 if usual else 6 if viewer == "everyone" else 2), (one, other)


def test_a_name_from_outside_always_has_the_same_colour_which_is_none_of_the_usual_three() -> None:
    names = ["my_cell", "peephole", "öçü", "\ud800"]
    assert [colour_of(name) for name in names] == [colour_of(name) for name in names]
    assert {colour_of(name) for name in names} <= {shade.light for shade in OTHERS}
