"""The services that an EHR lists, as rows of the directory: real examples of SDOH Clinical Care, and hostile ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mappings.ehr_service import ehr_services
from mappings.resource_directory import Resource

SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"


def service(**changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "HealthcareService",
        "id": "7",
        "active": True,
        "name": "County Pantry",
        "category": [{"coding": [{"system": SDOH, "code": "food-insecurity"}]}],
        "telecom": [
            {"system": "email", "value": "a@b.example"},
            {"system": "phone", "value": "555-010-0700"},
        ],
        "providedBy": {"display": "County"},
        "communication": [{"text": "Spanish"}],
        "eligibility": [{"comment": "Lives in the county"}],
        "referralMethod": [{"text": "Phone"}],
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def test_what_the_record_says_stands_in_the_row_and_it_is_asked_as_an_agency():
    (row,) = ehr_services([service()])
    assert row == Resource(
        id="ehr-7",
        name="County Pantry",
        topics=("nutrition",),
        group="health-system",
        kind="agency",
        who_qualifies="Lives in the county",
        how_to_refer="Phone",
        contact="County",
        phone="555-010-0700",
        languages=("Spanish",),
        reference="HealthcareService/7",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"name": None},
        {"name": "\u202e\u0000"},
        {"name": 7},
        {"id": None},
        {"resourceType": "Organization"},
    ],
)
def test_one_that_cannot_be_asked_is_left_out(changes: dict[str, Any]):
    assert ehr_services([service(**changes)]) == ()


@pytest.mark.parametrize(
    "element", ["category", "telecom", "providedBy", "communication", "eligibility", "referralMethod"]
)
@pytest.mark.parametrize("value", [None, 7, "x", [], [7], [{}], {}, [{"coding": 7}]])
def test_whatever_an_element_holds_the_name_is_still_listed(element: str, value: Any):
    (row,) = ehr_services([service(**{element: value})])
    assert row.name == "County Pantry"


def test_they_are_listed_once_by_name():
    rows = ehr_services([service(id="1", name="b"), service(id="2", name="A"), service(id="1", name="b")])
    assert [row.name for row in rows] == ["A", "b"]


def test_the_examples_of_sdoh_clinical_care_are_listed(shared_data: Path):
    files = sorted((shared_data / "ig_examples" / "sdoh_cc").glob("HealthcareService-*.json"))
    rows = ehr_services(orjson.loads(file.read_bytes()) for file in files)
    assert {row.name for row in rows} == {"HACC", "Family Counseling Services"}
    assert next(row.phone for row in rows if row.name == "Family Counseling Services") == "(555) appoint"
