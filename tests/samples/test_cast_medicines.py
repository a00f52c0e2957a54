"""The medicine lists of the cast overlap and disagree in every way that reconciliation has to deal with."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.samples.test_cast_stories import Told


def names(resources: list[dict[str, Any]], status: str = "active") -> set[str]:
    """The medicines of these orders or statements in that status, in the chart's words."""
    return {
        r.get("medicationCodeableConcept", {}).get("text") or r["medicationReference"]["display"]
        for r in resources
        if r["status"] == status
    }


def test_walters_home_list_disagrees_with_the_hospitals() -> None:
    told = Told("walter-boone", date(2026, 11, 21))
    orders, statements = told.all("MedicationRequest"), told.all("MedicationStatement")
    assert "warfarin sodium 5 MG Oral Tablet" in names(orders, "stopped") & names(statements)
    assert "furosemide 40 MG Oral Tablet" in names(orders) - names(statements)


def test_earl_takes_ten_medicines_counted_over_both_lists() -> None:
    told = Told("earl-whitcomb", date(2026, 11, 21))
    orders, statements = told.all("MedicationRequest"), told.all("MedicationStatement")
    assert len(names(orders)) == 9
    ingredients = {name.split(" ")[0].lower() for name in names(orders) | names(statements)}
    ingredients.remove("24")  # RxNorm begins an extended release name with its hours.
    assert len(ingredients | {"metoprolol"}) == 10
    assert len(names(orders) & names(statements)) >= 2


def test_earls_lists_hold_every_shape_a_medicine_comes_in() -> None:
    told = Told("earl-whitcomb", date(2026, 11, 21))
    orders, statements = told.all("MedicationRequest"), told.all("MedicationStatement")
    assert {r["status"] for r in orders} == {"active", "stopped", "completed", "entered-in-error", "on-hold"}
    assert {r["status"] for r in statements} == {"active", "stopped", "entered-in-error"}
    assert told.one("MedicationRequest", "aspirin")["reportedBoolean"] is True
    assert told.one("MedicationRequest", "aspirin")["intent"] == "plan"
    for resource in (
        told.one("MedicationRequest", "gabapentin"),
        told.one("MedicationStatement", "lisinopril-said"),
    ):
        assert resource["contained"][0]["resourceType"] == "Medication"
        assert resource["medicationReference"]["reference"] == "#med"
        assert "medicationCodeableConcept" not in resource
