"""The visit that may have initiated the service is found in the last year, and never made up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.initiating_visit import initiating_visit, visit_kind
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW, chart_of


def visit(ago: int, text: str = "Office visit", *, code: str = "AMB", **more: Any) -> dict[str, Any]:
    day = (NOW - timedelta(days=ago)).date().isoformat()
    return {
        "resourceType": "Encounter",
        "id": f"v{ago}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code},
        "type": [{"text": text}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": day, "end": day},
        **more,
    }


CPT, HCPCS = "http://www.ama-assn.org/go/cpt", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


@pytest.mark.requirement("domain@255")
@pytest.mark.parametrize(
    ("encounter", "kind"),
    [
        ({"type": [{"coding": [{"system": HCPCS, "code": "G0439"}]}]}, "wellness"),
        ({"type": [{"coding": [{"system": HCPCS, "code": "G0402"}]}]}, "welcome"),
        ({"type": [{"coding": [{"system": CPT, "code": "99495"}]}]}, "transition"),
        ({"type": [{"coding": [{"system": CPT, "code": "99215"}]}]}, "comprehensive"),
        ({"type": [{"coding": [{"system": "http://snomed.info/sct", "code": "162673000"}]}]}, "wellness"),
        ({"type": [{"text": "Medicare Annual Wellness Visit"}]}, "wellness"),
        ({"type": [{"text": "Encounter for 'check-up'"}]}, "wellness"),
        ({"type": [{"text": "Office visit"}], "reasonCode": [{"text": "Annual visit"}]}, "wellness"),
        ({"type": [{"text": "Welcome to Medicare"}]}, "welcome"),
        ({"type": [{"text": "Hospital follow-up"}]}, "transition"),
        ({"type": [{"text": "New patient"}]}, "comprehensive"),
        ({"type": [{"text": "Office visit"}]}, "other"),
        ({"type": [{"coding": [{"system": CPT, "code": "99211"}]}]}, "other"),
        ({}, "other"),
        ({"type": 3}, "other"),
    ],
)
def test_the_kind_of_visit_is_told_by_code_or_words(encounter: dict[str, Any], kind: str):
    assert visit_kind(encounter).code == kind


@pytest.mark.requirement("domain@50", "domain@255")
@pytest.mark.parametrize(
    ("encounters", "found"),
    [
        ([visit(30)], "v30"),
        ([visit(365)], "v365"),
        ([visit(366)], ""),
        ([visit(30), visit(200, "Annual wellness visit")], "v200"),
        ([visit(30), visit(10)], "v10"),
        ([visit(10, code="EMER")], ""),
        ([visit(10, code="IMP")], ""),
        ([visit(10, "Telephone encounter", code="")], ""),
        ([visit(10, code="VR")], ""),
        ([visit(10, status="cancelled")], ""),
        ([visit(10, status="entered-in-error")], ""),
        ([visit(-5, status="planned")], ""),
        ([visit(10, period={"start": "2026"})], ""),
        ([visit(10, period={})], ""),
        ([], ""),
    ],
)
def test_the_best_visit_of_the_last_year(encounters: list[dict[str, Any]], found: str):
    chart = chart_of(*encounters) if encounters else chart_of(Encounter=ReadStatus.READ)
    seen = initiating_visit(chart, NOW)
    assert (seen.found.reference if seen.found else "") == (f"Encounter/{found}" if found else "")
    assert seen.missing is (not found)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (ReadStatus.COULD_NOT_READ, "could not be read just now"),
        (ReadStatus.NO_ACCESS, "you have no access"),
        (ReadStatus.NOT_AVAILABLE, "not available from this EHR"),
        (ReadStatus.STILL_LOADING, "still loading"),
    ],
)
def test_visits_that_were_not_seen_are_not_called_missing(status: ReadStatus, says: str):
    seen = initiating_visit(chart_of(Encounter=status), NOW)
    assert (seen.known, seen.missing, says in seen.sentence) == (False, False, True)


def test_an_ordinary_visit_is_to_be_checked_and_a_wellness_visit_is_not():
    assert "Check that it was a full visit" in initiating_visit(chart_of(visit(9)), NOW).sentence
    assert "Check" not in initiating_visit(chart_of(visit(9, "Annual wellness visit")), NOW).sentence


@pytest.mark.requirement("domain@255")
def test_an_annual_wellness_visit_that_may_be_due_is_said():
    assert initiating_visit(chart_of(visit(9)), NOW).wellness_sentence.endswith("one may be due.")
    held = initiating_visit(chart_of(visit(9), visit(40, "Annual wellness visit")), NOW)
    assert held.wellness_sentence == "Last annual wellness visit: 12 Oct 2026."
    assert initiating_visit(chart_of(Encounter=ReadStatus.NO_ACCESS), NOW).wellness_sentence == ""
