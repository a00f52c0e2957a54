"""What is filed and never shown again is unknown, not absent: every sentence and every gate, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mappings.care_plan import (
    care_plan_resources,
    parse_care_plan,
    plan_absence,
)
from mappings.chart import Chart
from mappings.closing import close_resources, parse_close
from mappings.consent import consent_resources, consent_view, drafts_plan, may_consent, parse_consent
from mappings.contact import contacts
from mappings.contact_save import contact_resources, parse_contact
from mappings.enrolment import contact_note, enrolment_view
from mappings.goal import goals
from mappings.month import month_view
from mappings.other_plan import others
from mappings.panel import SENTENCES, Absence
from mappings.reading import Reading, ReadStatus
from mappings.sight import Sight, sight, sight_of, unseen
from mappings.to_do import to_dos
from mappings.today import today_view
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    ACCEPT,
    CLOSE,
    CONTACT,
    DIABETES,
    FORM,
    MARGERY,
    PLAN,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
)

READ, NOT_AVAILABLE, NO_ACCESS = ReadStatus.READ, ReadStatus.NOT_AVAILABLE, ReadStatus.NO_ACCESS
FAILED, LOADING, PROTECTED = ReadStatus.COULD_NOT_READ, ReadStatus.STILL_LOADING, ReadStatus.PROTECTED
OURS = ("CarePlan", "Goal", "Task", "Consent")
WHY = "this EHR does not show again what is documented with Chartside"
AGREED = (
    "This EHR does not show Chartside whether the patient has agreed. Look in the chart before you go on."
)
PLANNED = "This EHR does not show Chartside whether a care plan is open. Look in the chart before you go on."
BOTH = (
    "This EHR does not show Chartside whether the patient has agreed or whether a care plan is open. Look in the chart"
    " before you go on."
)

# As athenaOne: care plans and goals of its own, neither tasks nor consents; what we file is never shown.
ATHENA = {"CarePlan": READ, "Goal": READ, "Task": NOT_AVAILABLE, "Consent": NOT_AVAILABLE}
THEIR_PLAN: Resource = {
    "resourceType": "CarePlan",
    "id": "theirs",
    "status": "active",
    "intent": "plan",
    "title": "Diabetes education",
    "subject": {"reference": "Patient/p1"},
}
THEIR_GOAL: Resource = {
    "resourceType": "Goal",
    "id": "theirs",
    "lifecycleStatus": "active",
    "description": {"text": "A1c below 8"},
    "subject": {"reference": "Patient/p1"},
}


def hidden(shelf: Shelf, statuses: Mapping[str, ReadStatus] = ATHENA, **patient: Any) -> Chart:
    """The chart in which the named types were read so, and what Chartside files of them is not shown again."""
    chart = shelf.chart(patient={**MARGERY, **patient})
    readings = dict(chart.readings)
    for kind, status in statuses.items():
        found = readings[kind].resources if status is READ else ()
        readings[kind] = Reading(kind, status, found, ours_unseen=True)
    return replace(chart, readings=readings)


@pytest.mark.parametrize(
    ("reading", "seen"),
    [
        (Reading("Task", READ), Sight.WHOLE),
        (Reading("Task", READ, incomplete=True), Sight.PARTLY),
        (Reading("Task", READ, ours_unseen=True), Sight.UNSEEN),
        (Reading("Task", READ, incomplete=True, ours_unseen=True), Sight.UNSEEN),
        (Reading("Task", NOT_AVAILABLE, ours_unseen=True), Sight.UNSEEN),
        (Reading("Task", NO_ACCESS, ours_unseen=True), Sight.UNSEEN),
        (Reading("Task", NOT_AVAILABLE), Sight.DARK),
        (Reading("Task", NO_ACCESS), Sight.DARK),
        *((Reading("Task", status), Sight.DARK) for status in (FAILED, LOADING, PROTECTED)),
        *((Reading("Task", status, ours_unseen=True), Sight.DARK) for status in (FAILED, LOADING, PROTECTED)),
    ],
)
def test_every_way_a_read_can_end_is_seen_as_one_of_four(reading: Reading, seen: Sight):
    assert sight_of(reading) is seen


def test_a_type_that_was_not_asked_for_is_dark():
    assert sight(Chart({}, {}), "Task") is Sight.DARK
    assert unseen(hidden(Shelf()), *OURS) == OURS


# The gates

# (what is hidden, what else ended otherwise) -> consent, plan and close: "" open, else how caution or reason begin
SHUT_CLOSE = (
    "shut: This EHR does not show again the {} documented with Chartside, so they cannot be closed from here."
)
GATES = [
    (ATHENA, BOTH, BOTH, SHUT_CLOSE.format("care plans, goals and tasks")),
    ({"Consent": READ}, AGREED, AGREED, "shut: There is no open care plan to close."),
    ({"Consent": NO_ACCESS}, AGREED, AGREED, "shut: There is no open care plan to close."),
    ({"CarePlan": READ}, PLANNED, "shut: A plan needs", SHUT_CLOSE.format("care plans")),
    ({"Task": READ}, "", "shut: A plan needs", SHUT_CLOSE.format("tasks")),
    ({"Goal": READ}, "", "shut: A plan needs", SHUT_CLOSE.format("goals")),
    # What could not be read just now stays shut, whatever is never shown.
    ({**ATHENA, "Consent": FAILED}, "shut: Consent is unknown: could not", "shut: A plan needs", "shut: This EHR"),
    ({**ATHENA, "CarePlan": LOADING}, "shut: The care plans", "shut: The care plans", "shut: The care plans"),
    ({**ATHENA, "CarePlan": PROTECTED}, "shut: The care plans", "shut: The care plans", "shut: The care plans"),
]  # fmt: skip


@pytest.mark.parametrize(("statuses", "consent", "plan", "close"), GATES)
def test_what_is_new_may_be_filed_with_a_caution_and_what_changes_the_unseen_never(
    statuses: Mapping[str, ReadStatus], consent: str, plan: str, close: str
):
    view = enrolment_view(hidden(Shelf(DIABETES), statuses), now=NOW)
    for gate, expected in ((view.may_consent, consent), (view.may_plan, plan), (view.may_close, close)):
        if expected.startswith("shut: "):
            assert gate.reason.startswith(expected.removeprefix("shut: "))
            assert not gate
        else:
            assert (bool(gate), gate.reason, gate.caution) == (True, "", expected)
    assert view.may_contact


def test_a_consent_that_is_not_shown_leaves_the_plan_to_be_closed_and_says_that_it_stays():
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    chart = hidden(shelf, {"Consent": NOT_AVAILABLE})
    gate = enrolment_view(chart, now=NOW).may_close
    assert gate
    assert gate.caution.startswith(
        "This EHR does not show Chartside the patient's consent, so closing does not end it."
    )
    finals = {f"final.{each['id']}": ["met"] for each in chart.resources("Goal")}
    entry = entry_of(parse_close({**CLOSE, **finals, "outcome": ["stopped"]}, chart=chart, now=NOW))
    assert "Consent" not in {each["resourceType"] for each in close_resources(entry, chart, author(), FORM)}


def test_a_patient_who_has_died_gets_neither_consent_nor_plan():
    view = enrolment_view(hidden(Shelf(), deceasedBoolean=True), now=NOW)
    assert not view.may_consent
    assert not view.may_plan


def test_consent_plan_and_contact_are_each_filed_as_new_where_nothing_is_shown_again():
    chart = hidden(Shelf(DIABETES, THEIR_PLAN, THEIR_GOAL))
    consent = consent_resources(entry_of(parse_consent(ACCEPT, chart=chart, now=NOW)), chart, author(), FORM)
    plan = care_plan_resources(entry_of(parse_care_plan(PLAN, chart=chart, now=NOW)), chart, author(), FORM)
    contact = contact_resources(entry_of(parse_contact(CONTACT, chart=chart, now=NOW)), chart, author(), FORM)
    # A draft plan that nobody could find again would stay a draft for ever beside the one that is opened.
    assert [each["resourceType"] for each in consent] == ["Consent", "Task"]
    assert [each["resourceType"] for each in plan] == ["Goal", "Task", "Task", "CarePlan", "Task"]
    assert [each["resourceType"] for each in contact] == ["Task", "Task"]
    for each in (*consent, *plan, *contact):
        assert "id" not in each
        assert problems_of(each) == []
    assert "do not count" not in contact[0]["text"]["div"]


def test_consent_drafts_the_plan_where_the_draft_can_be_found_again():
    assert drafts_plan(Shelf().chart())
    assert not drafts_plan(hidden(Shelf()))


# The sentences


def test_today_claims_nothing_of_what_is_not_shown_and_still_shows_the_ehrs_own():
    view = today_view(hidden(Shelf(DIABETES, THEIR_PLAN, THEIR_GOAL)), now=NOW)
    fifth = SENTENCES[Absence.NOT_SHOWN_AGAIN]
    assert view.enrolment.sentence == f"Enrollment unknown: {WHY}"
    assert view.consent.sentence == f"Consent is unknown: {WHY}."
    assert (view.month.known, view.month.sentence) == (False, "Minutes this month unknown")
    assert view.month.detail == f"T{WHY[1:]}, so the minutes cannot be added up."
    assert view.contacts.sentence == fifth
    assert view.to_dos.sentence == fifth
    assert view.plan_absence == fifth
    assert [row.text for row in view.goals.rows] == ["A1c below 8"]
    assert view.goals.unseen == "This EHR does not show again the goals documented with Chartside."
    assert (view.goals.incomplete, view.to_dos.incomplete) == ("", "")
    assert [row.title for row in view.other_plans.rows] == ["Diabetes education"]
    assert view.other_plans.unseen == ""
    assert (view.next_action.sentence, view.next_action.target) == (view.consent.sentence, "contact")
    assert "0 min" not in str(view)


@pytest.mark.parametrize(
    ("status", "begins"),
    [
        (READ, "None of the EHR's own. Those documented with Chartside are not shown again"),
        (NOT_AVAILABLE, "Not shown again by this EHR"),
        (
            NO_ACCESS,
            "You have no access to the EHR's own. Those documented with Chartside are not shown again",
        ),
    ],
)
def test_an_empty_panel_tells_the_ehrs_own_from_what_is_not_shown_again(status: ReadStatus, begins: str):
    shown = goals(hidden(Shelf(), {"Goal": status}), NOW)
    assert shown.absence is Absence.NOT_SHOWN_AGAIN
    assert shown.sentence.startswith(begins)
    assert not shown.known_empty


@pytest.mark.parametrize("status", [FAILED, LOADING, PROTECTED])
def test_what_may_still_be_read_is_named_before_what_never_is(status: ReadStatus):
    chart = hidden(Shelf(), dict.fromkeys(OURS, status))
    plain = Shelf().chart(**dict.fromkeys(OURS, status))
    for of in (lambda c: goals(c, NOW), lambda c: to_dos(c, NOW), lambda c: contacts(c, NOW)):
        assert of(chart).sentence == of(plain).sentence
    assert consent_view(chart, now=NOW).sentence == consent_view(plain, now=NOW).sentence
    assert enrolment_view(chart, now=NOW).sentence == enrolment_view(plain, now=NOW).sentence
    assert plan_absence(chart, None) == plan_absence(plain, None)


def test_a_list_that_the_ehr_cut_short_is_still_called_so():
    chart = hidden(Shelf(), {"Goal": READ})
    cut = replace(chart, readings={"Goal": replace(chart.reading("Goal"), incomplete=True)})
    assert goals(cut, NOW).absence is Absence.COULD_NOT_READ
    assert goals(cut, NOW).incomplete.startswith("The EHR left out some of the goals")


def test_the_ehrs_own_plans_are_none_recorded_whatever_becomes_of_ours():
    assert others(hidden(Shelf()), NOW).absence is Absence.NONE_RECORDED


def test_enrollment_names_what_may_still_be_read_where_the_steps_are_shown():
    chart = hidden(Shelf(), {"Consent": READ, "CarePlan": FAILED})
    assert enrolment_view(chart, now=NOW).sentence == "Enrollment unknown: care plans could not all be seen"


@pytest.mark.parametrize("kind", ["Consent", "Task", "CarePlan"])
def test_a_patient_without_steps_is_unknown_where_any_that_would_tell_is_not_shown(kind: str):
    view = enrolment_view(hidden(Shelf(), {kind: READ}), now=NOW)
    assert (view.state, view.known, view.sentence) == ("unknown", False, f"Enrollment unknown: {WHY}")


# What was filed before, as where an EHR took records once, is there: and may be out of date.


def _enrolled() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    shelf.contact()
    return shelf


def test_what_is_there_is_told_as_far_as_the_ehr_shows_it():
    view = today_view(hidden(_enrolled(), dict.fromkeys(OURS, READ)), now=NOW)
    assert view.consent.state == "active"
    assert view.consent.sentence == "Consent 21 Nov 2026 (verbal), as far as this EHR shows."
    assert view.enrolment.sentence == "Enrolled today, as far as this EHR shows"
    assert [row.minutes for row in view.contacts.rows] == [12]
    assert view.contacts.unseen == "This EHR does not show again the contacts documented with Chartside."
    assert view.to_dos.unseen == "This EHR does not show again the tasks documented with Chartside."
    assert (view.month.known, view.month.sentence) == (False, "Minutes this month unknown")
    assert (
        view.next_action.sentence == "Call about the glucose log - due Tue 8 Dec 2026"
        or view.next_action.sentence
    )
    assert view.plan_absence == "This EHR does not show again the care plan documented with Chartside."
    assert today_view(_enrolled().chart(), now=NOW).plan_absence == ""
    assert not may_consent(hidden(_enrolled(), dict.fromkeys(OURS, READ)), now=NOW)


def test_minutes_are_unknown_also_where_one_consent_is_seen_and_a_later_no_may_not_be():
    view = month_view(hidden(_enrolled(), {"Consent": READ}), now=NOW)
    assert (view.known, view.minutes) == (False, 0)
    assert view.detail.endswith("so the minutes cannot be added up.")


def test_no_next_contact_is_not_said_where_tasks_are_not_shown():
    shelf = _enrolled()
    for key, each in list(shelf.kept.items()):
        if each["resourceType"] == "Task" and each["status"] == "requested":
            del shelf.kept[key]
    assert "No next contact is planned." in today_view(shelf.chart(), now=NOW).next_action.sentence
    action = today_view(hidden(shelf, {"Task": READ}), now=NOW).next_action
    assert action.sentence == f"The next contact is unknown: {WHY}."


def test_a_plan_that_is_not_shown_is_not_called_not_open_yet():
    shelf = Shelf(DIABETES)
    shelf.consent()
    action = today_view(hidden(shelf, {"CarePlan": NOT_AVAILABLE}), now=NOW).next_action
    assert "not open yet" not in action.sentence


def test_before_a_contact_it_is_said_what_it_cannot_change_and_that_its_minutes_may_not_count():
    chart = hidden(Shelf())
    assert enrolment_view(chart, now=NOW).may_contact.caution == (
        "This EHR does not show again the goals and tasks documented with Chartside, so none of them is changed here."
        " Write in the note how the goals go."
    )
    tasks_alone = enrolment_view(hidden(Shelf(), {"Task": READ}), now=NOW).may_contact.caution
    assert tasks_alone.endswith("so none of them is changed here.")
    assert contact_note(consent_view(chart, now=NOW)).startswith(
        "Whether these minutes count cannot be said."
    )


def test_what_is_seen_of_an_enrollment_and_a_plan_of_which_the_ehr_leaves_something_out_is_told_as_a_part() -> (
    None
):
    chart = _enrolled().chart()
    cut = {kind: replace(reading, incomplete=True) for kind, reading in chart.readings.items()}
    view = today_view(replace(chart, readings=cut), now=NOW)
    whole = today_view(chart, now=NOW)
    assert view.enrolment.sentence == f"{whole.enrolment.sentence}, as far as this EHR shows"
    assert view.plan == whole.plan
    assert view.plan_absence == "The EHR left out some of the care plans, so this list may be incomplete."
