"""What hangs on a record that is taken back: found in the chart, whoever asks and however the record stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fhir_profiles.validator import validate
from mappings.consent import consent_view
from mappings.enrolment import enrolment_view
from mappings.month import month_view
from mappings.take_back import TakeBackEntry, record_words, taken_back
from mappings.taken_along import effects, filed_with, opened_again, resting_on
from mappings.to_do import open_to_dos
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author
from tests.mappings.test_introduction import file as introduce
from tests.mappings.test_sharing import file as share

WRONG = TakeBackEntry("wrong-patient", "")
LATER = NOW + timedelta(minutes=5)
NEXT_DAY = NOW + timedelta(days=1)


def consented() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    return shelf


def planned() -> Shelf:
    shelf = consented()
    shelf.plan(LATER)
    return shelf


def first(listed: tuple[Resource, ...], said: str) -> Resource:
    """The one record that is called so."""
    (found,) = [each for each in listed if record_words(each).startswith(said)]
    return found


def called(resources: tuple[Resource, ...]) -> list[str]:
    return sorted(record_words(each) for each in resources)


def take_back(shelf: Shelf, *resources: Resource) -> None:
    shelf.file([taken_back(each, WRONG, author(NEXT_DAY)) for each in resources])


def contact(shelf: Shelf, **typed: list[str]) -> Resource:
    return first(shelf.contact(NEXT_DAY, **typed), "Contact")


def test_a_contact_brings_its_next_task_and_no_other() -> None:
    shelf = planned()
    # Of another day, so that a task of its own is made beside the plan's.
    filed = contact(shelf, next_date=["2026-12-15"])
    task, step = filed_with(filed, shelf.chart())
    assert task["restriction"]["period"]["end"] == "2026-12-15"
    assert record_words(step) == "Enrollment step: Care management: following"
    assert resting_on(filed, shelf.chart()) == ()


def test_a_first_contact_that_is_taken_back_leaves_no_follow_up_behind() -> None:
    shelf = planned()
    wrong = contact(shelf, next_date=["2026-12-15"])
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).state == "following"
    take_back(shelf, wrong, *filed_with(wrong, shelf.chart()))
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).state == "plan-active"
    again = shelf.contact(NEXT_DAY + timedelta(hours=1), next_date=["2026-12-15"])
    assert "Enrollment step: Care management: following" in called(again)


def test_the_step_of_a_contact_brings_nothing_and_changed_nothing_by_itself() -> None:
    shelf = planned()
    filed = shelf.contact(NEXT_DAY, next_date=["2026-12-15"])
    step = first(filed, "Enrollment step")
    assert (filed_with(step, shelf.chart()), effects(step, shelf.chart())) == ((), ())


def test_a_consent_brings_its_draft_plan_and_its_step() -> None:
    shelf = consented()
    found = filed_with(shelf.only("Consent"), shelf.chart())
    assert called(found) == ["Care plan", "Enrollment step: Care management: consented"]
    take_back(shelf, shelf.only("Consent"), *found)
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).sentence == "Not enrolled"
    assert consent_view(shelf.chart(), now=NEXT_DAY).state == "none"


def test_a_no_that_was_filed_wrongly_leaves_nothing_that_says_no() -> None:
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"], ask_again=["2027-01-15"])
    found = filed_with(shelf.only("Consent"), shelf.chart())
    assert called(found) == [
        "Enrollment step: Care management: declined",
        "Task: Ask again about care management",
    ]
    take_back(shelf, shelf.only("Consent"), *found)
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).sentence == "Not enrolled"
    assert open_to_dos(shelf.chart()) == ()


def test_of_two_answers_each_has_its_own_step() -> None:
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"])
    said_no = shelf.only("Consent")
    agreed = shelf.consent(NEXT_DAY, date=["2026-11-22"], time=["09:10"])
    said_yes = next(each for each in agreed if each["resourceType"] == "Consent")
    of = shelf.chart()
    assert called(filed_with(said_no, of)) == ["Enrollment step: Care management: declined"]
    assert called(filed_with(said_yes, of)) == ["Care plan", "Enrollment step: Care management: consented"]


def test_a_consent_that_was_marked_alone_still_finds_what_was_filed_with_it() -> None:
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"])
    take_back(shelf, shelf.only("Consent"))
    found = filed_with(shelf.only("Consent"), shelf.chart())
    assert called(found) == ["Enrollment step: Care management: declined"]


def test_a_plan_that_was_agreed_is_never_presumed_wrong_with_the_consent() -> None:
    shelf = planned()
    of, consent = shelf.chart(), shelf.only("Consent")
    assert called(filed_with(consent, of)) == ["Enrollment step: Care management: consented"]
    assert called(resting_on(consent, of)) == [
        "Care plan: Walking to church again",
        "Enrollment step: Care management: plan active",
        "Goal: Walk to church and back",
        "Task: Call about the glucose log",
        "Task: Five minutes more each week",
    ]


def test_everything_of_a_wrong_patient_can_be_taken_back_at_once() -> None:
    shelf = planned()
    of, consent = shelf.chart(), shelf.only("Consent")
    take_back(shelf, consent, *filed_with(consent, of), *resting_on(consent, of))
    after = shelf.chart()
    assert enrolment_view(after, now=NEXT_DAY).sentence == "Not enrolled"
    assert filed_with(shelf.only("Consent"), after) == ()
    assert resting_on(shelf.only("Consent"), after) == ()


def test_a_plan_brings_its_goal_its_first_task_and_its_step_and_offers_what_came_later() -> None:
    shelf = planned()
    contact(shelf, next_date=["2026-12-15"])
    of, plan = shelf.chart(), shelf.only("CarePlan")
    assert called(filed_with(plan, of)) == [
        "Enrollment step: Care management: following",
        "Enrollment step: Care management: plan active",
        "Goal: Walk to church and back",
        "Task: Call about the glucose log",
        "Task: Five minutes more each week",
    ]
    assert len(resting_on(plan, of)) == 1
    take_back(shelf, plan, *filed_with(plan, of))
    # Consent still stands, so that a plan can be opened anew.
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).state == "consented"
    assert enrolment_view(shelf.chart(), now=NEXT_DAY).may_plan.allowed


def said_better(shelf: Shelf) -> Resource:
    goal, task = shelf.only("Goal"), first(tuple(open_to_dos(shelf.chart())), "Task: Call")
    return contact(
        shelf, answers=[task["id"]], next_date=["2026-12-15"], **{f"progress.{goal['id']}": ["better"]}
    )


def test_what_a_contact_said_of_a_goal_is_told_and_a_task_that_it_closed_can_be_opened_again() -> None:
    shelf = planned()
    found = effects(said_better(shelf), shelf.chart())
    told = [each.words for each in found if not each.closed]
    assert told == ["Goal: Walk to church and back: Progress: better"]
    (closed,) = [each for each in found if each.closed]
    assert closed.words.startswith("Task: Call about the glucose log: Done in the contact of 21 Nov 2026")
    again = opened_again(closed.resource, author(NEXT_DAY))
    assert (again["status"], "statusReason" in again) == ("requested", False)
    assert again["note"][-1]["text"] == "Open again: what closed it was filed wrongly."
    assert again["note"][:-1] == closed.resource["note"]
    assert validate(again) == ()
    shelf.file([again])
    assert "Task: Call about the glucose log" in called(tuple(open_to_dos(shelf.chart())))


@pytest.mark.parametrize("result", ["talked", "left-message"])
def test_a_task_is_open_again_as_it_was_whether_it_was_done_or_called_off(result: str) -> None:
    shelf = planned()
    task = first(open_to_dos(shelf.chart()), "Task: Call")
    typed = {"next_date": ["2026-12-15"], "answers": [task["id"]], "result": [result]}
    (closed,) = effects(contact(shelf, **typed), shelf.chart())
    again = opened_again(closed.resource, author(NEXT_DAY))
    kept = ("description", "restriction", "owner", "priority", "basedOn", "focus", "code")
    assert {name: again.get(name) for name in kept} == {name: task.get(name) for name in kept}
    assert again["status"] == task["status"]


def test_what_is_open_again_or_taken_back_itself_is_told_no_more() -> None:
    shelf = planned()
    wrong = said_better(shelf)
    (closed,) = [each for each in effects(wrong, shelf.chart()) if each.closed]
    shelf.file([opened_again(closed.resource, author(NEXT_DAY))])
    take_back(shelf, shelf.only("Goal"))
    assert effects(wrong, shelf.chart()) == ()


def test_what_another_contact_said_is_not_told() -> None:
    shelf = planned()
    contact_before = contact(shelf, next_date=["2026-12-15"])
    later = NEXT_DAY + timedelta(hours=1)
    shelf.contact(later, **{f"progress.{shelf.only('Goal')['id']}": ["worse"]})
    assert effects(contact_before, shelf.chart()) == ()


def test_the_end_of_the_service_tells_what_it_ended() -> None:
    shelf = planned()
    step = first(shelf.close(NEXT_DAY), "Enrollment step")
    found = effects(step, shelf.chart())
    assert {each.resource["resourceType"] for each in found} == {"CarePlan", "Goal", "Task"}
    assert called(tuple(each.resource for each in found if each.closed)) == [
        "Task: Call about the glucose log",
        "Task: Five minutes more each week",
    ]


@pytest.mark.parametrize("kind", ["Goal", "Consent", "CarePlan"])
def test_other_records_changed_nothing(kind: str) -> None:
    shelf = planned()
    assert effects(shelf.only(kind), shelf.chart()) == ()


def _without_times(resource: Resource) -> Resource:
    notes = [{key: part for key, part in note.items() if key != "time"} for note in resource.get("note", [])]
    return {**resource, **({"note": notes} if notes else {})}


def _without_authored(resource: Resource) -> Resource:
    return {key: part for key, part in resource.items() if key not in ("authoredOn", "created", "dateTime")}


@pytest.mark.parametrize("lose", [_without_times, _without_authored])
def test_where_the_ehr_lost_the_moments_nothing_is_presumed(lose: Callable[[Resource], Resource]) -> None:
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    shelf.plan(LATER)
    wrong = said_better(shelf)
    assert effects(wrong, shelf.chart()) == ()


def test_the_minutes_of_a_contact_that_is_taken_back_leave_the_month() -> None:
    shelf = planned()
    wrong = contact(shelf, next_date=["2026-12-15"])
    before = month_view(shelf.chart(), now=NEXT_DAY)
    take_back(shelf, wrong)
    after = month_view(shelf.chart(), now=NEXT_DAY)
    assert (before.contacts, after.contacts) == (1, 0)


def test_a_consent_brings_the_task_to_schedule_the_first_visit() -> None:
    shelf = Shelf(DIABETES)
    filed = shelf.consent(visit=["schedule"], visit_due=["2026-12-05"])
    brought = filed_with(first(filed, "Consent"), shelf.chart())
    assert [each["description"] for each in brought if each.get("status") == "requested"] == [
        "Schedule the visit that starts the service, with the billing practitioner"
    ]


def test_a_consent_tells_the_task_that_it_settled() -> None:
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"], ask_again=["2026-11-22"])
    filed = shelf.consent(NEXT_DAY, date=["2026-11-22"], time=[""])
    consent = next(each for each in filed if each["resourceType"] == "Consent")
    (told,) = effects(consent, shelf.chart())
    assert told.closed
    assert opened_again(told.resource, author(NEXT_DAY))["status"] == "requested"


def test_an_introduction_brings_the_task_of_the_next_try() -> None:
    shelf = Shelf(DIABETES)
    step, call = introduce(shelf, follow=["2026-12-01"])
    assert filed_with(step, shelf.chart()) == (call,)


def test_a_permission_to_share_brings_no_step_of_the_service_and_is_no_later_answer() -> None:
    shelf = consented()
    permission = share(shelf)
    assert (filed_with(permission, shelf.chart()), resting_on(permission, shelf.chart())) == ((), ())
    assert effects(permission, shelf.chart()) == ()
    consent = next(each for each in shelf.chart().resources("Consent") if each["id"] != permission["id"])
    assert called(filed_with(consent, shelf.chart())) == called(
        filed_with(consent, Shelf(*(each for each in shelf.kept.values() if each != permission)).chart())
    )
