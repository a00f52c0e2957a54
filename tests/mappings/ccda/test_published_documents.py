"""The eight published C-CDA examples, each fact written out by reading the file; a converter's word on some of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mappings.ccda.document import ClinicalDocument, read_document

FILES = {
    "ccd": "CCD_1__CCD.XML",
    "care plan": "Care_Plan__Care_Plan.xml",
    "consultation": "Consultation_Note__Consultation_Note.xml",
    "discharge": "Discharge_Summary__Discharge_Summary.xml",
    "history": "History_and_Physical__History_and_Physical.xml",
    "procedure": "Procedure_Note__Procedure_Note.xml",
    "progress": "Progress_Note__Progress_Note.xml",
    "referral": "Referral_Note__Referral_Note.xml",
}
ALBUTEROL, ATENOLOL = "albuterol 0.09 MG/ACTUAT [Proventil]", "atenolol 25 MG Oral Tablet"
TWO_MEDICINES = [
    (ALBUTEROL, "573621", "2 puff, inhalation, every 6 hours", "2013-01-03", "", "active"),
    (ATENOLOL, "197380", "1 (unit not said), oral, every 12 hours", "2012-03-18", "", "active"),
]
TWO_ALLERGIES = [
    ("Penicillin", "Nausea (mild)", "", "1998-05-01"),
    ("codeine", "Wheezing (moderate)", "Mild", ""),
]
ULCER = ("Type II diabetes mellitus with ulcer (disorder)", "2000-07-03", "", "active")
ASTHMA = ("Mixed asthma", "2007-04-14", "", "active")
ACUTE = ("Acute Asthma", "2007-04-17", "", "active")
PNEUMONIA = ("Pneumonia", "1998-03-10", "1998-03-16", "resolved")

MEDICINES = {
    "ccd": [
        (
            ALBUTEROL,
            "573621",
            "2 puff, inhalation, every 6 hours, as needed for wheezing",
            "2011-01-03",
            "",
            "active",
        ),
        TWO_MEDICINES[1],
    ],
    "care plan": [],
    "consultation": TWO_MEDICINES,
    "discharge": [
        (
            "ibuprofen 600 MG Oral Tablet",
            "197806",
            "1 (unit not said), oral, every 6 hours, as needed",
            "2014-09-16T13:00:00-0500",
            "",
            "active, ordered",
        )
    ],
    "history": [
        (
            ALBUTEROL,
            "573621",
            "1 mg/actuat, inhalation, every 6 hours, as needed for wheezing",
            "2007-01-03",
            "2012-05-15",
            "completed",
        )
    ],
    "procedure": [],
    "progress": TWO_MEDICINES,
    "referral": TWO_MEDICINES,
}
ALLERGIES = {
    "ccd": TWO_ALLERGIES,
    "care plan": [],
    "consultation": TWO_ALLERGIES,
    "discharge": [
        ("penicillin G", "Nausea (moderate to severe)", "", "2007-05-01"),
        ("codeine", "Wheezing (moderate)", "", "2006-05-01"),
        ("Egg", "Wheal (moderate)", "", "1998"),
    ],
    "history": [
        ("ALLERGENIC EXTRACT, PENICILLIN", "Nausea", "Moderate to severe", "2007-05-01"),
        ("codeine", "Wheezing", "Moderate", "2006-05-01"),
        ("aspirin", "Wheal", "Mild to moderate", "2008-05-01"),
    ],
    "procedure": [],
    "progress": TWO_ALLERGIES,
    "referral": TWO_ALLERGIES,
}
PROBLEMS = {
    "ccd": [
        ("Pneumonia", "2013-07-03", "2008-08-14", "resolved"),
        ("Chest pain", "2007-04-14", "", "active"),
        ("Angina", "2007-04-17", "", "active"),
        PNEUMONIA,
    ],
    "care plan": [
        ("Respiratory insufficiency", "2013-06-13", "", ""),
        ("Pneumonia", "2013-06-16", "", ""),
        ("Productive cough", "2013-06-15", "", ""),
    ],
    "consultation": [ULCER, ASTHMA, ACUTE, PNEUMONIA],
    "discharge": [
        ("Appendicitis", "2014-09-08", "", "active"),
        ("Appendicitis", "2014-09-08", "", "active"),
        ("Dark stools", "2014-09-06", "", "active"),
        ("Appendicitis", "2014-09-08", "", "active"),
    ],
    "history": [
        ("Pneumonia", "2008-01-03", "", "no longer a concern"),
        ("Asthma", "2007-01-03", "", "no longer a concern"),
    ],
    "procedure": [],
    "progress": [ULCER, ASTHMA, PNEUMONIA],
    "referral": [ULCER, ASTHMA, ACUTE, PNEUMONIA],
}
HEADERS = {
    "ccd": (
        "Continuity of care document",
        "Eve Betterhalf",
        "1975-05-01",
        "Female",
        "Patricia Primary, M.D.",
    ),
    "care plan": ("Care plan", "Eve Betterhalf", "1975-05-01", "Female", "Nurse Nightingale, RN"),
    "consultation": ("Consultation note", "Eve Betterhalf", "1975-05-01", "Female", "Patricia Primary, M.D."),
    "discharge": ("Discharge summary", "Isabella Jones", "2005-05-01", "Female", "Henry Seven"),
    "history": ("History and physical", "Isabella Isa Jones", "2005-05-01", "Female", "Henry Seven"),
    "procedure": ("Procedure note", "Isabella Jones", "2005-05-01", "Female", "Henry Seven"),
    "progress": ("Progress note", "Mr. Adam Everyman", "1954-11-25", "Male", "Henry Seven"),
    "referral": ("Referral note", "Eve Betterhalf", "1975-05-01", "Female", "Patricia Primary, M.D."),
}


def read(shared_data: Path, name: str) -> ClinicalDocument:
    found = read_document((shared_data / "ccda" / "documents" / FILES[name]).read_bytes())
    assert isinstance(found, ClinicalDocument)
    return found


def day(when) -> str:
    return when.text if when else ""


@pytest.mark.parametrize("name", FILES)
def test_the_header_says_whose_document_it_is(shared_data: Path, name: str) -> None:
    header = read(shared_data, name).header
    (about,) = header.patients
    assert (header.kind, about.name, day(about.birth), about.sex, header.authors[0]) == HEADERS[name]
    assert header.version_note == ""


@pytest.mark.parametrize("name", FILES)
def test_every_medicine_is_read(shared_data: Path, name: str) -> None:
    found = [
        (item.name, *item.rxnorm, item.dose_words, day(item.start), day(item.stop), item.status)
        for item in read(shared_data, name).medications
    ]
    assert found == MEDICINES[name]


@pytest.mark.parametrize("name", FILES)
def test_every_allergy_is_read(shared_data: Path, name: str) -> None:
    found = [
        (item.substance, *item.reactions, item.severity, day(item.onset))
        for item in read(shared_data, name).allergies
    ]
    assert found == ALLERGIES[name]


@pytest.mark.parametrize("name", FILES)
def test_every_problem_is_read(shared_data: Path, name: str) -> None:
    found = [
        (item.name, day(item.onset), day(item.resolved), item.status)
        for item in read(shared_data, name).problems
    ]
    assert found == PROBLEMS[name]


def test_a_problem_that_ends_before_it_begins_is_named(shared_data: Path) -> None:
    found = read(shared_data, "ccd")
    assert found.unread == (
        "Of Pneumonia (Problems), these could not be read: the dates, which contradict each other.",
    )
    assert any("Pneumonia (onset July 3, 2013" in section.text for section in found.sections)


def test_the_discharge_is_read_with_its_days_and_where_to(shared_data: Path) -> None:
    header = read(shared_data, "discharge").header
    assert header.stay is not None
    assert (day(header.stay.start), day(header.stay.end)) == (
        "2014-09-09T19:04:00-0500",
        "2014-09-16T19:04:00-0500",
    )
    assert header.stay.disposition == "Routine Discharge"
    assert header.custodian == "Community Health and Hospitals"


def test_each_fact_names_its_source(shared_data: Path) -> None:
    found = read(shared_data, "progress")
    facts = (*found.medications, *found.allergies, *found.problems)
    assert {(fact.source.document, bool(fact.source.author), bool(fact.source.when)) for fact in facts} == {
        ("Progress note", True, True)
    }
    assert found.allergies[0].source.author == "Patricia Primary, M.D."
    assert found.allergies[1].source.author == "Henry Seven"


@pytest.mark.parametrize("name", FILES)
def test_a_converter_that_nobody_here_wrote_finds_nothing_that_we_missed(
    shared_data: Path, name: str
) -> None:
    stem = FILES[name].rpartition(".")[0]
    bundle = json.loads((shared_data / "ccda" / "converted_fhir" / f"{stem}.json").read_text("utf-8"))
    ours = read(shared_data, name)
    resources = [entry["resource"] for entry in bundle["entry"]]
    medicines = {code for item in ours.medications for code in item.rxnorm}
    problems = {code for item in ours.problems for _, code in item.codes}
    # Propofol was given during the procedure (section Anesthesia), which is no list of what a patient takes.
    assert coded(resources, "MedicationStatement", "medicationCodeableConcept") - {"153475"} <= medicines
    assert coded(resources, "Condition", "code") <= problems
    denied = [item for item in ours.allergies if item.denied]
    theirs = [item for item in resources if item["resourceType"] == "AllergyIntolerance"]
    assert len(theirs) == len(ours.allergies) - len(denied)


def coded(resources, kind: str, element: str) -> set[str]:
    return {
        coding["code"]
        for resource in resources
        if resource["resourceType"] == kind
        for coding in resource.get(element, {}).get("coding", [])
        if "rxnorm" in coding.get("system", "") or "snomed" in coding.get("system", "")
    }
