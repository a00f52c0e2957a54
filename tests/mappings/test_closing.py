"""Closing an episode ties every end, says in the chart how it went, and ends the consent as the outcome demands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import orjson
import pytest

from mappings import dates, pick_lists
from mappings.closing import close_resources, parse_close
from mappings.closing_rules import consent_ends, trigger_words, triggers_in
from mappings.enrolment import enrolment_view
from mappings.enrolment_state import state_steps
from mappings.episode import open_plan
from mappings.episodes import episodes, open_episodes
from mappings.goals_met import goals_met
from mappings.identity import kind_words
from mappings.narrative import plain_text
from mappings.to_do import open_to_dos
from tests.mappings import following
from tests.mappings.charts import NOW
from tests.mappings.following import planned
from tests.mappings.shelf import (
    CLOSE,
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)


def consented(*more: Resource, lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, *more, lose=lose)
    shelf.consent()
    return shelf


def closable() -> Shelf:
    shelf = consented()
    shelf.plan()
    return shelf


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": []}, "outcome"),
        ({"outcome": ["won"]}, "outcome"),
        ({"reason": []}, "reason"),
        ({"reason": ["other"]}, "note"),
        ({"final": ["perhaps"]}, "final"),
        ({"final": []}, "final"),
        ({"note": ["x" * 4001]}, "note"),
    ],
)
def test_a_close_needs_outcome_reason_and_an_end_for_each_goal(changes: dict[str, Sequence[str]], field: str):
    chart = closable().chart()
    final = f"final.{chart.resources('Goal')[0]['id']}"
    named = {(final if key == "final" else key): value for key, value in changes.items()}
    sent = parse_close({**CLOSE, final: ["met"], **named}, chart=chart, now=NOW)
    assert set(sent.errors) == {final if field == "final" else field}


@pytest.mark.parametrize(
    ("outcome", "status", "state", "ends"),
    [
        ("graduated", "completed", "graduated", False),
        ("transferred", "revoked", "transferred", True),
        ("stopped", "revoked", "stopped", True),
        ("lost-to-follow-up", "revoked", "lost-to-follow-up", False),
        ("terminated", "revoked", "terminated", False),
    ],
)
def test_closing_ends_plan_goals_and_tasks_and_a_stop_ends_consent_with_the_month(
    outcome: str, status: str, state: str, ends: bool
):
    shelf = closable()
    filed = shelf.close(now=NOW + timedelta(days=1), outcome=[outcome], note=["Thank you for everything."])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    plan = shelf.only("CarePlan")
    assert (plan["status"], plan["period"]["end"]) == (status, "2026-11-22T09:14:00-05:00")
    assert "Handed back to Dr Luis Alvarez." in plan["text"]["div"]
    assert "Thank you for everything." in plan["text"]["div"]
    assert shelf.only("Goal")["lifecycleStatus"] == "completed"
    tasks = {each["status"] for each in filed if each["resourceType"] == "Task" and "restriction" in each}
    assert tasks == {"cancelled"}
    assert all("text" in each["statusReason"] for each in filed if each.get("status") == "cancelled")
    step = next(each for each in filed if "businessStatus" in each)
    assert step["businessStatus"]["coding"][0]["code"] == state
    consent = shelf.only("Consent")
    assert consent["status"] == "active"
    assert consent["provision"]["period"].get("end") == ("2026-11-30" if ends else None)
    assert open_plan(shelf.chart()) is None


def test_a_stop_before_any_plan_was_agreed_ends_the_draft_and_the_consent():
    shelf = consented()
    shelf.close(outcome=["stopped"], reason=["patient-stopped"])
    assert shelf.only("CarePlan")["status"] == "revoked"
    assert shelf.only("Consent")["provision"]["period"]["end"] == "2026-11-30"


def test_goals_and_tasks_of_the_ehr_are_left_alone():
    theirs = [
        {"resourceType": "Goal", "id": "g9", "lifecycleStatus": "active", "description": {"text": "LDL"}},
        {"resourceType": "Task", "id": "t9", "status": "requested", "description": "Fax"},
    ]
    shelf = consented(*theirs)
    shelf.plan()
    filed = shelf.close(**{"final.g9": []})
    assert not {"g9", "t9"} & {each["id"] for each in filed}


def test_there_is_nothing_to_close_without_a_plan_or_a_consent():
    sent = parse_close(CLOSE, chart=Shelf().chart(), now=NOW)
    assert sent.errors["form"] == "There is no open care plan to close."


ED: Resource = {
    "resourceType": "Encounter",
    "id": "ed1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2027-01-03T20:00:00-05:00", "end": "2027-01-03T23:00:00-05:00"},
}


def a1c(number: str, value: float, when: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"a1c-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }


def followed() -> Shelf:
    """A plan of two months with a goal met, an ED visit, and an A1c that came down."""
    shelf = planned(ED, a1c("1", 9.4, "2026-11-01"), a1c("2", 7.1, "2027-01-10"))
    following.contact(shelf, 1, progress=["better"])
    following.contact(shelf, 30, progress=["met"])
    return shelf


@pytest.mark.requirement("domain@59", "domain@90")
@pytest.mark.parametrize("lose", [None, without_extensions, without_outputs, without_meta])
def test_the_closing_summary_stands_in_the_step_and_in_the_plan(lose: Callable[[Resource], Resource] | None):
    shelf = followed()
    shelf.lose = lose or shelf.lose
    filed = following.close(
        shelf, 60, note=["She likes to be called Maggie."], look_again=["emergency", "stay"]
    )
    (told,) = [
        plain_text(each["text"]) for each in filed if kind_words({**each, "id": ""}) == "enrollment step"
    ]
    assert told.splitlines() == [
        "Care management enrollment",
        "Patient: Margery Gibson",
        "When: 20 Jan 2027, 09:14",
        "By: Dana Whitfield RN",
        "State: Graduated",
        "Reason: Graduated: the goals are met. Reason: goals met",
        "Handed back to: Dr Luis Alvarez",
        "Last contact: 21 Dec 2026, phone, talked",
        "Look again at: A new emergency visit, A new hospital stay",
        "Enrolled: 21 Nov 2026 to 20 Jan 2027 (60 days)",
        "Contacts: 2 held, 20 minutes documented",
        "Goal “Walk to church and back”: met",
        "A1c: 9.4 % (1 Nov 2026), now 7.1 % (10 Jan 2027)",
        "Emergency visits: 0 in the 6 months before, now 1 since",
        "Hospital stays: 0 in the 6 months before, now 0 since",
        "Confidence: Walk to church and back: 6 of 10, now not asked again",
        "Note: She likes to be called Maggie.",
    ]
    plan = shelf.only("CarePlan")
    notes = [note["text"] for note in plan["note"]]
    summary = next(text for text in notes if text.startswith("Closing summary"))
    assert "A1c: 9.4 % (1 Nov 2026), now 7.1 % (10 Jan 2027)" in summary
    assert "Look again at: A new emergency visit, A new hospital stay" in summary
    assert "She likes to be called Maggie." in notes
    assert "Closing summary" in plain_text(plan["text"])
    (ended,) = episodes(shelf.chart(), following.day(61))
    assert (ended.outcome, ended.open, ended.goals) == (
        "Graduated",
        False,
        (("Walk to church and back", "met"),),
    )
    assert ended.facts == {
        "Handed back to": "Dr Luis Alvarez",
        "Last contact": "21 Dec 2026, phone, talked",
        "Look again at": "A new emergency visit, A new hospital stay",
    }


@pytest.mark.requirement("domain@71")
def test_a_discharge_of_somebody_who_was_lost_tells_the_provider_in_the_same_save():
    shelf = planned()
    for number in (1, 8, 15):
        following.contact(shelf, number, result=["no-answer"])
    filed = following.close(
        shelf, 20, outcome=["lost-to-follow-up"], reason=["lost-to-follow-up"], tell_provider=["on"]
    )
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    assert shelf.only("CarePlan")["status"] == "revoked"
    (message,) = open_to_dos(shelf.chart())
    assert message["owner"] == {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}
    assert message["restriction"]["period"]["end"] == "2026-12-14"
    assert message["description"] == (
        "Care management of Margery Gibson has ended: lost to follow-up. Reason: lost to follow-up. 3 tries since"
        " 22 Nov 2026 without an answer (no answer, no answer, no answer)."
    )
    assert "tries since 22 Nov 2026" in state_steps(shelf.chart())[0].reason


def test_without_the_tick_nobody_is_told():
    shelf = planned()
    following.close(shelf, 20)
    assert open_to_dos(shelf.chart()) == ()


CONSENT_ENDS = [
    ("graduated", "goals-met", None, None),
    ("lost-to-follow-up", "lost-to-follow-up", None, None),
    ("terminated", "other", None, None),
    ("transferred", "moved", None, "2026-11-30"),
    ("stopped", "patient-stopped", None, "2026-11-30"),
    ("terminated", "deceased", {"deceasedBoolean": True}, "2026-11-23"),
    ("terminated", "deceased", {"deceasedDateTime": "2026-11-22T04:00:00-05:00"}, "2026-11-22"),
    # A death before the consent was recorded: no period ends before it begins.
    ("terminated", "deceased", {"deceasedDateTime": "2026-11-01"}, "2026-11-21"),
]


@pytest.mark.requirement("domain@59")
@pytest.mark.parametrize(("outcome", "reason", "patient", "ends"), CONSENT_ENDS)
def test_the_consent_ends_as_the_outcome_demands(
    outcome: str, reason: str, patient: Resource | None, ends: str | None
):
    shelf = planned()
    chart, now = shelf.chart({**MARGERY, **(patient or {})}), following.day(2)
    finals = {f"final.{each['id']}": ["not-met"] for each in chart.resources("Goal")}
    typed = {**CLOSE, **finals, "outcome": [outcome], "reason": [reason], "note": ["As agreed"]}
    entry = entry_of(parse_close(typed, chart=chart, now=now))
    filed = shelf.file(close_resources(entry, chart, author(now), shelf.form_id()))
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    assert shelf.only("Consent")["provision"]["period"].get("end") == ends
    assert shelf.only("Consent")["status"] == "active"
    if ends:
        assert dates.day_words(date.fromisoformat(ends)) in plain_text(shelf.only("Consent")["text"])


def test_a_stop_that_was_recorded_before_is_not_moved_by_a_close():
    shelf = planned()
    shelf.kept[f"Consent/{shelf.only('Consent')['id']}"]["provision"]["period"]["end"] = "2026-11-30"
    filed = following.close(shelf, 2, outcome=["transferred"], reason=["moved"])
    assert "Consent" not in {each["resourceType"] for each in filed}


def test_every_outcome_says_what_becomes_of_the_consent():
    assert set(consent_ends()) == set(pick_lists.outcomes())
    assert all(each.words.endswith(".") for each in consent_ends().values())


def test_a_death_is_no_graduation():
    chart = planned().chart()
    sent = parse_close({**CLOSE, "reason": ["deceased"]}, chart=chart, now=following.day(1))
    assert "outcome" in sent.errors


@pytest.mark.parametrize("known", [["emergency"], ["stay", "result"], []])
def test_only_triggers_that_are_offered_are_taken(known: list[str]):
    chart = planned().chart()
    final = {f"final.{goal['id']}": ["met"] for goal in chart.resources("Goal")}
    good = parse_close({**CLOSE, **final, "look_again": known}, chart=chart, now=following.day(1))
    assert good.entry is not None
    assert good.entry.look_again == tuple(known)
    bad = parse_close({**CLOSE, **final, "look_again": [*known, "moon"]}, chart=chart, now=following.day(1))
    assert set(bad.errors) == {"look_again"}
    assert [each.code for each in triggers_in(trigger_words(known, "in spring"))] == known


def second_open_plan(shelf: Shelf) -> None:
    plan = shelf.only("CarePlan")
    other = {**plan, "id": "older", "period": {"start": "2026-03-01"}}
    other["identifier"] = [{**plan["identifier"][0], "value": "0b5de64c-0000-4000-8000-000000000009"}]
    shelf.kept["CarePlan/older"] = other


def test_two_open_episodes_are_both_ended_by_one_close():
    shelf = planned()
    second_open_plan(shelf)
    assert len(open_episodes(shelf.chart(), following.day(1))) == 2
    filed = following.close(shelf, 2)
    plans = [each for each in filed if each["resourceType"] == "CarePlan"]
    assert [each["status"] for each in plans] == ["completed", "completed"]
    assert open_episodes(shelf.chart(), following.day(3)) == ()


def test_a_plan_that_was_to_begin_later_ends_no_earlier_than_it_begins():
    shelf = planned()
    plan = shelf.kept[f"CarePlan/{shelf.only('CarePlan')['id']}"]
    plan["period"] = {"start": "2027-03-01"}
    filed = following.close(shelf, 2)
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    assert shelf.only("CarePlan")["period"] == {"start": "2027-03-01", "end": "2027-03-01"}


@pytest.mark.requirement("domain@59")
def test_enrolling_again_makes_a_new_episode_and_leaves_the_old_one_as_it_was():
    shelf = followed()
    following.close(shelf, 60)
    old = {
        key: orjson.dumps(each) for key, each in shelf.kept.items() if key.startswith(("CarePlan", "Goal"))
    }
    view = enrolment_view(shelf.chart(), now=following.day(200))
    # Nobody withdrew the consent, so that the new plan builds on it.
    assert (view.state, bool(view.may_plan), bool(view.may_consent)) == ("graduated", True, False)
    shelf.plan(following.day(200), target_due=["2027-11-01"], to_do_due=["2027-06-20"])
    assert {key: orjson.dumps(shelf.kept[key]) for key in old} == old
    new, before = episodes(shelf.chart(), following.day(201))
    assert (new.open, new.start, before.outcome) == (True, following.day(200).date(), "Graduated")
    consent = f"Consent/{shelf.only('Consent')['id']}"
    assert consent in [each["reference"] for each in new.plan["supportingInfo"]]
    assert enrolment_view(shelf.chart(), now=following.day(201)).state == "plan-active"
    assert goals_met(shelf.chart(), now=following.day(201)).words == "0 of 1 goal met"
    following.contact(shelf, 201)
    assert enrolment_view(shelf.chart(), now=following.day(202)).state == "following"


def test_after_a_stop_a_new_episode_needs_a_consent_of_its_own():
    shelf = planned()
    following.close(shelf, 2, outcome=["stopped"], reason=["patient-stopped"])
    now = following.day(200)
    view = enrolment_view(shelf.chart(), now=now)
    assert (bool(view.may_plan), bool(view.may_consent)) == (False, True)
    shelf.consent(now, date=[now.date().isoformat()], time=["09:00"])
    old, new = sorted(shelf.chart().resources("Consent"), key=lambda each: each["dateTime"])
    assert (old["provision"]["period"]["end"], new["status"]) == ("2026-11-30", "active")
    assert [each.open for each in episodes(shelf.chart(), now)] == [True, False]


def test_a_goal_that_a_patient_took_along_is_not_counted_in_the_next_episode():
    shelf = planned()
    goal = shelf.only("Goal")["id"]
    following.close(shelf, 2, **{f"final.{goal}": ["goes-on"]})
    shelf.plan(following.day(100), target_due=["2027-11-01"], to_do_due=["2027-03-20"])
    assert goals_met(shelf.chart(), now=following.day(101)).total == 1
