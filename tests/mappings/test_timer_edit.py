"""The clock set by hand: whole minutes that can have passed, and a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.timer_edit import parse_timer_edit
from tests.mappings.charts import NOW


@pytest.mark.parametrize(
    ("minutes", "reason", "fields"),
    [
        ("12", "Began earlier", set()),
        ("0", "Wrong patient", set()),
        ("250", "Began earlier", set()),
        ("251", "Began earlier", {"minutes"}),
        ("-1", "Began earlier", {"minutes"}),
        ("1500", "Began earlier", {"minutes"}),
        ("12.5", "Began earlier", {"minutes"}),
        ("", "Began earlier", {"minutes"}),
        ("12", " ", {"reason"}),
        ("twelve", "", {"minutes", "reason"}),
    ],
)
def test_a_fault_is_told_at_its_field(minutes: str, reason: str, fields: set[str]):
    sent = {"minutes": [minutes], "reason": [reason]}
    made = parse_timer_edit(sent, now=NOW, started=NOW - timedelta(minutes=10))
    assert set(made.errors) == fields
    assert (made.entry is None) is bool(fields)
    assert made.value("reason") == reason
