"""Details, problems, medicines and allergies: what there is, when it was gone through, and what is missing."""

from __future__ import annotations

import pytest

from mappings.chart_review import chart_review
from mappings.reading import ReadStatus
from tests.mappings.assessing import NEEDS, assess
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import DIABETES, Shelf

WHOLE = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Gibson", "given": ["Margery"]}],
    "birthDate": "1959-03-12",
    "gender": "female",
    "telecom": [{"system": "phone", "value": "555-0101"}],
    "address": [{"line": ["4 Mill Lane"], "city": "Riverbend", "state": "OH"}],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}}],
}
READ = dict.fromkeys(
    ("Task", "Condition", "MedicationStatement", "MedicationRequest", "AllergyIntolerance"), ReadStatus.READ
)


def rows(chart):
    return {row.key: row for row in chart_review(chart, now=NOW)}


@pytest.mark.requirement("domain@8")
def test_what_is_missing_is_warned_of():
    found = rows(chart_of(**READ))
    assert list(found) == ["details", "problems", "medicines", "allergies"]
    assert found["details"].warning == "Not in the chart: birth date, sex, phone, address, language."
    assert found["problems"].warning == "No active problem is recorded."
    assert found["medicines"].warning.startswith("No active medicine is recorded.")
    assert found["allergies"].warning.startswith("No allergy is recorded, nor that there are none.")


def test_nothing_is_warned_of_where_all_is_there():
    none_known = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": "No known allergies"},
        "patient": {"reference": "Patient/p1"},
    }
    order = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Metformin 500 mg"},
        "subject": {"reference": "Patient/p1"},
    }
    statuses = {"Task": ReadStatus.READ, "MedicationStatement": ReadStatus.NOT_AVAILABLE}
    found = rows(chart_of(DIABETES, none_known, order, patient=WHOLE, **statuses))
    assert [row.warning for row in found.values()] == ["", "", "", ""]
    assert found["problems"].words == "1: Type 2 diabetes"
    assert "4 Mill Lane, Riverbend, OH" in found["details"].words
    assert {row.reviewed for row in found.values()} == {"Not yet gone through with the patient"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ReadStatus.COULD_NOT_READ, "Could not be read just now"),
        (ReadStatus.NO_ACCESS, "You have no access to this in the EHR"),
        (ReadStatus.NOT_AVAILABLE, "Not available from this EHR"),
    ],
)
def test_what_was_not_seen_is_not_called_missing(status, words):
    found = rows(chart_of(**{**READ, "AllergyIntolerance": status}))
    assert found["allergies"].warning == words


@pytest.mark.requirement("domain@8")
def test_when_it_was_last_gone_through_is_read_from_the_assessment():
    shelf = Shelf(DIABETES)
    assess(shelf, "needs-assessment", NEEDS)
    found = rows(shelf.chart())
    assert found["problems"].reviewed == "Gone through today by Dana Whitfield RN"
    assert found["allergies"].reviewed.endswith("; something was missing or wrong")
    assert found["medicines"].reviewed == "Not yet gone through with the patient"
