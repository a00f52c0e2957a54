"""The risk level by its dated rules: what puts a chart where, with the rows it comes from, and no score made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from fhir_profiles.terminology import codes
from mappings.reading import ReadStatus
from mappings.risk_fact import Source
from mappings.risk_rule import FactKind, risk_rules
from mappings.risk_tier import TIERS, suggested, tier_words
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.enrolling_charts import a1c, at, condition, medicine, pressure, read_chart, visit

Resource = dict[str, Any]
TUESDAY_TEN = datetime(2026, 11, 10, 10, tzinfo=NEW_YORK)


def chronic(number: int) -> list[Resource]:
    return [condition(i, code) for i, code in enumerate(["E11.9", "I10", "E78.5", "J44.9", "N18.3"][:number])]


def medicines(number: int) -> list[Resource]:
    return [medicine(i) for i in range(number)]


CASES: list[tuple[str, list[Resource], str]] = [
    ("nothing", [], "low"),
    ("one condition", chronic(1), "low"),
    ("two conditions", chronic(2), "rising"),
    ("three conditions", chronic(3), "rising"),
    ("four conditions", chronic(4), "high"),
    ("seven medicines", medicines(7), "low"),
    ("eight medicines", medicines(8), "high"),
    ("a stopped medicine is none", [*medicines(7), medicine(8, status="stopped")], "low"),
    ("a stay five months ago", [visit(1, "IMP", 150, hours=48)], "high"),
    ("a stay seven months ago", [visit(1, "IMP", 215, hours=48)], "low"),
    ("two stays in six months", [visit(1, "IMP", 150), visit(2, "IMP", 120)], "highly-complex"),
    ("one ED visit in the year", [visit(1, "EMER", 300)], "rising"),
    ("one ED visit long ago", [visit(1, "EMER", 400)], "low"),
    ("two ED visits in six months", [visit(1, "EMER", 100), visit(2, "EMER", 150)], "high"),
    ("two ED visits in 90 days", [visit(1, "EMER", 10), visit(2, "EMER", 50)], "highly-complex"),
    # An ED visit that led to the stay is one crisis.
    ("an ED visit and its stay", [visit(1, "EMER", 10), visit(2, "IMP", 9.8, hours=72)], "high"),
    ("an ED visit and a later stay", [visit(1, "EMER", 40), visit(2, "IMP", 9.8)], "highly-complex"),
    ("a visit that is planned", [{**visit(1, "EMER", -3), "status": "planned"}], "low"),
    ("a visit called off", [{**visit(1, "EMER", 3), "status": "cancelled"}], "low"),
    ("an A1c out of range", [a1c(9.1)], "rising"),
    ("an A1c in range", [a1c(6.4)], "low"),
    ("two results out of range", [a1c(9.1), pressure(160)], "rising"),
    ("a social need", [condition(1, "Z59.0")], "rising"),
    ("three social needs", [condition(1, "Z59.0"), condition(2, "Z60.2"), condition(3, "266934004")], "high"),
    ("three reasons for high", [*chronic(4), *medicines(8), visit(1, "IMP", 150)], "highly-complex"),
    ("two reasons for high", [*chronic(4), *medicines(8)], "high"),
]


@pytest.mark.requirement("domain@23")
@pytest.mark.parametrize(("resources", "tier"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_level_by_the_rules(resources: list[Resource], tier: str) -> None:
    assert suggested(read_chart(*resources), now=NOW).tier == tier


@pytest.mark.requirement("domain@23")
@pytest.mark.parametrize(("resources", "tier"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_level_above_low_has_a_reason_of_that_level_and_every_reason_its_rows(
    resources: list[Resource], tier: str
) -> None:
    found = suggested(read_chart(*resources), now=NOW)
    assert (tier == "low") == (not any(reason.tier for reason in found.reasons))
    there = {f"{each['resourceType']}/{each['id']}" for each in resources}
    for reason in found.reasons:
        together = reason.sentence.startswith("Three or more reasons")
        assert {each.reference for each in reason.sources} <= there
        assert bool(reason.sources) or together
    if found.reasons:
        assert found.reasons[0].tier == tier


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (TUESDAY_TEN, True),
        (TUESDAY_TEN.replace(hour=7, minute=59), False),
        (TUESDAY_TEN.replace(hour=16, minute=59), True),
        (TUESDAY_TEN.replace(hour=17), False),
        (TUESDAY_TEN.replace(day=8), False),  # a Sunday
        ("2026-11-10", False),  # the hour is not known
        ("2026-11-10T14:00:00Z", True),  # nine in the morning of the practice
        ("2026-11-10T23:00:00Z", False),
    ],
)
@pytest.mark.requirement("domain@28")
def test_an_ed_visit_in_weekday_hours_is_told_apart(moment: datetime | str, counts: bool) -> None:
    found = suggested(read_chart(at(1, "EMER", moment)), now=NOW)
    assert any("weekday" in reason.sentence for reason in found.reasons) is counts


def test_the_clinicians_conditions_go_before_the_value_sets() -> None:
    chart = read_chart(*chronic(5))
    assert suggested(chart, now=NOW).tier == "high"
    assert suggested(chart, now=NOW, conditions=[Source("Condition/c1", "Hypertension")]).tier == "low"
    assert suggested(read_chart(), now=NOW, conditions=[Source("", name) for name in "abcd"]).tier == "high"


@pytest.mark.parametrize("status", [ReadStatus.COULD_NOT_READ, ReadStatus.NO_ACCESS, ReadStatus.PROTECTED])
@pytest.mark.parametrize("kind", ["Condition", "Encounter", "Observation"])
def test_what_could_not_be_counted_is_said(kind: str, status: ReadStatus) -> None:
    found = suggested(read_chart(**{kind: status}), now=NOW)
    words = {"Condition": "Problems", "Encounter": "Visits", "Observation": "Results"}[kind]
    assert [sentence.split(":")[0] for sentence in found.unread] == [words]
    assert suggested(read_chart(), now=NOW).unread == ()


def assessment(**prediction: Any) -> Resource:
    return {
        "resourceType": "RiskAssessment",
        "id": "r1",
        "status": "final",
        "method": {"text": "LACE"},
        "occurrenceDateTime": "2026-11-19",
        "prediction": [prediction],
    }


def qualitative(
    code: str, system: str = "http://terminology.hl7.org/CodeSystem/risk-probability"
) -> Resource:
    return {"qualitativeRisk": {"coding": [{"system": system, "code": code, "display": code.title()}]}}


@pytest.mark.requirement("domain@37")
@pytest.mark.parametrize(
    ("prediction", "tier", "said"),
    [
        (qualitative("high"), "high", "LACE: High (Thu, 2 days ago)."),
        (qualitative("moderate"), "rising", "LACE: Moderate (Thu, 2 days ago)."),
        (qualitative("low"), "low", "LACE: Low (Thu, 2 days ago)."),
        (qualitative("high", "urn:payer"), "low", "LACE: High (Thu, 2 days ago)."),
        ({"probabilityDecimal": 0.62}, "low", "LACE: 0.62 (Thu, 2 days ago)."),
        (
            {
                "outcome": {"text": "readmission"},
                "probabilityRange": {"low": {"value": 10}, "high": {"value": 20}},
            },
            "low",
            "LACE: readmission 10 to 20 (Thu, 2 days ago).",
        ),
    ],
)
def test_a_score_of_the_ehr_is_told_and_counts_only_in_coded_words(
    prediction: Resource, tier: str, said: str
) -> None:
    found = suggested(read_chart(assessment(**prediction)), now=NOW)
    assert found.tier == tier
    assert [each.sentence for each in found.scores] == [said]
    assert found.reasons[-1].sources[0].reference == "RiskAssessment/r1"


@pytest.mark.requirement("domain@37")
@pytest.mark.parametrize(
    "lost", [{}, {"status": "entered-in-error"}, {"status": "cancelled"}, {"prediction": []}]
)
def test_without_a_usable_score_of_the_ehr_there_is_none(lost: Resource) -> None:
    resources = [{**assessment(**qualitative("high")), **lost}] if lost else []
    assert suggested(read_chart(*resources), now=NOW).scores == ()


def test_of_two_scores_of_one_method_the_newer_stands() -> None:
    old = {**assessment(**qualitative("high")), "id": "r0", "occurrenceDateTime": "2025-01-01"}
    new = assessment(**qualitative("low"))
    for order in ([old, new], [new, old]):
        assert [each.source.reference for each in suggested(read_chart(*order), now=NOW).scores] == [
            "RiskAssessment/r1"
        ]


def test_the_rules_are_dated_and_know_every_level_and_every_kind_of_fact() -> None:
    rules = risk_rules()
    assert rules.source
    assert rules.checked == "2026-11-22"
    assert set(rules.care) == set(codes("risk-tier")) == set(TIERS)
    assert {rule.kind for rule in rules.rules} == set(FactKind)
    assert [tier_words(tier) for tier in TIERS] == ["Low", "Rising", "High", "Highly complex"]


def test_more_of_one_thing_never_lowers_the_level() -> None:
    def level(rows: Sequence[Resource]) -> int:
        return TIERS.index(suggested(read_chart(*rows), now=NOW).tier)

    for many in (chronic(5), medicines(9), [visit(i, "EMER", 20 * i + 5) for i in range(6)]):
        levels = [level(many[:number]) for number in range(len(many) + 1)]
        assert levels == sorted(levels)
