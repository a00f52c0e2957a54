"""Tasks with others outside, the list of contacts, and emergency visits that are followed up."""

from __future__ import annotations

from uuid import UUID

import pytest

from mappings.coordination import (
    calls_with_others,
    coordination_defaults,
    coordination_resources,
    outside_contacts,
    parse_coordination,
)
from mappings.ed_follow_up import ed_visits, not_followed_up
from mappings.practice import Practice
from mappings.reading import ReadStatus
from mappings.to_do import to_dos
from mappings.transition_prompt import prompts
from tests.mappings.discharges import at, author, call, discharged, encounter

NOW = at("2026-11-20 10:00")
FORM_ID = UUID("11111111-1111-4111-8111-111111111111")
ED = encounter("2026-11-16 13:00", "2026-11-16 18:00", klass="EMER", reasonCode=[{"text": "Chest pain"}])
OFFICE = {
    "name": ["Lakeside Cardiology"],
    "phone": ["513-555-0100"],
    "text": ["Send the echo"],
    "owner": ["care-manager"],
}
TEAM = {
    "resourceType": "CareTeam",
    "id": "c1",
    "status": "active",
    "participant": [{"role": [{"text": "Cardiologist"}], "member": {"display": "Dr Folake Adeyemi"}}],
}


def filed(chart, **typed):
    values = {**coordination_defaults(chart, now=NOW), **typed}
    entry = parse_coordination(values, chart=chart, now=NOW).entry
    assert entry is not None
    (task,) = coordination_resources(entry, chart, author(NOW), FORM_ID)
    return task


@pytest.mark.requirement("domain@103")
def test_a_task_says_with_whom_care_is_arranged_and_stands_on_the_task_list() -> None:
    task = filed(discharged(), **OFFICE)
    assert task["description"] == "Lakeside Cardiology: Send the echo"
    assert task["code"]["text"] == "Coordinate care"
    assert "513-555-0100" in task["text"]["div"]
    (row,) = to_dos(discharged({"id": "t1", **task}), NOW).rows
    assert (row.kind, row.due_words, row.owner) == ("coordination", "Fri, in 7 days", "Dana Whitfield, RN")


@pytest.mark.requirement("domain@101")
def test_the_list_of_contacts_is_made_of_the_team_the_visits_and_whom_somebody_named() -> None:
    stay = encounter("2026-11-16", "2026-11-19", serviceProvider={"display": "Millstone General Hospital"})
    task = {"id": "t1", **filed(discharged(), **OFFICE)}
    found = outside_contacts(discharged(stay, TEAM, task), now=NOW)
    assert [(row.name, row.role, row.phone) for row in found] == [
        ("Lakeside Cardiology", "", "513-555-0100"),
        ("Dr Folake Adeyemi", "Cardiologist", ""),
        ("Millstone General Hospital", "Hospital stay", ""),
    ]
    known = coordination_defaults(discharged(task), now=NOW, name="Lakeside Cardiology")
    assert known["phone"] == ("513-555-0100",)


@pytest.mark.requirement("domain@101")
def test_calls_with_others_outside_are_listed_and_those_with_the_patient_are_not() -> None:
    chart = discharged(
        call("2026-11-18", **{"with": "provider"}),
        call("2026-11-19", **{"with": "agency"}),
        call("2026-11-17"),
    )
    assert [row.with_code for row in calls_with_others(chart, now=NOW)] == ["agency", "provider"]


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"name": [" "]}, "name", "Write with whom"),
        ({"text": [""]}, "text", "what is to be arranged"),
        ({"due": [""]}, "due", "Give the day"),
        ({"due": ["2026-11-19"]}, "due", "has passed"),
        ({"due": ["2028-01-01"]}, "due", "within a year"),
        ({"due": ["soon"]}, "due", "not a date"),
        ({"owner": ["nobody"]}, "owner", "Choose one"),
        ({"visit": ["unknown"]}, "form", "on the task list already, or no longer"),
        ({"name": ["x" * 121]}, "name", "nothing you typed was lost"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed, field, message) -> None:
    values = {**coordination_defaults(discharged(), now=NOW), **OFFICE, **typed}
    read = parse_coordination(values, chart=discharged(), now=NOW)
    assert message in read.errors[field]
    assert read.entry is None


def test_where_tasks_could_not_be_read_none_is_added_in_the_dark() -> None:
    chart = discharged(Task=ReadStatus.COULD_NOT_READ)
    assert parse_coordination(OFFICE, chart=chart, now=NOW).errors["form"]


# ---- emergency visits


@pytest.mark.parametrize(
    ("more", "followed_up"),
    [
        ([], False),
        ([call("2026-11-17 10:00", service="education-follow-up")], True),
        ([call("2026-11-17 10:00", "no-answer")], False),
        ([call("2026-11-16 14:00")], False),
        ([call("2026-11-17 10:00", **{"with": "provider"})], False),
        ([encounter("2026-11-18 09:00", "2026-11-18 09:30", klass="AMB")], True),
        ([encounter("2026-11-18 09:00", "2026-11-18 09:30", klass="AMB", status="planned")], False),
    ],
    ids=["nothing", "talked", "no answer", "before it ended", "with a provider", "seen", "planned"],
)
def test_an_emergency_visit_is_followed_up_by_a_talk_or_a_visit_after_it(more, followed_up) -> None:
    (row,) = ed_visits(discharged(ED, *more), now=NOW)
    assert row.followed_up is followed_up
    found = prompts(discharged(ED, *more), now=NOW, practice=Practice())
    assert bool(found) is not followed_up
    if found:
        assert found[0].sentence == "ED visit of 16 Nov 2026 (Chest pain): nobody has followed up."
        assert found[0].why == "A talk is due by Mon."


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ([], 1),
        ([encounter("2026-11-16 19:00", "2026-11-19")], 0),
        ([encounter("2026-11-17 17:00", "2026-11-19")], 0),
        ([encounter("2026-11-18 09:00", "2026-11-19")], 1),
        ([encounter("2026-11-15 09:00", "2026-11-19")], 0),
    ],
    ids=["alone", "admitted at once", "within a day", "two days later", "during a stay"],
)
def test_an_emergency_visit_that_led_to_a_stay_is_part_of_it(more, count) -> None:
    assert len(ed_visits(discharged(ED, *more), now=NOW)) == count


def test_the_task_of_an_emergency_visit_is_planned_once_and_the_prompt_says_so() -> None:
    opened = coordination_defaults(discharged(ED), now=NOW, visit=ED["id"])
    assert opened["text"] == ("Call after the ED visit of 16 Nov 2026 (Chest pain)",)
    assert opened["due"] == ("2026-11-23",)
    task = filed(discharged(ED), **opened)
    assert task["focus"]["reference"] == f"Encounter/{ED['id']}"
    chart = discharged(ED, {"id": "t1", **task})
    assert "On the task list for Mon, in 3 days." in prompts(chart, now=NOW, practice=Practice())[0].why
    assert coordination_defaults(chart, now=NOW, visit=ED["id"])["visit"] == ("",)
    again = parse_coordination({**opened}, chart=chart, now=NOW)
    assert "on the task list already" in again.errors["form"]


def test_an_old_emergency_visit_is_pointed_out_no_more() -> None:
    assert not_followed_up(discharged(ED), now=at("2026-12-17")) == ()
    (late,) = prompts(discharged(ED), now=at("2026-11-30"), practice=Practice())
    assert late.why == "A talk was due by 23 Nov 2026."
