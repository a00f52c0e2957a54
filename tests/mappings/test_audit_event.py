"""The AuditEvent is valid R4 and names who, what, when and whose."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from mappings.audit_event import audit_event

NOW = datetime(2026, 11, 21, 9, 15, tzinfo=UTC)


@pytest.mark.requirement("client@62")
@pytest.mark.parametrize("user", ["Practitioner/17", None])
@pytest.mark.parametrize("records", [(), ("Task/812/_history/1", "Goal/7")])
def test_it_is_valid_and_says_who_what_when_and_whose(user: str | None, records: tuple[str, ...]) -> None:
    made = audit_event("C", patient_id="p1", user=user, recorded=NOW, records=records)
    # R4B changed nothing in AuditEvent that is used here.
    read = AuditEvent.model_validate(made)
    assert read.recorded == NOW
    assert [each.what.reference for each in read.entity] == ["Patient/p1", *records]
    assert (read.agent[0].who.reference if user else read.agent[0].who) == user
    assert read.agent[0].requestor
    assert read.action == "C"
    assert read.type.code == "110110"
