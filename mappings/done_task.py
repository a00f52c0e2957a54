"""What every Task of ours that was done in one moment says alike: of whom, by whom, when, and about which plan.

A step of the program, a decision, a review, a copy that was given: each has its own words and facts, and this frame.
Shape: https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from typing import Any

from mappings import dates
from mappings.authorship import (
    Authorship,
    encounter_reference,
    instant,
    patient_reference,
    user_reference,
)


def done_now(author: Authorship, *, plan: dict[str, Any] | None = None) -> dict[str, Any]:
    """The elements that such a Task shares; `plan` is a Reference to its CarePlan, if there is one."""
    moment = instant(author.now)
    return {
        "resourceType": "Task",
        "status": "completed",
        "intent": "order",
        "for": patient_reference(author),
        **encounter_reference(author),
        "executionPeriod": {"start": moment, "end": moment},
        "authoredOn": moment,
        "lastModified": moment,
        "requester": user_reference(author),
        "owner": user_reference(author),
        **({"basedOn": [plan], "focus": plan} if plan else {}),
    }


def signed(author: Authorship) -> list[tuple[str, str]]:
    """The first lines of its readable text: the patient, when, by whom."""
    when = f"{dates.day_words(author.now.date())}, {author.now:%H:%M}"
    return [("Patient", author.patient_name), ("When", when), ("By", author.user_name)]
