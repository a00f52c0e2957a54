"""How the clocks of a discharge are told and drawn: the visit, the medicines, the line of thirty days."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.practice import Practice
from mappings.reading import ReadStatus
from mappings.transition import transitions
from mappings.transition_clock import clock_picture, clock_rows
from mappings.transition_prompt import prompts
from tests.mappings.discharges import at, booked, call, discharged, encounter
from tests.mappings.test_transition import FRIDAY, MOMENTS, THURSDAY, one


@pytest.mark.requirement("domain@81")
@pytest.mark.parametrize(
    ("resources", "standing", "words"),
    [
        ([], "late", "No visit since the discharge is in the chart. None is booked."),
        ([encounter("2026-11-26", "2026-11-26", klass="AMB")], "done", "within 7 days"),
        ([encounter("2026-11-26 23:00", klass="VR")], "done", "within 7 days"),
        ([encounter("2026-11-27", "2026-11-27", klass="AMB")], "done", "within 14 days"),
        ([encounter("2026-12-03", "2026-12-03", klass="AMB")], "done", "within 14 days"),
        ([encounter("2026-12-04", "2026-12-04", klass="AMB")], "late", "after the 14 days"),
        ([encounter("2026-11-18", "2026-11-18", klass="AMB")], "late", "No visit since"),
        ([encounter("2026-11-24", "2026-11-24", klass="EMER")], "late", "No visit since"),
        ([encounter("2026-11-24", "2026-11-24", klass="AMB", status="cancelled")], "late", "No visit since"),
        ([booked("2026-12-08 10:00")], "late", "after the 14 days"),
    ],
    ids=[
        *("none", "day 7", "by video", "day 8", "day 14", "day 15", "before the discharge", "an emergency"),
        *("cancelled", "booked too late"),
    ],
)
def test_the_visit(resources, standing, words) -> None:
    now = at("2026-12-05 09:00")
    clock = clock_rows(one(THURSDAY, *resources, now=now), now=now)[1]
    assert clock.standing == standing
    assert words in clock.words


def test_a_visit_booked_in_time_leaves_nothing_to_do_and_one_day_before_it_the_medicines_are_pointed_out() -> (
    None
):
    chart = discharged(THURSDAY, call("2026-11-20 09:00"), booked("2026-11-24 10:00"))
    assert (
        clock_rows(one(*chart.resources("Encounter"), booked("2026-11-24 10:00")), now=FRIDAY)[1].standing
        == "still"
    )
    early = [row.sentence for row in prompts(chart, now=FRIDAY, practice=Practice())]
    assert not any("medicines" in sentence for sentence in early)
    monday = [row.sentence for row in prompts(chart, now=at("2026-11-23 09:00"), practice=Practice())]
    assert "The medicines of the discharge are not compared yet." in monday


def test_where_appointments_are_not_shown_none_is_said_to_be_missing() -> None:
    chart = discharged(THURSDAY, Appointment=ReadStatus.NOT_AVAILABLE)
    assert not any("booked" in row.sentence for row in prompts(chart, now=FRIDAY, practice=Practice()))
    (found,) = transitions(chart, now=FRIDAY)
    assert "not shown by this EHR" in clock_rows(found, now=FRIDAY)[1].words


@given(MOMENTS, st.integers(0, 45))
def test_the_picture_has_its_marks_in_order_and_inside_the_line(left: datetime, days: int) -> None:
    stay = encounter("2026-11-16", "2026-11-19") | {
        "period": {"start": left.isoformat(), "end": left.isoformat()}
    }
    now = left + timedelta(days=days)
    (found,) = transitions(discharged(stay), now=now)
    picture = clock_picture(found, now=now)
    places = [mark.x for mark in picture.marks]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (40, 680)
    assert (picture.today_x is None) is (days > 29)
