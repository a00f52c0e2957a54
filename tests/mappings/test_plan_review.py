"""Looking the plan over is a record of its own: read back from its line, its reason kept, the plan untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from mappings.plan import plan_page
from mappings.plan_review import (
    parse_plan_review,
    plan_review_defaults,
    plan_review_resources,
    plan_reviews,
)
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)
from tests.mappings.test_plan_action import opened


def review(shelf: Shelf, days: int = 0, **changes: Sequence[str]) -> Resource:
    now = NOW + timedelta(days=days)
    sent = {**plan_review_defaults(now), **changes}
    entry = entry_of(parse_plan_review(sent, chart=shelf.chart(), now=now))
    (task,) = plan_review_resources(entry, shelf.chart(), author(now), shelf.form_id())
    assert problems_of(task) == []
    return shelf.file([task])[0]


@pytest.mark.requirement("domain@17")
@pytest.mark.parametrize("lose", [lambda each: each, without_meta, without_extensions, without_outputs])
def test_a_review_is_read_back_whatever_a_server_drops(lose: Callable[[Resource], Resource]):
    shelf = opened()
    shelf.lose = lose
    review(shelf, result=["changed"], what=["Walks: 10 minutes; not 20"], why=["Her knee: swollen"])
    (found,) = plan_reviews(shelf.chart(), NOW)
    assert (found.result, found.what, found.why) == (
        "changed",
        "Walks: 10 minutes, not 20",
        "Her knee: swollen",
    )
    assert (found.day, found.by, found.next_review) == (
        date(2026, 11, 21),
        "Dana Whitfield RN",
        date(2027, 2, 19),
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, set()),
        ({"result": []}, {"result"}),
        ({"result": ["changed"]}, {"what", "why"}),
        ({"next_review": [""]}, set()),
        ({"next_review": ["2026-11-21"]}, {"next_review"}),
        ({"next_review": ["2028-11-21"]}, {"next_review"}),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], fields: set[str]):
    sent = {**plan_review_defaults(NOW), **changes}
    assert set(parse_plan_review(sent, chart=opened().chart(), now=NOW).errors) == fields


@pytest.mark.parametrize(
    ("days", "words", "due"),
    [
        (0, "Last reviewed today", False),
        (1, "Last reviewed yesterday", False),
        (12, "Last reviewed 12 days ago", False),
        (90, "Last reviewed 90 days ago", False),
        (91, "Last reviewed 91 days ago", True),
    ],
)
def test_how_long_ago_the_plan_was_reviewed(days: int, words: str, due: bool):
    shelf = opened()
    review(shelf)
    page = plan_page(shelf.chart(), now=NOW + timedelta(days=days))
    assert (page.review_words, page.review_due) == (words, due)


def test_a_plan_never_reviewed_says_since_when_it_is_open():
    page = plan_page(opened().chart(), now=NOW + timedelta(days=3))
    assert (page.review_words, page.review_due) == ("Opened 3 days ago, not reviewed since", False)


def test_a_review_is_due_on_the_day_that_was_set_for_it():
    shelf = opened()
    review(shelf, next_review=["2026-12-01"])
    assert plan_page(shelf.chart(), now=NOW + timedelta(days=10)).review_due is False
    assert plan_page(shelf.chart(), now=NOW + timedelta(days=11)).review_due is True


def test_no_review_without_an_open_plan():
    sent = parse_plan_review(plan_review_defaults(NOW), chart=Shelf().chart(), now=NOW)
    assert sent.errors == {"form": "There is no open care plan. Open one first."}


def test_the_history_tells_who_did_what_when_and_why_the_last_first():
    shelf = opened()
    review(shelf, days=2)
    review(shelf, days=5, result=["changed"], what=["Smaller goal"], why=["Her knee"])
    history = plan_page(shelf.chart(), now=NOW + timedelta(days=6)).history
    assert [(each.what, each.why, each.by) for each in history][:2] == [
        ("Changed: Smaller goal", "Her knee", "Dana Whitfield RN"),
        ("Reviewed, no change", "", "Dana Whitfield RN"),
    ]
    assert {"Plan begun", "Action added: Call about the glucose log"} <= {each.what for each in history}
