"""Who else cares for the patient: the care team's specialists and others who saw or will see her, with both visits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.reading import ReadStatus
from mappings.specialist import specialists
from tests.mappings.charts import NOW
from tests.mappings.shelf import MARGERY, Resource, Shelf
from tests.mappings.visiting import shown

CHEN = {"reference": "Practitioner/heart", "display": "Dr. Mei Chen"}
EYES = {"reference": "Practitioner/eyes", "display": "Dr. Ada Bell"}
OWN = {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}
TEAM: Resource = {
    "resourceType": "CareTeam",
    "id": "t1",
    "status": "active",
    "participant": [
        {"role": [{"text": "Cardiologist"}], "member": CHEN},
        {"role": [{"text": "Primary care provider"}], "member": OWN},
        {"role": [{"text": "Caregiver"}], "member": {"display": "June Boone"}},
    ],
}


def visit(who: Resource, ago: int, kind: str = "AMB", status: str = "finished") -> Resource:
    when = (NOW - timedelta(days=ago)).isoformat()
    return {
        "resourceType": "Encounter",
        "id": f"e{ago}",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind},
        "participant": [{"individual": who}],
        "period": {"start": when, "end": when},
    }


def booked(who: Resource, ahead: int) -> Resource:
    when = (NOW + timedelta(days=ahead)).isoformat()
    return {
        "resourceType": "Appointment",
        "id": f"a{ahead}",
        "status": "booked",
        "start": when,
        "participant": [{"actor": who}, {"actor": {"reference": "Patient/p1"}}],
    }


@pytest.mark.requirement("domain@146")
def test_each_specialist_stands_with_the_last_visit_and_the_next() -> None:
    chart = shown(
        Shelf(MARGERY),
        TEAM,
        visit(CHEN, 18),
        visit(CHEN, 200),
        visit(OWN, 3),
        booked(CHEN, 11),
        booked(EYES, 40),
    )
    found = specialists(chart, now=NOW)
    assert [row.words for row in found.rows] == [
        "Dr. Mei Chen, cardiologist: last 3 Nov 2026, next 2 Dec 2026, 09:14",
        "Dr. Ada Bell: no visit on file, next 31 Dec 2026, 09:14",
    ]
    assert found.unread == ""


@pytest.mark.requirement("domain@146")
def test_stays_emergencies_old_and_cancelled_visits_make_nobody_a_specialist() -> None:
    chart = shown(
        Shelf(),
        visit(EYES, 5, "EMER"),
        visit(EYES, 9, "IMP"),
        visit(CHEN, 900),
        visit(CHEN, 7, status="cancelled"),
    )
    assert specialists(chart, now=NOW).rows == ()


def test_what_could_not_be_seen_is_named() -> None:
    chart = shown(
        Shelf(), visit(EYES, 5), CareTeam=ReadStatus.NO_ACCESS, Appointment=ReadStatus.NOT_AVAILABLE
    )
    found = specialists(chart, now=NOW)
    assert [row.words for row in found.rows] == ["Dr. Ada Bell: last 16 Nov 2026"]
    assert found.unread == "Not seen here: care team, appointments."
