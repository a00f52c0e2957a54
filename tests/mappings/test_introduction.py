"""An introduction is a step with its facts: who, how, when; read back whatever a server lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from mappings.attempts import attempts
from mappings.consent import parse_consent
from mappings.enrolment import enrolment_view
from mappings.introduction import introduced_day, introduction_resources, introductions
from mappings.introduction_form import may_introduce, parse_introduction
from mappings.practice import Practice
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    ACCEPT,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)

INTRODUCED: dict[str, Sequence[str]] = {
    "introduced_by": ["Dr Luis Alvarez"],
    "how": ["in-person"],
    "answer": ["interested"],
    "date": ["2026-11-20"],
    "note": ["Her daughter was there"],
}


def file(shelf: Shelf, now: Any = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
    entry = entry_of(parse_introduction({**INTRODUCED, **changes}, chart=shelf.chart(), now=now))
    return shelf.file(introduction_resources(entry, author(now), shelf.form_id()))


@pytest.mark.requirement("domain@44")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta, without_outputs])
def test_the_warm_hand_off_is_read_back_with_who_how_and_when(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    [step] = file(shelf)
    if lose is None:
        assert problems_of(step) == []
    [seen] = introductions(shelf.chart(), NOW)
    assert (seen.by, seen.how, seen.day) == (
        "Dr Luis Alvarez",
        "In person, with the patient",
        date(2026, 11, 20),
    )
    assert (seen.answer, seen.note) == ("Wants to hear more", "Her daughter was there")
    assert seen.sentence == "Introduced by Dr Luis Alvarez, in person, with the patient, on 20 Nov 2026."
    assert enrolment_view(shelf.chart(), now=NOW).state == "introduced"


def test_the_readable_text_tells_the_same():
    [step] = file(Shelf())
    for words in (
        "Dr Luis Alvarez",
        "In person",
        "20 Nov 2026",
        "Her daughter was there",
        "Dana Whitfield RN",
    ):
        assert words in step["text"]["div"]


@pytest.mark.requirement("domain@46")
def test_a_letter_may_bring_the_task_to_call_about_it():
    step, to_do = file(Shelf(), how=["letter"], answer=["unknown"], follow=["2026-12-01"])
    assert problems_of(to_do) == []
    assert to_do["description"] == "Call about the invitation to care management"
    assert to_do["restriction"]["period"]["end"] == "2026-12-01"
    assert "letter" in step["reasonCode"]["text"]


@pytest.mark.requirement("domain@46")
def test_the_tries_that_failed_before_the_letter_are_counted():
    shelf = Shelf()
    for ago, result in ((9, "no-answer"), (6, "left-message"), (2, "no-answer")):
        when = NOW - timedelta(days=ago)
        shelf.contact(
            now=when, date=[when.date().isoformat()], result=[result], next_date=["2026-11-30"], note=[""]
        )
    found = attempts(shelf.chart(), now=NOW, practice=Practice())
    assert len(found.rows) == 3
    assert found.sentence.startswith("3 tries since 12 Nov 2026 without an answer")


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"introduced_by": [""]}, "introduced_by", "Write who"),
        ({"how": ["smoke signals"]}, "how", "Choose"),
        ({"how": []}, "how", "Say how"),
        ({"answer": []}, "answer", "answered"),
        ({"date": [""]}, "date", "Give the day"),
        ({"date": ["2026-11-22"]}, "date", "still to come"),
        ({"date": ["2024-11-22"]}, "date", "more than a year"),
        ({"date": ["31 Nov"]}, "date", "not a date"),
        ({"follow": ["2026-11-20"]}, "follow", "today or a later day"),
        ({"follow": ["2028-11-20"]}, "follow", "within a year"),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str, says: str):
    errors = parse_introduction({**INTRODUCED, **changes}, chart=Shelf().chart(), now=NOW).errors
    assert set(errors) == {field}
    assert says in errors[field]


def test_a_day_before_birth_has_its_own_words():
    baby = {**MARGERY, "birthDate": "2026-11-20"}
    values = {**INTRODUCED, "date": ["2026-11-19"]}
    errors = parse_introduction(values, chart=Shelf().chart(baby), now=NOW).errors
    assert "before the patient was born (20 Nov 2026)" in errors["date"]


def test_an_answer_before_the_introduction_has_its_own_words():
    shelf = Shelf()
    file(shelf)
    early = parse_consent({**ACCEPT, "date": ["2026-11-19"], "time": [""]}, chart=shelf.chart(), now=NOW)
    assert early.errors["date"].startswith("Care management was introduced on 20 Nov 2026.")
    same_day = parse_consent({**ACCEPT, "date": ["2026-11-20"], "time": [""]}, chart=shelf.chart(), now=NOW)
    assert same_day.errors == {}


def test_an_introduction_of_an_earlier_episode_binds_no_answer():
    shelf = Shelf()
    file(shelf, now=NOW - timedelta(days=100), date=["2026-08-10"])
    shelf.consent(now=NOW - timedelta(days=99), decision=["decline"], date=["2026-08-14"])
    assert introduced_day(shelf.chart(), NOW) is None


def test_the_first_introduction_counts_when_it_was_repeated():
    shelf = Shelf()
    file(shelf)
    file(shelf, now=NOW + timedelta(hours=1), date=["2026-11-21"], how=["phone"])
    assert introduced_day(shelf.chart(), NOW) == date(2026, 11, 20)
    assert introductions(shelf.chart(), NOW)[0].how == "On the phone"


def test_nobody_is_introduced_who_has_agreed_died_or_whose_steps_are_dark():
    shelf = Shelf()
    shelf.consent()
    assert "nothing to introduce" in may_introduce(shelf.chart(), now=NOW).reason
    died = {**MARGERY, "deceasedBoolean": True}
    assert "has died" in may_introduce(Shelf().chart(died), now=NOW).reason
    dark = Shelf().chart(Task=ReadStatus.COULD_NOT_READ)
    assert "could not be seen" in may_introduce(dark, now=NOW).reason
    assert may_introduce(Shelf().chart(), now=NOW).allowed
