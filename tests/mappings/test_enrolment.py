"""Where the patient stands, read from the steps, corrected by plan and consent, unknown where it cannot be known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from fhir_profiles.terminology import codes
from mappings.consent import consent_view
from mappings.enrolment import contact_note, enrolment_view
from mappings.enrolment_state import Gate, state_steps, state_task
from mappings.reading import ReadStatus
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import (
    DIABETES,
    FORM,
    MARGERY,
    Resource,
    Shelf,
    author,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)

LATER = NOW + timedelta(days=41)
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=NEW_YORK)


def nothing(shelf: Shelf) -> None:
    return None


def consented(shelf: Shelf) -> None:
    shelf.consent()


def declined(shelf: Shelf) -> None:
    shelf.consent(decision=["decline"])


def planned(shelf: Shelf) -> None:
    shelf.consent()
    shelf.plan()


def closed(outcome: str) -> Callable[[Shelf], None]:
    def close(shelf: Shelf) -> None:
        planned(shelf)
        shelf.close(outcome=[outcome], reason=["other"], note=["As agreed"])

    return close


STORIES = [
    (nothing, "", "Not enrolled"),
    (consented, "consented", "Consented today"),
    (declined, "declined", "Declined · 21 Nov 2026"),
    (planned, "plan-active", "Enrolled today"),
    (closed("graduated"), "graduated", "Graduated · 21 Nov 2026"),
    (closed("transferred"), "transferred", "Transferred · 21 Nov 2026"),
    (closed("stopped"), "stopped", "Stopped · 21 Nov 2026"),
    (closed("lost-to-follow-up"), "lost-to-follow-up", "Lost to follow-up · 21 Nov 2026"),
    (closed("terminated"), "terminated", "Terminated · 21 Nov 2026"),
]


@pytest.mark.parametrize(("story", "state", "sentence"), STORIES)
@pytest.mark.parametrize("lose", [None, without_extensions, without_outputs, without_meta])
def test_the_standing_is_read_back_after_each_story(
    story: Callable[[Shelf], None],
    state: str,
    sentence: str,
    lose: Callable[[Resource], Resource] | None,
):
    shelf = Shelf(DIABETES, lose=lose)
    story(shelf)
    view = enrolment_view(shelf.chart(), now=NOW)
    assert (view.state, view.sentence) == (state, sentence)


def test_days_are_counted_from_consent():
    shelf = Shelf(DIABETES)
    planned(shelf)
    assert enrolment_view(shelf.chart(), now=LATER).sentence == "Enrolled · day 41"


@pytest.mark.parametrize(
    ("story", "consent", "plan", "close"),
    [
        (nothing, True, False, False),
        (consented, False, True, True),
        (declined, True, False, False),
        (planned, False, False, True),
        (closed("graduated"), False, True, True),
        (closed("stopped"), True, True, True),
    ],
)
def test_each_step_is_open_or_says_why_not(
    story: Callable[[Shelf], None], consent: bool, plan: bool, close: bool
):
    shelf = Shelf(DIABETES)
    story(shelf)
    view = enrolment_view(shelf.chart(), now=NOW)
    gates = (view.may_consent, view.may_plan, view.may_close)
    assert tuple(map(bool, gates)) == (consent, plan, close)
    for gate in gates:
        assert gate.allowed or gate.reason.endswith(".")
    assert view.may_contact.allowed


def test_after_a_stop_has_run_out_the_standing_is_stopped_and_no_plan_can_be_opened():
    shelf = Shelf(DIABETES)
    closed("stopped")(shelf)
    view = enrolment_view(shelf.chart(), now=DECEMBER)
    assert (view.state, bool(view.may_plan), bool(view.may_consent)) == ("stopped", False, True)
    assert view.may_plan.reason.startswith(
        "A plan needs the patient's consent first. Consent stopped 30 Nov 2026."
    )


@pytest.mark.parametrize("missing", ["Task", "CarePlan", "Consent"])
@pytest.mark.parametrize("status", [s for s in ReadStatus if s is not ReadStatus.READ])
def test_what_could_not_be_read_is_unknown_for_a_patient_without_steps(missing: str, status: ReadStatus):
    view = enrolment_view(Shelf().chart(**{missing: status}), now=NOW)
    assert (view.state, view.known, view.enrolled) == ("unknown", False, False)
    assert view.sentence.startswith("Enrollment unknown: ")


def test_unread_tasks_are_unknown_even_with_an_active_plan():
    shelf = Shelf(DIABETES)
    planned(shelf)
    view = enrolment_view(shelf.chart(Task=ReadStatus.COULD_NOT_READ), now=NOW)
    assert view.state == "unknown"
    assert view.sentence == "Enrollment unknown: tasks could not all be seen"
    assert not view.may_close


@pytest.mark.parametrize(
    ("missing", "gate"),
    [("Consent", "may_plan"), ("CarePlan", "may_plan"), ("CarePlan", "may_close"), ("Goal", "may_close")],
)
def test_a_gate_stays_shut_while_what_it_needs_is_unread(missing: str, gate: str):
    shelf = Shelf(DIABETES)
    consented(shelf)
    view = enrolment_view(shelf.chart(**{missing: ReadStatus.COULD_NOT_READ}), now=NOW)
    assert not getattr(view, gate)


@pytest.mark.parametrize(
    ("status", "state"),
    [("completed", "graduated"), ("revoked", "terminated"), ("on-hold", "paused"), ("active", "plan-active")],
)
def test_a_plan_changed_in_the_ehr_corrects_the_standing(status: str, state: str):
    shelf = Shelf(DIABETES)
    planned(shelf)
    plan = shelf.only("CarePlan")
    shelf.kept[f"CarePlan/{plan['id']}"] = {**plan, "status": status}
    assert enrolment_view(shelf.chart(), now=NOW).state == state


@pytest.mark.parametrize(
    ("status", "state"),
    [("draft", "consented"), ("active", "plan-active"), ("on-hold", "paused"), ("completed", "graduated")],
)
def test_without_any_step_the_plan_tells(status: str, state: str):
    shelf = Shelf(DIABETES)
    planned(shelf)
    plan = shelf.only("CarePlan")
    shelf.kept = {
        key: each for key, each in shelf.kept.items() if each["resourceType"] in ("Consent", "Condition")
    }
    shelf.kept[f"CarePlan/{plan['id']}"] = {**plan, "status": status}
    assert enrolment_view(shelf.chart(), now=NOW).state == state


def test_after_graduating_a_new_episode_can_start_on_the_same_consent():
    shelf = Shelf(DIABETES)
    closed("graduated")(shelf)
    shelf.plan(now=LATER, target_due=["2027-03-01"], to_do_due=["2027-01-15"])
    view = enrolment_view(shelf.chart(), now=LATER)
    assert (view.state, view.sentence) == ("plan-active", "Enrolled today")
    assert len(shelf.chart().resources("CarePlan")) == 2


def test_a_patient_who_has_died_gets_no_plan():
    shelf = Shelf(DIABETES)
    consented(shelf)
    chart = shelf.chart(patient={**MARGERY, "deceasedBoolean": True})
    assert enrolment_view(chart, now=NOW).may_plan.reason == "The chart says that this patient has died."


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (nothing, "This contact can be documented. Its minutes do not count: there is no consent in force."),
        (consented, ""),
    ],
)
def test_before_a_contact_it_is_said_when_its_minutes_will_not_count(
    story: Callable[[Shelf], None], words: str
):
    shelf = Shelf()
    story(shelf)
    assert contact_note(consent_view(shelf.chart(), now=NOW)) == words


@pytest.mark.parametrize("state", codes("enrolment-state"))
def test_every_state_is_a_valid_record_and_comes_back_with_its_reason(state: str):
    task = state_task(state, author(), FORM, reason="Because; so it is")
    assert problems_of(task) == []
    shelf = Shelf(lose=without_outputs)
    shelf.file([task])
    (step,) = state_steps(shelf.chart())
    assert (step.state, step.reason, step.by) == (state, "Because, so it is", "Dana Whitfield RN")


def test_the_history_runs_from_the_newest_step():
    shelf = Shelf(DIABETES)
    shelf.consent(now=NOW)
    shelf.plan(now=NOW + timedelta(days=1))
    shelf.close(now=NOW + timedelta(days=2))
    assert [step.state for step in state_steps(shelf.chart())] == ["graduated", "plan-active", "consented"]


def test_a_step_that_is_not_completed_or_of_no_known_state_is_left_out():
    shelf = Shelf()
    (task,) = shelf.file([state_task("consented", author(), FORM)])
    key = f"Task/{task['id']}"
    for change in ({"status": "entered-in-error"}, {"status": "draft"}, {"businessStatus": {}, "note": []}):
        shelf.kept[key] = {**task, **change}
        assert state_steps(shelf.chart()) == ()


def test_a_gate_with_a_reason_is_shut():
    assert Gate()
    assert not Gate("Not now.")
