"""Our own records are known again by any one mark, a retry makes the same ones, and copies are folded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from fhir_profiles import canonical
from mappings.identity import (
    US_CORE_GOAL,
    fold,
    full_url,
    identifier_value,
    is_ours,
    kind_words,
    own,
    record_identifier,
    reference_to,
    stamp,
    task_kind,
)
from tests.mappings.charts import chart_of

FORM = UUID("11111111-1111-4111-8111-111111111111")
TASK = {"resourceType": "Task", "status": "requested"}
CONTACT_CODE = {"coding": [{"system": canonical.code_system("task-code"), "code": "contact"}]}


def stamped(slot: str = "contact", **more: Any) -> dict[str, Any]:
    return {**stamp(TASK, profile="task-contact", form_id=FORM, slot=slot), **more}


def test_one_form_always_makes_the_same_identifiers_and_each_slot_its_own():
    assert record_identifier(FORM, "contact") == record_identifier(FORM, "contact")
    assert len({record_identifier(FORM, slot) for slot in ("contact", "goal-1", "goal-2", "care-plan")}) == 4
    assert UUID(record_identifier(FORM, "contact")).version == 5


def test_a_new_record_bears_profile_tag_and_identifier_and_no_id():
    task = stamped()
    assert task["meta"]["profile"] == [canonical.profile("task-contact")]
    assert task["meta"]["tag"] == [dict(canonical.TAG)]
    assert task["identifier"] == [
        {"system": canonical.IDENTIFIER_SYSTEM, "value": record_identifier(FORM, "contact")}
    ]
    assert "id" not in task
    assert full_url(task) == f"urn:uuid:{identifier_value(task)}"


@pytest.mark.parametrize(
    ("resource", "ours"),
    [
        ({"resourceType": "Goal", "meta": {"tag": [dict(canonical.TAG)]}}, True),
        ({"resourceType": "Goal", "meta": {"profile": [canonical.profile("goal")]}}, True),
        ({"resourceType": "Goal", "identifier": [{"system": canonical.IDENTIFIER_SYSTEM, "value": "x"}]}, True),
        ({"resourceType": "Task", "code": CONTACT_CODE}, True),
        ({"resourceType": "Goal", "meta": {"tag": [{"system": "other", "code": "chartside"}]}}, False),
        ({"resourceType": "Goal", "identifier": [{"system": "urn:mrn", "value": "x"}]}, False),
        ({"resourceType": "Goal", "meta": {"profile": [US_CORE_GOAL]}}, False),
        ({"resourceType": "Goal", "meta": "broken", "identifier": "broken"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_any_one_mark_makes_a_record_ours(resource: dict[str, Any], ours: bool):
    assert is_ours(resource) is ours


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ({"resourceType": "Task", "code": CONTACT_CODE}, "contact"),
        ({"resourceType": "Task", "meta": {"profile": [canonical.profile("task-to-do")]}}, "to-do"),
        ({"resourceType": "Task", "meta": {"profile": [canonical.profile("task-enrolment-state")]}}, "enrolment-state"),
        ({"resourceType": "Task", "code": {"text": "Fax the form"}}, ""),
        ({"resourceType": "Goal", "code": CONTACT_CODE}, ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_task_is_told_by_code_or_profile(resource: dict[str, Any], kind: str):
    assert task_kind(resource) == kind


def test_copies_of_one_identifier_fold_into_the_last_updated():
    first = stamped(id="1", meta={"lastUpdated": "2026-11-01T10:00:00Z"}, status="requested")
    second = stamped(id="2", meta={"lastUpdated": "2026-11-02T10:00:00Z"}, status="completed")
    other = stamped("next", id="3")
    assert fold([second, first, other]) == (second, other)
    assert fold([first, second]) == (second,)


def test_records_without_any_identity_are_all_kept():
    assert fold([{"resourceType": "Task"}, {"resourceType": "Task"}]) == (
        {"resourceType": "Task"},
        {"resourceType": "Task"},
    )


def test_what_was_entered_in_error_is_not_among_ours_even_when_an_older_copy_is_well():
    good = stamped(id="1", meta={"lastUpdated": "2026-11-01T10:00:00Z"})
    mistaken = stamped(id="2", meta={"lastUpdated": "2026-11-02T10:00:00Z"}, status="entered-in-error")
    assert own(chart_of(good, mistaken), "Task") == ()


def test_a_reference_is_by_id_once_there_is_one_and_by_urn_before():
    task = stamped()
    assert reference_to(task) == {"reference": full_url(task)}
    assert reference_to({**task, "id": "9"}, "the call") == {"reference": "Task/9", "display": "the call"}


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"resourceType": "CarePlan"}, "care plan"),
        ({"resourceType": "CarePlan", "id": "1"}, "care plan update"),
        ({"resourceType": "Consent"}, "consent"),
        ({"resourceType": "Task", "code": CONTACT_CODE}, "contact"),
        ({"resourceType": "Binary"}, "record"),
    ],
)
def test_every_record_has_a_plain_name(resource: dict[str, Any], words: str):
    assert kind_words(resource) == words
