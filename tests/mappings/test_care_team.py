"""Who cares for the patient: from the plan, else from the chart; and a warning for whoever is missing."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.care_team import NO_BACK_UP, NO_PROVIDER, care_team
from mappings.chart import Chart
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import MARGERY, Resource, Shelf
from tests.mappings.test_plan_action import opened
from tests.mappings.test_plan_revision import revise

TEAM: Resource = {
    "resourceType": "CareTeam",
    "id": "t1",
    "status": "active",
    "name": "Diabetes team",
    "subject": {"reference": "Patient/p1"},
    "participant": [
        {"role": [{"text": "Dietitian"}], "member": {"display": "Ines Ruiz RD"}},
        {"role": [{"text": "Patient"}], "member": {"reference": "Patient/p1", "display": "Margery"}},
        {"role": [{"text": "Nurse"}], "member": {"display": "Long Gone"}, "period": {"end": "2025-01-01"}},
        {"member": {"reference": "Practitioner/not-read"}},
    ],
}
DAUGHTER: Resource = {
    "resourceType": "RelatedPerson",
    "id": "r1",
    "patient": {"reference": "Patient/p1"},
    "relationship": [{"text": "Daughter"}],
    "name": [{"text": "Rosa Gibson"}],
    "telecom": [
        {"system": "phone", "value": "555-0100", "use": "old"},
        {"system": "phone", "value": "555-0199"},
    ],
}


def chart_with(shelf: Shelf, *more: Resource, patient: Resource | None = None) -> Chart:
    of = shelf.chart(patient)
    found = {
        kind: Reading(kind, ReadStatus.READ, tuple(each for each in more if each["resourceType"] == kind))
        for kind in ("CareTeam", "RelatedPerson")
    }
    return Chart(of.patient, {**of.readings, **found})


def test_the_team_the_family_and_the_provider_on_file_are_shown():
    view = care_team(chart_with(opened(), TEAM, DAUGHTER), now=NOW)
    assert [(row.name, row.role) for row in view.members.rows] == [("Ines Ruiz RD", "Dietitian")]
    assert [(row.name, row.role, row.contact) for row in view.family.rows] == [
        ("Rosa Gibson", "Daughter", "555-0199")
    ]
    assert (view.team.provider, view.provider_source) == ("Dr Luis Alvarez", "primary care provider on file")
    assert view.team.manager == "Dana Whitfield RN"


@pytest.mark.requirement("domain@57")
def test_whoever_is_missing_is_a_warning():
    bare = {key: part for key, part in MARGERY.items() if key != "generalPractitioner"}
    shelf = opened()
    assert care_team(chart_with(shelf, patient=bare), now=NOW).warnings == (NO_PROVIDER, NO_BACK_UP)
    revise(shelf, provider=["Dr Nadia Shah"], back_up=["Omar Reed"])
    view = care_team(chart_with(shelf, patient=bare), now=NOW)
    assert (view.warnings, view.team.provider, view.provider_source) == (
        (),
        "Dr Nadia Shah",
        "named in the plan",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "inactive"},
        {"status": "entered-in-error"},
        {"period": {"end": "2026-01-01"}},
        {"participant": []},
        {"participant": "x"},
    ],
)
def test_a_team_that_is_over_or_empty_shows_nobody(change: dict[str, Any]):
    assert care_team(chart_with(opened(), {**TEAM, **change}), now=NOW).members.rows == ()


def test_why_there_is_nobody_is_said():
    view = care_team(opened().chart(CareTeam=ReadStatus.NO_ACCESS), now=NOW)
    assert view.members.sentence == "You have no access to this in the EHR"
    assert care_team(Shelf().chart(), now=NOW).warnings == ()
