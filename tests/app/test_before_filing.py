"""Before Save it is said in words what will be filed, where and in what form: loudly once, then in small print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.enrolling import AGREES, enrol_with_plan, filed
from tests.journeys.visitor import Seen, Visitor
from tests.running import Practice, practice

GLORIA, WALTER = "gloria-reyes", "walter-boone"
RECORDS = (
    "Saving files the patient’s answer, the draft of a care plan (if agreed) and the enrollment step in the chart, each"
    " in a record of its own."
)
NOTE = (
    "Saving files the contact and the next task in the chart, as one note among the documents, which Chartside reads"
    " back."
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    with practice(tmp_path_factory.mktemp("before"), ehr={"authorize": "get"}) as made:
        yield made


def loud(form: Seen) -> list[str]:
    return form.all("before-filing")


def quiet(form: Seen) -> str:
    (say,) = form.all("action-bar__say")
    return say


def test_a_users_first_save_says_it_loudly_and_every_later_one_quietly(running: Practice) -> None:
    with Visitor(running) as nurse:
        today = nurse.launch(GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/consent")
        assert loud(form) == [f"What Save does here. {RECORDS}"]
        assert quiet(form) == ""
        filed(nurse.send(form, **AGREES))
        later = nurse.get(f"/l/{today.launch_id}/contact")
        assert loud(later) == []
        assert quiet(later).startswith(
            "Saving files the contact and the next task in the chart, each in a record"
        )
    with Visitor(running) as next_day:
        form = next_day.get(f"/l/{next_day.launch(WALTER).launch_id}/consent")
        assert (loud(form), quiet(form)) == ([], RECORDS)
    with Visitor(running) as another:
        form = another.get(f"/l/{another.launch(WALTER, user='assistant').launch_id}/contact")
        assert len(loud(form)) == 1


def test_looking_at_a_form_or_failing_to_save_it_is_no_first_save(running: Practice) -> None:
    with Visitor(running) as physician:
        today = physician.launch(WALTER, user="physician")
        for _ in range(2):
            form = physician.get(f"/l/{today.launch_id}/contact")
            assert len(loud(form)) == 1
        again = physician.send(form, minutes="")
        assert again.status == 422
        assert len(loud(again)) == 1


def test_a_goal_that_the_contact_may_change_is_named_among_what_is_filed(running: Practice) -> None:
    with Visitor(running) as nurse:
        today = enrol_with_plan(nurse, "harold-pike")
        form = nurse.get(f"/l/{today.launch_id}/contact")
        told = "each goal you mark, the next task and the start of regular follow-up in the chart"
        assert f"Saving files the contact, {told}" in quiet(form)
        close = nurse.get(f"/l/{today.launch_id}/care-plan/close")
        ends = (
            "the end of the plan, the end of 1 goal, 2 open tasks as called off and the outcome in the chart"
        )
        assert f"Saving files {ends}" in quiet(close)


def test_where_records_go_into_a_note_it_says_so_and_what_one_ehr_was_told_is_new_at_the_next(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("epic")
    with practice(folder, persona="epic", ehr={"authorize": "get"}) as epic, Visitor(epic) as nurse:
        today = nurse.launch(GLORIA)
        form = nurse.get(f"/l/{today.launch_id}/contact")
        assert loud(form) == [f"What Save does here. {NOTE}"]
        filed(nurse.send(form, minutes="7", note="About the log."))
        assert quiet(nurse.get(f"/l/{today.launch_id}/contact")) == NOTE
        assert NOTE in nurse.get(f"/l/{today.launch_id}/filed-here").words
