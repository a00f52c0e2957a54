"""What a page about something that went wrong must be: plain, with a next step, and silent about the fault itself."""

from __future__ import annotations

import re

from tests.journeys.visitor import Seen

NEXT_STEPS = (
    "Go back to the chart",
    "Wait a minute",
    "Ask your IT administrator",
    "Try again in",
    "with the link below",
)
TRACES = ("Traceback", 'File "', "werkzeug", "Error:", "Exception", "Proxy login", "<script")
HTML = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Proxy login</h1></body></html>"
"""What a proxy answers in the EHR's place."""


def assert_plain(seen: Seen, status: int, sentence: str) -> None:
    """A page of ours with this status: this sentence, a next step and a reference, and nothing of the fault itself."""
    assert seen.status == status, seen.words
    assert sentence in seen.words
    assert any(step in seen.words for step in NEXT_STEPS), seen.words
    assert re.search(r"Reference for your IT administrator: [0-9A-F]{4}-[0-9A-F]{4}", seen.words)
    assert [trace for trace in TRACES if trace in seen.text.replace("<script src", "")] == []
    assert seen.headers["Cache-Control"] == "no-store"
    assert len(seen.words) < 900
