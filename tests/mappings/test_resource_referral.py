"""A referral from its form to the record and back, every state that may follow every other, and every end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mappings.chart import Chart
from mappings.contact import contacts
from mappings.form import Submitted
from mappings.identity import task_kind
from mappings.referral_time import taken_by
from mappings.resource_directory import Resource as Row
from mappings.resource_directory import ResourceDirectory
from mappings.resource_referral import (
    ResourceReferral,
    resource_referrals,
)
from mappings.resource_referral_form import ResourceReferralEntry, defaults, read
from mappings.resource_referral_news import news_resources, parse_news
from mappings.resource_referral_record import SDOH_TASK, referral_resources
from mappings.taken_along import filed_with
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, MARGERY, Resource, Shelf, author, entry_of, problems_of

PANTRY = Row("pantry", "Food Pantry", ("nutrition",), "community", facts=("contact", "needs"))
CLASS = Row(
    "class", "Diabetes Class", ("diabetes",), "health-system", kind="provider", reference="Organization/7"
)
SUPPLY = Row("supply", "Valley Supply", ("diabetes",), "community", kind="supplier", phone="555-010-0410")
FUND = Row("fund", "Medicine Fund", ("financial",), "community", cost="free")
DIRECTORY = ResourceDirectory("r.toml", (PANTRY, CLASS, SUPPLY, FUND))
TODAY = NOW.date()


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


def test_minutes_are_filed_as_a_contact_with_the_agency_and_counted_once(shelf: Shelf):
    task, contact = refer(shelf, minutes="12")
    assert problems_of(contact) == []
    (row,) = contacts(shelf.chart(), NOW).rows
    assert (row.minutes, row.with_code, row.service, row.note) == (
        *(12, "agency", "resources"),
        "Referral to Diabetes Class: Diabetes class",
    )
    assert only(shelf).reference == f"Task/{task['id']}"


@pytest.mark.parametrize("minutes", ["0", "-5", "481", "1500", "ten", "1.5"])
def test_minutes_that_cannot_be_are_refused_at_their_field(shelf: Shelf, minutes: str):
    assert sent(shelf, minutes=minutes).errors == {
        "minutes": "Give whole minutes from 1 to 480, or leave it empty."
    }


def test_minutes_that_stand_in_another_contact_are_refused(shelf: Shelf):
    refer(shelf, minutes="12")
    taken = taken_by(shelf.chart(), "Practitioner/nurse", None, NOW)
    assert taken(5).startswith("Of this time you have documented a contact already: today")
    assert taken_by(shelf.chart(), "Practitioner/other", None, NOW)(5) == ""
    opened = {**defaults(CLASS, "", due=TODAY), "need": ["Class"], "minutes": ["5"]}
    refused = read(opened, chart=shelf.chart(), directory=DIRECTORY, problems=(), now=NOW, taken=taken)
    assert list(refused.errors) == ["minutes"]


def test_what_was_filed_with_a_referral_is_taken_back_with_it(shelf: Shelf):
    later = NOW + timedelta(minutes=30)
    _, other, *_ = refer(shelf, "class", later, order_too=True, minutes="5")
    order, task, question, contact = refer(shelf, "supply", order_too=True, order="needed", minutes="3")
    along = filed_with(task, shelf.chart())
    assert [each["id"] for each in along] == [order["id"], question["id"], contact["id"]]
    assert other["id"] not in {each["id"] for each in along}
