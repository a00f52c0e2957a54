"""Advance directives: what counts as one on file, and what is said where none is seen."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.advance_directive import directive_view
from mappings.coding_systems import LOINC
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW, chart_of, coded

SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
KINDS = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
NONE = Reading("DocumentReference", ReadStatus.READ)


def consent(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Consent", "id": "c1", "status": "active", "dateTime": "2025-03-04", **more}


def document(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "date": "2025-03-04",
        **more,
    }


@pytest.mark.requirement("domain@19")
@pytest.mark.parametrize(
    ("resource", "counts"),
    [
        (consent(scope=coded(SCOPE, "adr")), True),
        (consent(scope=coded(SCOPE, "treatment"), category=[coded(KINDS, "DNR")]), True),
        (consent(scope=coded(SCOPE, "adr"), status="entered-in-error"), False),
        (consent(scope=coded(SCOPE, "adr"), status="inactive"), False),
        (consent(scope=coded(SCOPE, "treatment"), category=[coded(LOINC, "59284-0")]), False),
        (consent(scope=coded(SCOPE, "patient-privacy")), False),
        (document(type=coded(LOINC, "42348-3")), True),
        (document(type=coded(LOINC, "86533-7")), True),
        (document(type={"text": "Living Will (scan)"}), True),
        (document(category=[coded(LOINC, "42348-3")], type={"text": "Scan"}), True),
        (document(type=coded(LOINC, "42348-3"), status="entered-in-error"), False),
        (document(type=coded(LOINC, "34133-9")), False),
        (document(type={"text": "Power of attorney for the house"}), False),
        (document(type=coded("http://elsewhere.example", "42348-3")), False),
    ],
)
def test_what_is_on_file(resource: dict[str, Any], counts: bool) -> None:
    is_document = resource["resourceType"] == "DocumentReference"
    documents = Reading("DocumentReference", ReadStatus.READ, (resource,)) if is_document else NONE
    chart = (
        chart_of(*([] if is_document else [resource]), Consent=ReadStatus.READ)
        if is_document
        else chart_of(resource)
    )
    view = directive_view(chart, documents, now=NOW)
    assert (view.state == "on-file") is counts
    assert bool(view.found) is counts
    assert ("4 Mar 2025" in view.sentence) is counts


@pytest.mark.parametrize(
    ("consents", "documents", "state", "words"),
    [
        (ReadStatus.READ, ReadStatus.READ, "not-seen", "None seen in this EHR"),
        (ReadStatus.READ, ReadStatus.NOT_AVAILABLE, "not-seen", "None seen in this EHR"),
        (ReadStatus.READ, ReadStatus.COULD_NOT_READ, "unknown", "could not be read just now"),
        (ReadStatus.NO_ACCESS, ReadStatus.NO_ACCESS, "unknown", "you have no access"),
        (ReadStatus.NOT_AVAILABLE, ReadStatus.NOT_AVAILABLE, "unknown", "not available from this EHR"),
    ],
)
def test_what_is_not_seen_is_never_called_absent(
    consents: ReadStatus, documents: ReadStatus, state: str, words: str
) -> None:
    view = directive_view(chart_of(Consent=consents), Reading("DocumentReference", documents), now=NOW)
    assert view.state == state
    assert words in view.sentence


@pytest.mark.requirement("domain@19")
def test_a_task_to_make_one_is_told() -> None:
    task = {
        "resourceType": "Task",
        "id": "t1",
        "status": "requested",
        "intent": "order",
        "code": {
            "coding": [
                {"system": "https://chartside.example/fhir/CodeSystem/task-code", "code": "to-do"},
                {
                    "system": "https://chartside.example/fhir/CodeSystem/to-do-kind",
                    "code": "advance-directive",
                },
            ]
        },
        "description": "Help to make an advance directive",
        "restriction": {"period": {"end": "2026-12-05"}},
    }
    view = directive_view(chart_of(task, Consent=ReadStatus.READ), NONE, now=NOW)
    assert (view.state, view.sentence) == ("task-open", "Help to make an advance directive, due 5 Dec 2026")
