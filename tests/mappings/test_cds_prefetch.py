"""What a CDS Hooks client brings: not brought, null, empty, failed and cut off stay five different things."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mappings.cds_prefetch import KEYS, chart_of, is_of, kept_in_notes, lacking, prefetch_templates
from mappings.reading import ReadStatus
from mappings.sight import Sight, sight
from mappings.vendor import VENDORS, vendor

PATIENT = {"resourceType": "Patient", "id": "p1"}
TASK = {"resourceType": "Task", "id": "t1", "status": "requested", "for": {"reference": "Patient/p1"}}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
NOTHING_FOUND = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "processing", "details": {"coding": [{"code": "4101"}]}}],
}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    entry = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry, **more}


ABSENT = object()
BROUGHT: dict[str, tuple[Any, Sight, int]] = {
    "not brought": (ABSENT, Sight.DARK, 0),
    "null: no data": (None, Sight.WHOLE, 0),
    "an empty Bundle": ({"resourceType": "Bundle", "type": "searchset"}, Sight.WHOLE, 0),
    "one match": (bundle(TASK), Sight.WHOLE, 1),
    "one match and its total": (bundle(TASK, total=1), Sight.WHOLE, 1),
    "the resource itself": (TASK, Sight.WHOLE, 1),
    "an outcome in its place": (OUTCOME, Sight.DARK, 0),
    "an outcome among the matches": (bundle(TASK, OUTCOME), Sight.PARTLY, 1),
    "an outcome that nothing matched": (bundle(NOTHING_FOUND), Sight.WHOLE, 0),
    "the first page": (bundle(TASK, link=[{"relation": "next", "url": "x"}]), Sight.PARTLY, 1),
    "fewer than its total": (bundle(TASK, total=9), Sight.PARTLY, 1),
    "an entry without a resource": (
        {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:x"}]},
        Sight.PARTLY,
        0,
    ),
    "another patient's": (bundle({**TASK, "for": {"reference": "Patient/p2"}}), Sight.PARTLY, 0),
    "another type": ({"resourceType": "Goal", "id": "g"}, Sight.DARK, 0),
    "a list": ([TASK], Sight.DARK, 0),
    "a text": ("Task/1", Sight.DARK, 0),
    "a number": (7, Sight.DARK, 0),
    "a Bundle of nonsense": (
        {"resourceType": "Bundle", "entry": ["x", 1, None, {"resource": 3}]},
        Sight.PARTLY,
        0,
    ),
}


@pytest.mark.parametrize(("value", "seen", "count"), BROUGHT.values(), ids=BROUGHT)
def test_what_was_brought_is_a_reading_like_any_other(value: Any, seen: Sight, count: int) -> None:
    prefetch = {"patient": PATIENT} if value is ABSENT else {"patient": PATIENT, "tasks": value}
    chart = chart_of(prefetch)
    assert sight(chart, "Task") is seen
    assert len(chart.resources("Task")) == count


def test_what_the_service_never_asks_for_is_not_available() -> None:
    assert chart_of({"patient": PATIENT}).reading("Observation").status is ReadStatus.NOT_AVAILABLE


def test_records_that_stand_in_notes_are_not_missed_from_what_was_brought() -> None:
    chart = chart_of({"patient": PATIENT, "tasks": None, "conditions": None}, in_notes={"Task"})
    assert sight(chart, "Task") is Sight.UNSEEN
    assert sight(chart, "Condition") is Sight.WHOLE


LACKING: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing": ({}, ("patient", "tasks")),
    "no tasks": ({"patient": PATIENT}, ("tasks",)),
    "no patient": ({"tasks": None}, ("patient",)),
    "null as patient": ({"patient": None, "tasks": None}, ("patient",)),
    "an outcome as patient": ({"patient": OUTCOME, "tasks": None}, ("patient",)),
    "a search for the patient": ({"patient": bundle(PATIENT), "tasks": None}, ()),
    "two patients": ({"patient": bundle(PATIENT, {**PATIENT, "id": "p2"}), "tasks": None}, ("patient",)),
    "tasks that failed": ({"patient": PATIENT, "tasks": OUTCOME}, ()),
}


@pytest.mark.parametrize(("prefetch", "keys"), LACKING.values(), ids=LACKING)
def test_what_every_card_needs_and_was_not_brought(prefetch: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert lacking(prefetch) == keys


def test_the_patient_that_was_brought_is_compared_with_the_one_of_the_call() -> None:
    assert is_of({"patient": PATIENT}, "p1")
    assert not is_of({"patient": PATIENT}, "p2")
    assert not is_of({"patient": None}, "")


_TEMPLATE = re.compile(
    r"Patient/\{\{context\.patientId\}\}|[A-Z][A-Za-z]+\?patient=\{\{context\.patientId\}\}(?:&[a-z-]+=[A-Za-z0-9,.-]+)*"
)


@pytest.mark.parametrize("name", VENDORS)
def test_the_queries_are_of_the_subset_that_the_specification_recommends(name: str) -> None:
    templates = prefetch_templates(vendor(name))
    assert set(templates) == {"patient", *KEYS}
    for template in templates.values():
        assert _TEMPLATE.fullmatch(template), template


def test_what_a_vendor_demands_of_a_search_stands_in_its_query() -> None:
    assert prefetch_templates(vendor("epic"))["carePlans"].endswith("&category=assess-plan")


def test_vendors_of_whom_it_is_known_keep_our_records_in_notes() -> None:
    assert "Task" in kept_in_notes(vendor("epic"))
    assert kept_in_notes(vendor("medplum")) == frozenset()
    assert kept_in_notes(vendor("generic")) == frozenset()
