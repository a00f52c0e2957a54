"""Whom to refer and how, for the front desk: one page made of the same rules that the charts are asked.

No word of it is about a patient, so it may hang on a wall. Row 39 of the domain notes.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_profiles import canonical
from fhir_profiles.definitions import definition
from fhir_profiles.terminology import display
from mappings.finding_rule import finding_rules
from mappings.program_referral_form import reasons


@dataclass(frozen=True)
class Criteria:
    """The page: reasons that a person sees as (words, meaning), facts that the chart shows, and the way to refer."""

    reasons: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    steps: tuple[str, ...]
    checked: str


def criteria() -> Criteria:
    """The page by the rules as they stand."""
    rules = finding_rules()
    low, high = rules.prediabetes
    return Criteria(
        reasons=tuple((display("cm-referral-reason", code), _meaning(code)) for code in reasons()),
        facts=(
            f"Came home from hospital in the last {rules.discharge_days} days",
            f"{rules.crises} or more ED visits or hospital stays in {rules.crisis_days} days",
            f"{rules.ed_visits} or more ED visits in 12 months",
            f"{rules.conditions} or more chronic conditions",
            f"{rules.medicines} or more medicines",
            "A chronic condition, and no visit for 6 months",
            f"Diabetes with an A1c over {rules.a1c_over:g} %",
            f"An A1c of {low:g} to {high:g} % without diabetes",
            "Blood pressure or another result out of range",
            "No ride, no food, no home, no money for medicines, no one at home, not safe at home",
        ),
        steps=(
            "Open the patient’s chart and open Chartside.",
            "Press Enrollment, then Refer to care management.",
            "Choose the reason, say who asked, and press Refer.",
            "Tell the patient that the provider recommends a talk with the care manager, and that it is a choice.",
            "If the patient is here and the care manager is free, walk over together.",
        ),
        checked=rules.checked,
    )


def _meaning(code: str) -> str:
    system = definition(canonical.code_system("cm-referral-reason")) or {"concept": ()}
    return next((str(each["definition"]) for each in system["concept"] if each["code"] == code), "")
