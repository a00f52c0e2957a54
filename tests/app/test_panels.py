"""What the view models know and a nurse must see is on the page."""

from __future__ import annotations

from typing import Any

from flask import Flask, get_template_attribute

from mappings.chart import Chart
from mappings.medication import medications
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW


def medicine(kind: str, dose: str, when: dict[str, Any]) -> dict[str, Any]:
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975"}]}
    dosage = "dosage" if kind == "MedicationStatement" else "dosageInstruction"
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-{dose[0]}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {**drug, "text": "Metformin <500 mg>"},
        dosage: [{"text": dose}],
        **when,
    }


def test_two_doses_of_one_drug_are_both_on_the_page(app: Flask) -> None:
    listed = (
        medicine("MedicationRequest", "1 daily", {"authoredOn": "2026-01-01"}),
        medicine("MedicationStatement", "2 daily", {"dateAsserted": "2026-11-01"}),
    )
    readings = {
        each["resourceType"]: Reading(each["resourceType"], ReadStatus.READ, (each,)) for each in listed
    }
    panel = medications(Chart({"id": "p1"}, readings), now=NOW)
    with app.test_request_context():
        page = get_template_attribute("today/panels.html", "medications")(panel, "/panel")
    assert "2 daily · <strong>also 1 daily</strong>" in page
    assert "Metformin &lt;500 mg&gt;" in page
