"""What a server says that it held back is never lost on the way."""

from __future__ import annotations

import pytest

from mappings.reading import Reading, ReadStatus, withholds


def outcome(**issue):
    return {"resourceType": "OperationOutcome", "issue": [issue]}


@pytest.mark.requirement("client@30")
@pytest.mark.parametrize("severity", ["information", "warning", "error"])
def test_an_operation_outcome_among_the_matches_says_that_something_is_missing(severity):
    assert withholds(outcome(severity=severity, code="suppressed"))


def test_epics_nothing_found_outcome_withholds_nothing():
    assert not withholds(outcome(severity="warning", details={"coding": [{"code": "4101"}]}))


def test_an_outcome_left_among_the_resources_counts_as_withheld():
    assert Reading("Task", ReadStatus.READ, (outcome(severity="warning"),)).withheld


@pytest.mark.parametrize("broken", [None, "html", [], {"issue": "x"}, {"issue": [4, {}]}])
def test_an_outcome_that_says_nothing_counts_as_withheld(broken):
    assert withholds(broken)
