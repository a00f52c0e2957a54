"""What became of cards, counted by kind, outcome and reason: nothing of a patient, a user or a comment.

What a user wrote beside a reason (`userComment`) may say anything about a patient: it is not even read.
https://cds-hooks.hl7.org/2.0/#feedback
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.cds_hooks.answer import kind_of
from app.cds_hooks.call import read_json
from app.cds_hooks.errors import CallUnreadable
from fhir_profiles import canonical
from fhir_profiles.terminology import codes

OUTCOMES = ("accepted", "overridden")
OTHER = "other"
MOST = 200
Counts = Counter[tuple[str, str, str]]


def read_feedback(body: bytes) -> Counts:
    """How often each (kind of card, outcome, code of the reason) is told; a kind or a code not ours is "other".

    Raises CallUnreadable with the name of what is wrong.
    """
    told = read_json(body)
    items = told.get("feedback") if isinstance(told, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= MOST:
        raise CallUnreadable("feedback")
    return Counter(_counted(item) for item in items)


def _counted(item: Any) -> tuple[str, str, str]:
    if not isinstance(item, dict) or not isinstance(item.get("card"), str):
        raise CallUnreadable("feedback.card")
    outcome = item.get("outcome")
    if outcome not in OUTCOMES:
        raise CallUnreadable("feedback.outcome")
    return kind_of(item["card"]) or OTHER, str(outcome), _reason(item.get("overrideReason"))


def _reason(given: Any) -> str:
    """The code of one of our reasons; OTHER for one that is not ours, "" for none."""
    reason = given.get("reason") if isinstance(given, dict) else None
    if not isinstance(reason, dict):
        return ""
    ours = reason.get("system") == canonical.code_system("card-override-reason")
    code = reason.get("code")
    return code if ours and isinstance(code, str) and code in codes("card-override-reason") else OTHER
