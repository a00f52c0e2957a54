"""Risk, findings and eligibility on charts nobody here wrote: real ones, broken ones, and whatever somebody types."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mappings.chart import Chart
from mappings.dates import parse
from mappings.element import relative_reference
from mappings.eligibility import eligibility_view, prompts
from mappings.eligibility_decision import eligibility_defaults
from mappings.finding import findings
from mappings.practice import Practice
from mappings.program_referral import referrals, suggested_reason
from mappings.reading import Reading, ReadStatus
from mappings.risk_tier import TIERS, suggested
from tests.app.ehr.test_capabilities import JSON
from tests.mappings.charts import NOW
from tests.mappings.shelf import problems_of
from tests.mappings.test_eligibility import FULL, decide, shelf
from tests.mappings.test_hostile_text import PAYLOADS, TYPED
from tests.mappings.test_program_referral import refer
from tests.mappings.test_real_charts import ndjson_charts

KINDS = (
    *("Condition", "Encounter", "MedicationRequest", "MedicationStatement", "Observation"),
    *("Task", "Coverage", "RiskAssessment", "CarePlan"),
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def everything(chart: Chart) -> str:
    """Asks every rule; the level."""
    level = suggested(chart, now=NOW)
    assert level.tier in TIERS
    assert suggested_reason(chart, now=NOW)[0]
    told = [each.sentence for each in (*level.reasons, *findings(chart, now=NOW), *level.scores)]
    assert all(sentence.strip() for sentence in told)
    assert eligibility_view(chart, now=NOW).sentence
    referrals(chart, now=NOW)
    prompts(chart, now=NOW, practice=Practice())
    eligibility_defaults(chart, now=NOW)
    return level.tier


@pytest.mark.requirement("domain@23", "domain@24")
def test_a_real_chart_has_a_level_whose_reasons_lead_to_rows_of_it(shared_data: Any) -> None:
    levels: Counter[str] = Counter()
    for chart in ndjson_charts(shared_data / "synthea_ndjson")[::3]:
        levels[everything(chart)] += 1
        there = {relative_reference(each) for kind in KINDS for each in chart.resources(kind)}
        for reason in suggested(chart, now=NOW).reasons:
            assert {each.reference for each in reason.sources} <= there
    # Of these charts some are plainly healthy and some plainly not: a rule that always fits would tell nobody anything.
    assert min(levels["low"], levels["rising"], levels["high"]) > 0


@given(st.lists(st.tuples(st.sampled_from(KINDS), JSON), max_size=4))
@example([(kind, {"resourceType": kind}) for kind in KINDS])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_chart_breaks_a_rule(found: list[tuple[str, Any]]) -> None:
    resources = [{**each, "resourceType": kind} for kind, each in found if isinstance(each, dict)]
    everything(
        Chart(
            {"resourceType": "Patient", "id": "p1"},
            {
                kind: Reading(
                    kind, ReadStatus.READ, tuple(each for each in resources if each["resourceType"] == kind)
                )
                for kind in KINDS
            },
        )
    )


@FEW
@given(TYPED)
@example("Eligibility decision. Decision: Not eligible now; Level: Low; Number: 0")
@example("Referral to care management. Reason: Insurance; Asked by: somebody else")
def test_what_is_typed_changes_nothing_that_was_chosen(text: str) -> None:
    kept = shelf(lose=lambda resource: {key: value for key, value in resource.items() if key != "output"})
    decided = decide(kept, **{**FULL, "why": [text], "tier_reason": [text], "other_condition": [text]})
    referred = refer(kept, words=[text], asked_by=[text])
    assert [problems_of(each) for each in referred] == [[] for _ in referred]
    view = eligibility_view(kept.chart(), now=NOW)
    assert (view.state, view.tier, view.count) == ("eligible", "high", 3)
    assert view.attested_on == parse("2026-11-20").day  # type: ignore[union-attr]
    assert [each.reason for each in referrals(kept.chart(), now=NOW)] == ["discharge"]
    assert decided


@pytest.mark.parametrize("text", PAYLOADS)
def test_a_hostile_text_is_filed_as_text(text: str) -> None:
    for resource in (*decide(shelf(), **{**FULL, "why": [text]}), *refer(shelf(), words=[text])):
        assert problems_of(resource) == []
        assert "<img" not in resource["text"]["div"]
