"""What is pointed out between two contacts: each rule on its days, with its reason and its way on."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.chart import Chart
from mappings.follow_up import prompts
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.reading import Reading, ReadStatus
from tests.mappings.following import close, contact, day, planned, step
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf

PRACTICE = Practice()


def pointed_out(
    shelf: Shelf, number: int, *, practice: Practice = PRACTICE, patient: Resource | None = None
) -> list[Prompt]:
    return list(prompts(shelf.chart(patient), now=day(number), practice=practice))


def sentences(shelf: Shelf, number: int, **more: Any) -> list[str]:
    return [each.sentence for each in pointed_out(shelf, number, **more)]


def office(number: str, start: str) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"v{number}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": start, "end": start},
    }


RECENT = office("1", "2026-11-20T10:00:00-05:00")
NEXT_YEAR = office("2", "2027-06-01T10:00:00-04:00")


def under_way() -> Shelf:
    """A plan with a first contact in person, and visits that make none due."""
    shelf = planned(RECENT, NEXT_YEAR)
    contact(shelf, 1, mode=["in-person"])
    return shelf


def test_a_patient_who_does_well_gives_rise_to_nothing():
    assert pointed_out(under_way(), 2) == []


@pytest.mark.requirement("domain@76")
@pytest.mark.parametrize(
    ("number", "sentence", "endpoint", "parameters"),
    [
        (21, "All goals are met.", "step.show", {"to": "maintenance"}),
        (79, "All goals are met.", "step.show", {"to": "maintenance"}),
        (80, "Think of closing.", "step.show", {"to": "closing"}),
        (109, "Think of closing.", "step.show", {"to": "closing"}),
        (
            110,
            "Closing is due: all goals have been met for 90 days.",
            "close_plan.show",
            {"outcome": "graduated"},
        ),
        (
            140,
            "Closing is due: all goals have been met for 120 days.",
            "close_plan.show",
            {"outcome": "graduated"},
        ),
    ],
)
def test_from_all_goals_met_to_the_close_60_days_prompt_and_90_are_due(
    number: int, sentence: str, endpoint: str, parameters: dict[str, str]
):
    shelf = under_way()
    contact(shelf, 20, progress=["met"], mode=["in-person"])
    if number > 60:
        contact(shelf, 50, progress=["met"], mode=["in-person"])
    (found,) = [each for each in pointed_out(shelf, number) if "eeting" not in each.sentence]
    assert (found.sentence, found.endpoint, dict(found.parameters)) == (sentence, endpoint, parameters)
    assert "since 11 Dec 2026" in found.why


def test_a_goal_that_falls_back_begins_the_days_anew():
    shelf = under_way()
    contact(shelf, 20, progress=["met"])
    contact(shelf, 60, progress=["worse"], next_date=["2027-01-22"])
    assert not any("met" in each for each in sentences(shelf, 61))
    contact(shelf, 70, progress=["met"], mode=["in-person"])
    assert sentences(shelf, 85) == ["All goals are met."]


@pytest.mark.requirement("domain@70")
def test_the_goals_that_stay_met_ask_for_in_control_and_a_no_for_the_close():
    shelf = under_way()
    contact(shelf, 20, progress=["met"], mode=["in-person"])
    step(shelf, 21, "maintenance")
    assert sentences(shelf, 30) == []
    (asked,) = pointed_out(shelf, 50)
    assert (asked.sentence, asked.parameters["to"]) == ("The goals stay met.", "in-control")
    assert "wants to be contacted further" in asked.why
    step(shelf, 51, "in-control", further=["no"])
    (done,) = pointed_out(shelf, 52)
    assert (done.sentence, done.endpoint) == ("The patient needs no more contacts.", "close_plan.show")


@pytest.mark.requirement("domain@77")
@pytest.mark.parametrize(("number", "told"), [(90, False), (182, False), (183, True), (400, True)])
def test_nobody_is_pressed_to_close_before_six_months_unless_the_goals_are_met(number: int, told: bool):
    shelf = under_way()
    contact(shelf, 20, progress=["better"])
    found = [each for each in pointed_out(shelf, number) if each.sentence == "Six months in the program."]
    assert bool(found) is told
    assert not any(each.endpoint == "close_plan.show" for each in pointed_out(shelf, number))


@pytest.mark.requirement("domain@71")
def test_three_tries_without_an_answer_offer_the_discharge_at_once():
    shelf = under_way()
    for number in (10, 17):
        contact(shelf, number, result=["no-answer"])
    assert sentences(shelf, 18) == []
    contact(shelf, 24, result=["left-message"])
    (found,) = pointed_out(shelf, 25)
    assert (found.urgent, found.endpoint, dict(found.parameters)) == (
        True,
        "close_plan.show",
        {"outcome": "lost-to-follow-up"},
    )
    assert found.why == (
        "3 tries since 1 Dec 2026 without an answer (no answer, no answer, left message)."
        " The practice’s rule: 3 within 30 days."
    )


@pytest.mark.requirement("domain@78")
@pytest.mark.parametrize(
    ("modes", "told"),
    [
        (["phone", "phone", "video"], True),
        (["phone", "in-person", "phone"], False),
        (["home"], False),
        ([], True),
    ],
)
def test_ninety_days_without_a_meeting_in_person_are_pointed_out_with_the_mix(modes: list[str], told: bool):
    shelf = planned(RECENT, NEXT_YEAR)
    for place, mode in enumerate(modes):
        contact(shelf, 20 + place * 20, mode=[mode])
    found = [each for each in pointed_out(shelf, 95) if each.sentence == "No meeting in person in 90 days."]
    assert bool(found) is told
    assert not any("in person" in each for each in sentences(shelf, 80))
    if told and modes:
        assert (
            "3 contacts in the last 90 days: 0 in person, 3 at a distance (2 phone, 1 video)" in found[0].why
        )
    assert "No meeting in person in 200 days." not in sentences(
        shelf, 95, practice=Practice(in_person_days=200)
    )


@pytest.mark.requirement("domain@69")
def test_a_goal_that_does_not_move_with_a_contact_far_away_is_pointed_out():
    shelf = under_way()
    contact(shelf, 20, progress=["same"], next_date=["2027-01-20"], answers=_next_ids(shelf))
    (found,) = pointed_out(shelf, 21)
    assert (found.sentence, found.endpoint) == ("Weekly contacts may help.", "cadence.show")


def _next_ids(shelf: Shelf) -> list[str]:
    tasks = shelf.chart().resources("Task")
    return [task["id"] for task in tasks if task["status"] == "requested"]


@pytest.mark.requirement("domain@79", "domain@80")
@pytest.mark.parametrize(
    ("visits", "condition", "told"),
    [
        ([], True, "None is on file; with diabetes a visit is due every three to six months."),
        (["2026-11-01T10:00:00-05:00"], True, ""),
        (["2026-05-01T10:00:00-04:00"], True, "The last one on file: 1 May 2026; with diabetes"),
        (["2026-05-01T10:00:00-04:00"], False, "The last one on file: 1 May 2026; no visit in six months."),
    ],
)
def test_a_visit_to_the_provider_is_due_by_the_months_since_the_last(
    visits: list[str], condition: bool, told: str
):
    other = {**DIABETES, "code": {"text": "Knee pain"}}
    shelf = planned(*([] if condition else [other]), *(office(str(n), each) for n, each in enumerate(visits)))
    contact(shelf, 1, mode=["in-person"])
    found = [each.why for each in pointed_out(shelf, 2) if each.sentence == "A visit to the provider is due."]
    assert [each.startswith(told) for each in found] == ([True] if told else [])


def test_an_emergency_visit_is_no_visit_to_the_practice_and_unread_visits_say_nothing():
    emergency = office("9", "2026-11-10T10:00:00-05:00")
    emergency["class"]["code"] = "EMER"
    shelf = planned(emergency)
    contact(shelf, 1, mode=["in-person"])
    assert sentences(shelf, 2) == ["A visit to the provider is due."]
    unread = shelf.chart(Encounter=ReadStatus.COULD_NOT_READ)
    assert prompts(unread, now=day(2), practice=PRACTICE) == ()


def test_a_pause_silences_every_other_rule_until_it_ends():
    shelf = under_way()
    contact(shelf, 20, progress=["met"])
    step(shelf, 21, "paused", reason=["At her daughter's"], until=["2027-03-01"])
    (quiet,) = pointed_out(shelf, 90)
    assert (quiet.sentence, quiet.urgent) == ("The service is paused until 1 Mar 2027.", False)
    assert quiet.why == "At her daughter's. No contact is due."
    (due,) = pointed_out(shelf, 100)
    assert (due.sentence, due.urgent, dict(due.parameters)) == (
        "The pause ended on 1 Mar 2027.",
        True,
        {"to": "following"},
    )


def test_a_close_that_was_prepared_is_due_on_its_day():
    shelf = under_way()
    step(shelf, 5, "closing", close_by=["2027-01-15"])
    assert sentences(shelf, 54) == []
    assert sentences(shelf, 55) == ["The close is due."]


def test_after_a_stop_the_service_ends_with_the_month_and_an_open_plan_is_urgent_then():
    shelf = under_way()
    consent = shelf.kept[f"Consent/{shelf.only('Consent')['id']}"]
    consent["provision"]["period"]["end"] = "2026-11-30"
    (before,) = pointed_out(shelf, 5)
    assert (before.sentence, before.urgent) == ("The service ends with 30 Nov 2026.", False)
    (after,) = pointed_out(shelf, 12)
    assert (after.sentence, after.urgent, after.endpoint) == (
        "The consent has ended and a plan is open.",
        True,
        "close_plan.show",
    )


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ({"start": "2026-11-21", "end": "2026-11-22"}, "The period of the care plan is over."),
        ({"start": "2027-06-01"}, "The care plan begins in the future."),
    ],
)
def test_a_period_that_was_changed_in_the_ehr_is_pointed_out(period: dict[str, str], sentence: str):
    shelf = under_way()
    shelf.kept[f"CarePlan/{shelf.only('CarePlan')['id']}"]["period"] = period
    assert sentences(shelf, 5) == [sentence]


def test_two_open_plans_come_first():
    shelf = under_way()
    plan = shelf.only("CarePlan")
    other = {**plan, "id": "older", "identifier": [{**plan["identifier"][0], "value": "another"}]}
    shelf.kept["CarePlan/older"] = {**other, "period": {"start": "2026-03-01"}}
    contact(shelf, 3, progress=["met"])
    first = pointed_out(shelf, 4)[0]
    assert (first.sentence, first.urgent) == ("2 care plans are open at once.", True)
    assert "21 Nov 2026 and 1 Mar 2026" in first.why


def test_of_the_dead_the_unenrolled_and_the_unknown_nothing_is_said():
    shelf = under_way()
    contact(shelf, 20, progress=["met"])
    assert pointed_out(shelf, 200, patient={**MARGERY, "deceasedBoolean": True}) == []
    assert pointed_out(Shelf(DIABETES), 1) == []
    consented = Shelf(DIABETES)
    consented.consent()
    assert pointed_out(consented, 1) == []
    unread = shelf.chart(Task=ReadStatus.COULD_NOT_READ)
    assert prompts(unread, now=day(200), practice=PRACTICE) == ()
    hidden = Reading("Task", ReadStatus.READ, (), ours_unseen=True)
    never = Chart(MARGERY, {**shelf.chart().readings, "Task": hidden})
    assert prompts(never, now=day(200), practice=PRACTICE) == ()


def test_every_prompt_has_a_reason_and_no_way_on_without_words():
    shelf = under_way()
    contact(shelf, 20, progress=["met"])
    for number in (21, 60, 85, 120, 300):
        for each in pointed_out(shelf, number):
            assert each.why.endswith(".")
            assert bool(each.label) == bool(each.endpoint)
    close(shelf, 301)
    assert pointed_out(shelf, 302) == []
