"""The CapabilityStatement says what the app asks of an EHR: the same as its searches, its writes and its scopes.

That nothing is asked beyond it is seen at every practice of the tests (`tests/written/asked.py`); here, that it names
nothing that the app does not use, or could not use for want of a scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import orjson
import pytest

from app.ehr.reads import CHART_READS
from app.ehr.rungs.answers import AnswersRung
from app.ehr.rungs.document import DocumentRung
from app.ehr.services import PARAMETERS, SERVICE
from app.requested_scopes import MINIMUM, WRITTEN_TO_THE_CHART, scope_text
from fhir_profiles import definitions
from mappings.vendor import VENDORS, vendor
from mappings.write_ladder import CARRIERS, FILED_RUNGS, note_types
from tests.ehr_line import Received
from tests.written.asked import AGENT, listed, statement, unstated

LETTERS = {"read": "r", "search-type": "s", "create": "c", "update": "u", "patch": "u"}
"""FHIR's interactions as SMART v2 spells them."""
OURS = {*WRITTEN_TO_THE_CHART, "ServiceRequest"}
FOUND_BY_IDENTIFIER = {"identifier"}


def interactions() -> dict[str, set[str]]:
    return {kind: {each["code"] for each in stated["interaction"]} for kind, stated in listed().items()}


def asked_for() -> dict[str, set[str]]:
    """By type, the letters of every scope that a launch asks for, at whichever vendor's EHR."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in VENDORS:
        for scope in scope_text(
            "v2", audit=True, orders=True, services=True, notes=note_types(vendor(name))
        ).split():
            if "/" in scope:
                kind, _, letters = scope.partition("/")[2].partition(".")
                found[kind] |= set(letters)
    return found


def test_every_interaction_has_its_scope_and_every_scope_its_interaction():
    stated = {kind: {LETTERS[code] for code in codes} for kind, codes in interactions().items()}
    granted = asked_for()

    # A rung that is not climbed yet may be announced before it is asked for.
    announced = {kind for rung, kind in CARRIERS.items() if rung not in FILED_RUNGS}
    assert set(stated) - announced == set(granted) - announced
    assert {kind for kind in set(stated) - announced if stated[kind] - granted[kind]} == set()
    # US Core asks its servers to know "rs" and not each letter, so reading and searching are one scope.
    unused = {kind: letters - stated[kind] - {"r", "s"} for kind, letters in granted.items()}
    assert {kind: letters for kind, letters in unused.items() if letters} == {}


def test_every_search_of_the_chart_is_stated_with_just_its_parameters():
    searched = {kind: codes for kind, codes in interactions().items() if "search-type" in codes}
    reads = {**CHART_READS, **{rung.kind: rung.reads for rung in (AnswersRung, DocumentRung)}}

    assert set(searched) - {"Patient", SERVICE} == set(reads)
    for kind, read in reads.items():
        stated = listed()[kind]
        named = {name for name, _ in (*read.parameters, *read.when_required)}
        expected = {"patient", *named} | (FOUND_BY_IDENTIFIER if kind in OURS else set())
        in_a_chart = {
            each["name"]
            for each in stated["searchParam"]
            if not each.get("documentation", "").startswith("Outside a chart alone")
        }
        assert in_a_chart == expected
        assert stated.get("searchInclude", []) == ([read.include] if read.include else [])


def test_the_services_of_the_ehr_are_asked_for_with_just_the_parameters_that_are_stated():
    named = {each["name"] for each in listed()[SERVICE]["searchParam"]}
    assert named == {name for name, _ in PARAMETERS} - {"_count"}


def test_what_is_changed_is_what_chartside_writes_as_records_with_version_and_condition():
    changed = {kind for kind, codes in interactions().items() if {"update", "patch"} & codes}

    assert changed == OURS
    for kind in OURS:
        assert (listed()[kind]["versioning"], listed()[kind]["conditionalCreate"]) == (
            "versioned-update",
            True,
        )
    created = {kind for kind, codes in interactions().items() if "create" in codes}
    assert created == OURS | set(CARRIERS.values()) | {"AuditEvent"}
    assert "delete" not in {code for codes in interactions().values() for code in codes}


def test_each_profile_of_ours_is_supported_and_the_least_is_named_in_words():
    profiles = {url for stated in listed().values() for url in stated.get("supportedProfile", ())}
    resources = [each for each in definitions.of_kind("StructureDefinition") if each["kind"] == "resource"]
    [capability] = definitions.of_kind("CapabilityStatement")

    assert profiles == {each["url"] for each in resources}
    *others, last = MINIMUM
    assert f"Reading {', '.join(others)} and {last} is the least" in capability["description"]
    assert capability["patchFormat"] == ["application/json-patch+json"]


def received(method: str, path: str, query: str = "", **more: object) -> Received:
    return Received(method, f"/fhir{path}", query, agent=AGENT, **more)  # type: ignore[arg-type]


def too_much() -> Iterator[tuple[Received, list[str]]]:
    entry = {"resource": {}, "request": {"method": "PUT", "url": "Patient/1"}}
    bundle = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    yield received("GET", "/Task", "patient=1&_count=9&owner=me"), ["Task search by owner"]
    yield received("GET", "/Flag", "patient=1"), ["Flag search by patient", "Flag search-type"]
    yield received("GET", "/Goal", "_include=Goal:patient"), ["Goal with Goal:patient"]
    yield received("GET", "/AuditEvent/1"), ["AuditEvent read"]
    yield received("PUT", "/DocumentReference/1"), ["DocumentReference update"]
    yield received("POST", "/AuditEvent", conditional=True), ["AuditEvent conditional create"]
    yield received("POST", "", body=bundle), ["Patient update"]
    yield received("POST", "", body=orjson.dumps({"type": "history", "entry": []})), ["history"]


@pytest.mark.parametrize(
    ("request_", "said"), tuple(too_much()), ids=lambda each: str(getattr(each, "path", ""))
)
def test_whatever_is_asked_beyond_it_is_seen(request_, said):
    assert unstated([request_]) == said
    assert unstated([Received(request_.method, request_.path, request_.query, body=request_.body)]) == []


def test_what_is_stated_may_be_asked():
    assert statement()["mode"] == "client"
    asked = [
        received("GET", "/metadata"),
        received("GET", "/Condition", "patient=1&category=x&_count=200"),
        received("GET", "/Patient/1"),
        received("PATCH", "/Task/1"),
        received("POST", "/Task", conditional=True),
        received("POST", "", body=orjson.dumps({"type": "batch", "entry": []})),
    ]
    assert unstated(asked) == []
