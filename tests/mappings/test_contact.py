"""A contact: five facts in, one valid Task out with its goal progress and next task, read back the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fhir_profiles.terminology import codes
from mappings.contact import ContactView, contact_views, contacts
from mappings.contact_save import contact_defaults, contact_resources, parse_contact
from mappings.identity import kind_words
from mappings.reading import ReadStatus
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import (
    CONTACT,
    DIABETES,
    FORM,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
    without_outputs,
)

NEXT_WEEK = NOW + timedelta(days=9)


def enrolled(lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    shelf.plan()
    return shelf


def test_a_note_into_which_an_earlier_contact_was_pasted_is_still_shown():
    shelf = Shelf()
    shelf.contact(minutes=["12"])
    earlier = only_view(shelf).resource["note"][0]["text"]
    shelf = Shelf()
    shelf.contact(minutes=["5"], start=["09:02"], end=["09:07"], note=[f"As last time:\n{earlier}"])
    assert only_view(shelf).note == f"As last time:\n{earlier}"
    assert only_view(shelf).minutes == 5


def only_view(shelf: Shelf) -> ContactView:
    (row,) = contact_views(shelf.chart(), NOW)
    return row


@pytest.mark.parametrize("result", codes("contact-result"))
@pytest.mark.parametrize("mode", codes("contact-mode"))
def test_every_kind_of_contact_is_valid(mode: str, result: str):
    filed = enrolled().contact(mode=[mode], result=[result])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)


@pytest.mark.parametrize(
    ("result", "status", "reached"),
    [
        ("talked", "completed", True),
        ("refused", "completed", True),
        ("left-message", "failed", False),
        ("no-answer", "failed", False),
        ("no-show", "failed", False),
        ("rescheduled", "cancelled", False),
    ],
)
def test_the_status_follows_the_result_and_a_try_says_why(result: str, status: str, reached: bool):
    shelf = enrolled()
    task = shelf.contact(result=[result])[0]
    assert task["status"] == status
    assert ("statusReason" in task) is not reached
    assert task["businessStatus"]["coding"][0]["code"] == result
    assert only_view(shelf).reached is reached


def test_a_contact_holds_clock_time_minutes_and_the_plan_it_belongs_to():
    shelf = enrolled()
    task = shelf.contact()[0]
    assert task["executionPeriod"] == {
        "start": "2026-11-21T09:02:00-05:00",
        "end": "2026-11-21T09:14:00-05:00",
    }
    outputs = {each["type"]["coding"][0]["code"]: each for each in task["output"]}
    assert outputs["minutes"]["valueInteger"] == 12
    assert outputs["next-date"]["valueDate"] == "2026-12-08"
    assert task["basedOn"][0]["reference"] == f"CarePlan/{shelf.only('CarePlan')['id']}"
    assert task["owner"]["reference"] == "Practitioner/nurse"
    assert "encounter" not in task


def test_the_launchs_visit_is_named_where_there_is_one():
    chart = enrolled().chart()
    entry = entry_of(parse_contact(CONTACT, chart=chart, now=NOW))
    task = contact_resources(entry, chart, author(encounter="e1"), FORM)[0]
    assert task["encounter"] == {"reference": "Encounter/e1"}
    assert problems_of(task) == []


@pytest.mark.parametrize("user", [None, "PractitionerRole/7", "Patient/p1"])
def test_whoever_signs_the_record_is_valid(user: str | None):
    chart = enrolled().chart()
    entry = entry_of(parse_contact(CONTACT, chart=chart, now=NOW))
    for resource in contact_resources(entry, chart, author(user=user), FORM):
        assert problems_of(resource) == []


def test_a_contact_never_rewrites_the_plan():
    shelf = enrolled()
    before = shelf.only("CarePlan")
    assert "CarePlan" not in {each["resourceType"] for each in shelf.contact()}
    assert shelf.only("CarePlan") == before


def test_the_text_alone_tells_who_when_what_minutes_and_next():
    shelf = enrolled()
    goal = shelf.only("Goal")["id"]
    div = shelf.contact(**{f"progress.{goal}": ["better"], "not_chronic_care": ["on"]})[0]["text"]["div"]
    for words in (
        "Margery Gibson",
        "21 Nov 2026, 09:02 to 09:14",
        "Dana Whitfield RN",
        "Phone",
        "Talked",
        "Education and follow-up",
        "12",
        "8 Dec 2026",
        "no, not chronic care",
        "Walk to church and back: better",
        "She checks her fasting glucose daily.",
    ):
        assert words in div


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"result": ["left-message"], "minutes": ["2"]},
        {"mode": ["home"], "with": ["caregiver"], "not_chronic_care": ["on"]},
        {
            "next_date": [""],
            "no_next_reason": ["She will call; not before March"],
            "note": ["line 1\nline 2"],
        },
    ],
)
@pytest.mark.parametrize("lose", [without_extensions, without_outputs, without_meta, without_identifiers])
def test_a_contact_comes_back_the_same_whatever_the_server_lost(
    lose: Callable[[Resource], Resource], changes: dict[str, Sequence[str]]
):
    def seen(shelf: Shelf) -> ContactView:
        shelf.contact(**changes)
        return replace(only_view(shelf), resource={})

    assert seen(enrolled(lose)) == seen(enrolled())


def test_what_is_shown_of_a_contact():
    shelf = enrolled()
    shelf.contact(note=["line 1\r\nline 2"])
    row = only_view(shelf)
    assert (row.when_words, row.clock_words, row.minutes) == ("today", "09:02 to 09:14", 12)
    assert (row.mode_words, row.with_words, row.result_words) == ("Phone", "Patient", "Talked")
    assert (row.service_words, row.by, row.next_words) == (
        "Education and follow-up",
        "Dana Whitfield RN",
        "8 Dec 2026",
    )
    assert row.note == "line 1\nline 2"
    assert row.when == datetime(2026, 11, 21, 9, 2, tzinfo=NEW_YORK)


def test_contacts_are_newest_first_and_mistaken_ones_are_gone():
    shelf = enrolled()
    shelf.contact(note=["first"])
    shelf.contact(now=NEXT_WEEK, date=["2026-11-30"], note=["second"])
    assert [row.note for row in contacts(shelf.chart(), NOW).rows] == ["second", "first"]
    task = contact_views(shelf.chart(), NOW)[0].resource
    shelf.kept[f"Task/{task['id']}"] = {**task, "status": "entered-in-error"}
    assert [row.note for row in contacts(shelf.chart(), NOW).rows] == ["first"]


def test_a_copy_made_by_a_retry_counts_once():
    shelf = enrolled()
    task = shelf.contact()[0]
    shelf.kept["Task/copy"] = {**task, "id": "copy"}
    assert len(contact_views(shelf.chart(), NOW)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"output": "broken", "note": []},
        {"output": [{"type": {}, "valueInteger": "many"}], "note": [{"text": 7}]},
        {"executionPeriod": None},
        {"executionPeriod": {"start": "2026"}},
        {"owner": None, "businessStatus": None},
    ],
)
def test_a_damaged_contact_is_still_shown(damage: dict[str, Any]):
    shelf = enrolled()
    task = shelf.contact()[0]
    shelf.kept[f"Task/{task['id']}"] = {**task, **damage}
    assert only_view(shelf).id == task["id"]


def test_progress_and_ruler_of_a_goal_are_filed_with_the_contact():
    shelf = enrolled()
    goal = shelf.only("Goal")["id"]
    values = {f"progress.{goal}": ["better"], f"importance.{goal}": ["9"], f"confidence.{goal}": ["8"]}
    chart = shelf.chart()
    entry = entry_of(parse_contact({**CONTACT, **values, "next_date": ["2026-12-10"]}, chart=chart, now=NOW))
    resources = contact_resources(entry, chart, author(), FORM)
    assert [kind_words(each) for each in resources] == [
        "contact",
        "goal update",
        "next task",
        "enrollment step",
    ]
    shelf.file(resources)
    assert shelf.only("Goal")["achievementStatus"]["coding"][0]["code"] == "improving"
    assert shelf.only("Goal")["meta"]["versionId"] == "2"


def to_do_of(shelf: Shelf) -> Resource:
    tasks = shelf.chart().resources("Task")
    return next(each for each in tasks if each.get("description") == "Call about the glucose log")


@pytest.mark.parametrize(
    ("result", "status"),
    [("talked", "completed"), ("refused", "completed"), ("no-answer", "cancelled"), ("rescheduled", "cancelled")],
)  # fmt: skip
def test_the_task_that_a_contact_answers_is_done_or_called_off_for_the_next_try(result: str, status: str):
    shelf = enrolled()
    task = to_do_of(shelf)
    filed = shelf.contact(answers=[task["id"]], result=[result], next_date=["2026-12-10"])
    answered = next(each for each in filed if each["id"] == task["id"])
    assert (answered["status"], problems_of(answered)) == (status, [])
    assert len(filed) == (4 if result == "talked" else 3)


def under_way() -> Shelf:
    """A plan under which a first contact took place."""
    shelf = enrolled()
    shelf.contact(start=["08:00"], end=["08:10"], minutes=["10"], next_date=["2026-12-08"])
    return shelf


def test_a_next_contact_that_stays_open_for_the_same_day_is_not_made_twice():
    assert len(under_way().contact(next_date=["2026-12-08"])) == 1
    assert len(under_way().contact(next_date=["2026-12-09"])) == 2


def test_what_was_typed_about_the_next_contact_is_filed_beside_another_task_of_that_day():
    shelf = under_way()
    assert len(shelf.contact(next_date=["2026-12-08"], next_text=["Ask about the ride"])) == 2
    assert len(shelf.contact(next_date=["2026-12-08"], next_text=["Call about the glucose log"])) == 1


def test_before_consent_a_contact_is_documented_and_its_text_says_that_it_does_not_count():
    shelf = Shelf()
    task = shelf.contact()[0]
    assert problems_of(task) == []
    assert "basedOn" not in task
    assert "these minutes do not count" in task["text"]["div"]
    assert "these minutes do not count" not in enrolled().contact()[0]["text"]["div"]


def test_where_consent_is_unknown_the_text_claims_nothing():
    chart = Shelf().chart(Consent=ReadStatus.COULD_NOT_READ)
    entry = entry_of(parse_contact(CONTACT, chart=chart, now=NOW))
    assert "do not count" not in contact_resources(entry, chart, author(), FORM)[0]["text"]["div"]


def test_goals_and_tasks_of_others_cannot_be_changed_through_the_form():
    theirs = [
        {"resourceType": "Goal", "id": "g9", "lifecycleStatus": "active"},
        {"resourceType": "Task", "id": "t9", "status": "requested"},
    ]
    chart = Shelf(*theirs).chart()
    sent = parse_contact({**CONTACT, "answers": ["t9"], "progress.g9": ["met"]}, chart=chart, now=NOW)
    assert set(sent.errors) == {"answers", "progress.g9"}


def test_the_form_opens_ready_to_be_sent():
    chart = enrolled().chart()
    timed = contact_defaults(chart, now=NOW, started=NOW - timedelta(minutes=12, seconds=40), seconds=760)
    assert (timed["timer_start"], timed["minutes"], timed["date"]) == (("09:01",), ("12",), ("2026-11-21",))
    assert parse_contact(timed, chart=chart, now=NOW).errors == {}
    assert set(parse_contact(contact_defaults(chart, now=NOW), chart=chart, now=NOW).errors) == {"minutes"}


@pytest.mark.requirement("domain@66")
def test_a_begun_minute_is_one_and_a_begun_second_minute_is_not():
    for seconds, minutes in ((0, "1"), (59, "1"), (119, "1"), (120, "2")):
        assert contact_defaults(Shelf().chart(), now=NOW, started=NOW, seconds=seconds)["minutes"] == (
            minutes,
        )


def test_a_planned_contact_gives_the_next_day_and_a_due_one_is_ticked_as_answered():
    shelf = enrolled()
    ahead = contact_defaults(shelf.chart(), now=NOW)
    assert (ahead["next_date"], ahead["answers"]) == (("2026-12-08",), ())
    due = contact_defaults(shelf.chart(), now=datetime(2026, 12, 7, 9, tzinfo=NEW_YORK))
    assert (due["next_date"], due["answers"]) == (("2026-12-24",), (to_do_of(shelf)["id"],))


@pytest.mark.parametrize(
    ("minutes", "start", "end"),
    [
        ("12", "09:01", "09:13"),
        ("5", "09:01", "09:06"),
        # More minutes than the timer ran: it was started late, and the contact ended now.
        ("30", "08:43", "09:13"),
    ],
)
def test_the_timer_gives_the_start_unless_more_minutes_are_meant(minutes: str, start: str, end: str) -> None:
    now = NOW.replace(hour=9, minute=13, second=0)
    values = {**contact_defaults(Shelf().chart(), now=now), "timer_start": ("09:01",), "minutes": (minutes,)}
    entry = parse_contact(values, chart=Shelf().chart(), now=now).entry
    assert entry is not None
    assert (f"{entry.start:%H:%M}", f"{entry.end:%H:%M}", entry.minutes) == (start, end, int(minutes))
