"""A reference to anybody gives a name, the reference's own words, or nothing; never an id."""

from __future__ import annotations

import pytest

from mappings.practitioner import actor_name, resource_name
from tests.mappings.charts import chart_of

DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "name": [{"prefix": ["Dr."], "given": ["Luis"], "family": "Alvarez"}],
}
CLINIC = {"resourceType": "Organization", "id": "o", "name": "Riverbend Family Practice"}


def role(**parts):
    return {"resourceType": "PractitionerRole", "id": "r", **parts}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"practitioner": {"reference": "Practitioner/d"}}, "Dr. Luis Alvarez"),
        ({"practitioner": {"reference": "Practitioner/gone", "display": "Dr. Gone"}}, "Dr. Gone"),
        ({"organization": {"reference": "Organization/o"}}, "Riverbend Family Practice"),
        (
            {"practitioner": {"reference": "PractitionerRole/r"}, "code": [{"text": "Pharmacist"}]},
            "Pharmacist",
        ),
        ({}, ""),
    ],
)
def test_a_role_is_the_person_then_the_organisation_then_what_they_do(parts, expected):
    resource = role(**parts)
    assert actor_name(chart_of(DOCTOR, CLINIC, resource), {"reference": "PractitionerRole/r"}) == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"reference": "Practitioner/d"}, "Dr. Luis Alvarez"),
        ({"reference": "Organization/o"}, "Riverbend Family Practice"),
        (
            {"reference": "Practitioner?identifier=npi|1", "display": "Dr. Mariam Gleason"},
            "Dr. Mariam Gleason",
        ),
        ({"reference": "Practitioner/9f3a"}, ""),
        ({"display": "Dr. Only"}, "Dr. Only"),
        ("Practitioner/d", "Dr. Luis Alvarez"),
        (None, ""),
        ([], ""),
    ],
)
def test_an_actor_is_named_or_left_out(reference, expected):
    assert actor_name(chart_of(DOCTOR, CLINIC), reference) == expected


def test_a_nameless_practitioner_has_no_name():
    assert resource_name(chart_of(), {"resourceType": "Practitioner", "id": "x"}) == ""
