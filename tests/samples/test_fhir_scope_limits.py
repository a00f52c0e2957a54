"""Scopes of one category, and those of a backend service: what they reach at the FHIR server, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from samples.fhir.access import Access, Limit, Reach
from samples.fhir.scope_limits import limits_on, token_values
from samples.fhir.store import Store
from tests.samples.conftest import FhirCaller, grants, issue, observation, patient

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
VITALS = f"{CATEGORY}|vital-signs"


def category(code: str, system: str = CATEGORY) -> list[dict[str, Any]]:
    return [{"coding": [{"system": system, "code": code}]}]


def limits(level: str, resource_type: str, letters: str, value: str) -> frozenset[Limit]:
    return frozenset(Limit(level, resource_type, letter, "category", value) for letter in letters)


def access(**rights: Any) -> Access:
    none = Access(frozenset(), frozenset(), "ada", "Practitioner/nurse", "chartside")
    return replace(none, **rights)


@pytest.fixture(autouse=True)
def charts(store: Store) -> None:
    """Two patients with a vital sign, a laboratory result and one without a category; Ada has two problems."""
    for who in ("ada", "bob"):
        store.load(
            [
                patient(who),
                observation(f"{who}-vital", who, category=category("vital-signs")),
                observation(f"{who}-lab", who, category=category("laboratory")),
                observation(f"{who}-none", who),
                observation(f"{who}-local", who, category=category("vital-signs", "urn:local")),
            ]
        )
    for slug, code in (("problem", "problem-list-item"), ("seen", "encounter-diagnosis")):
        store.load(
            [
                {
                    "resourceType": "Condition",
                    "id": slug,
                    "subject": {"reference": "Patient/ada"},
                    "category": category(code, CONDITION_CATEGORY),
                }
            ]
        )


@pytest.fixture
def vitals(caller_with: Any) -> FhirCaller:
    """A token for Ada's vital signs alone: patient/Observation.cruds?category=...|vital-signs."""
    return caller_with(access(limits=limits("patient", "Observation", "cruds", VITALS)))


def test_a_search_finds_only_the_granted_category(vitals):
    assert vitals.ids("/Observation?patient=ada") == ["ada-vital"]
    assert vitals.ids("/Observation") == ["ada-vital"]
    assert vitals.ids("/Observation?category=laboratory") == []
    assert vitals.get("/Observation").get_json(force=True)["total"] == 1


@pytest.mark.parametrize("resource_id", ["ada-lab", "ada-none", "ada-local", "bob-vital", "bob-lab"])
def test_a_read_of_anything_else_is_refused(vitals, resource_id):
    answer = vitals.get(f"/Observation/{resource_id}")
    assert answer.status_code == 403
    assert issue(answer)["code"] == "forbidden"
    assert vitals.get(f"/Observation/{resource_id}/_history").status_code == 403
    assert vitals.get(f"/Observation/{resource_id}/_history/1").status_code == 403


def test_a_read_within_the_category_is_answered(vitals):
    assert vitals.get("/Observation/ada-vital").status_code == 200
    assert vitals.get("/Observation/ada-vital/_history/1").status_code == 200


def test_a_search_for_another_patient_is_refused(vitals):
    assert vitals.get("/Observation?patient=bob").status_code == 403


def test_a_write_stays_within_the_category(vitals, store):
    own = observation("", category=category("vital-signs"))
    assert vitals.post("/Observation", own).status_code == 201
    assert vitals.post("/Observation", observation("", category=category("laboratory"))).status_code == 403
    assert vitals.post("/Observation", observation("")).status_code == 403
    assert (
        vitals.post("/Observation", observation("", "bob", category=category("vital-signs"))).status_code
        == 403
    )
    moved = observation("ada-vital", category=category("laboratory"))
    assert vitals.put("/Observation/ada-vital", moved).status_code == 403
    taken = observation("ada-lab", category=category("vital-signs"))
    assert vitals.put("/Observation/ada-lab", taken).status_code == 403
    assert vitals.delete("/Observation/ada-lab").status_code == 403
    assert store.read("Observation", "ada-lab")["category"] == category("laboratory")


def test_a_limit_reaches_no_other_type(vitals):
    assert vitals.get("/Condition?patient=ada").status_code == 403
    assert vitals.get("/Patient/ada").status_code == 403


def test_what_is_included_or_in_a_batch_stays_within_the_limit(caller_with):
    rights = access(
        patient_grants=grants("Patient.rs"), limits=limits("patient", "Observation", "rs", VITALS)
    )
    caller = caller_with(rights)
    found = caller.get("/Patient?_id=ada&_revinclude=Observation:patient").get_json(force=True)["entry"]
    assert {entry["resource"]["id"] for entry in found} == {"ada", "ada-vital"}
    batch = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"request": {"method": "GET", "url": f"Observation/{slug}"}} for slug in ("ada-vital", "ada-lab")
        ],
    }
    answers = caller.post("", batch).get_json(force=True)["entry"]
    assert [answer["response"]["status"][:3] for answer in answers] == ["200", "403"]


def test_conditions_are_limited_in_the_same_way(caller_with):
    problems = limits("patient", "Condition", "rs", f"{CONDITION_CATEGORY}|problem-list-item")
    caller = caller_with(access(limits=problems))
    assert caller.ids("/Condition?patient=ada") == ["problem"]
    assert caller.get("/Condition/seen").status_code == 403


def test_two_limits_add_up_and_a_whole_scope_holds_both(caller_with):
    both = limits("patient", "Observation", "rs", VITALS) | limits(
        "patient", "Observation", "rs", "laboratory"
    )
    assert set(caller_with(access(limits=both)).ids("/Observation")) == {"ada-vital", "ada-lab"}
    whole = access(limits=both, patient_grants=grants("Observation.rs"))
    assert len(caller_with(whole).ids("/Observation")) == 4


def test_a_limit_of_the_user_reaches_all_patients(caller_with):
    caller = caller_with(access(limits=limits("user", "Observation", "rs", VITALS)))
    assert set(caller.ids("/Observation")) == {"ada-vital", "bob-vital"}
    assert caller.ids("/Observation?patient=bob") == ["bob-vital"]
    assert caller.get("/Observation/bob-lab").status_code == 403


def test_a_code_without_a_system_is_of_any_system_and_a_system_alone_of_any_code(caller_with):
    any_system = caller_with(access(limits=limits("patient", "Observation", "rs", "vital-signs")))
    assert set(any_system.ids("/Observation")) == {"ada-vital", "ada-local"}
    any_code = caller_with(access(limits=limits("patient", "Observation", "rs", f"{CATEGORY}|")))
    assert set(any_code.ids("/Observation")) == {"ada-vital", "ada-lab"}
    several = caller_with(access(limits=limits("patient", "Observation", "rs", f"{VITALS},laboratory")))
    assert set(several.ids("/Observation")) == {"ada-vital", "ada-lab"}
    assert several.get("/Observation/ada-local").status_code == 403


def test_a_page_link_of_a_wider_token_shows_a_narrower_one_no_more(caller_with):
    wide = caller_with(access(patient_grants=grants("Observation.rs")))
    narrow = caller_with(access(limits=limits("patient", "Observation", "rs", VITALS)))
    bundle = wide.get("/Observation?_count=1").get_json(force=True)
    link = next(each["url"] for each in bundle["link"] if each["relation"] == "next")
    path = link.partition("/fhir")[2]
    seen = []
    while path:
        page = narrow.get(path).get_json(force=True)
        seen += [entry["resource"]["id"] for entry in page.get("entry", [])]
        path = next(
            (each["url"].partition("/fhir")[2] for each in page["link"] if each["relation"] == "next"), ""
        )
    assert set(seen) <= {"ada-vital"}


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        ("a", (("", "a"),)),
        ("s|a,b", (("s", "a"), ("", "b"))),
        ("s|", (("s", ""),)),
        ("|", ()),
        ("", ()),
        ("a,", ()),
        ("a|b|c", ()),
    ],
)
def test_a_value_is_read_as_a_token_search_reads_it(value, pairs):
    assert token_values(value) == pairs


def test_a_value_that_cannot_be_read_reaches_nothing(caller_with):
    caller = caller_with(access(limits=limits("patient", "Observation", "rs", "a|b|c")))
    assert caller.ids("/Observation") == []
    assert caller.get("/Observation/ada-vital").status_code == 403


def test_types_with_a_category_can_be_limited_and_others_cannot():
    assert limits_on("Observation") == limits_on("Condition") == {"category"}
    assert limits_on("Patient") == frozenset()


def test_a_wider_way_holds_the_narrower_ones():
    narrow = limits("patient", "Observation", "r", VITALS)
    wide = access(limits=narrow, patient_grants=grants("*.r"), user_grants=grants("Observation.r"))
    assert wide.reaches("Observation", "r") == (Reach(confined=False, limit=None),)
    assert wide.reaches("Task", "r") == (Reach(confined=True, limit=None),)
    assert access(limits=narrow, patient=None).reaches("Observation", "r") == ()


def test_a_backend_service_reads_every_patient_and_writes_what_it_was_granted(caller_with):
    system = access(
        patient=None, user="", client_id="chartside-backend", system_grants=grants("*.rs", "Task.c")
    )
    caller = caller_with(system)
    assert len(caller.ids("/Observation")) == 8
    assert caller.get("/Patient/bob").status_code == 200
    assert caller.post("/Observation", observation("")).status_code == 403
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": "Patient/bob"},
    }
    assert caller.post("/Task", task).status_code == 201
