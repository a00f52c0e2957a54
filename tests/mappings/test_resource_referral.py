"""A referral from its form to the record and back, every state that may follow every other, and every end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.form import Submitted
from mappings.identity import task_kind
from mappings.practice import Practice
from mappings.reading import Reading, ReadStatus
from mappings.referral_state import offered, outcomes
from mappings.resource_directory import Resource as Row
from mappings.resource_directory import ResourceDirectory
from mappings.resource_referral import (
    ResourceReferral,
    connections,
    open_referrals,
    prompts,
    resource_referrals,
)
from mappings.resource_referral_form import ResourceReferralEntry, defaults, read
from mappings.resource_referral_news import GONE, NOT_SHOWN, news_resources, parse_news
from mappings.resource_referral_record import SDOH_TASK, referral_resources
from mappings.resource_suggestion import suggestions
from mappings.seen import changeable
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, entry_of, problems_of
from tests.mappings.test_sharing import file as permit

PANTRY = Row("pantry", "Food Pantry", ("nutrition",), "community", facts=("contact", "needs"))
CLASS = Row(
    "class", "Diabetes Class", ("diabetes",), "health-system", kind="provider", reference="Organization/7"
)
SUPPLY = Row("supply", "Valley Supply", ("diabetes",), "community", kind="supplier", phone="555-010-0410")
FUND = Row("fund", "Medicine Fund", ("financial",), "community", cost="free")
DIRECTORY = ResourceDirectory("r.toml", (PANTRY, CLASS, SUPPLY, FUND))
TODAY = NOW.date()
STATES = ("sent", "accepted", "appointment-made", "received")
REACHED_BY = {
    "sent": (),
    "accepted": ("accepted",),
    "appointment-made": ("accepted", "appointment-made"),
    "received": ("received",),
}


def sent(shelf: Shelf, row: str = "class", now: datetime = NOW, **typed: Any) -> Submitted[Any]:
    """The form as sent: what it opens with, and what is typed."""
    opened = defaults(DIRECTORY.find(row), "", due=now.date() + timedelta(days=14))
    said = {"need": ["Diabetes class"], "handed": ["us"], **{key: [value] for key, value in typed.items()}}
    values = {**opened, **said} | ({"facts": typed["facts"]} if "facts" in typed else {})
    return read(values, chart=shelf.chart(), directory=DIRECTORY, problems=("c1",), now=now)


def refer(
    shelf: Shelf, row: str = "class", now: datetime = NOW, *, order_too: bool = False, **typed: Any
) -> tuple[Resource, ...]:
    """Files a referral; with its ServiceRequest where the EHR takes one."""
    entry: ResourceReferralEntry = entry_of(sent(shelf, row, now, **typed))
    chart = shelf.chart({**MARGERY, "managingOrganization": {"reference": "Organization/riverbend"}})
    made = referral_resources(entry, chart, author(now), shelf.form_id(), order=order_too)
    return shelf.file(made)


def tell(shelf: Shelf, outcome: str, now: datetime = NOW, **typed: str) -> Submitted[Any]:
    """What was heard of the one referral, as sent; with a reason and an appointment where one is asked for."""
    tasks = [each for each in shelf.kept.values() if each["resourceType"] == "Task"]
    task = next(each["id"] for each in tasks if task_kind(each) == "referral")
    said = {
        "task": task,
        "outcome": outcome,
        "day": now.date().isoformat(),
        "why": "Because",
        "appointment": (now.date() + timedelta(days=3)).isoformat(),
        "due": (now.date() + timedelta(days=7)).isoformat(),
        **typed,
    }
    return parse_news({key: [value] for key, value in said.items()}, chart=shelf.chart(), now=now)


def hear(shelf: Shelf, outcome: str, now: datetime = NOW, **typed: str) -> Resource:
    entry = entry_of(tell(shelf, outcome, now, **typed))
    (task,) = shelf.file(news_resources(entry, shelf.chart(), author(now), shelf.form_id()))
    assert problems_of(task) == []
    return task


def only(shelf: Shelf, now: datetime = NOW) -> ResourceReferral:
    (row,) = resource_referrals(shelf.chart(), now).rows
    return row


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(DIABETES)


def test_a_referral_says_whom_what_why_and_by_when_to_chase(shelf: Shelf):
    (task,) = refer(shelf, problem="c1", hand_off="on", hand_off_with="She and I with Joan", note="Bus 7")
    assert problems_of(task) == []
    assert (task["status"], task["intent"], task["restriction"]["period"]["end"]) == (
        *("requested", "order"),
        (TODAY + timedelta(days=14)).isoformat(),
    )
    assert task["owner"] == {"reference": "Organization/7", "display": "Diabetes Class"}
    assert task["reasonReference"]["reference"] == "Condition/c1"
    row = only(shelf)
    assert (row.what, row.whom, row.state, row.resource_id) == (
        *("Diabetes class", "Diabetes Class", "sent", "class"),
    )
    assert row.ageing == "sent today"


@pytest.mark.requirement("domain@168")
def test_a_warm_hand_off_says_who_spoke_and_is_refused_without(shelf: Shelf):
    refused = sent(shelf, hand_off="on")
    assert refused.errors["hand_off_with"].startswith("Say who spoke with whom")
    (task,) = refer(shelf, hand_off="on", hand_off_with="She and I with Joan Mbeki")
    assert [each["valueString"] for each in task["output"]] == ["She and I with Joan Mbeki"]
    assert "She and I with Joan Mbeki" in task["text"]["div"]
    assert only(shelf).hand_off == "She and I with Joan Mbeki"


@pytest.mark.requirement("domain@170")
def test_supplies_name_the_supplier_ask_for_the_order_and_keep_the_day_they_came(shelf: Shelf):
    supply, order = refer(shelf, "supply", need="Strips and lancets", order="needed")
    assert [problems_of(each) for each in (supply, order)] == [[], []]
    assert order["description"] == "Order needed: Strips and lancets, for Valley Supply"
    assert order["owner"]["reference"] == "Practitioner/physician"
    assert only(shelf).order == "An order is needed: ask the provider"
    came = NOW + timedelta(days=5)
    task = hear(shelf, "received", came, day=(TODAY + timedelta(days=4)).isoformat())
    assert [each["valueDate"] for each in task["output"]] == [(TODAY + timedelta(days=4)).isoformat()]
    assert only(shelf, came).received == TODAY + timedelta(days=4)


def test_an_order_is_asked_for_only_of_a_supplier(shelf: Shelf):
    assert len(refer(shelf, "class", order="needed")) == 1


FOLLOWS = [
    # state, then each outcome that may follow it with the status of its Task
    ("sent", "chased", "requested", "sent"),
    ("sent", "accepted", "accepted", "accepted"),
    ("sent", "appointment-made", "in-progress", "appointment-made"),
    ("sent", "received", "in-progress", "received"),
    ("sent", "need-met", "completed", "need-met"),
    ("sent", "patient-declined", "cancelled", "declined"),
    ("sent", "they-declined", "rejected", "declined"),
    ("sent", "no-capacity", "rejected", "no-capacity"),
    ("sent", "lost", "failed", "lost"),
    ("sent", "on-hold", "on-hold", "sent"),
    ("accepted", "chased", "accepted", "accepted"),
    ("accepted", "appointment-made", "in-progress", "appointment-made"),
    ("accepted", "received", "in-progress", "received"),
    ("accepted", "need-met", "completed", "need-met"),
    ("accepted", "need-not-met", "completed", "received"),
    ("accepted", "patient-declined", "cancelled", "declined"),
    ("accepted", "they-declined", "cancelled", "declined"),
    ("accepted", "no-capacity", "failed", "no-capacity"),
    ("accepted", "lost", "failed", "lost"),
    ("accepted", "on-hold", "on-hold", "accepted"),
    ("appointment-made", "chased", "in-progress", "appointment-made"),
    ("appointment-made", "accepted", "accepted", "accepted"),
    ("appointment-made", "appointment-made", "in-progress", "appointment-made"),
    ("appointment-made", "received", "in-progress", "received"),
    ("appointment-made", "need-met", "completed", "need-met"),
    ("appointment-made", "need-not-met", "completed", "received"),
    ("appointment-made", "patient-declined", "cancelled", "declined"),
    ("appointment-made", "they-declined", "cancelled", "declined"),
    ("appointment-made", "no-capacity", "failed", "no-capacity"),
    ("appointment-made", "lost", "failed", "lost"),
    ("appointment-made", "on-hold", "on-hold", "appointment-made"),
    ("received", "chased", "in-progress", "received"),
    ("received", "need-met", "completed", "need-met"),
    ("received", "need-not-met", "completed", "received"),
    ("received", "lost", "failed", "lost"),
    ("received", "on-hold", "on-hold", "received"),
]


def reached(state: str) -> Shelf:
    shelf = Shelf(DIABETES)
    refer(shelf)
    for outcome in REACHED_BY[state]:
        hear(shelf, outcome)
    assert only(shelf).state == state
    return shelf


@pytest.mark.requirement("domain@167")
@pytest.mark.parametrize(("before", "outcome", "status", "state"), FOLLOWS)
def test_what_is_heard_moves_the_referral_to_its_state(before: str, outcome: str, status: str, state: str):
    task = hear(reached(before), outcome)
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == (status, state)
    told_why = status in {"rejected", "cancelled", "on-hold", "failed"}
    assert ("statusReason" in task) is (told_why or outcome == "need-not-met")
    if told_why:
        assert task["statusReason"]["text"].endswith(": Because")


def test_the_table_of_what_follows_is_whole():
    assert {(before, outcome) for before, outcome, *_ in FOLLOWS} == {
        (state, outcome) for state in STATES for outcome in offered(state)
    }
    assert {each.state for each in outcomes().values() if each.state} | {"sent"} == set(
        codes("referral-state")
    )


@pytest.mark.parametrize(
    ("before", "outcome"),
    [(state, outcome) for state in STATES for outcome in outcomes() if outcome not in offered(state)],
)
def test_a_state_in_the_wrong_order_is_refused_at_its_field(before: str, outcome: str):
    shelf = reached(before)
    refused = tell(shelf, outcome)
    assert refused.entry is None
    assert refused.errors["outcome"].startswith(f"This cannot follow “{only(shelf).state_words}”.")


@pytest.mark.parametrize("end", [code for code, each in outcomes().items() if each.final])
def test_nothing_follows_an_end(end: str):
    shelf = reached("accepted")
    hear(shelf, end)
    assert tell(shelf, "accepted").errors == {"form": GONE}
    assert open_referrals(shelf.chart(), NOW) == {}
    assert only(shelf).ageing == ""


@pytest.mark.parametrize("outcome", [code for code, each in outcomes().items() if each.why])
def test_an_end_without_its_reason_is_refused(outcome: str):
    refused = tell(reached("accepted"), outcome, why=" ")
    assert refused.errors["why"].startswith("Say why")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": (TODAY + timedelta(days=1)).isoformat()}, "day"),
        ({"day": (TODAY - timedelta(days=1)).isoformat()}, "day"),
        ({"day": "2026-02-31"}, "day"),
        ({"day": ""}, "day"),
        ({"appointment": (TODAY - timedelta(days=1)).isoformat()}, "appointment"),
        ({"appointment": ""}, "appointment"),
        ({"due": (TODAY - timedelta(days=1)).isoformat()}, "due"),
        ({"outcome": "found"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"task": "nobody"}, "form"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(shelf: Shelf, typed: Mapping[str, str], field: str):
    refer(shelf)
    outcome = typed.get("outcome", "appointment-made")
    refused = tell(shelf, outcome, **{key: value for key, value in typed.items() if key != "outcome"})
    assert list(refused.errors) == [field]


def test_one_on_hold_rests_with_its_reason_and_goes_on_with_the_next_news(shelf: Shelf):
    refer(shelf)
    hear(shelf, "on-hold", why="In the hospital")
    assert (only(shelf).ageing, only(shelf).reason) == ("sent today, on hold", "On hold: In the hospital")
    kept = hear(shelf, "chased")
    assert (kept["status"], kept["statusReason"]["text"]) == ("on-hold", "On hold: In the hospital")
    task = hear(shelf, "accepted")
    assert (task["status"], "statusReason" in task) == ("accepted", False)


def test_one_that_waits_asks_to_be_chased_with_how_long(shelf: Shelf):
    refer(shelf)
    assert prompts(shelf.chart(), now=NOW + timedelta(days=14), practice=Practice()) == ()
    later = NOW + timedelta(days=21)
    (prompt,) = prompts(shelf.chart(), now=later, practice=Practice())
    assert prompt.sentence == "Diabetes class, Diabetes Class: sent 21 days ago, no answer."
    assert (prompt.label, prompt.endpoint) == ("Chase it", "resource_referral_news.show")
    hear(shelf, "chased", later)
    assert prompts(shelf.chart(), now=later, practice=Practice()) == ()


def test_two_nurses_who_hear_at_once_are_told_of_each_other(shelf: Shelf):
    (task,) = refer(shelf)
    assert task["id"] in {each["id"] for each in changeable(shelf.chart(), NOW)}


@pytest.mark.requirement("domain@169")
def test_needs_met_are_counted_of_all_that_were_referred():
    shelf = Shelf(DIABETES)
    assert connections(shelf.chart(), NOW).sentence == ""  # type: ignore[union-attr]
    for number, end in enumerate(("need-met", "lost", "need-not-met", "")):
        refer(shelf, need=f"Help {number}")
        task = next(iter(open_referrals(shelf.chart(), NOW)))
        for outcome in filter(None, ("accepted", end) if end else ()):
            hear_of(shelf, task, outcome)
    found = connections(shelf.chart(), NOW)
    assert found is not None
    assert (found.made, found.met, found.open, found.lost) == (4, 1, 1, 2)
    assert found.sentence == "4 referrals: 1 need met, 1 open, 2 ended without."


def hear_of(shelf: Shelf, task: str, outcome: str) -> None:
    entry = entry_of(tell(shelf, outcome, task=task))
    shelf.file(news_resources(entry, shelf.chart(), author(), shelf.form_id()))


def test_where_the_ehr_shows_nothing_again_nothing_is_counted_or_changed(shelf: Shelf):
    unseen = Reading("Task", ReadStatus.READ, (), ours_unseen=True)
    chart = shelf.chart()
    hidden = type(chart)(chart.patient, {**chart.readings, "Task": unseen})
    assert connections(hidden, NOW) is None
    refused = parse_news({"task": ["7"], "outcome": ["accepted"]}, chart=hidden, now=NOW)
    assert refused.errors["form"] == NOT_SHOWN


Lose = Callable[[Resource], Resource]


def without(*names: str) -> Lose:
    return lambda resource: {key: value for key, value in resource.items() if key not in names}


def bare(resource: Resource) -> Resource:
    """As a server keeps it that drops tags, profiles, codes of others and outputs."""
    kept = without("output", "extension", "businessStatus")(resource)
    kept["meta"] = {}
    kept["owner"] = {}
    return kept


@pytest.mark.parametrize("lose", [without("businessStatus"), without("output"), without("owner"), bare])
def test_the_line_in_the_notes_says_what_a_server_dropped(lose: Lose):
    shelf = Shelf(DIABETES, lose=lose)
    refer(shelf, "supply", need="Strips", hand_off="on", hand_off_with="She and I")
    entry = entry_of(tell(shelf, "appointment-made"))
    shelf.file(news_resources(entry, shelf.chart(), author(), shelf.form_id()))
    row = only(shelf)
    assert (row.whom, row.state, row.appointment, row.resource_id, row.hand_off) == (
        *("Valley Supply", "appointment-made", TODAY + timedelta(days=3), "supply", "She and I"),
    )


# The order that goes with it


def supplies_with_orders(chart: Chart, form_id: UUID) -> tuple[Resource, ...]:
    """Every record that one referral may file: its Task, its order, and the question for the supplier's order."""
    typed = {**defaults(SUPPLY, "", due=TODAY), "need": ["Strips"], "order": ["needed"]}
    entry = entry_of(read(typed, chart=chart, directory=DIRECTORY, problems=(), now=NOW))
    return referral_resources(entry, chart, author(), form_id, order=True)


def test_where_an_order_is_taken_the_task_claims_the_guides_profile_and_names_it(shelf: Shelf):
    order, task = refer(shelf, problem="c1", order_too=True)
    assert [problems_of(each) for each in (order, task)] == [[], []]
    assert (task["focus"]["reference"], task["requester"]["reference"]) == (
        *(f"ServiceRequest/{order['id']}", "Organization/riverbend"),
    )
    assert SDOH_TASK in task["meta"]["profile"]
    assert "fulfill" in [each["code"] for each in task["code"]["coding"]]
    assert (order["status"], order["reasonReference"][0]["reference"]) == ("active", "Condition/c1")


def test_without_an_order_or_a_practice_that_asks_the_guides_profile_is_not_claimed(shelf: Shelf):
    (task,) = refer(shelf)
    assert SDOH_TASK not in task["meta"]["profile"]
    assert task["requester"]["reference"] == "Practitioner/nurse"
    entry = entry_of(sent(shelf))
    _, alone = referral_resources(entry, shelf.chart(), author(), shelf.form_id(), order=True)
    assert SDOH_TASK not in alone["meta"]["profile"]


@pytest.mark.parametrize(("end", "ended"), [("need-met", "completed"), ("lost", "revoked")])
def test_the_order_ends_with_the_referral_and_not_before(shelf: Shelf, end: str, ended: str):
    order, task = refer(shelf, order_too=True)
    whole = shelf.chart()
    going_on = entry_of(tell(shelf, "accepted"))
    assert len(news_resources(going_on, whole, author(), shelf.form_id())) == 1
    changed, request = news_resources(entry_of(tell(shelf, end)), whole, author(), shelf.form_id())
    assert (changed["id"], request["id"], request["status"]) == (task["id"], order["id"], ended)


# Who may be told what


def test_an_agency_is_told_nothing_without_a_permission_and_the_patient_may_call(shelf: Shelf):
    refused = sent(shelf, "pantry", need="Food")
    assert "No permission is on file to tell Food Pantry anything." in refused.errors["facts"]
    (task,) = refer(shelf, "pantry", need="Food", handed="patient")
    assert "Told: nothing: the patient contacts them" in task["note"][0]["text"]
    assert only(shelf).told == "nothing: the patient contacts them"


def test_an_agency_is_told_what_the_permission_names_and_no_more(shelf: Shelf):
    permit(shelf, agencies=["FOOD  pantry."], facts=["contact"])
    refused = sent(shelf, "pantry", need="Food")
    assert "Missing: Needs such as food" in refused.errors["facts"]
    (task,) = refer(shelf, "pantry", need="Food", facts=["contact"])
    assert "Told: Name, address, phone and language; Permission: Permitted on" in task["note"][0]["text"]


def test_a_permission_for_another_agency_or_one_that_ended_permits_nothing(shelf: Shelf):
    permit(shelf, agencies=["Food Pantry East"], facts=["contact", "needs"])
    assert "facts" in sent(shelf, "pantry", need="Food").errors
    permit(shelf, agencies=["Food Pantry"], facts=["contact", "needs"], until=["2026-12-01"])
    assert sent(shelf, "pantry", need="Food").entry is not None
    assert "facts" in sent(shelf, "pantry", NOW + timedelta(days=30), need="Food").errors


def test_protected_facts_need_a_permission_whoever_is_told(shelf: Shelf):
    assert sent(shelf, "class", facts=["contact", "conditions"]).entry is not None
    refused = sent(shelf, "class", facts=["contact", "protected"])
    assert "No permission is on file to tell Diabetes Class" in refused.errors["facts"]


def test_where_permissions_are_not_shown_the_nurse_says_that_she_looked(shelf: Shelf):
    chart = shelf.chart()
    unseen = Reading("Consent", ReadStatus.READ, (), ours_unseen=True)
    hidden = type(chart)(chart.patient, {**chart.readings, "Consent": unseen})
    opened = {**defaults(PANTRY, "", due=TODAY), "need": ["Food"], "handed": ["us"]}
    asked = read(opened, chart=hidden, directory=DIRECTORY, problems=(), now=NOW)
    assert asked.errors["looked"].startswith("Chartside cannot see here whether the patient permits")
    told = {**opened, "looked": ["on"]}
    assert read(told, chart=hidden, directory=DIRECTORY, problems=(), now=NOW).entry is not None


def test_nothing_ticked_is_nothing_told(shelf: Shelf):
    assert sent(shelf, "class", facts=[]).errors["facts"].startswith("Tick what they are told")


# What may be typed


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"resource": ""}, "resource"),
        ({"resource": "gone"}, "resource"),
        ({"resource": "other", "other_kind": "agency"}, "other_name"),
        ({"resource": "other", "other_name": "Aunt Bea", "other_kind": "friend"}, "other_kind"),
        ({"need": " "}, "need"),
        ({"need": "x" * 301}, "need"),
        ({"topic": "money"}, "topic"),
        ({"problem": "c9"}, "problem"),
        ({"handed": ""}, "handed"),
        ({"due": (TODAY - timedelta(days=1)).isoformat()}, "due"),
        ({"due": "2030-01-01"}, "due"),
        ({"due": ""}, "due"),
        ({"begun": "appointment-made", "appointment": ""}, "appointment"),
        ({"begun": "appointment-made", "appointment": "2026-01-01"}, "appointment"),
        ({"priority": "now"}, "priority"),
    ],
)
def test_what_is_missing_or_wrong_is_told_at_its_field_and_nothing_is_lost(
    shelf: Shelf, typed: Mapping[str, str], field: str
):
    refused = sent(shelf, **typed)
    assert list(refused.errors) == [field]
    assert all(refused.value(name) == value for name, value in typed.items())


def test_a_hostile_name_is_text_in_the_record_and_its_line_is_read_back_whole(shelf: Shelf):
    name = "<b>Bold</b>; State: Need met; Directory: pantry"
    (task,) = refer(
        shelf, resource="other", topic="other", other_name=name, other_kind="provider", need='"><script>'
    )
    assert problems_of(task) == []
    assert "<script>" not in task["text"]["div"]
    row = only(shelf)
    assert (row.whom, row.what, row.state, row.resource_id) == (name, '"><script>', "sent", "")


def test_a_resource_gone_from_the_file_leaves_its_referral_open_and_workable(shelf: Shelf):
    refer(shelf, "supply", need="Strips")
    row = only(shelf)
    assert (row.whom, ResourceDirectory().find(row.resource_id)) == ("Valley Supply", None)
    assert hear(shelf, "received")["businessStatus"]["coding"][0]["code"] == "received"


# From a barrier to a resource


@pytest.mark.requirement("domain@174")
def test_a_barrier_of_a_contact_leads_to_resources_until_one_is_asked(shelf: Shelf):
    shelf.consent()
    shelf.plan()
    shelf.contact(barriers=["medicine-cost", "not-ready"])
    (found,) = suggestions(shelf.chart(), DIRECTORY, now=NOW)
    assert (found.words, [row.id for row in found.resources]) == ("Cost of medicine", ["fund"])
    assert found.asked == ""
    refer(shelf, "fund", topic="financial", need="Copay of insulin", handed="patient")
    (found,) = suggestions(shelf.chart(), DIRECTORY, now=NOW)
    assert found.asked == "Copay of insulin, Medicine Fund, sent today"
    assert suggestions(shelf.chart(), DIRECTORY, now=NOW + timedelta(days=200)) == ()


def test_a_social_problem_of_the_list_leads_to_resources():
    hungry: Resource = {
        **DIABETES,
        "id": "c2",
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "733423003"}],
            "text": "Food insecurity",
        },
    }
    (found,) = suggestions(Shelf(hungry).chart(), DIRECTORY, now=NOW)
    assert ([row.id for row in found.resources], found.source) == (
        ["pantry"],
        "problem list: Food insecurity",
    )
    (nothing,) = suggestions(Shelf(hungry).chart(), ResourceDirectory(), now=NOW)
    assert nothing.resources == ()
