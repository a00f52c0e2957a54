"""A permission to share names agencies, facts and an end; it is never taken for a consent to care."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from mappings.consent import consent_view, may_consent
from mappings.consent_standing import consent_windows, service_consents
from mappings.difference import retold
from mappings.enrolment import may_plan
from mappings.reading import ReadStatus
from mappings.sharing import Permission, permissions, revoked, sharing_resource
from mappings.sharing_form import may_revoke, may_share, parse_revoke, parse_sharing, sharing_defaults
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
)

SHARED: dict[str, Sequence[str]] = {
    "agencies": ["Riverbend Meals, Inc.\n City  Housing Office; North \n"],
    "facts": ["contact", "needs"],
    "why": ["To arrange meals"],
    "mode": ["written"],
    "agreed_by": ["patient"],
    "date": ["2026-11-20"],
    "until": ["2027-11-20"],
}


def file(shelf: Shelf, **changes: Sequence[str]) -> Resource:
    entry = entry_of(parse_sharing({**SHARED, **changes}, chart=shelf.chart(), now=NOW))
    return shelf.file([sharing_resource(entry, author(), shelf.form_id())])[0]


def without_categories(resource: Resource) -> Resource:
    """As a server gives it back that keeps neither codes of ours nor what is inside the provision."""
    kept = {**resource, "category": [resource["category"][0]], "provision": {"type": "permit"}}
    return {**kept, "scope": {"text": "consent"}}


def only(shelf: Shelf, now: Any = NOW) -> Permission:
    [row] = permissions(shelf.chart(), now).rows
    return row


@pytest.mark.parametrize(
    "lose", [None, without_extensions, without_meta, without_identifiers, without_categories]
)
def test_a_permission_comes_back_with_whom_what_and_until_when(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    made = file(shelf)
    if lose is None:
        assert problems_of(made) == []
    seen = only(shelf)
    # The line keeps no semicolon, since it parts its facts by them.
    housing = "City Housing Office, North" if lose is without_categories else "City Housing Office; North"
    assert seen.agencies == ("Riverbend Meals, Inc.", housing)
    assert seen.facts == (
        "Name, address, phone and language",
        "Needs such as food, housing, transport or help at home",
    )
    assert (seen.why, seen.mode, seen.said_by, seen.taken_by) == (
        "To arrange meals",
        "written",
        "Margery Gibson",
        "Dana Whitfield RN",
    )
    assert seen.active


@pytest.mark.parametrize("lose", [None, without_categories, without_meta])
def test_it_is_never_a_consent_to_care(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    file(shelf)
    chart = shelf.chart()
    assert service_consents(chart, NOW) == []
    assert consent_windows(chart, now=NOW) == ()
    assert consent_view(chart, now=NOW).state == "none"
    assert may_consent(chart, now=NOW).allowed
    assert not may_plan(chart, now=NOW)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (NOW, "active"),
        (NOW.replace(year=2027, month=11, day=20), "active"),
        (NOW.replace(year=2027, month=11, day=21), "over"),
    ],
)
def test_it_holds_through_its_last_day(now: Any, state: str):
    shelf = Shelf()
    file(shelf)
    assert only(shelf, now).state == state


def test_without_a_last_day_it_holds_until_it_is_taken_back():
    shelf = Shelf()
    file(shelf, until=[""])
    assert only(shelf).sentence == "In force until the patient takes it back."


def test_taken_back_it_is_over_and_the_earlier_words_are_kept():
    shelf = Shelf()
    made = file(shelf)
    values = {"permission": [made["id"]], "date": ["2026-11-21"], "reason": ["Moved away"]}
    entry = entry_of(parse_revoke(values, chart=shelf.chart(), now=NOW))
    [ended] = shelf.file([revoked(entry.permission, author(), day=entry.day, reason=entry.reason)])
    assert problems_of(ended) == []
    assert (only(shelf).state, only(shelf).sentence) == ("revoked", "Taken back 21 Nov 2026.")
    assert "Moved away" in ended["text"]["div"]
    assert "Riverbend Meals" in ended["text"]["div"]
    assert not may_revoke(shelf.chart(), NOW, made["id"])


def test_a_merged_permission_keeps_its_own_words():
    made = file(Shelf())
    assert "Permission to share" in retold(made)["text"]["div"]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"agencies": [" \n "]}, "agencies", "at least one"),
        ({"agencies": ["\n".join(f"Agency {number}" for number in range(11))]}, "agencies", "at most 10"),
        ({"facts": []}, "facts", "Tick what"),
        ({"facts": ["everything"]}, "facts", "Choose from"),
        ({"why": [""]}, "why", "what it is for"),
        ({"mode": []}, "mode", "verbal or written"),
        ({"agreed_by": ["RelatedPerson/another"]}, "agreed_by", "Choose"),
        ({"agreed_by": ["caregiver"]}, "caregiver_name", "caregiver's name"),
        ({"date": ["2026-11-22"]}, "date", "still to come"),
        ({"date": ["2010-01-01"]}, "date", "ten years"),
        ({"date": [""]}, "date", "Give the day"),
        ({"until": ["2026-11-20"]}, "until", "has passed"),
        ({"until": ["2040-01-01"]}, "until", "five years"),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str, says: str):
    errors = parse_sharing({**SHARED, **changes}, chart=Shelf().chart(), now=NOW).errors
    assert says in errors[field]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"date": ["2026-11-19"]}, "date", "before the permission was given"),
        ({"date": ["2026-11-22"]}, "date", "still to come"),
        ({"permission": ["of-somebody-else"]}, "form", "not in force"),
        ({"permission": []}, "form", "not in force"),
    ],
)
def test_what_cannot_be_taken_back_says_so(changes: dict[str, Sequence[str]], field: str, says: str):
    shelf = Shelf()
    made = file(shelf)
    values = {"permission": [made["id"]], "date": ["2026-11-21"], **changes}
    assert says in parse_revoke(values, chart=shelf.chart(), now=NOW).errors[field]


def test_the_gates_say_why():
    died = {**MARGERY, "deceasedDateTime": "2026-10-01"}
    assert "has died" in may_share(Shelf().chart(died)).reason
    assert "could not be seen" in may_share(Shelf().chart(Consent=ReadStatus.STILL_LOADING)).reason
    hidden = Shelf().chart()
    unseen = replace(hidden.readings["Consent"], ours_unseen=True)
    caution = may_share(replace(hidden, readings={**hidden.readings, "Consent": unseen})).caution
    assert "which permissions to share there are" in caution


def test_the_form_opens_in_writing_for_a_year():
    found = sharing_defaults(NOW)
    assert (found["mode"], found["until"]) == (
        ("written",),
        ((date(2026, 11, 21) + timedelta(365)).isoformat(),),
    )
