"""A receipt: what was filed, kept as JSON without anything clinical in it."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.ehr.receipt import Filed, Receipt

AT = datetime(2026, 11, 21, 9, 14, 30, tzinfo=ZoneInfo("America/New_York"))
TASK = Filed("Task/812", "1", "contact")
NEXT = Filed("Task/813", "1", "next task")
GOAL = Filed("Goal/4", "2", "goal update", updated=True)
PLAN = Filed("CarePlan/2", "1", "care plan")


@pytest.mark.parametrize(
    ("filed", "words"),
    [
        ((TASK,), "Task"),
        ((TASK, NEXT), "Task"),
        ((TASK, GOAL, NEXT), "Goal and Task"),
        ((TASK, GOAL, PLAN), "CarePlan, Goal and Task"),
        ((), ""),
    ],
)
def test_a_receipt_says_in_which_form_it_was_filed(filed, words):
    assert Receipt(filed, AT).form == words


@pytest.mark.parametrize("again", [True, False])
def test_a_receipt_survives_the_store_as_json(again):
    receipt = Receipt((TASK, GOAL), AT, again=again)
    assert Receipt.from_json(json.loads(json.dumps(receipt.to_json()))) == receipt


def test_a_kept_receipt_has_its_moment_with_the_zone_of_the_ehr():
    kept = Receipt.from_json(Receipt((TASK,), AT).to_json())
    assert kept.at.isoformat() == "2026-11-21T09:14:30-05:00"


def test_a_kept_receipt_holds_ids_versions_and_kinds_alone():
    assert Receipt((GOAL,), AT).to_json() == {
        "filed": [
            {
                "reference": "Goal/4",
                "version_id": "2",
                "kind": "goal update",
                "updated": True,
                "rung": "record",
            }
        ],
        "at": "2026-11-21T09:14:30-05:00",
        "again": False,
    }
