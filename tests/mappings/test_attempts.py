"""Tries that nobody answered: which count, which do not, and when they offer a discharge."""

from __future__ import annotations

import pytest

from mappings.attempts import Attempts, attempts
from mappings.contact import contact_views
from mappings.practice import Practice
from mappings.reading import ReadStatus
from tests.mappings.following import START, contact, day, planned
from tests.mappings.shelf import Shelf, problems_of

PRACTICE = Practice()


def tried(*stories: tuple[int, str], today: int = 30, practice: Practice = PRACTICE) -> Attempts:
    shelf = planned()
    for number, result in stories:
        contact(shelf, number, result=[result])
    return attempts(shelf.chart(), now=day(today), practice=practice, since=START)


@pytest.mark.requirement("domain@72")
@pytest.mark.parametrize(
    ("result", "status", "counts"),
    [
        ("left-message", "failed", True),
        ("no-answer", "failed", True),
        ("wrong-number", "failed", True),
        ("no-show", "failed", True),
        ("rescheduled", "cancelled", False),
        ("refused", "completed", False),
        ("talked", "completed", False),
    ],
)
def test_each_result_is_one_press_and_is_filed_with_its_time_and_reason(
    result: str, status: str, counts: bool
):
    shelf = planned()
    filed = contact(shelf, 3, result=[result])[0]
    assert (filed["status"], problems_of(filed)) == (status, [])
    assert filed["executionPeriod"]["start"].startswith("2026-11-24T09:00")
    assert ("statusReason" in filed) is (status != "completed")
    found = attempts(shelf.chart(), now=day(4), practice=PRACTICE)
    assert (len(found.rows), found.moved) == (int(counts), int(result == "rescheduled"))
    assert contact_views(shelf.chart(), day(4))[0].result == result


TABLE = [
    ([(1, "no-answer"), (8, "left-message"), (15, "wrong-number")], 3, True),
    ([(1, "no-answer"), (8, "left-message"), (15, "no-show")], 3, True),
    ([(1, "no-answer"), (8, "left-message")], 2, False),
    # Reached in between: the count begins anew.
    ([(1, "no-answer"), (8, "left-message"), (9, "talked"), (15, "no-answer")], 1, False),
    ([(1, "no-answer"), (8, "left-message"), (9, "refused"), (15, "no-answer")], 1, False),
    # Moved with the patient: neither counts nor ends the count.
    ([(1, "no-answer"), (8, "rescheduled"), (15, "no-answer"), (20, "no-answer")], 3, True),
    ([], 0, False),
]


@pytest.mark.requirement("domain@71")
@pytest.mark.parametrize(("stories", "count", "lost"), TABLE)
def test_the_rule_for_lost_to_follow_up(stories: list[tuple[int, str]], count: int, lost: bool):
    found = tried(*stories)
    assert (len(found.rows), found.lost) == (count, lost)


def test_tries_longer_ago_than_the_practice_says_do_not_count():
    stories = ((1, "no-answer"), (8, "no-answer"), (15, "no-answer"))
    assert not tried(*stories, today=40).lost
    assert tried(*stories, today=40, practice=Practice(lost_within_days=60)).lost
    assert tried(*stories[:2], practice=Practice(lost_after_attempts=2)).lost
    assert not tried(*stories, practice=Practice(lost_after_attempts=0)).lost


def test_a_call_to_somebody_else_is_neither_a_try_nor_an_answer():
    shelf = planned()
    for number in (1, 8):
        contact(shelf, number, result=["no-answer"])
    contact(shelf, 9, **{"with": ["provider"]})
    contact(shelf, 10, result=["no-answer"], **{"with": ["agency"]})
    assert len(attempts(shelf.chart(), now=day(12), practice=PRACTICE).rows) == 2


def test_tries_of_an_earlier_episode_do_not_count_in_the_next():
    shelf = planned()
    for number in (1, 2, 3):
        contact(shelf, number, result=["no-answer"])
    assert attempts(shelf.chart(), now=day(5), practice=PRACTICE, since=START).lost
    assert not attempts(shelf.chart(), now=day(5), practice=PRACTICE, since=day(4)).lost


def test_the_words_name_each_try_and_an_unread_chart_makes_nobody_lost():
    found = tried((1, "no-answer"), (8, "left-message"), (15, "no-show"))
    assert found.sentence == "3 tries since 22 Nov 2026 without an answer (no answer, left message, no show)."
    assert tried().sentence == ""
    unread = attempts(Shelf().chart(Task=ReadStatus.COULD_NOT_READ), now=day(1), practice=PRACTICE)
    assert (unread.known, unread.lost) == (False, False)
