"""What Chartside needs of an EHR to open a chart and to file, in one place for the probes of metadata and searches."""

from __future__ import annotations

from collections.abc import Mapping

from app.ehr.reads import CHART_READS, ChartRead
from app.ehr.record import Write
from mappings.panel import PLAIN_WORDS
from mappings.questionnaire.catalogue import catalogue

NEEDED = frozenset({"Patient", "Condition", "Encounter"})
"""Without these no chart opens that would be of use."""

MEDICATIONS = ("MedicationStatement", "MedicationRequest")
"""One of the two is needed: the medication list is made of both."""

WRITTEN = ("CarePlan", "Goal", "Task", "Consent")

WHO_IS_WHO = ("Practitioner", "PractitionerRole", "Organization")
"""Read by id, for names."""

_STEP: tuple[Write, ...] = (("CarePlan", "update"), ("Task", "create"), ("Task", "update"))
_ASSESS: tuple[Write, ...] = (("Task", "create"), ("Task", "update"))
"""A half-done one is taken up and changed."""

FORMS: Mapping[str, tuple[str, tuple[Write, ...]]] = {
    "contact": ("Document a contact", (("Task", "create"),)),
    "quick-note": ("Keep a quick note", (("Task", "create"),)),
    "refer": ("Refer to care management", (("Task", "create"),)),
    "eligibility": ("Decide eligibility", (("Task", "create"), ("Task", "update"))),
    "consent": ("Record consent", (("Consent", "create"), ("CarePlan", "create"), ("Task", "create"))),
    "introduce": ("Introduce care management", (("Task", "create"),)),
    "consent-change": ("Change the billing practitioner", (("Consent", "create"), ("Consent", "update"))),
    "stop": ("Stop the service", (("Consent", "update"), ("Task", "create"))),
    "sharing": ("Share with agencies", (("Consent", "create"),)),
    "sharing-revoke": ("Take back a permission to share", (("Consent", "update"),)),
    "care-plan": ("Open the care plan", (("CarePlan", "update"), ("Goal", "create"), ("Task", "create"))),
    "template": ("Apply a template", (("Goal", "create"), ("Task", "create"), ("CarePlan", "update"))),
    "plan-action": ("Add a step, action or service", (("Task", "create"), ("CarePlan", "update"))),
    "plan-action-change": ("Change or end one of them", (("Task", "update"), ("CarePlan", "update"))),
    "goal-add": ("Set another goal", (("Goal", "create"),)),
    "goal-change": ("Change a goal", (("Goal", "update"),)),
    "goal-progress": ("Record how a goal goes", (("Goal", "update"),)),
    "goal-end": ("End a goal", (("Goal", "update"),)),
    "sbar": ("Ask the provider", (("Task", "create"),)),
    "sbar-answer": ("Answer a question", (("Task", "update"), ("Task", "create"))),
    "task-add": ("Add a task", (("Task", "create"),)),
    "task-change": ("Finish a task, hand it off or call it off", (("Task", "update"),)),
    "here-now": ("Say that the patient is here now", (("Task", "create"),)),
    "medication-reconciliation": ("Reconcile medicines", (("Task", "create"),)),
    "plan-review": ("Review the plan", (("Task", "create"),)),
    "plan-revision": ("Revise the plan", (("CarePlan", "update"), ("Task", "create"))),
    "plan-agreement": ("Document the agreement", (("CarePlan", "update"), ("Goal", "update"))),
    "plan-end": ("End a plan opened twice", (("CarePlan", "update"), ("Task", "update"))),
    "resource-referral": ("Refer to a resource", (("Task", "create"),)),
    "resource-referral-news": ("Record what was heard of a referral", (("Task", "update"),)),
    "plan-shared": ("Log a copy of the plan as given", (("Task", "create"),)),
    "needs-card": ("Fill in a card of a card study", (("Task", "create"),)),
    "transition": ("Go through the checklist after a discharge", (("Task", "create"),)),
    "coordination": ("Coordinate care with somebody outside", (("Task", "create"),)),
    "cadence": ("Keep how often the patient wants to be contacted", (("CarePlan", "update"),)),
    "step-paused": ("Pause the service", _STEP),
    "step-following": ("Resume the service, or follow regularly again", _STEP),
    "step-maintenance": ("Move to maintenance", _STEP),
    "step-in-control": ("Record in control", _STEP),
    "step-closing": ("Prepare the close", (("CarePlan", "update"), ("Task", "create"))),
    **{f"assess-{each.id}": (f"Assess: {each.title}", _ASSESS) for each in catalogue()},
    "care-plan-close": (
        "Close the plan",
        (("Task", "create"), ("CarePlan", "update"), ("Goal", "update"), ("Task", "update")),
    ),
}
"""Each form of the app, and what one save of it cannot do without; as its page asks (`FormPage.writes`)."""


def words_for(resource_type: str) -> str:
    """What a nurse calls it, with its FHIR name for the administrator: "Problems (Condition)"."""
    words = PLAIN_WORDS.get(resource_type, resource_type)
    return f"{words[0].upper()}{words[1:]} ({resource_type})" if words != resource_type else resource_type


def parameters_of(read: ChartRead) -> frozenset[str]:
    """The search parameters that are always sent with a read of the chart."""
    return frozenset({"patient", *(name for name, _ in read.parameters)})


READS: Mapping[str, ChartRead] = CHART_READS
