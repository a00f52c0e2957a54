"""Every state of a referral that may follow every other, every end, and how long one waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from fhir_profiles.terminology import codes
from mappings.contact import contacts
from mappings.practice import Practice
from mappings.reading import Reading, ReadStatus
from mappings.referral_state import offered, outcomes
from mappings.resource_referral import (
    connections,
    open_referrals,
    prompts,
)
from mappings.resource_referral_news import GONE, NOT_SHOWN, PARTLY_SHOWN, news_resources, parse_news
from mappings.seen import changeable
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf, author, entry_of, problems_of
from tests.mappings.test_resource_referral import (
    TODAY,
    hear,
    only,
    refer,
    tell,
)

STATES = ("sent", "accepted", "appointment-made", "received")
REACHED_BY = {
    "sent": (),
    "accepted": ("accepted",),
    "appointment-made": ("accepted", "appointment-made"),
    "received": ("received",),
}


@pytest.fixture
def shelf() -> Shelf:
    """A chart with one problem."""
    return Shelf(DIABETES)


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


def test_the_minutes_of_a_call_are_filed_with_what_was_heard(shelf: Shelf):
    refer(shelf)
    entry = entry_of(tell(shelf, "chased", minutes="4"))
    task, contact = shelf.file(news_resources(entry, shelf.chart(), author(), shelf.form_id()))
    assert (task["status"], problems_of(contact)) == ("requested", [])
    (row,) = contacts(shelf.chart(), NOW).rows
    assert (row.minutes, row.note) == (
        *(4, "Referral to Diabetes Class, Diabetes class: asked again, no answer yet"),
    )


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading("Task", ReadStatus.READ, (), incomplete=True), PARTLY_SHOWN),
        (Reading("Task", ReadStatus.COULD_NOT_READ), "The tasks of this patient could not be seen"),
        (Reading("Task", ReadStatus.READ), GONE),
    ],
)
def test_one_that_was_not_read_is_not_said_to_be_closed(shelf: Shelf, reading: Reading, said: str):
    chart = shelf.chart()
    seen = type(chart)(chart.patient, {**chart.readings, "Task": reading})
    assert (
        parse_news({"task": ["7"], "outcome": ["accepted"]}, chart=seen, now=NOW)
        .errors["form"]
        .startswith(said)
    )
