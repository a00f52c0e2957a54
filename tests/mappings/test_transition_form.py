"""The checklist after a discharge, its part in the contact form, and how what was filed is read back."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from fhir_profiles.terminology import codes, display
from mappings.contact_record import LINE as CONTACT_LINE
from mappings.contact_save import contact_resources, parse_contact
from mappings.narrative import read_fixed_line
from mappings.reading import Reading
from mappings.transition import current, transitions
from mappings.transition_form import (
    GONE,
    checklist_defaults,
    checklist_resources,
    may_tick,
    parse_checklist,
    plannable,
)
from mappings.transition_part import DischargePart
from mappings.transition_record import transition_records
from mappings.transition_rules import items, warning_signs
from tests.mappings.discharges import at, author, booked, discharged, encounter
from tests.mappings.shelf import without_extensions, without_meta, without_outputs

STAY = encounter("2026-11-16", "2026-11-19 14:30")
UNSAID = encounter("2026-11-16", "2026-11-19 14:30", went="")
NOW = at("2026-11-20 10:00")
FORM_ID = UUID("11111111-1111-4111-8111-111111111111")
OTHER_ID = UUID("22222222-2222-4222-8222-222222222222")
CALL = {
    "mode": ["phone"],
    "with": ["patient"],
    "result": ["talked"],
    "service_type": ["transition"],
    "minutes": ["12"],
    "no_next_reason": ["Seen on Monday"],
}


def chart_with(*filed, stay=STAY):
    """The chart with what was filed; a record without an id gets one."""
    kept = [{"id": f"t{number}", **each} for number, each in enumerate(filed)]
    return discharged(stay, *kept)


def sent(chart, now=NOW, **typed):
    values = {
        "stay": [STAY["id"]],
        **{name: value if isinstance(value, list) else [value] for name, value in typed.items()},
    }
    return parse_checklist(values, chart=chart, now=now)


def filed(chart, now=NOW, form_id=FORM_ID, **typed):
    entry = sent(chart, now, **typed).entry
    assert entry is not None
    return checklist_resources(entry, chart, author(now), form_id)


@pytest.mark.requirement("domain@95")
def test_the_seven_items_are_the_codes_that_are_filed() -> None:
    assert tuple(items()) == codes("transition-item")
    assert [display("transition-item", code) for code in items()] == list(items().values())
    assert len(items()) == 7


@pytest.mark.requirement("domain@95")
@pytest.mark.parametrize(
    "lose",
    [lambda each: each, without_meta, without_extensions, without_outputs],
    ids=["nothing", "meta", "extensions", "outputs"],
)
def test_each_tick_is_read_back_with_its_own_time(lose) -> None:
    first = filed(chart_with(), done=["symptoms"], note="Sleeps in a chair")
    later = at("2026-11-21 15:05")
    second = filed(chart_with(*first), later, OTHER_ID, done=["instructions", "visit"])
    chart = chart_with(*(lose({"id": f"t{number}", **each}) for number, each in enumerate((*first, *second))))
    found = current(chart, now=later)
    assert found is not None
    assert {row.code: row.when for row in found.items if row.done} == {
        "symptoms": "20 Nov 2026, 10:00",
        "instructions": "21 Nov 2026, 15:05",
        "visit": "21 Nov 2026, 15:05",
    }
    assert {row.by for row in found.items if row.done} == {"Dana Whitfield, RN"}
    assert [row.note for row in found.records] == ["Sleeps in a chair", ""]


@pytest.mark.requirement("domain@100")
@pytest.mark.parametrize("answer", ["yes", "partly", "no"])
def test_warning_signs_are_filed_with_whether_they_were_understood(answer) -> None:
    (task,) = filed(
        chart_with(), done=["warning-signs"], signs="weight up 3 pounds; more swelling", teach_back=answer
    )
    assert "weight up 3 pounds" in task["text"]["div"]
    (row,) = transition_records(chart_with(task), now=NOW)
    assert (row.signs, row.teach_back) == ("weight up 3 pounds, more swelling", answer)


@pytest.mark.requirement("domain@100")
def test_warning_signs_opens_with_those_of_the_conditions_in_the_chart() -> None:
    assert warning_signs(frozenset({"Heart failure"})).startswith("weight up 2 to 3 pounds in a day")
    assert "911" in warning_signs(frozenset())
    assert checklist_defaults(chart_with(), now=NOW)["signs"] == (warning_signs(frozenset()),)


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({}, "done", "Tick what was done"),
        ({"done": ["dancing"]}, "done", "not among them"),
        (
            {"done": ["warning-signs"], "signs": "fever"},
            "teach_back",
            "whether the warning signs were understood",
        ),
        ({"done": ["warning-signs"], "teach_back": "yes"}, "signs", "which warning signs"),
        ({"done": ["symptoms"], "teach_back": "maybe"}, "teach_back", "Choose one"),
        ({"done": ["symptoms"], "went_to": "home"}, "went_to", "Choose one"),
        ({"plan": ["dance"]}, "plan", "not among them"),
        ({"done": ["symptoms"], "note": "x" * 4001}, "note", "nothing you typed was lost"),
        ({"done": ["symptoms"], "stay": "another"}, "form", GONE),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(typed, field, message) -> None:
    read = sent(chart_with(), **typed)
    assert read.entry is None
    assert message in read.errors[field]
    assert all(read.all(name) for name in typed)


def test_an_item_ticked_by_somebody_else_meanwhile_is_not_offered_again() -> None:
    chart = chart_with(*filed(chart_with(), done=["symptoms"]))
    assert "not among them" in sent(chart, done=["symptoms"]).errors["done"]


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ((), "No discharge"),
        ((encounter("2026-11-16"),), "In hospital since Mon"),
        (
            (STAY, encounter("2026-11-20 08:00", id="again") | {"status": "in-progress"}),
            "In hospital since Mon",
        ),
        (
            (encounter("2026-11-12", "2026-11-14"), encounter("2026-11-18 08:00")),
            "Back in hospital since Wed",
        ),
        (
            (encounter("2026-11-16", "2026-11-19", went="snf"),),
            "Went to a nursing or rehabilitation facility",
        ),
    ],
    ids=["nothing", "still there", "back the next day", "back later", "to a facility"],
)
def test_where_no_clock_runs_the_form_says_why(resources, words) -> None:
    chart = discharged(*resources)
    assert words in may_tick(chart, now=NOW)
    read = parse_checklist({"done": ["symptoms"], "note": ["Typed before"]}, chart=chart, now=NOW)
    assert words in read.errors["form"]
    assert read.value("note") == "Typed before"


@pytest.mark.requirement("domain@94")
def test_where_the_patient_went_is_asked_where_the_chart_does_not_say_and_settles_the_clock() -> None:
    assert sent(chart_with(stay=UNSAID), went_to="home").entry is not None
    (home,) = filed(chart_with(stay=UNSAID), went_to="home")
    found = current(chart_with(home, stay=UNSAID), now=NOW)
    assert found is not None
    assert found.destination.clock == "yes"
    (facility,) = filed(chart_with(stay=UNSAID), went_to="facility")
    (closed,) = transitions(chart_with(facility, stay=UNSAID), now=NOW)
    assert closed.closed.startswith("Went to a nursing or rehabilitation facility")


@pytest.mark.requirement("domain@96")
def test_what_is_still_to_come_goes_on_the_task_list_once_and_is_answered_by_what_is_ticked() -> None:
    found = current(chart_with(), now=NOW)
    assert found is not None
    kinds = list(plannable(chart_with(), found, now=NOW))
    assert kinds == ["discharge-call", "discharge-visit", "discharge-medicines"]
    tasks = filed(chart_with(), plan=kinds)
    assert [task["restriction"]["period"]["end"] for task in tasks] == [
        "2026-11-23",
        "2026-11-26",
        "2026-12-03",
    ]
    assert [task["priority"] for task in tasks] == ["urgent", "routine", "routine"]
    chart = chart_with(*tasks)
    now_planned = current(chart, now=NOW)
    assert now_planned is not None
    assert plannable(chart, now_planned, now=NOW) == {}
    _, *answered = filed(chart, done=["medicines", "symptoms"])
    assert [(task["id"], task["status"]) for task in answered] == [("t2", "completed")]


def test_a_visit_that_is_booked_in_time_is_not_put_on_the_list_by_itself() -> None:
    chart = discharged(STAY, booked("2026-11-24 10:00"))
    assert checklist_defaults(chart, now=NOW)["plan"] == ("discharge-call", "discharge-medicines")


# ---- in the contact form


def called(chart, now=NOW, **typed):
    values = {**CALL, "date": [now.date().isoformat()], "discharge": [STAY["id"]], **typed}
    return parse_contact(values, chart=chart, now=now)


@pytest.mark.requirement("domain@96")
@pytest.mark.requirement("domain@100")
def test_one_contact_files_the_call_and_what_was_gone_through_in_it() -> None:
    chart = chart_with(*filed(chart_with(), plan=["discharge-call"]))
    read = called(
        chart,
        discharge_done=["symptoms", "warning-signs"],
        discharge_signs=["more swelling"],
        discharge_teach_back=["yes"],
    )
    assert read.errors == {}
    assert read.entry is not None
    made = contact_resources(read.entry, chart, author(NOW), FORM_ID)
    contact = next(each for each in made if each["code"]["coding"][0]["code"] == "contact")
    line = read_fixed_line(contact["note"][0]["text"], CONTACT_LINE)
    assert line["Discharged"] == "19 Nov 2026"
    assert line["Gone through"] == "Symptoms asked about, Warning signs taught"
    assert "more swelling" in contact["text"]["div"]
    done = [each for each in made if each.get("id") == "t0"]
    assert [each["status"] for each in done] == ["completed"]
    ended = {each.get("id") for each in made}
    kept = [each for each in chart.resources("Task") if each["id"] not in ended]
    after = chart_with(*kept, *made)
    found = current(after, now=NOW)
    assert found is not None
    assert found.contacted_in_time
    assert [row.code for row in found.items if row.done] == ["symptoms", "warning-signs"]


def test_a_task_that_the_contact_answers_anyway_is_not_ended_twice() -> None:
    chart = chart_with(*filed(chart_with(), plan=["discharge-call"]))
    entry = called(chart, answers=["t0"]).entry
    assert entry is not None
    made = contact_resources(entry, chart, author(NOW), FORM_ID)
    assert [each.get("id") for each in made].count("t0") == 1


def test_a_call_that_nobody_answered_is_a_try_and_leaves_its_task_open() -> None:
    chart = chart_with(*filed(chart_with(), plan=["discharge-call"]))
    entry = called(chart, result=["no-answer"]).entry
    assert entry is not None
    made = contact_resources(entry, chart, author(NOW), FORM_ID)
    assert "t0" not in [each.get("id") for each in made]


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("2026-11-20", ""),
        ("2026-11-23", "Back in hospital since Mon"),
        ("2026-11-18", "before the discharge"),
    ],
    ids=["before the readmission", "after it", "before the discharge"],
)
def test_a_contact_for_a_patient_who_was_admitted_again(date, message) -> None:
    """What came before the new stay can still be documented; what came after is no contact of that discharge."""
    chart = discharged(STAY, encounter("2026-11-23", id="again"))
    read = called(
        chart, at("2026-11-24 09:00"), date=[date], start=["09:00"], late_reason=["The line was down"]
    )
    assert message in read.errors.get("discharge", "")
    assert ("discharge" in read.errors) is bool(message)
    assert read.value("minutes") == "12"


def test_the_part_is_offered_while_a_clock_runs_and_suggested_until_somebody_was_reached() -> None:
    part = DischargePart()
    (offer,) = part.offers(chart_with(), now=NOW)
    assert (offer.value, offer.words, offer.suggested) == (
        STAY["id"],
        "After the discharge of 19 Nov 2026",
        True,
    )
    entry = called(chart_with()).entry
    assert entry is not None
    (talked, *_) = contact_resources(entry, chart_with(), author(NOW), FORM_ID)
    (again,) = part.offers(chart_with(talked), now=NOW)
    assert not again.suggested
    assert part.offers(chart_with(), now=at("2027-01-05")) == ()
    assert part.defaults(STAY["id"], chart_with(), now=NOW)["service_type"] == ("transition",)
    assert part.defaults("nobody", chart_with(), now=NOW) == {}
    assert part.view("nobody", {}, {}, chart_with(), now=NOW).refused


def test_what_this_ehr_does_not_show_again_is_no_reason_to_think_it_undone() -> None:
    chart = chart_with()
    blind = replace(
        chart, readings={**chart.readings, "Task": replace(chart.reading("Task"), ours_unseen=True)}
    )
    found = current(blind, now=NOW)
    assert found is not None
    assert isinstance(blind.reading("Task"), Reading)
    assert not found.known
    assert not found.call_is_due
