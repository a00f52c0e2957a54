"""What Walter Boone's hospital and his cardiologist sent about him, as C-CDA: one inside its record, one in a Binary.

The hospital stopped warfarin and the smaller water pill, knows of an allergy and of a statin that the practice does not
list, and names one medicine only in its text: what a reconciliation begins with.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from samples.cast import staff
from samples.cast.chart import Chart, Resource
from samples.cast.clinical_document import Letter, Told, clinical_document
from samples.cast.codes import LOINC, coding, concept, profile
from samples.cast.medicines import RXNORM_CODES

_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
_FORMAT = coding(
    "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "urn:hl7-org:sdwg:ccda-structuredBody:2.1",
)
_WALTER = ("Walter", "Boone", "M", "1948-07-30", "RB-100127")
_ONCE, _TWICE, _MORNING = "1 tablet once a day", "1 tablet twice a day", "1 tablet every morning"
_PROBLEMS = (
    ("Chronic systolic heart failure", "88805009", "2021"),
    ("Atrial fibrillation", "49436004", "2019-04-02"),
    ("Hypertension", "38341003", "2002"),
)


def documents(chart: Chart) -> Iterator[Resource]:
    """The two documents, and the Binary that holds the second."""
    yield _reference(
        chart,
        "hospital-document",
        ("18842-5", "Discharge summary"),
        chart.moment(1, "16:10"),
        "hospitalist",
        {"data": base64.b64encode(_from_the_hospital(chart)).decode()},
        context={"encounter": [chart.reference("Encounter", "admission")]},
    )
    yield {
        "resourceType": "Binary",
        "id": chart.id("cardiology-file"),
        "contentType": "application/cda+xml",
        "securityContext": chart.subject,
        "data": base64.b64encode(_from_the_cardiologist(chart)).decode(),
    }
    yield _reference(
        chart,
        "cardiology-document",
        ("11488-4", "Consult note"),
        chart.moment(34, "09:30"),
        "cardiologist",
        {"url": f"Binary/{chart.id('cardiology-file')}"},
    )


def _reference(
    chart: Chart,
    slug: str,
    kind: tuple[str, str],
    written: str,
    author: str,
    held: dict[str, str],
    **more: object,
) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "id": chart.id(slug),
        "meta": profile("documentreference"),
        "status": "current",
        "type": concept(kind[1], coding(LOINC, *kind)),
        "category": [concept("Clinical Note", coding(_CATEGORY, "clinical-note", "Clinical Note"))],
        "subject": chart.subject,
        "date": written,
        "author": [staff.reference(author)],
        "content": [
            {
                "attachment": {"contentType": "application/cda+xml", "title": f"{kind[1]} (C-CDA)"} | held,
                "format": _FORMAT,
            }
        ],
    } | more


def _told(chart: Chart, name: str, sig: str, ago: int, status: str = "active") -> Told:
    return Told(name, RXNORM_CODES[name], sig, chart.day(ago), status)


def _from_the_hospital(chart: Chart) -> bytes:
    letter = Letter(
        kind=("1.8", "18842-5", "Discharge summary"),
        written=chart.moment(1, "15:05"),
        author=("Piotr", "Kowalczyk"),
        custodian="Millstone General Hospital",
        patient=_WALTER,
        stay=(chart.moment(6, "09:10"), chart.moment(1, "14:30"), "01", "Home with wife"),
    )
    medicines = [
        _told(chart, "furosemide 40 MG Oral Tablet", _MORNING, 1),
        _told(chart, "apixaban 5 MG Oral Tablet", _TWICE, 1),
        _told(chart, "spironolactone 25 MG Oral Tablet", _ONCE, 1),
        _told(chart, "carvedilol 12.5 MG Oral Tablet", _TWICE, 190),
        _told(chart, "lisinopril 10 MG Oral Tablet", "half a tablet once a day", 1),
        _told(chart, "atorvastatin 40 MG Oral Tablet", "1 tablet at bedtime", 5),
        _told(chart, "furosemide 20 MG Oral Tablet", _MORNING, 190, "aborted"),
        _told(chart, "warfarin sodium 5 MG Oral Tablet", "1 tablet in the evening", 400, "aborted"),
        Told("Magnesium, his own, over the counter", "", "when his legs cramp", chart.day(6)),
    ]
    problems = (("Acute on chronic systolic heart failure", "443253003", chart.day(6)), *_PROBLEMS)
    return clinical_document(
        letter, ("2.11.1", "10183-2", medicines), [("Codeine", "2670", "Nausea")], problems
    )


def _from_the_cardiologist(chart: Chart) -> bytes:
    letter = Letter(
        kind=("1.4", "11488-4", "Consultation note"),
        written=chart.moment(34, "09:30"),
        author=("Folake", "Adeyemi"),
        custodian="Millstone Heart Clinic",
        patient=_WALTER,
    )
    medicines = [
        _told(chart, "furosemide 20 MG Oral Tablet", _MORNING, 190),
        _told(chart, "warfarin sodium 5 MG Oral Tablet", "as told by clinic", 400),
        _told(chart, "carvedilol 12.5 MG Oral Tablet", _TWICE, 190),
        _told(chart, "lisinopril 10 MG Oral Tablet", _ONCE, 190),
    ]
    return clinical_document(
        letter, ("2.1.1", "10160-0", medicines), [("Codeine", "2670", "Nausea")], _PROBLEMS
    )
