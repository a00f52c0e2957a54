"""Whether a patient is ready to go on alone, where she stood at the start, and how her contacts were held."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from mappings.appointment import upcoming
from mappings.baseline import baseline
from mappings.cadence import cadence_data
from mappings.contact_mix import contact_mix
from mappings.goals_met import goals_met, met_since
from mappings.readiness import readiness
from mappings.reading import ReadStatus
from tests.mappings.charts import NEW_YORK, chart_of
from tests.mappings.following import START, contact, day, planned
from tests.mappings.shelf import Resource, Shelf
from tests.mappings.test_after_end import a1c, visit

MET_ONCE = "Progress: met (2026-12-01)"
LABELS = (
    "Every goal is met",
    "No emergency visit or hospital stay in 90 days",
    "Confidence of 7 or more to go on alone",
    "Six months in the program, or the goals are met",
    "Nothing is left to be done",
)


def answers(shelf: Shelf, number: int, **unread: ReadStatus) -> list[str]:
    return [each.answer for each in readiness(shelf.chart(**unread), now=day(number))]


@pytest.mark.requirement("domain@59")
def test_the_checklist_shows_each_answer_with_the_facts_it_rests_on():
    shelf = planned(visit("EMER", "2026-12-25T10:00:00-05:00"))
    goal = shelf.only("Goal")["id"]
    contact(shelf, 10, progress=["met"], **{f"importance.{goal}": ["9"], f"confidence.{goal}": ["8"]})
    found = readiness(shelf.chart(), now=day(60))
    assert tuple(each.label for each in found) == LABELS
    assert [(each.answer, each.facts) for each in found[:4]] == [
        ("yes", "1 of 1 goal met, all since 1 Dec 2026."),
        ("not yet", "ED visit (25 Dec 2026)."),
        ("yes", "Last given: 8 of 10."),
        ("yes", "60 days since 21 Nov 2026."),
    ]


def test_what_the_chart_cannot_tell_is_not_known():
    shelf = planned()
    hidden = dict.fromkeys(("Goal", "Encounter"), ReadStatus.COULD_NOT_READ)
    assert answers(shelf, 10, **hidden)[:3] == ["not known", "not known", "not known"]
    assert answers(Shelf(), 10)[0] == "not known"
    assert answers(shelf, 10, Task=ReadStatus.STILL_LOADING)[4] == "not known"


@pytest.mark.parametrize(
    ("notes", "status_date", "since"),
    [
        (["Progress: met (2026-12-01)", "Progress: met (2026-12-15)"], "2026-12-15", "2026-12-01"),
        (
            [MET_ONCE, "Progress: worse (2026-12-08)", "Progress: met (2026-12-15)"],
            "2026-12-15",
            "2026-12-15",
        ),
        (["Progress: better (2026-12-01)"], "2026-12-20", "2026-12-20"),
        ([], "2026-12-20", "2026-12-20"),
        ([], "2026-12", None),
        ([], None, None),
    ],
)
def test_since_when_a_goal_is_met(notes: list[str], status_date: str | None, since: str | None):
    goal = {"resourceType": "Goal", "note": [{"text": text} for text in notes], "statusDate": status_date}
    found = met_since(goal)
    assert (found.isoformat() if found else None) == since


def test_goals_that_ended_as_met_count_and_those_given_up_do_not():
    shelf = planned()
    goal = shelf.only("Goal")
    assert goals_met(shelf.chart(), now=day(1)).words == "0 of 1 goal met"
    goal["lifecycleStatus"] = "completed"
    goal["achievementStatus"] = {"coding": [{"code": "achieved"}]}
    assert goals_met(shelf.chart(), now=day(1)).all_met
    goal["lifecycleStatus"] = "cancelled"
    assert goals_met(shelf.chart(), now=day(1)).words == "no goals"
    assert not goals_met(Shelf().chart(), now=day(1)).all_met


BASELINE = [
    ([a1c(9.4, "2026-11-01"), a1c(7.1, "2027-01-10")], "9.4 % (1 Nov 2026)", "7.1 % (10 Jan 2027)"),
    ([a1c(9.4, "2026-11-01")], "9.4 % (1 Nov 2026)", "none since"),
    ([a1c(9.9, "2026-12-10"), a1c(7.1, "2027-01-10")], "9.9 % (10 Dec 2026)", "7.1 % (10 Jan 2027)"),
    ([a1c(9.9, "2024-12-10"), a1c(7.1, "2027-01-10")], "none then", "7.1 % (10 Jan 2027)"),
    # The day of the start counts for the start.
    ([a1c(8.8, "2026-11-21"), a1c(7.1, "2027-01-10")], "8.8 % (21 Nov 2026)", "7.1 % (10 Jan 2027)"),
]


@pytest.mark.requirement("domain@90")
@pytest.mark.parametrize(("results", "then", "now_words"), BASELINE)
def test_the_value_at_the_start_stands_beside_the_value_now(
    results: list[Resource], then: str, now_words: str
):
    start = datetime.combine(START.date(), time(), tzinfo=NEW_YORK)
    rows = baseline(chart_of(*results), start=start, now=day(60))
    assert [(row.label, row.then, row.now) for row in rows] == [("A1c", then, now_words)]


def test_old_results_alone_and_visits_that_were_not_read_give_no_row():
    start = datetime.combine(START.date(), time(), tzinfo=NEW_YORK)
    assert baseline(chart_of(a1c(9.9, "2020-01-01")), start=start, now=day(60)) == ()
    used = chart_of(visit("EMER", "2026-10-01T10:00:00-04:00"), visit("EMER", "2027-01-01T10:00:00-05:00"))
    assert [row.sentence for row in baseline(used, start=start, now=day(60))] == [
        "Emergency visits 1 in the 6 months before, now 1 since",
        "Hospital stays 0 in the 6 months before, now 0 since",
    ]


@pytest.mark.requirement("domain@78")
def test_the_mix_of_the_contacts_counts_those_that_were_held():
    shelf = planned()
    for number, mode in ((1, "in-person"), (10, "phone"), (20, "phone"), (30, "message")):
        contact(shelf, number, mode=[mode])
    contact(shelf, 31, result=["no-answer"])
    mix = contact_mix(shelf.chart(), now=day(40), days=90, since=START)
    assert mix.words == "4 contacts in the last 90 days: 1 in person, 3 at a distance (2 phone, 1 message)"
    assert not mix.due
    assert (
        contact_mix(Shelf().chart(), now=day(1), days=90).words == "No contact was held in the last 90 days"
    )


@pytest.mark.requirement("domain@67")
def test_a_visit_that_is_booked_soon_is_a_chance_to_meet():
    booked = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "serviceType": [{"text": "Diabetes check"}],
        "start": "2026-12-03T10:00:00-05:00",
        "participant": [
            {"actor": {"reference": "Patient/p1", "display": "Margery Gibson"}},
            {"actor": {"reference": "Practitioner/x", "display": "Dr Luis Alvarez"}},
        ],
    }
    others = [
        {**booked, "id": "a2", "status": "cancelled"},
        {**booked, "id": "a3", "start": "2026-11-01T10:00:00-05:00"},
        {**booked, "id": "a4", "start": "2027-11-01T10:00:00-05:00"},
        {**booked, "id": "a5", "start": None},
    ]
    (found,) = upcoming(chart_of(booked, *others), now=day(1))
    assert (found.what, found.when_words, found.who) == (
        "Diabetes check",
        "3 Dec 2026, 10:00",
        "Dr Luis Alvarez",
    )


@pytest.mark.requirement("domain@64")
def test_the_first_visit_has_its_five_parts_and_its_length():
    first = cadence_data()["first-visit"]
    assert len(first["parts"]) == 5
    assert "40 to 60 minutes" in first["minutes"]
    assert first["call_minutes"] == "35 to 40 minutes"
