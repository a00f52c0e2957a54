"""Whose a resource is: asked of everything that is read and written, and never put off by what stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ehr.compartment import PATIENT_ELEMENTS, belongs_to, id_of, names_patient, patient_references
from tests.app.ehr.test_capabilities import JSON

OURS, ANOTHERS, NOBODYS = "ours", "another's", "nobody's"


def task(reference: object) -> dict:
    return {"resourceType": "Task", "id": "t1", "for": {"reference": reference}}


@pytest.mark.parametrize(
    ("reference", "whose"),
    [
        ("Patient/1", OURS),
        ("Patient/1/_history/3", OURS),
        ("https://ehr.example/fhir/Patient/1", OURS),
        ("https://ehr.example/fhir/Patient/1/_history/3", OURS),
        ("https://ehr.example/Patient/fhir/Patient/1", OURS),
        ("Patient/10", ANOTHERS),
        ("Patient/01", ANOTHERS),
        ("Patient/1 ", ANOTHERS),
        ("Patient/1?_format=json", ANOTHERS),
        ("Patient/2", ANOTHERS),
        ("Patient/2/_history/1", ANOTHERS),
        ("https://ehr.example/fhir/Patient/10", ANOTHERS),
        ("https://ehr.example/Patient/1/fhir/Patient/2", ANOTHERS),
        ("#p", NOBODYS),
        ("urn:uuid:0d3e9f4c-0000-4000-8000-000000000000", NOBODYS),
        ("Patient?identifier=x|1", NOBODYS),
        ("Group/1", NOBODYS),
        ("RelatedPatient/1", NOBODYS),
        ("Patient/", NOBODYS),
        ("Patient", NOBODYS),
        ("1", NOBODYS),
        ("", NOBODYS),
        (None, NOBODYS),
        (7, NOBODYS),
        (["Patient/2"], NOBODYS),
        ({"reference": "Patient/2"}, NOBODYS),
    ],
)
def test_a_reference_names_this_patient_another_or_nobody(reference, whose):
    assert belongs_to(task(reference), "1") is (whose != ANOTHERS)
    assert bool(patient_references(task(reference))) is (whose != NOBODYS)


@pytest.mark.parametrize("element", PATIENT_ELEMENTS)
def test_every_element_that_names_a_patient_is_asked(element):
    resource = {"resourceType": "Any", element: {"reference": "Patient/2"}}
    assert not belongs_to(resource, "1")
    assert belongs_to(resource, "2")


@pytest.mark.parametrize(
    "value",
    ["Patient/2", [{"reference": "Patient/2"}], [{"reference": "Patient/1"}, {"reference": "Patient/2"}]],
)
def test_another_patient_is_seen_even_where_the_type_is_wrong(value):
    assert not belongs_to({"resourceType": "Task", "for": value}, "1")


@pytest.mark.parametrize(
    "value",
    [None, 0, True, "", "x", [], {}, [None], ["Patient/1"], [["Patient/2"]], {"reference": None}],
)
def test_what_stands_where_a_reference_should_never_raises(value):
    resource = {"resourceType": "Task", **dict.fromkeys(PATIENT_ELEMENTS, value)}
    assert belongs_to(resource, "1")
    assert not names_patient(resource, "1", base="https://ehr.example/fhir")


def test_one_of_two_patients_makes_it_another_patients():
    both = {
        "resourceType": "Task",
        "subject": {"reference": "Patient/1"},
        "for": {"reference": "Patient/2"},
    }
    assert not belongs_to(both, "1")
    assert not names_patient(both, "1", base="https://ehr.example/fhir")


@pytest.mark.parametrize(
    ("resource", "mine"),
    [
        ({"resourceType": "Patient", "id": "1"}, True),
        ({"resourceType": "Patient", "id": "10"}, False),
        ({"resourceType": "Patient"}, False),
        ({"resourceType": "Patient", "id": ["1"]}, False),
        ({"resourceType": "Practitioner", "id": "2"}, True),
        ({"resourceType": "Medication", "id": "2"}, True),
        ({}, True),
    ],
)
def test_a_patient_is_known_by_its_id_and_shared_resources_are_everybodys(resource, mine):
    assert belongs_to(resource, "1") is mine


@pytest.mark.parametrize(
    ("reference", "may"),
    [
        ("Patient/1", True),
        ("Patient/1/_history/1", True),
        ("https://ehr.example/fhir/Patient/1", True),
        ("https://ehr.example/fhir/Patient/1/_history/1", True),
        ("Patient/10", False),
        ("Patient/2", False),
        ("https://ehr.example/fhir/Patient/2", False),
        ("https://ehr.example/fhir2/Patient/1", False),
        ("https://evil.example/fhir/Patient/1", False),
        ("https://evil.example/https://ehr.example/fhir/Patient/1", False),
        ("urn:uuid:1", False),
        ("#p", False),
        ("", False),
        (None, False),
    ],
)
def test_a_write_must_name_the_patient_plainly(reference, may):
    assert names_patient(task(reference), "1", base="https://ehr.example/fhir") is may
    assert names_patient(task(reference), "1", base="https://ehr.example/fhir/") is may


@pytest.mark.parametrize(
    ("reference", "kind", "identity"),
    [
        ("Task/812/_history/3", "Task", "812"),
        ("Task/812/_history/3", "_history", "3"),
        ("https://ehr.example/Task/fhir/Task/812", "Task", "812"),
        ("Task/", "Task", None),
        ("Task", "Task", None),
        ("", "Task", None),
        ("SubTask/812", "Task", None),
    ],
)
def test_the_id_in_a_reference(reference, kind, identity):
    assert id_of(reference, kind) == identity


@given(st.dictionaries(st.sampled_from([*PATIENT_ELEMENTS, "resourceType", "id"]), JSON))
def test_no_json_breaks_the_guard(resource):
    assert belongs_to(resource, "1") in (True, False)
    assert names_patient(resource, "1", base="https://ehr.example/fhir") is False
