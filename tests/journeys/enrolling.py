"""The steps of the service without a screen: what a patient needs to have behind her before a story begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.visitor import Seen, Visitor
from tests.running import ZONE

DISCLOSURES = ["services-available", "cost-sharing", "one-practitioner", "right-to-stop"]
AGREES: dict[str, Any] = {"decision": "accept", "disclosure": DISCLOSURES}
"""What a nurse adds to the prefilled consent form when the patient agrees."""


def in_days(days: int) -> str:
    """A day of the practice's calendar as a form writes it."""
    return (datetime.now(ZoneInfo(ZONE)) + timedelta(days=days)).date().isoformat()


def on_day(days_ago: int, start: str = "09:00") -> dict[str, str]:
    """The time of a contact on an earlier day, so that it lies over no other of the same person."""
    return {"date": in_days(-days_ago), "start": start, "late_reason": "The line was down."}


def plan() -> dict[str, Any]:
    """What a nurse adds to the prefilled care-plan form."""
    return {
        "what_matters": "Being there for the grandchildren",
        "goal_words": "Walk to church and back",
        "goal_text": "Walks 20 minutes on five days a week",
        "measure": "own",
        "own_measure": "Minutes walked in a row",
        "own_target": "20 minutes",
        "target_due": in_days(60),
        "goal_how": "Walks to the corner and back",
        "goal_by": "patient",
        "importance": "9",
        "confidence": "6",
        "to_do_text": "Call about the first walk",
        "to_do_due": in_days(7),
        "to_do_owner": "care-manager",
        "agreed": "yes",
    }


def filed(receipt: Seen) -> Seen:
    """The receipt, once it is seen to be one."""
    assert (receipt.status, "Filed in the chart" in receipt.words) == (200, True), receipt.words
    return receipt


def enrol(nurse: Visitor, patient_id: str) -> Seen:
    """Launches the patient and records consent; her Today."""
    today = nurse.launch(patient_id)
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/consent"), **AGREES))
    return today


def enrol_with_plan(nurse: Visitor, patient_id: str) -> Seen:
    """Consent, and a care plan with one goal and one task; her Today."""
    today = enrol(nurse, patient_id)
    filed(nurse.send(nurse.get(f"/l/{today.launch_id}/care-plan"), **plan()))
    return today
