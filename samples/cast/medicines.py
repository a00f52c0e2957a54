"""Medicines: what was ordered (MedicationRequest) and what the patient says is taken (MedicationStatement).

Most charts hold only orders, some hold both and disagree; the stories need both. US Core profiles the order; R4 alone
defines the statement. https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-medicationrequest.html
"""

from __future__ import annotations

from typing import Any

from samples.cast import staff
from samples.cast.chart import Chart, Resource
from samples.cast.codes import RXNORM, coding, concept, hl7, profile

RXNORM_CODES = {
    "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler": "745679",
    "amlodipine 5 MG Oral Tablet": "197361",
    "apixaban 5 MG Oral Tablet": "1364445",
    "aspirin 81 MG Oral Tablet": "243670",
    "atorvastatin 20 MG Oral Tablet": "617310",
    "atorvastatin 40 MG Oral Tablet": "617311",
    "carvedilol 12.5 MG Oral Tablet": "200032",
    "120 ACTUAT fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler": "895994",
    "60 ACTUAT fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler": "896209",
    "furosemide 20 MG Oral Tablet": "310429",
    "furosemide 40 MG Oral Tablet": "313988",
    "gabapentin 300 MG Oral Capsule": "310431",
    "glipizide 5 MG Oral Tablet": "310490",
    "hydrochlorothiazide 25 MG Oral Tablet": "310798",
    "ibuprofen 200 MG Oral Tablet": "310965",
    "insulin glargine 100 UNT/ML Injectable Solution": "311041",
    "levothyroxine sodium 0.075 MG Oral Tablet": "966222",
    "lisinopril 10 MG Oral Tablet": "314076",
    "lisinopril 20 MG Oral Tablet": "314077",
    "metformin hydrochloride 500 MG Oral Tablet": "861007",
    "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet": "866436",
    "omeprazole 20 MG Delayed Release Oral Capsule": "198051",
    "prednisone 20 MG Oral Tablet": "312615",
    "sertraline 50 MG Oral Tablet": "312941",
    "sertraline 100 MG Oral Tablet": "312938",
    "spironolactone 25 MG Oral Tablet": "313096",
    "tamsulosin hydrochloride 0.4 MG Oral Capsule": "863669",
    "warfarin sodium 5 MG Oral Tablet": "855332",
}


def drug(name: str) -> dict[str, Any]:
    """A medicine by its RxNorm name; a name without a code there stays words, as supplements do."""
    code = RXNORM_CODES.get(name)
    return concept(name, coding(RXNORM, code, name)) if code else concept(name)


def ordered(
    chart: Chart, slug: str, name: str, dose: str, ago: int, *, by: str = "physician", **more: Any
) -> Resource:
    """An active order written about that many days ago; `more` may replace `medicationCodeableConcept`."""
    return {
        "resourceType": "MedicationRequest",
        "id": chart.id(slug),
        "meta": profile("medicationrequest"),
        "status": "active",
        "intent": "order",
        "category": [hl7("medicationrequest-category", "community", "Community")],
        "medicationCodeableConcept": drug(name),
        "subject": chart.subject,
        "authoredOn": chart.day(chart.office(ago)),
        "requester": staff.reference(by),
        "dosageInstruction": [{"text": dose}],
    } | more


def stated(chart: Chart, slug: str, name: str, dose: str, ago: int, **more: Any) -> Resource:
    """What the patient says is taken, written down about that many days ago."""
    return {
        "resourceType": "MedicationStatement",
        "id": chart.id(slug),
        "status": "active",
        "medicationCodeableConcept": drug(name),
        "subject": chart.subject,
        "effectivePeriod": {"start": chart.month(ago + 400)},
        "dateAsserted": chart.day(chart.office(ago)),
        "informationSource": chart.subject,
        "dosage": [{"text": dose}],
    } | more
