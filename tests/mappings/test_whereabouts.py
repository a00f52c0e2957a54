"""Where the care manager is, on each day of the week."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.practice import Practice
from mappings.whereabouts import whereabouts
from tests.mappings.charts import NOW

RULES = Practice(
    care_manager_phone="555-0100", whereabouts=(("Mon", "Main Street, 8 to 12"), ("Thu", "Hillside"))
)


@pytest.mark.requirement("domain@157")
@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "Care manager today: no place set for today · 555-0100"),
        (2, "Care manager today: Main Street, 8 to 12 · 555-0100"),
        (5, "Care manager today: Hillside · 555-0100"),
    ],
)
def test_the_staff_read_place_hours_and_phone_of_the_day(days: int, said: str):
    assert whereabouts(RULES, NOW + timedelta(days=days)).sentence == said


def test_a_practice_that_says_nothing_shows_nothing():
    assert whereabouts(Practice(care_manager_phone="555-0100"), NOW).sentence == ""
