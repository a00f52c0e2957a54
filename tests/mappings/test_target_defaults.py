"""Targets to start from: only for the patient's own problems, never one that is reached, each with where to read on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from mappings.form import Fields
from mappings.goal_form import read_goal
from mappings.target_defaults import OfferedTarget, checked_on, offered_targets, target_defaults
from tests.mappings.charts import NOW, chart_of

CODES = {
    "Diabetes": "E11.9", "Hypertension": "I10", "Heart failure": "I50.9", "COPD": "J44.9", "Asthma": "J45.909",
    "Depression or bipolar disorder": "F33.1", "Chronic kidney disease": "N18.3", "Chronic pain": "G89.4",
    "Tobacco dependence": "F17.210", "Obesity": "E66.9", "Ischemic heart disease": "I25.10",
    "High cholesterol or lipids": "E78.5",
}  # fmt: skip
WEIGHT = {"loinc": "29463-7", "ucum": "kg"}


def condition(code: str, text: str = "A problem", status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": code,
        "clinicalStatus": {"coding": [{"code": status}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}], "text": text},
    }


def result(loinc: str, value: float, ucum: str, day: str = "2026-11-03") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{loinc}{day}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": ucum, "system": "http://unitsofmeasure.org", "code": ucum},
    }


def offered(*resources: dict[str, Any]) -> tuple[OfferedTarget, ...]:
    return offered_targets(chart_of(*resources), now=NOW)


@pytest.mark.requirement("domain@18")
def test_every_condition_with_a_template_has_a_target_with_its_public_guideline() -> None:
    assert {row.group for row in target_defaults()} == set(CODES)
    assert len({row.code for row in target_defaults()}) == len(target_defaults())
    for row in target_defaults():
        assert urlsplit(row.url).scheme == "https", row.code
        assert 0 < len(row.say) < 120, row.code
    assert checked_on() >= date(2026, 11, 22)


@pytest.mark.requirement("domain@18")
@pytest.mark.parametrize("group", CODES)
def test_each_is_offered_for_its_problem_and_can_be_saved_as_it_is_but_for_whose_it_is(group: str) -> None:
    (target,) = offered(condition(CODES[group]), result(WEIGHT["loinc"], 90.4, "kg"))
    assert target.group == group
    fields = Fields({**target.values, "goal_by": ["patient"]})
    entry = read_goal(fields, NOW.date(), conditions=(f"Condition/{CODES[group]}",))
    assert fields.errors == {}
    assert entry is not None
    assert entry.addresses == (f"Condition/{CODES[group]}",)
    assert NOW.date() + timedelta(weeks=6) <= entry.due <= NOW.date() + timedelta(weeks=24)


def test_nothing_is_offered_without_the_problem_or_for_one_that_is_over() -> None:
    assert offered() == ()
    assert offered(condition("E11.9", status="resolved")) == ()
    assert offered(condition("Z99.0")) == ()


@pytest.mark.parametrize(("a1c", "there"), [(6.8, False), (7.0, False), (7.1, True)])
def test_a_target_that_is_reached_already_is_not_offered(a1c: float, there: bool) -> None:
    found = offered(condition("E11.9"), result("4548-4", a1c, "%"))
    assert bool(found) is there
    assert not there or found[0].last_words == "7.1 %, 3 Nov 2026"


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ((result("29463-7", 200, "[lb_av]"),), "Body weight at or below 190 lb"),
        ((result("29463-7", 90, "kg"),), "Body weight at or below 86 kg"),
        ((), ""),
    ],
)
def test_a_share_of_the_weight_is_reckoned_in_the_unit_of_the_last_one(
    resources: tuple[dict[str, Any], ...], words: str
) -> None:
    assert [each.words for each in offered(condition("E66.9"), *resources)] == ([words] if words else [])


def test_a_plain_problem_stands_before_its_complication() -> None:
    late = condition("E11.40", "Neuropathy due to type 2 diabetes")
    plain = condition("E11.9", "Type 2 diabetes with hyperglycemia")
    assert [each.problem for each in offered(late, plain)] == ["Type 2 diabetes with hyperglycemia"]
    assert [each.problem for each in offered(late)] == ["Neuropathy due to type 2 diabetes"]
