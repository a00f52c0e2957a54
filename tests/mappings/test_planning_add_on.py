"""Planning at the initiating visit is paid once: the reminder says so, and whether the service was begun before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.planning_add_on import planning_add_on
from tests.mappings.charts import NOW
from tests.mappings.shelf import Shelf
from tests.mappings.test_stop import ASKED, change


@pytest.mark.requirement("domain@83", "domain@248")
def test_a_first_consent_is_reminded_of_once_and_a_second_of_the_first():
    shelf = Shelf()
    assert planning_add_on(shelf.chart(), NOW) is None
    shelf.consent()
    first = planning_add_on(shelf.chart(), NOW)
    assert first is not None
    assert (first.again, first.sentence.endswith("is paid once per patient.")) == (False, True)
    shelf.plan(addresses=[])
    shelf.close(outcome=["stopped"], reason=["patient-stopped"])
    again = NOW + timedelta(days=30)
    shelf.consent(now=again, date=[again.date().isoformat()], time=[""])
    second = planning_add_on(shelf.chart(), again)
    assert second is not None
    assert (second.again, "begun before (21 Nov 2026)" in second.sentence) == (True, True)


def test_another_practitioner_is_no_second_beginning():
    shelf = Shelf()
    shelf.consent()
    change(shelf)
    found = planning_add_on(shelf.chart(), ASKED)
    assert found is not None
    assert not found.again


def test_a_no_and_a_day_without_confirmed_rules_bring_no_reminder():
    shelf = Shelf()
    shelf.consent(decision=["decline"])
    assert planning_add_on(shelf.chart(), NOW) is None
    agreed = Shelf()
    agreed.consent()
    assert planning_add_on(agreed.chart(), NOW.replace(year=2028)) is None
