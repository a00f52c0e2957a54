"""References resolve however they are written, and another patient's facts never enter the chart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.chart import Chart, once, reference_key
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import PATIENT, chart_of

DOCTOR = {"resourceType": "Practitioner", "id": "d-1"}
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("Practitioner/d-1", "Practitioner/d-1"),
        ("https://ehr.example/fhir/Practitioner/d-1", "Practitioner/d-1"),
        ("Practitioner/d-1/_history/3", "Practitioner/d-1"),
        ("/Practitioner/d-1/", "Practitioner/d-1"),
        ("URN:UUID:" + UUID.upper(), "urn:uuid:" + UUID),
        ("Practitioner?identifier=a|b/c", "Practitioner?identifier=a|b/c"),
        ("rubbish", "rubbish"),
        ("", ""),
    ],
)
def test_a_reference_is_brought_to_type_and_id(reference, key):
    assert reference_key(reference) == key


def test_relative_absolute_versioned_contained_and_urn_references_resolve():
    inner = {"resourceType": "Medication", "id": "m"}
    outer = {"resourceType": "MedicationRequest", "id": UUID, "contained": [inner]}
    chart = chart_of(DOCTOR, outer)
    assert chart.resolve({"reference": "Practitioner/d-1"}) is DOCTOR
    assert chart.resolve("https://ehr.example/r4/Practitioner/d-1/_history/2") is DOCTOR
    assert chart.resolve({"reference": "#m"}, outer) is inner
    assert chart.resolve({"reference": f"urn:uuid:{UUID}"}) is outer
    assert chart.resolve({"reference": "Patient/p1"}) is PATIENT


@pytest.mark.parametrize("base", ["https://ehr.example/fhir", "https://ehr.example/fhir/"])
def test_the_same_id_on_another_server_is_another_thing(base):
    chart = Chart(PATIENT, {"Practitioner": Reading("Practitioner", ReadStatus.READ, (DOCTOR,))}, base=base)
    assert chart.resolve("https://ehr.example/fhir/Practitioner/d-1") is DOCTOR
    assert chart.resolve("Practitioner/d-1") is DOCTOR
    for elsewhere in ("https://other.example/fhir", "https://ehr.example/fhir2", "http://ehr.example/fhir"):
        assert chart.resolve(f"{elsewhere}/Practitioner/d-1") is None


@pytest.mark.parametrize(
    "reference",
    [
        None,
        {},
        [],
        5,
        "#m",
        "#",
        "Practitioner/other",
        {"reference": 7},
        {"display": "Dr. Only"},
        "Practitioner?x=y",
    ],
)
def test_what_cannot_be_resolved_is_none(reference):
    assert chart_of(DOCTOR).resolve(reference, {"contained": "x"}) is None


def test_a_type_that_was_never_asked_reads_as_not_available():
    assert chart_of().reading("Goal") == Reading("Goal", ReadStatus.NOT_AVAILABLE)


def test_resources_are_of_the_asked_type_only_while_included_ones_still_resolve():
    order = {"resourceType": "MedicationRequest", "id": "o"}
    medication = {"resourceType": "Medication", "id": "m"}
    reading = Reading("MedicationRequest", ReadStatus.READ, (order, medication))
    chart = Chart(PATIENT, {"MedicationRequest": reading})
    assert chart.resources("MedicationRequest") == (order,)
    assert chart.resolve("Medication/m") is medication


@pytest.mark.parametrize("element", ["subject", "patient", "for", "beneficiary"])
def test_another_patients_resource_is_left_out_and_the_reading_is_incomplete(element):
    mine = {"resourceType": "Task", "id": "1", element: {"reference": "https://ehr.example/fhir/Patient/p1"}}
    strange = {"resourceType": "Task", "id": "2", element: {"reference": "Patient/p2"}}
    chart = chart_of(mine, strange)
    assert chart.resources("Task") == (mine,)
    assert chart.reading("Task").incomplete
    assert chart.resolve("Task/2") is None


def test_a_merged_record_of_the_same_person_and_unresolvable_subjects_stay():
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "link": [{"other": {"reference": "Patient/old"}, "type": "x"}],
    }
    subjects = ("Patient/old", "Group/g", "Patient?identifier=1", "urn:uuid:" + UUID, "#pat")
    tasks = [{"resourceType": "Task", "id": str(n), "for": {"reference": s}} for n, s in enumerate(subjects)]
    assert chart_of(*tasks, patient=patient).resources("Task") == tuple(tasks)


def test_what_is_no_resource_is_left_out_and_makes_the_reading_incomplete():
    task = {"resourceType": "Task", "id": "1"}
    chart = Chart(
        PATIENT, {"Task": Reading("Task", ReadStatus.READ, ([{"resourceType": "Task"}], task, "x"))}
    )
    assert chart.resources("Task") == (task,)
    assert chart.reading("Task").incomplete


def test_a_view_is_worked_out_once_for_a_chart_and_each_of_its_arguments():
    asked = []

    @once
    def counted(chart: Chart, kind: str, *, day: int = 0) -> tuple[str, int]:
        asked.append((kind, day))
        return kind, day

    first, second = Chart(patient={"id": "p1"}), Chart(patient={"id": "p1"})
    assert [counted(first, "Task"), counted(first, "Task"), counted(first, "Goal")] == [
        ("Task", 0),
        ("Task", 0),
        ("Goal", 0),
    ]
    assert counted(first, "Task", day=2) == ("Task", 2)
    assert asked == [("Task", 0), ("Goal", 0), ("Task", 2)]
    # Another chart, and a chart that was made of this one, know nothing of it.
    counted(second, "Task")
    counted(replace(first), "Task")
    assert len(asked) == 5
