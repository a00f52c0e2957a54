"""What became of cards: counted, and nothing of a patient, a user or a comment stays behind."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from flask import Flask

from app.cds_hooks.answer import new_card_id
from app.cds_hooks.errors import CallUnreadable
from app.cds_hooks.feedback import read_feedback
from app.store import Store
from fhir_profiles import canonical
from tests.app.cds_hooks.caller import (
    SERVICE,
)

FEEDBACK = f"{SERVICE}/feedback"
TIME = "2026-11-20T10:05:31Z"


def told(card: str, reason: str | None = None, **more: Any) -> dict[str, Any]:
    coded = {"code": reason, "system": canonical.code_system("card-override-reason")}
    override = {"overrideReason": {"reason": coded, "userComment": "Margery says no"}} if reason else {}
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": TIME, **override, **more}


@pytest.mark.requirement("client@57")
def test_what_became_of_cards_is_counted_and_nothing_else_is_kept(
    app: Flask, ask: Any, log_lines: Any
) -> None:
    store: Store = app.extensions["chartside"].store
    card = new_card_id("not-enrolled")
    items = [
        told(card, "not-now"),
        told(new_card_id("not-enrolled"), "not-now"),
        told(new_card_id("minutes")),
        told(new_card_id("minutes"), "MARGERY"),
        told("f6b95768-b1c8-40dc-8385-bf3504b82ffb", outcome="accepted", acceptedSuggestions=[{"id": "x"}]),
        told("Margery Gibson"),
    ]
    before = log_lines()
    answer = ask({"feedback": items}, FEEDBACK)
    assert (answer.status_code, answer.json) == (200, {})
    lines = [json.loads(line) for line in log_lines()[len(before) :].splitlines()]
    counted = [
        (line["card"], line["outcome"], line.get("reason"), line["count"])
        for line in lines
        if line["event"] == "cds-feedback"
    ]
    assert counted == [
        ("minutes", "overridden", None, 1),
        ("minutes", "overridden", "other", 1),
        ("not-enrolled", "overridden", "not-now", 2),
        ("other", "accepted", None, 1),
        ("other", "overridden", None, 1),
    ]
    written = log_lines()
    for secret in ("Margery", "MARGERY", "Gibson", card):
        assert secret not in written
    assert {kind for kind in ("cds-card", "cds-feedback") if list(store.items(kind))} == set()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "the body"),
        ([], "feedback"),
        ({}, "feedback"),
        ({"feedback": []}, "feedback"),
        ({"feedback": [told("x")] * 201}, "feedback"),
        ({"feedback": ["x"]}, "feedback.card"),
        ({"feedback": [{**told("x"), "card": 7}]}, "feedback.card"),
        ({"feedback": [told("x", outcome="ignored")]}, "feedback.outcome"),
        ({"feedback": [told("x", outcome=["accepted"])]}, "feedback.outcome"),
    ],
)
def test_feedback_that_is_none_is_refused(body: Any, field: str) -> None:
    with pytest.raises(CallUnreadable) as raised:
        read_feedback(body if isinstance(body, bytes) else orjson.dumps(body))
    assert raised.value.detail == field


def test_a_refusal_is_answered_with_the_name_of_the_field(ask: Any) -> None:
    answer = ask({"feedback": []}, FEEDBACK)
    assert (answer.status_code, "feedback" in answer.json["error"]) == (400, True)
