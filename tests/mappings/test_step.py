"""Steps under a plan: from which state to which, what the plan becomes, and what is planned before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fhir_profiles.terminology import codes
from mappings.chart import Chart
from mappings.element import as_text
from mappings.enrolment import ENDED, enrolment_view, pause_note
from mappings.enrolment_state import state_steps
from mappings.identity import kind_words
from mappings.reading import Reading, ReadStatus
from mappings.step import FURTHER, UNTIL, may_step, offered_steps, parse_step, step_defaults
from mappings.step_form import FIELDS
from mappings.step_rules import STEP_STATES, offered_from, step_rules
from mappings.to_do import open_to_dos, to_do_view
from tests.mappings.following import close, contact, day, planned, step
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)


def state(shelf: Shelf, number: int) -> str:
    return enrolment_view(shelf.chart(), now=day(number)).state


def open_ones(shelf: Shelf, number: int, kind: str = "next-contact") -> list[str]:
    rows = [to_do_view(task, now=day(number)) for task in open_to_dos(shelf.chart())]
    return [str(row.due) for row in rows if row.kind == kind]


def test_the_file_and_the_list_of_states_agree():
    assert set(STEP_STATES) == {rule.to for rule in step_rules()}
    assert set(STEP_STATES) <= set(codes("enrolment-state"))


OFFERED = {
    "": set(),
    "referred": set(),
    "consented": set(),
    "assessed": set(),
    "plan-active": {"paused", "maintenance", "in-control", "closing"},
    "following": {"paused", "maintenance", "in-control", "closing"},
    "maintenance": {"paused", "in-control", "closing", "following"},
    "in-control": {"paused", "maintenance", "closing", "following"},
    "closing": {"paused", "maintenance", "in-control", "following"},
    "paused": {"following"},
    **{each: set() for each in sorted(ENDED)},
}


@pytest.mark.requirement("domain@60", "domain@61")
@pytest.mark.parametrize(("start", "offered"), OFFERED.items())
def test_from_each_state_only_these_steps_are_offered(start: str, offered: set[str]):
    assert set(offered_from(start)) == offered


@pytest.mark.requirement("domain@60")
def test_the_course_of_the_flow_map_is_filed_step_by_step_with_a_reason_each_time():
    shelf = planned()
    assert state(shelf, 0) == "plan-active"
    contact(shelf, 1, progress=["better"])
    assert state(shelf, 1) == "following"
    contact(shelf, 15, progress=["met"])
    for number, to in ((16, "maintenance"), (50, "in-control"), (80, "closing")):
        step(shelf, number, to, reason=[f"Because of {to}"])
        assert state(shelf, number) == to
    close(shelf, 100)
    steps = state_steps(shelf.chart())
    told = ["graduated", "closing", "in-control", "maintenance", "following", "plan-active", "consented"]
    assert [each.state for each in steps] == told
    assert [each.reason for each in steps[1:4]] == [
        "Because of closing",
        "Because of in-control",
        "Because of maintenance",
    ]
    assert steps[4].reason == "First contact under the agreed plan: phone, 22 Nov 2026"


@pytest.mark.parametrize(
    ("result", "whom", "after"),
    [
        ("talked", "patient", "following"),
        ("talked", "caregiver", "following"),
        ("talked", "provider", "plan-active"),
        ("talked", "agency", "plan-active"),
        ("no-answer", "patient", "plan-active"),
        ("refused", "patient", "plan-active"),
        ("rescheduled", "patient", "plan-active"),
    ],
)
def test_only_a_talk_with_the_patient_or_the_family_starts_regular_follow_up(
    result: str, whom: str, after: str
):
    shelf = planned()
    contact(shelf, 1, result=[result], **{"with": [whom]})
    assert state(shelf, 2) == after


def test_the_second_contact_and_one_without_a_plan_take_no_step():
    shelf = planned()
    contact(shelf, 1)
    assert "enrollment step" not in [kind_words({**each, "id": ""}) for each in contact(shelf, 2)]
    bare = Shelf(DIABETES)
    contact(bare, 1)
    assert state_steps(bare.chart()) == ()


@pytest.mark.parametrize("lose", [None, without_extensions, without_outputs, without_meta])
def test_a_pause_puts_the_plan_on_hold_calls_off_what_is_planned_and_is_read_back(
    lose: Callable[[Resource], Resource] | None,
):
    shelf = planned()
    shelf.lose = lose or shelf.lose
    contact(shelf, 1, next_date=["2026-12-10"])
    filed = step(shelf, 5, "paused", reason=["In rehabilitation"], until=["2027-01-08"])
    if lose is None:
        assert [problems_of(each) for each in filed] == [[]] * len(filed)
    plan = shelf.only("CarePlan")
    assert plan["status"] == "on-hold"
    assert plan["note"][-1]["text"] == "Paused on 26 Nov 2026 until 8 Jan 2027: In rehabilitation."
    assert "In rehabilitation" in plan["text"]["div"]
    view = enrolment_view(shelf.chart(), now=day(6))
    assert (view.state, view.history[0].reason) == ("paused", "In rehabilitation")
    assert view.history[0].facts[UNTIL] == "2027-01-08"
    assert "8 Jan 2027" in view.history[0].resource["text"]["div"]
    assert open_ones(shelf, 6) == ["2027-01-08"]
    assert pause_note(shelf.chart(), now=day(6)).startswith("The service is paused until 8 Jan 2027.")


def test_a_contact_planned_for_after_the_pause_stays():
    shelf = planned()
    contact(shelf, 1, next_date=["2027-02-01"])
    step(shelf, 5, "paused", until=["2027-01-08"])
    assert open_ones(shelf, 6) == ["2027-02-01", "2027-01-08"]


def test_resuming_makes_the_plan_active_and_plans_the_next_contact():
    shelf = planned()
    contact(shelf, 1)
    step(shelf, 5, "paused", until=["2027-01-08"])
    filed = step(shelf, 30, "following", reason=["Home again"], next_date=["2026-12-28"])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    assert shelf.only("CarePlan")["status"] == "active"
    assert shelf.only("CarePlan")["note"][-1]["text"] == "Resumed on 21 Dec 2026: Home again."
    assert (state(shelf, 30), open_ones(shelf, 30)) == ("following", ["2026-12-28"])
    assert pause_note(shelf.chart(), now=day(30)) == ""


def test_a_contact_may_be_documented_in_a_pause_and_does_not_end_it():
    shelf = planned()
    step(shelf, 5, "paused")
    contact(shelf, 7)
    assert state(shelf, 8) == "paused"


@pytest.mark.parametrize(
    ("status", "expected"), [("active", "following"), ("on-hold", "paused"), ("revoked", "terminated")]
)
def test_a_pause_that_was_ended_in_the_ehr_is_ended_here(status: str, expected: str):
    shelf = planned()
    step(shelf, 5, "paused")
    shelf.kept[f"CarePlan/{shelf.only('CarePlan')['id']}"]["status"] = status
    assert state(shelf, 6) == expected


@pytest.mark.requirement("domain@70")
@pytest.mark.parametrize(
    ("further", "words", "planned_days"),
    [
        ("yes", "Yes, wants to be contacted further", ["2027-01-20"]),
        ("no", "No, needs no more contacts", []),
        ("later", "Wants to think about it", ["2027-01-20"]),
    ],
)
def test_in_control_asks_whether_to_go_on_and_records_the_answer(
    further: str, words: str, planned_days: list[str]
):
    shelf = planned()
    contact(shelf, 1, progress=["met"])
    filed = step(shelf, 40, "in-control", further=[further], next_date=["2027-01-20"])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    last = state_steps(shelf.chart())[0]
    assert (last.state, last.facts[FURTHER]) == ("in-control", words)
    assert words in last.resource["text"]["div"]
    assert words in shelf.only("CarePlan")["note"][-1]["text"]
    assert open_ones(shelf, 41) == planned_days


@pytest.mark.requirement("domain@76")
def test_preparing_the_close_leaves_a_task_by_a_day_and_keeps_the_next_contact():
    shelf = planned()
    contact(shelf, 1, next_date=["2026-12-10"])
    step(shelf, 5, "closing", close_by=["2027-01-15"])
    assert "2026-12-10" in open_ones(shelf, 6)
    assert open_ones(shelf, 6, "closing-check") == ["2027-01-15"]


BAD: list[tuple[str, dict[str, Sequence[str]], str]] = [
    ("paused", {"reason": []}, "reason"),
    ("paused", {"until": []}, "until"),
    ("paused", {"until": ["2026-11-22"]}, "until"),
    ("paused", {"until": ["2029-01-01"]}, "until"),
    ("paused", {"until": ["31 Feb"]}, "until"),
    ("maintenance", {"further": []}, "further"),
    ("maintenance", {"further": ["perhaps"]}, "further"),
    ("maintenance", {"next_date": []}, "next_date"),
    ("closing", {"close_by": ["2020-01-01"]}, "close_by"),
    ("following", {}, "to"),
    ("graduated", {}, "to"),
    ("", {}, "to"),
]


@pytest.mark.parametrize(("to", "changes", "field"), BAD)
def test_bad_input_is_told_at_its_field(to: str, changes: dict[str, Sequence[str]], field: str):
    shelf = planned()
    good = {
        "reason": ["So"],
        "further": ["yes"],
        "until": ["2027-01-08"],
        "next_date": ["2027-01-08"],
        "close_by": ["2027-01-08"],
    }
    sent = parse_step({"to": [to], **good, **changes}, chart=shelf.chart(), now=day(1))
    assert set(sent.errors) == {field}
    assert {"to", *good} == set(FIELDS)


def test_who_needs_no_more_contacts_needs_no_next_day():
    sent = parse_step(
        {"to": ["in-control"], "reason": ["So"], "further": ["no"], "next_date": [""]},
        chart=planned().chart(),
        now=day(1),
    )
    assert sent.errors == {}


def test_the_form_opens_with_what_the_chart_knows():
    shelf = planned()
    contact(shelf, 1, progress=["met"])
    found = step_defaults(shelf.chart(), now=day(10), to="maintenance")
    assert found["reason"] == ("The goal is met since 22 Nov 2026",)
    assert found["next_date"] == (day(38).date().isoformat(),)
    assert step_defaults(shelf.chart(), now=day(10), to="paused")["reason"] == ("",)
    assert (
        step_defaults(shelf.chart(), now=day(10), to="closing")["close_by"][0] >= day(91).date().isoformat()
    )


def test_no_step_without_an_open_plan_that_is_seen():
    shelf = planned()
    died = {**MARGERY, "deceasedBoolean": True}
    assert may_step(Shelf().chart(), now=day(1)).reason.endswith("Open the plan first.")
    assert "has died" in may_step(shelf.chart(died), now=day(1)).reason
    for kind in ("CarePlan", "Task"):
        assert may_step(shelf.chart(**{kind: ReadStatus.COULD_NOT_READ}), now=day(1)).reason
    chart = shelf.chart()
    hidden = {
        kind: Reading(kind, ReadStatus.READ, (), ours_unseen=True) for kind in ("CarePlan", "Task", "Goal")
    }
    never_shown = Chart(chart.patient, {**chart.readings, **hidden})
    assert "does not show again" in may_step(never_shown, now=day(1)).reason
    assert offered_steps(never_shown, now=day(1)) == {}
    close(shelf, 3)
    assert not may_step(shelf.chart(), now=day(4))
    assert as_text(shelf.only("CarePlan")["status"]) == "completed"
