"""The picture of a trend: everything inside its frame, time and value true to scale, whatever the numbers are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.trend import HEIGHT, MARGIN, WIDTH, TrendPicture, trend_picture

LEFT, RIGHT = MARGIN, WIDTH - MARGIN
TOP, BOTTOM = MARGIN, HEIGHT - MARGIN
FIRST = date(2026, 1, 1)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def points(*values: tuple[int, float]) -> list[tuple[date, float]]:
    """Values by their day since 1 January 2026."""
    return [(FIRST + timedelta(days=day), value) for day, value in values]


def places(picture: TrendPicture) -> list[tuple[float, float]]:
    """The line's points as numbers."""
    pairs = (pair.split(",") for pair in picture.line.split())
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        (points((0, 7.0), (10, 9.0)), [(LEFT, BOTTOM), (RIGHT, TOP)]),
        (points((0, 9.0), (10, 7.0)), [(LEFT, TOP), (RIGHT, BOTTOM)]),
        (points((0, 8.0), (10, 8.0)), [(LEFT, 14.0), (RIGHT, 14.0)]),
        (points((0, 7.0), (5, 8.0), (10, 9.0)), [(LEFT, BOTTOM), (60.0, 14.0), (RIGHT, TOP)]),
        # Three in a week and one a year later do not look like a steady course.
        (points((0, 1.0), (7, 1.0), (365, 1.0)), [(LEFT, 14.0), (5.2, 14.0), (RIGHT, 14.0)]),
        # Two on one day stand above each other.
        (points((0, 7.0), (0, 9.0)), [(LEFT, BOTTOM), (LEFT, TOP)]),
        # Newest first is drawn by day all the same.
        (points((10, 9.0), (0, 7.0)), [(LEFT, BOTTOM), (RIGHT, TOP)]),
        # What is no number is left out.
        (points((0, 7.0), (5, float("nan")), (10, 9.0)), [(LEFT, BOTTOM), (RIGHT, TOP)]),
        (points((0, -1e308), (10, 1e308)), [(LEFT, BOTTOM), (RIGHT, TOP)]),
        (points((0, 0.0), (10, 5e-324)), [(LEFT, 14.0), (RIGHT, 14.0)]),
    ],
)
def test_points_stand_where_their_day_and_value_put_them(values, drawn):
    picture = trend_picture(values)
    assert picture is not None
    assert places(picture) == drawn
    assert (picture.last_x, picture.last_y) == drawn[-1]


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [
        (None, None, (0.0, 0.0)),
        (None, 8.0, (14.0, 14.0)),
        (8.0, None, (0.0, 14.0)),
        (7.0, 8.0, (14.0, 11.0)),
        (7.0, 9.0, (TOP, 22.0)),
        (8.0, 8.0, (14.0, 0.0)),
        (9.0, 7.0, (BOTTOM, 0.0)),
        (float("nan"), float("inf"), (0.0, 0.0)),
    ],
)
def test_the_target_band_lies_behind_the_values_it_means(low, high, band):
    picture = trend_picture(points((0, 7.0), (10, 9.0)), low=low, high=high)
    assert picture is not None
    assert (picture.band_y, picture.band_height) == band


def test_a_target_beyond_all_values_makes_room_for_itself():
    picture = trend_picture(points((0, 8.0), (10, 9.0)), high=7.0)
    assert picture is not None
    assert picture.band_y == BOTTOM
    assert [y for _, y in places(picture)] == [14.0, TOP]
    high = trend_picture(points((0, 8.0), (10, 9.0)), high=10.0)
    assert high is not None
    assert high.band_y == TOP


@pytest.mark.parametrize("values", [[], points((0, 8.0)), points((0, 8.0), (5, float("inf")))])
def test_one_value_is_no_trend(values):
    assert trend_picture(values) is None


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("%", "3 values, from 8.6 % in Jan 2026 to 7.9 % in Jun 2026"),
        ("", "3 values, from 8.6 in Jan 2026 to 7.9 in Jun 2026"),
    ],
)
def test_the_picture_is_told_in_words_as_well(unit, words):
    picture = trend_picture(points((0, 8.6), (90, 9.0), (160, 7.9)), unit=unit)
    assert picture is not None
    assert picture.description == words


@given(
    st.lists(st.tuples(st.dates(), NUMBERS), max_size=12),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
)
def test_nothing_is_ever_drawn_outside_the_picture(values, low, high):
    picture = trend_picture(values, unit="%", low=low, high=high)
    if picture is None:
        return
    for x, y in [*places(picture), (picture.last_x, picture.last_y)]:
        assert LEFT <= x <= RIGHT
        assert TOP <= y <= BOTTOM
    assert 0 <= picture.band_y <= picture.band_y + picture.band_height <= HEIGHT + 1e-9
    assert [x for x, _ in places(picture)] == sorted(x for x, _ in places(picture))
