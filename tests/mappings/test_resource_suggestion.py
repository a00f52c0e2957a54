"""From a barrier or a social need to the resources that help with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.resource_directory import ResourceDirectory
from mappings.resource_suggestion import suggestions
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf
from tests.mappings.test_resource_referral import (
    DIRECTORY,
    refer,
)


@pytest.fixture
def shelf() -> Shelf:
    """A chart with one problem."""
    return Shelf(DIABETES)


@pytest.mark.requirement("domain@174")
def test_a_barrier_of_a_contact_leads_to_resources_until_one_is_asked(shelf: Shelf):
    shelf.consent()
    shelf.plan()
    shelf.contact(barriers=["medicine-cost", "not-ready"])
    (found,) = suggestions(shelf.chart(), DIRECTORY, now=NOW)
    assert (found.words, [row.id for row in found.resources]) == ("Cost of medicine", ["fund"])
    assert found.asked == ""
    refer(shelf, "fund", topic="financial", need="Copay of insulin", handed="patient")
    (found,) = suggestions(shelf.chart(), DIRECTORY, now=NOW)
    assert found.asked == "Copay of insulin, Medicine Fund, sent today"
    assert suggestions(shelf.chart(), DIRECTORY, now=NOW + timedelta(days=200)) == ()


def test_a_social_problem_of_the_list_leads_to_resources():
    hungry: Resource = {
        **DIABETES,
        "id": "c2",
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "733423003"}],
            "text": "Food insecurity",
        },
    }
    (found,) = suggestions(Shelf(hungry).chart(), DIRECTORY, now=NOW)
    assert ([row.id for row in found.resources], found.source) == (
        ["pantry"],
        "problem list: Food insecurity",
    )
    (nothing,) = suggestions(Shelf(hungry).chart(), ResourceDirectory(), now=NOW)
    assert nothing.resources == ()
