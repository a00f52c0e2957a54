"""A searchset becomes a Reading, and what the server held back is never lost on the way."""

from __future__ import annotations

import pytest

from mappings.reading import Reading, ReadStatus, reading_of

TASK = {"resourceType": "Task", "id": "1"}


def bundle(*resources):
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


def outcome(**issue):
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def test_pages_are_joined_and_a_resource_that_two_pages_repeat_is_kept_once():
    other = {"resourceType": "Task", "id": "2"}
    reading = reading_of("Task", [bundle(TASK, other), bundle(other)])
    assert reading == Reading("Task", ReadStatus.READ, (TASK, other))


def test_resources_without_an_id_are_all_kept():
    nameless = {"resourceType": "Task"}
    assert len(reading_of("Task", [bundle(nameless, nameless)]).resources) == 2


def test_included_resources_stay_so_that_references_resolve():
    medication = {"resourceType": "Medication", "id": "m"}
    assert medication in reading_of("MedicationRequest", [bundle(medication)]).resources


@pytest.mark.requirement("field 30")
@pytest.mark.parametrize("severity", ["information", "warning", "error"])
def test_an_operation_outcome_among_the_matches_makes_the_reading_incomplete(severity):
    reading = reading_of("Task", [bundle(TASK, outcome(severity=severity, code="suppressed"))])
    assert reading.resources == (TASK,)
    assert reading.incomplete
    assert reading.withheld


def test_epics_nothing_found_outcome_withholds_nothing():
    nothing_found = outcome(severity="warning", details={"coding": [{"code": "4101"}]})
    assert not reading_of("Task", [bundle(nothing_found)]).incomplete


def test_an_outcome_left_among_the_resources_counts_as_withheld():
    assert Reading("Task", ReadStatus.READ, (outcome(severity="warning"),)).withheld


@pytest.mark.parametrize("broken", [None, "html", [], {"entry": "x"}, {"entry": [{"resource": []}, 4, {}]}])
def test_a_broken_page_brings_nothing_and_breaks_nothing(broken):
    assert reading_of("Task", [broken]).resources == ()
