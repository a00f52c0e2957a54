"""The six domains and the other parts of the needs assessment: what of them was assessed, and which needs came out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.assess_page import assess_page
from mappings.needs_assessment import DOMAINS, areas, needs_instrument
from mappings.needs_facts import needs_facts
from tests.mappings.assessing import NEEDS, assess, of
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf

PARTS = {"review", *DOMAINS, "supports", "preferences", "self-care", "professionals", "partners"}
NO_FOOD = {
    "resourceType": "Condition",
    "id": "c2",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "recordedDate": "2026-10-02",
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.41"}],
        "text": "Food insecurity",
    },
    "subject": {"reference": "Patient/p1"},
}
SISTER = {
    "resourceType": "RelatedPerson",
    "id": "r1",
    "patient": {"reference": "Patient/p1"},
    "name": [{"text": "Ruth Gibson"}],
}


@pytest.mark.requirement("domain@3", "domain@4")
def test_the_six_domains_and_the_guides_headings_are_asked():
    groups = {item.link_id for item in needs_instrument().definition.items if item.type == "group"}
    assert groups == PARTS


@pytest.mark.requirement("domain@4")
def test_each_domain_is_told_as_assessed_or_not_with_its_needs():
    shelf = Shelf(DIABETES)
    nothing = areas(shelf.chart(), now=NOW)
    assert {area.key for area in nothing if area.domain} == set(DOMAINS)
    assert not any(area.assessed for area in nothing)
    assess(shelf, "needs-assessment", NEEDS)
    found = {area.key: area for area in areas(shelf.chart(), now=NOW)}
    assert [key for key in DOMAINS if not found[key].assessed] == []
    assert found["psychosocial"].needs == ("Hard to manage: Paying for medicines, Getting to visits",)
    assert found["functional"].needs == ("Needs help with (household): Rides",)
    assert found["mental"].needs == ()
    assert (found["mental"].when_words, found["mental"].by) == ("today", "Dana Whitfield RN")
    assert not found["partners"].assessed


def test_a_half_done_one_adds_to_the_last_that_was_finished():
    shelf = Shelf(DIABETES)
    assess(shelf, "needs-assessment", NEEDS)
    later = NOW + timedelta(days=200)
    assess(shelf, "needs-assessment", {"q-mood": ["mood-most"], "half": ["yes"]}, later)
    found = {area.key: area for area in areas(shelf.chart(), now=later)}
    assert found["mental"].needs == ("Low mood or no interest: Most days",)
    assert found["physical"].assessed
    assert found["physical"].when_words != found["mental"].when_words


@pytest.mark.requirement("domain@34")
def test_social_problems_of_the_chart_stand_beside_the_quick_picks():
    shelf = Shelf(DIABETES, NO_FOOD, SISTER)
    facts = needs_facts(shelf.chart(), now=NOW)
    assert facts["psychosocial"] == ("Food insecurity · 2 Oct 2026",)
    assert facts["supports"] == ("Ruth Gibson · family and caregivers on file",)
    (picks,) = [
        item
        for part in assess_page(of("needs-assessment"), {}, {}, shelf.chart(), NOW).parts
        for item in part.missing
        if item.link_id == "triggers"
    ]
    offered = {option.words for option in picks.options}
    assert {
        "Paying for medicines",
        "Getting to visits",
        "Getting or keeping insurance or Medicaid",
    } <= offered
    assert "Health or safety where I live" in offered


def test_a_screening_is_a_fact_of_its_part_with_source_and_date():
    shelf = Shelf(DIABETES)
    yes = {f"q-{name}": ["yes"] for name in ("unsteady", "worried", "fallen", "fall-hurt")}
    assess(shelf, "falls", {**yes, "q-fall-count": ["2"]})
    (fact,) = needs_facts(shelf.chart(), now=NOW)["functional"]
    assert fact.startswith("Falls: 3 of 3")
    assert fact.endswith("· today · Chartside")
