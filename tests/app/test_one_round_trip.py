"""A save is one write at an EHR that takes transactions, whatever the form means: counted by the EHR, not the app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.benchmarks.saved_contact import PATIENT, enrolled, save_contact
from tests.ehr_line import Received
from tests.journeys.enrolling import AGREES, filed, on_day, plan
from tests.journeys.steps import contacts_of, ours
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice

HAROLD = "harold-pike"
READ_BEFORE = {"CarePlan", "Consent", "Goal", "Patient", "Task"}
"""What a contact form is checked against at the moment it is saved."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Practice, Visitor, Seen]]:
    with enrolled(tmp_path_factory.mktemp("practice")) as opened:
        yield opened


def writes(received: list[Received]) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in received if each.method in WRITES and "/fhir" in each.path]


@pytest.mark.requirement("client@44")
def test_a_contact_with_progress_and_the_next_task_is_one_write_and_is_not_asked_after(office) -> None:
    running, nurse, today = office
    saved = save_contact(running, nurse, today)

    assert writes(list(saved.received)) == [("POST", "/fhir")]
    # The contact, the next task and the start of follow-up; the goal's progress and the task that the contact answers.
    assert sorted(saved.written) == [*["POST Task"] * 3, "PUT Goal", "PUT Task"]
    # Read side by side before it, each once; what the EHR kept is in its answer, so nothing follows.
    *read, last = saved.received
    assert last == saved.writes[0]
    assert Counter(each.path.split("/")[2] for each in read) == Counter(READ_BEFORE)
    (goal,) = [each for each in running.held("Goal", PATIENT) if ours(each)]
    assert goal["meta"]["versionId"] == "2"
    assert len(contacts_of(running, PATIENT)) == 1


def test_the_same_press_again_writes_nothing(office) -> None:
    running, nurse, today = office
    form = nurse.get(f"/l/{today.launch_id}/contact")
    filed(nurse.send(form, minutes="3", **on_day(2)))
    before = len(running.line.received)

    filed(nurse.send(form, minutes="3", **on_day(2)))

    assert writes(running.line.received[before:]) == []


def test_every_other_form_is_one_write_as_well(office) -> None:
    running, nurse, _ = office
    today = nurse.launch(HAROLD)
    seen = []
    for path, typed in (
        ("consent", AGREES),
        ("care-plan", plan()),
        ("care-plan/close", {"outcome": "graduated", "reason": "goals-met"}),
    ):
        form = nurse.get(f"/l/{today.launch_id}/{path}")
        finals = {f"final.{goal['id']}": "met" for goal in running.held("Goal", HAROLD) if ours(goal)}
        before = len(running.line.received)
        filed(nurse.post(form.url, form.form() | typed | finals))
        seen.append(writes(running.line.received[before:]))

    assert seen == [[("POST", "/fhir")]] * 3
