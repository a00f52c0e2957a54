"""The way as a picture: only what a step says is drawn as reached, and every end has its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mappings.enrolment import enrolment_view
from mappings.enrolment_path import history, path, this_episode
from mappings.enrolment_state import state_task
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Shelf, author


def stepped(*states: str, shelf: Shelf | None = None) -> Shelf:
    """A shelf on which these steps were filed, a day apart."""
    kept = shelf or Shelf(DIABETES)
    for number, state in enumerate(states):
        kept.file(
            [
                state_task(
                    state, author(NOW + timedelta(days=number)), kept.form_id(), reason=f"Because {state}"
                )
            ]
        )
    return kept


def drawn(kept: Shelf, days: int = 30) -> dict[str, str]:
    now = NOW + timedelta(days=days)
    return {stage.state: stage.standing for stage in path(enrolment_view(kept.chart(), now=now), now=now)}


AHEAD = dict.fromkeys(
    (
        *("identified", "referred", "introduced", "consented", "assessed", "plan-active", "following"),
        *("maintenance", "in-control", "closing", "graduated"),
    ),
    "ahead",
)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), {**AHEAD, "referred": "ahead"}),
        (("identified",), {**AHEAD, "identified": "here", "referred": "ahead"}),
        (("referred",), {**AHEAD, "identified": "passed", "referred": "here"}),
        (("identified", "referred", "introduced"),
         {**AHEAD, "identified": "reached", "referred": "reached", "introduced": "here"}),
    ],
)  # fmt: skip
def test_what_is_reached_passed_here_and_ahead(states: tuple[str, ...], expected: dict[str, str]) -> None:
    assert drawn(stepped(*states)) == expected


def test_a_pause_stands_beside_the_way_and_hides_nothing_that_was_reached() -> None:
    found = drawn(stepped("referred", "following", "paused"))
    assert (found["referred"], found["following"], found["maintenance"]) == ("reached", "reached", "ahead")
    assert "here" not in found.values()


@pytest.mark.parametrize("end", ["declined", "stopped", "lost-to-follow-up", "transferred", "terminated"])
def test_another_end_than_graduation_ends_the_picture(end: str) -> None:
    found = drawn(stepped("referred", "introduced", end))
    assert list(found.items()) == [
        ("identified", "passed"),
        ("referred", "reached"),
        ("introduced", "reached"),
        (end, "here"),
    ]


def test_graduation_is_the_last_stage() -> None:
    found = drawn(stepped("identified", "graduated"))
    assert list(found)[-1] == "graduated"
    assert found["graduated"] == "here"
    assert "ahead" not in found.values()


def test_a_new_referral_begins_a_new_picture_and_the_history_shows_the_old() -> None:
    kept = stepped("identified", "introduced", "declined", "referred")
    assert drawn(kept)["introduced"] == "ahead"
    assert drawn(kept)["referred"] == "here"
    now = NOW + timedelta(days=9)
    lines = history(enrolment_view(kept.chart(), now=now), now=now)
    assert [(line.words, line.reason, line.by) for line in lines] == [
        ("Referred", "Because referred", "Dana Whitfield RN"),
        ("Declined", "Because declined", "Dana Whitfield RN"),
        ("Introduced", "Because introduced", "Dana Whitfield RN"),
        ("Identified", "Because identified", "Dana Whitfield RN"),
    ]
    assert lines[0].when_words == "24 Nov 2026 09:14"


def test_the_days_stand_at_the_stages() -> None:
    kept = stepped("identified", "referred")
    now = NOW + timedelta(days=2)
    days = [stage.when_words for stage in path(enrolment_view(kept.chart(), now=now), now=now)]
    assert days[:3] == ["21 Nov 2026", "22 Nov 2026", ""]


def test_where_the_state_is_unknown_nothing_is_drawn() -> None:
    chart = Shelf(DIABETES).chart(Task=ReadStatus.COULD_NOT_READ)
    assert path(enrolment_view(chart, now=NOW), now=NOW) == ()


def test_an_episode_that_ended_is_its_own_steps() -> None:
    kept = stepped("referred", "declined", "referred", "introduced", "terminated")
    steps = enrolment_view(kept.chart(), now=NOW + timedelta(days=9)).history
    assert [step.state for step in this_episode(steps)] == ["terminated", "introduced", "referred"]
