"""The page for the front desk says what the rules say, and nothing of any patient."""

from __future__ import annotations

import pytest

from fhir_profiles.terminology import codes, display
from mappings.criteria import criteria
from mappings.finding_rule import finding_rules


@pytest.mark.requirement("domain@39")
def test_every_reason_stands_with_its_meaning_and_every_number_of_the_rules() -> None:
    page, rules = criteria(), finding_rules()
    assert {words for words, _ in page.reasons} == {
        display("cm-referral-reason", code) for code in codes("cm-referral-reason")
    }
    assert all(meaning.endswith(".") for _, meaning in page.reasons)
    text = " ".join(page.facts)
    for number in (
        rules.discharge_days,
        rules.crisis_days,
        rules.medicines,
        rules.conditions,
        *rules.prediabetes,
    ):
        assert f"{number:g}" in text.replace("-", " ").split() or f"{number:g}" in text
    assert page.checked == rules.checked
    assert any("Refer" in step for step in page.steps)
