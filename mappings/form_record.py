"""Which records of a chart one form has filed: how a second press of Save is known to be the first one's.

The identifiers of a form's records derive from the form's id (`identity.record_identifier`), so they can be asked
for without knowing what was typed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mappings.chart import Chart
from mappings.identity import identifier_value, record_identifier

SLOTS = (
    "consent",
    "sharing",
    "care-plan",
    "goal-1",
    "self-care-1",
    "to-do-1",
    "plan-action",
    "plan-review",
    "plan-shared",
    "contact",
    "next-contact",
    "ask-again",
    "initiating-visit",
    "outreach",
    "assessment",
    "medication-reconciliation",
    "medication-question",
    "safety",
    "advance-directive",
    "enrolment-state",
    "tell-provider",
    "closing-check",
    "re-enrol",
    "look-at-referral",
    "eligibility",
    "attest-eligibility",
    "resource-referral",
    "supply-order",
    "referral-order",
    "transition",
    "needs-card",
    "discharge-call",
    "discharge-visit",
    "discharge-medicines",
    "coordination",
    "sbar",
    "task",
    "carry-out",
    "here-now",
)
"""Every slot that a form of ours fills; a test compares this with what the forms build."""

FOR_TEMPLATES = (
    *("overdue-a1c", "overdue-eye-exam", "overdue-foot-exam", "overdue-urine-albumin", "overdue-egfr"),
    *("overdue-blood-pressure", "overdue-ldl", "overdue-bmi", "overdue-phq-9", "overdue-asthma-plan"),
    *("overdue-smoking", "template-class", "template-supplies", "template-supplies-held-up"),
    "template-resources",
)
"""The tasks that the template of a condition makes; a test compares them with its rules."""

NUMBERED = (
    *FOR_TEMPLATES,
    *(f"goal-{number}" for number in range(2, 13)),
    *(f"to-do-{number}" for number in range(2, 61)),
)
"""The further slots of a form that files several goals and tasks at once, as templates of a plan do."""


def records_of_form(chart: Chart, form_id: UUID) -> tuple[dict[str, Any], ...]:
    """The records in the chart that were made by the form of this id, in the order of SLOTS."""
    wanted = {record_identifier(form_id, slot): place for place, slot in enumerate((*SLOTS, *NUMBERED))}
    found = [
        (wanted[identifier_value(item)], item)
        for kind in chart.readings
        for item in chart.resources(kind)
        if identifier_value(item) in wanted
    ]
    return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))
