"""What the consent form asks beside the answer: the first visit, what would help, when to ask again, who bills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.consent import (
    consent_history,
    consent_resources,
    consent_view,
    may_consent,
    parse_consent,
    wait_until,
)
from mappings.enrolment import may_contact, may_plan
from mappings.initiating_visit import initiating_visit
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    ACCEPT,
    DECLINE,
    FORM,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
)

LATER = NOW + timedelta(days=3)


def visit(ago: int = 30, text: str = "Annual wellness visit") -> Resource:
    day = (NOW - timedelta(days=ago)).date().isoformat()
    return {
        "resourceType": "Encounter",
        "id": f"v{ago}",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": text}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": day, "end": day},
    }


def errors(values: dict[str, Sequence[str]], shelf: Shelf | None = None, now: Any = NOW) -> dict[str, str]:
    return dict(parse_consent(values, chart=(shelf or Shelf()).chart(), now=now).errors)


def built(shelf: Shelf, **changes: Sequence[str]) -> tuple[Resource, ...]:
    chart = shelf.chart()
    entry = entry_of(parse_consent({**ACCEPT, **changes}, chart=chart, now=NOW))
    return consent_resources(entry, chart, author(), FORM)


@pytest.mark.requirement("domain@48", "domain@49")
def test_one_tick_for_all_four_is_recorded_as_four():
    alone = entry_of(
        parse_consent({**ACCEPT, "disclosure": [], "told_all": ["yes"]}, chart=Shelf().chart(), now=NOW)
    )
    assert alone.disclosures == codes("disclosure")
    consent = built(Shelf(), disclosure=[], told_all=["yes"])[0]
    told = [part["valueCode"] for part in consent["extension"][0]["extension"] if part["url"] == "disclosure"]
    assert tuple(told) == codes("disclosure")


@pytest.mark.requirement("domain@50")
def test_the_initiating_visit_is_linked_in_the_plan_and_named_in_the_consent():
    shelf = Shelf(visit())
    consent, plan, _ = built(shelf, visit=["Encounter/v30"])
    assert {
        "reference": "Encounter/v30",
        "display": "Initiating visit: Annual wellness visit, 22 Oct 2026",
    } in plan["supportingInfo"]
    assert "Annual wellness visit, 22 Oct 2026" in consent["policyRule"]["text"]
    shelf.consent(visit=["Encounter/v30"])
    assert consent_view(shelf.chart(), now=NOW).visit == "Annual wellness visit, 22 Oct 2026"


@pytest.mark.requirement("domain@50")
def test_where_none_is_found_a_task_to_schedule_it_is_filed_with_the_consent():
    made = built(Shelf(), visit=["schedule"], visit_due=["2026-12-05"])
    to_do = made[-1]
    assert problems_of(to_do) == []
    assert [each["code"] for each in to_do["code"]["coding"]] == ["to-do", "schedule-initiating-visit"]
    assert to_do["restriction"]["period"]["end"] == "2026-12-05"
    assert to_do["basedOn"][0]["reference"].startswith("urn:uuid:")


@pytest.mark.requirement("domain@51")
def test_after_the_consent_no_further_visit_is_asked_for():
    shelf = Shelf(visit(30))
    shelf.consent(visit=["Encounter/v30"])
    years_later = NOW + timedelta(days=900)
    chart = shelf.chart()
    assert initiating_visit(chart, years_later).missing
    assert (may_plan(chart, now=years_later).reason, may_contact(chart).reason) == ("", "")


@pytest.mark.requirement("domain@55")
@pytest.mark.parametrize("payer", ["Medicare", "Ohio Medicaid", "Northlake Health Plan", "Self-pay", ""])
def test_whoever_pays_the_steps_are_the_same(payer: str):
    plan: Resource = {
        "resourceType": "Coverage",
        "id": "cov",
        "status": "active",
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"display": payer}],
    }
    chart = Shelf().chart()
    held = (plan,) if payer else ()
    chart = Chart(chart.patient, {**chart.readings, "Coverage": Reading("Coverage", ReadStatus.READ, held)})
    assert may_consent(chart, now=NOW).allowed
    entry = entry_of(parse_consent(ACCEPT, chart=chart, now=NOW))
    made = consent_resources(entry, chart, author(), FORM)
    assert [each["resourceType"] for each in made] == ["Consent", "CarePlan", "Task"]
    assert (payer in made[0]["policyRule"]["text"]) is True
    assert ("on file" in made[0]["policyRule"]["text"]) is bool(payer)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"visit": ["Encounter/of-another"]}, "visit", "Choose"),
        ({"visit": ["schedule"], "visit_due": [""]}, "visit_due", "Give the day"),
        ({"visit": ["schedule"], "visit_due": ["2026-11-20"]}, "visit_due", "today or a later"),
        ({"visit": ["schedule"], "visit_due": ["2029-11-20"]}, "visit_due", "within a year"),
        ({"date": ["1950-01-01"], "time": [""]}, "date", "before the patient was born (12 Mar 1959)"),
        ({"date": ["1999-01-01"], "time": [""]}, "date", "more than ten years back"),
        ({"date": ["2026-12-01"], "time": [""]}, "date", "still to come"),
        ({"practitioner": ["x" * 301]}, "practitioner", "Shorten it"),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str, says: str):
    found = errors({**ACCEPT, **changes})
    assert set(found) == {field}
    assert says in found[field]


def test_a_child_cannot_have_agreed_before_it_was_born():
    child = {**MARGERY, "birthDate": "2020-05-01"}
    values = {**ACCEPT, "date": ["2020-04-30"], "time": [""]}
    found = parse_consent(values, chart=Shelf().chart(child), now=NOW).errors
    assert "before the patient was born (1 May 2020)" in found["date"]


def test_a_birth_date_known_to_the_year_alone_binds_nothing():
    vague = {**MARGERY, "birthDate": "2020"}
    values = {**ACCEPT, "date": ["2020-04-30"], "time": [""]}
    assert parse_consent(values, chart=Shelf().chart(vague), now=NOW).errors == {}


NO = {
    "decision": ["decline"],
    "would_help": ["A call after five"],
    "ask_again": ["2027-01-15"],
}


@pytest.mark.requirement("domain@54")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta])
def test_a_no_keeps_what_would_help_and_when_to_ask_again(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    filed = shelf.consent(**NO)
    if lose is None:
        assert [problems_of(each) for each in filed] == [[], [], []]
    view = consent_view(shelf.chart(), now=NOW)
    assert (view.state, view.would_help, view.ask_again) == (
        "declined",
        "A call after five",
        date(2027, 1, 15),
    )
    assert view.ask_again_words == "15 Jan 2027"
    assert "A call after five" in filed[-1]["description"]


@pytest.mark.requirement("domain@54")
@pytest.mark.parametrize(
    ("now", "waits"),
    [
        (LATER, True),
        (NOW.replace(year=2027, month=1, day=14), True),
        (NOW.replace(year=2027, month=1, day=15), False),
        (NOW.replace(year=2027, month=3, day=1), False),
    ],
)
def test_before_the_day_an_answer_needs_a_reason_and_from_then_on_none(now: Any, waits: bool):
    shelf = Shelf()
    shelf.consent(**NO)
    assert (wait_until(shelf.chart(), now=now) is not None) is waits
    again = {**ACCEPT, "date": [now.date().isoformat()], "time": [""]}
    assert set(errors(again, shelf, now)) == ({"brought_up"} if waits else set())
    assert errors({**again, "brought_up": ["patient"]}, shelf, now) == {}


def test_the_words_of_the_wait_name_the_day_and_the_way_round_it():
    shelf = Shelf()
    shelf.consent(**NO)
    said = errors({**ACCEPT, "date": ["2026-11-24"], "time": [""]}, shelf, LATER)["brought_up"]
    assert said.startswith("The patient asked not to be asked again before 15 Jan 2027.")
    assert "Say why an answer is recorded today" in said


def test_an_early_answer_is_kept_with_its_reason_and_settles_the_task():
    shelf = Shelf()
    shelf.consent(**NO)
    filed = shelf.consent(now=LATER, date=["2026-11-24"], time=[""], brought_up=["patient"])
    assert "The patient brought it up" in next(
        each["policyRule"]["text"] for each in filed if each["resourceType"] == "Consent"
    )
    asked = [each for each in filed if each["resourceType"] == "Task" and each["status"] == "completed"]
    assert "The patient answered" in str(asked[0]["note"])
    assert consent_view(shelf.chart(), now=LATER).state == "active"
    assert [each.state for each in consent_history(shelf.chart(), now=LATER)] == ["active", "declined"]


def test_where_the_line_is_lost_the_open_task_still_says_when():
    def lose(resource: Resource) -> Resource:
        return {**resource, "policyRule": {"text": ""}} if resource["resourceType"] == "Consent" else resource

    shelf = Shelf(lose=lose)
    shelf.consent(**NO)
    assert wait_until(shelf.chart(), now=LATER) == date(2027, 1, 15)


def test_a_no_without_a_day_asks_for_no_reason():
    shelf = Shelf()
    shelf.consent(decision=["decline"])
    assert errors({**ACCEPT, "date": ["2026-11-24"], "time": [""]}, shelf, LATER) == {}


@pytest.mark.requirement("domain@83")
def test_consent_is_asked_once_and_the_words_say_since_when():
    shelf = Shelf()
    shelf.consent()
    assert may_consent(shelf.chart(), now=LATER).reason == "Consent is already on file: 21 Nov 2026."
    assert errors({**ACCEPT, "date": ["2026-11-24"], "time": [""]}, shelf, LATER)["form"]


def test_who_bills_is_kept():
    shelf = Shelf()
    shelf.consent(practitioner=["Dr Luis Alvarez"])
    assert consent_view(shelf.chart(), now=NOW).practitioner == "Dr Luis Alvarez"


def test_a_no_files_no_visit_and_no_plan():
    shelf = Shelf(visit())
    chart = shelf.chart()
    entry = entry_of(
        parse_consent({**DECLINE, "visit": ["schedule"], "visit_due": ["2026-12-05"]}, chart=chart, now=NOW)
    )
    kinds = [each["resourceType"] for each in consent_resources(entry, chart, author(), FORM)]
    assert kinds == ["Consent", "Task"]
