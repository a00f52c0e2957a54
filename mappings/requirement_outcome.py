"""How the tests that prove a requirement last ended, as a text that one program writes and another reads.

The text is `{"tests": {NODE_ID: {"outcome": "passed" | "failed" | "skipped", "day": "2026-11-21", "digest": DIGEST}}}`,
NODE_ID as pytest writes it. An outcome counts only while the test's file is the one that was run: DIGEST is the first
half of the SHA-256 of its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date

MARKER = "requirement"
"""The name of the pytest marker."""

OUTCOMES_FILE = ".chartside/requirements.json"
"""Where the text is kept, below the root of the checkout."""

Row = Mapping[str, str]


def digest(content: bytes) -> str:
    """What identifies a test file's content."""
    return hashlib.sha256(content).hexdigest()[:32]


def outcome_row(outcome: str, day: date, content: bytes) -> Row:
    """How a test ended on a day, with the content of its file as it was run."""
    return {"outcome": outcome, "day": day.isoformat(), "digest": digest(content)}


def outcomes_text(rows: Mapping[str, Row]) -> str:
    """The rows, by node id, as they are kept."""
    return json.dumps({"tests": dict(sorted(rows.items()))}, indent=1)


def parse_outcomes(text: str) -> dict[str, Row]:
    """The rows of a kept text, by node id; rows that are none are left out, and a damaged text holds none."""
    try:
        tests = json.loads(text)["tests"]
        return {test: row for test, row in tests.items() if _is_row(row)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or row.get("outcome") not in ("passed", "failed", "skipped"):
        return False
    try:
        date.fromisoformat(row.get("day", ""))
    except (TypeError, ValueError):
        return False
    return True
