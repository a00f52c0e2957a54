"""How often to be in touch: the guides' rhythm case by case, and the patient's own wish before it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mappings.authorship import instant
from mappings.cadence import cadence_data, next_contact_day, presets, rhythm, ways, wish, working_day
from mappings.cadence_form import (
    FIELDS,
    cadence_defaults,
    cadence_resources,
    may_wish,
    parse_cadence,
    rhythm_words,
)
from mappings.contact_save import contact_defaults
from mappings.reading import ReadStatus
from tests.mappings.following import contact, day, planned, step
from tests.mappings.shelf import Shelf, author, entry_of, problems_of, without_extensions, without_meta


def wished(shelf: Shelf, number: int, days: str, way: str = "phone") -> tuple[dict, ...]:
    chart, now = shelf.chart(), day(number)
    entry = entry_of(parse_cadence({"days": [days], "way": [way]}, chart=chart, now=now))
    return shelf.file(cadence_resources(entry, chart, author(now), shelf.form_id()))


def test_the_rules_are_dated_and_name_their_source():
    assert cadence_data()["checked"]
    assert "rows" in cadence_data()["source"]


@pytest.mark.requirement("domain@74")
def test_every_two_to_three_weeks_until_the_goals_are_met_and_every_four_weeks_after():
    shelf = planned()
    assert 14 <= rhythm(shelf.chart(), now=day(1)).days <= 21
    contact(shelf, 1, progress=["met"])
    step(shelf, 2, "maintenance")
    assert rhythm(shelf.chart(), now=day(3)).days == 28
    assert rhythm_words(shelf.chart(), now=day(3)) == "Every four weeks once the goals are reached"
    assert next_contact_day(shelf.chart(), now=day(3)) == working_day(day(31).date())


@pytest.mark.requirement("domain@69")
@pytest.mark.parametrize(("progress", "days"), [("better", 17), ("same", 7), ("worse", 7), ("met", 17)])
def test_a_goal_that_does_not_move_proposes_weekly_contacts(progress: str, days: int):
    shelf = planned()
    contact(shelf, 1, progress=[progress])
    assert rhythm(shelf.chart(), now=day(2)).days == days


@pytest.mark.requirement("domain@69")
def test_a_goal_that_moves_again_ends_the_weekly_contacts():
    shelf = planned()
    contact(shelf, 1, progress=["same"])
    contact(shelf, 8, progress=["better"])
    assert rhythm(shelf.chart(), now=day(9)).days == 17


@pytest.mark.requirement("domain@75")
def test_the_presets_are_7_14_21_28_and_30_days_in_three_ways():
    assert list(presets()) == [7, 14, 21, 28, 30]
    assert list(ways()) == ["phone", "message", "in-person"]


@pytest.mark.requirement("domain@16", "domain@75")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta])
@pytest.mark.parametrize("days", [7, 14, 21, 28, 30])
def test_the_patients_own_wish_stands_in_the_plan_and_goes_before_the_rhythm(days: int, lose):
    shelf = planned()
    shelf.lose = lose or shelf.lose
    contact(shelf, 1, progress=["same"])
    filed = wished(shelf, 2, str(days), "message")
    assert [problems_of(each) for each in filed] == [[]]
    found = wish(shelf.chart())
    assert found is not None
    assert (found.days, found.way, found.said) == (days, "message", day(2).date().isoformat())
    assert rhythm(shelf.chart(), now=day(3)).days == days
    assert presets()[days] in filed[0]["text"]["div"]
    proposed = contact_defaults(shelf.chart(), now=day(300))["next_date"]
    assert proposed == (working_day(day(300 + days).date()).isoformat(),)


def test_a_new_wish_stands_beside_the_old_one_and_an_end_of_it_brings_the_rhythm_back():
    shelf = planned()
    wished(shelf, 1, "7")
    wished(shelf, 2, "30", "in-person")
    assert (found := wish(shelf.chart()))
    assert found.words == "once a month, in person"
    wished(shelf, 3, "none")
    assert wish(shelf.chart()) is None
    notes = [
        note["text"] for note in shelf.only("CarePlan")["note"] if note["text"].startswith("Contact wish")
    ]
    assert len(notes) == 3


def test_a_try_that_reached_nobody_is_repeated_soon_whatever_the_patient_wishes():
    shelf = planned()
    wished(shelf, 1, "30")
    assert rhythm(shelf.chart(), now=day(2), result="no-answer").days == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"days": ["14"]}, "way"),
        ({"days": ["15"], "way": ["phone"]}, "days"),
        ({"way": ["phone"]}, "days"),
        ({"days": ["14"], "way": ["pigeon"]}, "way"),
    ],
)
def test_a_wish_needs_a_rhythm_and_a_way_among_those_offered(values: dict[str, list[str]], field: str):
    sent = parse_cadence(values, chart=planned().chart(), now=day(1))
    assert set(sent.errors) == {field}
    assert set(values) <= set(FIELDS)


def test_the_form_opens_with_the_wish_as_it_stands_else_near_the_rhythm():
    shelf = planned()
    assert cadence_defaults(shelf.chart(), now=day(1)) == {"days": ("14",), "way": ("phone",)}
    wished(shelf, 1, "28", "in-person")
    assert cadence_defaults(shelf.chart(), now=day(2)) == {"days": ("28",), "way": ("in-person",)}


def test_without_an_open_plan_that_is_seen_no_wish_is_filed():
    assert may_wish(Shelf().chart()).reason.endswith("Open the plan first.")
    assert "could not be seen" in may_wish(planned().chart(CarePlan=ReadStatus.COULD_NOT_READ)).reason
    refused = parse_cadence({"days": ["14"], "way": ["phone"]}, chart=Shelf().chart(), now=day(1))
    assert "form" in refused.errors


@pytest.mark.parametrize("offset", range(7))
def test_a_proposed_day_is_never_on_a_weekend(offset: int):
    found = working_day(date(2026, 11, 16) + timedelta(days=offset))
    assert found.weekday() < 5
    assert instant(day(1)).startswith("2026-11-22")
