"""Whether two values say the same: texts, numbers, times and references as servers rewrite them."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.same_value import same, same_reference


@pytest.mark.parametrize(
    ("sent", "held", "equal"),
    [
        ("2026-11-21T09:02:00-05:00", "2026-11-21T14:02:00Z", True),
        ("2026-11-21T09:02:00-05:00", "2026-11-21T14:02:00.417+00:00", True),
        ("2026-11-21T09:02:00-05:00", "2026-11-21T09:02:00Z", False),
        ("2026-11-21T09:02:00-05:00", "2026-11-21T09:02:00", False),
        ("2026-11-21T09:02:00-05:00", "2026-11-21", False),
        ("2026-11-21", "2026-11-21T00:00:00-05:00", True),
        ("2026-11-21", "2026-11-21T00:00:00Z", False),
        ("2026-11-21", "2026-11", False),
        ("2026-11", "2026-11-01", False),
        ("She walks\nnow.", "She walks now. ", True),
        ("Caf\u00e9", "Cafe\u0301", True),
        ("Walks", "walks", False),
        (8, 8.0, True),
        (True, 1, False),
        (1, True, False),
        ("8", 8, False),
    ],
)
def test_two_values_say_the_same(sent: Any, held: Any, equal: bool) -> None:
    assert same(sent, held) is equal


@pytest.mark.parametrize(
    ("sent", "held", "equal"),
    [
        ("Task/1", "https://ehr.example/fhir/Task/1", True),
        ("Task/1", "Task/1/_history/3", True),
        ("Task/1", "Task/11", False),
        ("Task/1", "Goal/1", False),
        ("urn:uuid:1", "Task/1", True),
        ("urn:uuid:1", "", False),
        ("#answers", "#answers", True),
        ("#answers", "#other", False),
        ("x", "y", False),
    ],
)
def test_two_references_lead_to_one_record(sent: str, held: str, equal: bool) -> None:
    assert same_reference(sent, held) is equal
