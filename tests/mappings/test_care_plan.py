"""A plan is opened from its draft, keeps what others wrote, and is closed with every end tied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mappings.cadence import working_day
from mappings.care_plan import (
    CarePlanView,
    care_plan_defaults,
    care_plan_resources,
    care_plan_view,
    offered_conditions,
    offered_visits,
    parse_care_plan,
    primary_care_provider,
)
from mappings.chart import Chart
from mappings.identity import US_CORE_CARE_PLAN, US_CORE_GOAL, full_url
from mappings.other_plan import others
from mappings.plan_section import PALLIATIVE, agreements, care_type
from mappings.reading import ReadStatus
from mappings.to_do import plan_part
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import (
    DIABETES,
    FORM,
    PLAN,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
)

OFFICE: Resource = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "type": [{"text": "Office visit"}],
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2026-10-14T10:00:00-04:00", "end": "2026-10-14T10:30:00-04:00"},
}
A1C: Resource = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-11-03",
    "valueQuantity": {"value": 8.6, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
}


def consented(*more: Resource, lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, *more, lose=lose)
    shelf.consent()
    return shelf


def errors(changes: dict[str, Sequence[str]]) -> set[str]:
    return set(parse_care_plan({**PLAN, **changes}, chart=consented().chart(), now=NOW).errors)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"goal_text": [""]}, {"goal_text"}),
        ({"goal_text": ["x" * 301]}, {"goal_text"}),
        ({"goal_by": []}, {"goal_by"}),
        ({"measure": []}, {"measure"}),
        ({"measure": ["mood"]}, {"measure"}),
        ({"own_measure": [""], "own_target": [""]}, {"own_measure", "own_target"}),
        ({"measure": ["a1c"], "target_value": [""]}, {"target_value"}),
        ({"measure": ["a1c"], "target_value": ["86"]}, {"target_value"}),
        ({"measure": ["a1c"], "target_value": ["eight"]}, {"target_value"}),
        ({"target_comparator": ["~"]}, {"target_comparator"}),
        ({"target_due": [""]}, {"target_due"}),
        ({"target_due": ["2026-11-21"]}, {"target_due"}),
        ({"target_due": ["2029-01-01"]}, {"target_due"}),
        ({"importance": ["11"]}, {"importance"}),
        ({"importance": ["0"]}, {"importance"}),
        ({"confidence": [""]}, {"confidence"}),
        ({"importance": [""]}, {"importance"}),
        ({"importance": [""], "confidence": [""]}, set()),
        ({"goal_how": [""]}, {"goal_how"}),
        ({"goal_how": ["x" * 301]}, {"goal_how"}),
        ({"step_often": ["x" * 101]}, {"step_often"}),
        ({"care_type": ["spa"]}, {"care_type"}),
        ({"goes_with": ["CarePlan/of-somebody-else"]}, {"goes_with"}),
        ({"to_do_text": [" "]}, {"to_do_text"}),
        ({"to_do_due": ["2026-11-20"]}, {"to_do_due"}),
        ({"to_do_due": ["2026-11-21"]}, set()),
        ({"to_do_owner": ["the cat"]}, {"to_do_owner"}),
        ({"to_do_priority": ["whenever"]}, {"to_do_priority"}),
        ({"to_do_kind": ["party"]}, {"to_do_kind"}),
        ({"addresses": ["Condition/of-somebody-else"]}, {"addresses"}),
        ({"initiating_visit": ["Encounter/of-somebody-else"]}, {"initiating_visit"}),
        ({"note": ["x" * 10_000]}, {"note"}),
        ({"what_matters": ["x" * 1001]}, {"what_matters"}),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], fields: set[str]):
    assert errors(changes) == fields


def test_the_message_says_what_the_bounds_are():
    sent = parse_care_plan(
        {**PLAN, "measure": ["a1c"], "target_value": ["86"]}, chart=consented().chart(), now=NOW
    )
    assert sent.errors["target_value"] == "Give the target as a number from 4 to 20 %."


def test_an_empty_form_tells_every_required_fact_at_once():
    needed = {"goal_text", "goal_by", "goal_how", "measure", "target_due"}
    needed |= {"to_do_text", "to_do_owner", "to_do_due"}
    assert set(parse_care_plan({}, chart=consented().chart(), now=NOW).errors) == needed


@pytest.mark.parametrize("story", [lambda shelf: None, lambda shelf: shelf.consent(decision=["decline"])])
def test_no_plan_is_opened_without_consent(story: Callable[[Shelf], Any]):
    shelf = Shelf(DIABETES)
    story(shelf)
    sent = parse_care_plan(PLAN, chart=shelf.chart(), now=NOW)
    assert sent.entry is None
    assert sent.errors["form"].startswith("A plan needs the patient's consent first.")


def test_no_plan_is_opened_while_consent_is_unknown():
    chart = consented().chart(Consent=ReadStatus.NO_ACCESS)
    assert "form" in parse_care_plan(PLAN, chart=chart, now=NOW).errors


@pytest.mark.requirement("client@46", "client@47", "domain@5")
def test_opening_turns_the_draft_into_the_active_plan_with_goal_and_task_tied():
    shelf = consented(OFFICE)
    draft = shelf.only("CarePlan")
    chart = shelf.chart()
    entry = entry_of(parse_care_plan({**PLAN, "initiating_visit": ["Encounter/e1"]}, chart=chart, now=NOW))
    goal, own_step, to_do, plan, step = care_plan_resources(entry, chart, author(), FORM)
    assert [problems_of(each) for each in (goal, own_step, to_do, plan, step)] == [[]] * 5
    assert (plan["id"], plan["meta"]["versionId"], plan["status"]) == (draft["id"], "1", "active")
    assert plan["period"] == draft["period"]
    assert [each["reference"] for each in plan["goal"]] == [full_url(goal)]
    assert [each["reference"]["reference"] for each in plan["activity"]] == [
        full_url(own_step),
        full_url(to_do),
    ]
    assert (own_step["description"], own_step["owner"]["reference"]) == (PLAN["goal_how"][0], "Patient/p1")
    assert own_step["focus"] == to_do["focus"]
    assert (plan_part(own_step), plan_part(to_do)) == ("patient-action", "care-manager")
    assert plan["addresses"] == [{"reference": "Condition/c1", "display": "Type 2 diabetes"}]
    assert goal["addresses"] == plan["addresses"]
    assert [each["reference"].split("/")[0] for each in plan["supportingInfo"]] == ["Consent", "Encounter"]
    assert to_do["basedOn"][0]["reference"] == f"CarePlan/{draft['id']}"
    assert to_do["focus"]["reference"] == full_url(goal)
    assert step["businessStatus"]["coding"][0]["code"] == "plan-active"
    assert US_CORE_CARE_PLAN in plan["meta"]["profile"]
    assert US_CORE_GOAL in goal["meta"]["profile"]


@pytest.mark.requirement("domain@20")
def test_the_care_type_chosen_at_the_opening_is_a_category_and_is_said_in_words():
    shelf = consented()
    shelf.plan(care_type=["palliative-care"])
    plan = shelf.only("CarePlan")
    codes = [each["coding"][0]["code"] for each in plan["category"]]
    assert (codes, problems_of(plan)) == (["assess-plan", "care-management", "palliative-care"], [])
    assert "Palliative" in plan["text"]["div"]
    assert care_type({**plan, "category": plan["category"][:2]}) == PALLIATIVE


def test_a_plan_of_the_ehr_that_ours_goes_with_is_linked_and_left_as_it_is():
    theirs = {
        "resourceType": "CarePlan",
        "id": "9",
        "status": "active",
        "title": "Diabetes self management plan",
        "subject": {"reference": "Patient/p1"},
    }
    shelf = consented(theirs)
    shelf.plan(goes_with=["CarePlan/9"])
    plan = next(each for each in shelf.chart().resources("CarePlan") if each["id"] != "9")
    linked = {"reference": "CarePlan/9", "display": "Plan: Diabetes self management plan"}
    assert linked in plan["supportingInfo"]
    assert shelf.kept["CarePlan/9"] == theirs


@pytest.mark.requirement("domain@6")
def test_the_agreement_of_the_opening_stands_on_the_plan_with_its_day():
    shelf = consented()
    shelf.plan()
    (agreed,) = agreements(shelf.only("CarePlan"))
    assert (agreed.day, agreed.noted_by) == (date(2026, 11, 21), "Dana Whitfield RN")
    unsaid = consented()
    unsaid.plan(agreed=[])
    assert agreements(unsaid.only("CarePlan")) == ()


def test_an_agreement_of_the_evening_bears_that_day_where_the_ehr_keeps_times_in_utc():
    shelf = consented()
    shelf.plan()
    plan = shelf.only("CarePlan")
    kept = [{**note, "time": "2026-11-22T01:00:00Z"} for note in plan["note"]]
    (agreed,) = agreements({**plan, "note": kept}, ZoneInfo("America/New_York"))
    assert agreed.day == date(2026, 11, 21)


def test_where_the_draft_was_lost_a_new_plan_is_made():
    shelf = consented()
    shelf.kept = {key: each for key, each in shelf.kept.items() if each["resourceType"] != "CarePlan"}
    filed = shelf.plan()
    plan = shelf.only("CarePlan")
    assert (plan["status"], problems_of(plan)) == ("active", [])
    assert filed[1]["basedOn"][0]["reference"] == f"CarePlan/{plan['id']}"


def test_what_others_wrote_into_the_plan_is_kept():
    shelf = consented()
    draft = shelf.only("CarePlan")
    theirs = {
        "careTeam": [{"reference": "CareTeam/1"}],
        "note": [{"text": "From the clinic"}],
        "addresses": [{"reference": "Condition/c9", "display": "Hypertension"}],
        "extension": [{"url": "http://ehr.example/x", "valueString": "y"}],
    }
    shelf.kept[f"CarePlan/{draft['id']}"] = {**draft, **theirs}
    shelf.plan()
    plan = shelf.only("CarePlan")
    assert plan["careTeam"] == theirs["careTeam"]
    assert plan["extension"] == theirs["extension"]
    assert plan["note"][0] == {"text": "From the clinic"}
    assert [each["display"] for each in plan["addresses"]] == ["Hypertension", "Type 2 diabetes"]


def test_a_provider_who_gets_the_task_is_the_one_on_file():
    shelf = consented()
    shelf.plan(to_do_owner=["provider"], to_do_kind=["ask-provider"])
    to_dos = [each for each in shelf.chart().resources("Task") if "restriction" in each]
    task = next(each for each in to_dos if plan_part(each) == "care-manager")
    assert task["owner"] == {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}


def test_the_plans_text_alone_tells_what_was_agreed():
    shelf = consented()
    shelf.plan(note=["She has a walking stick."])
    div = shelf.only("CarePlan")["text"]["div"]
    for words in (
        "Margery Gibson",
        "Dana Whitfield RN",
        "Walking to church again",
        "Type 2 diabetes",
        "Walk to church and back (by 31 Jan 2027)",
        "Five minutes more each week (patient, by 31 Jan 2027)",
        "Call about the glucose log (care manager, by 8 Dec 2026)",
        "Discussed with and agreed by the patient on 21 Nov 2026.",
        "She has a walking stick.",
    ):
        assert words in div


@pytest.mark.parametrize("lose", [without_extensions, without_meta, without_identifiers])
def test_the_same_plan_is_seen_where_the_server_lost_part_of_it(lose: Callable[[Resource], Resource]):
    def seen(shelf: Shelf) -> CarePlanView | None:
        shelf.plan()
        view = care_plan_view(shelf.chart(), now=NOW)
        return replace(view, resource={}) if view else None

    view = seen(consented(lose=lose))
    assert view == seen(consented())
    assert view is not None
    assert (view.status, view.what_matters, view.since_words) == (
        "active",
        "Walking to church again",
        "21 Nov 2026",
    )
    assert (view.addresses, view.supporting) == (("Type 2 diabetes",), ("Consent of 21 Nov 2026",))


def test_the_form_offers_active_problems_and_held_visits():
    resolved = {**DIABETES, "id": "c2", "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    planned = {**OFFICE, "id": "e2", "status": "planned"}
    old = {**OFFICE, "id": "e3", "period": {"start": "2025-10-14T10:00:00-04:00"}}
    chart = Shelf(DIABETES, resolved, OFFICE, planned, old, A1C).chart()
    assert offered_conditions(chart, NOW) == {"Condition/c1": "Type 2 diabetes"}
    assert list(offered_visits(chart, NOW)) == ["Encounter/e1"]


def test_what_the_form_opens_with_can_be_sent_as_it_is_but_for_the_words():
    chart = consented().chart()
    defaults = care_plan_defaults(chart, now=NOW)
    sent = parse_care_plan(defaults, chart=chart, now=NOW)
    assert set(sent.errors) == {"goal_text", "goal_how", "measure"}
    assert defaults["addresses"] == ("Condition/c1",)


@pytest.mark.parametrize(
    ("day", "moved"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-21", "2026-11-23"),
        ("2026-11-22", "2026-11-23"),
        ("2026-11-23", "2026-11-23"),
    ],
)
def test_a_weekend_moves_to_monday(day: str, moved: str):
    assert working_day(date.fromisoformat(day)) == date.fromisoformat(moved)


@pytest.mark.requirement("client@34")
def test_the_ehrs_own_plans_stand_beside_ours_as_plain_text():
    theirs = {
        "resourceType": "CarePlan",
        "id": "x1",
        "status": "revoked",
        "title": "Old plan",
        "text": {"div": "<div><p>Rest<script>x</script></p></div>"},
        "period": {"start": "2020-01-01", "end": "2020-06-01"},
    }
    active = {
        "resourceType": "CarePlan",
        "id": "x2",
        "status": "active",
        "category": [{"text": "Diabetes plan"}],
    }
    mistaken = {"resourceType": "CarePlan", "id": "x3", "status": "entered-in-error"}
    shelf = consented(theirs, active, mistaken)
    rows = others(shelf.chart(), NOW).rows
    assert [row.title for row in rows] == ["Diabetes plan", "Old plan"]
    assert (rows[1].text, rows[1].period_words) == ("Rest", "1 Jan 2020 to 1 Jun 2020")


def test_no_plan_among_what_was_read_is_none():
    assert care_plan_view(chart_of(), now=NOW) is None


@pytest.mark.parametrize(
    ("reference", "owner"),
    [
        ("Practitioner/7", "Practitioner/7"),
        ("https://ehr.example/fhir/Practitioner/7", "Practitioner/7"),
        ("https://ehr.example/fhir/Practitioner/7/_history/2", "Practitioner/7"),
        ("https://elsewhere.example/fhir/Practitioner/7", None),
        ("https://ehr.example.elsewhere.example/fhir/Practitioner/7", None),
        ("Patient/7", None),
        ("#gp", None),
    ],
)
def test_the_provider_on_file_is_named_as_the_ehr_s_own_record_or_not_at_all(reference, owner):
    patient = {"resourceType": "Patient", "id": "p1", "generalPractitioner": [{"reference": reference}]}
    found = primary_care_provider(Chart(patient=patient, base="https://ehr.example/fhir"))
    assert (found["reference"] if found else None) == owner
