"""The first screen: every panel lives or fails alone, and one thing comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from mappings.chart import Chart
from mappings.reading import ReadStatus
from mappings.today import NextAction, today_view
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import DIABETES, MARGERY, Shelf

DUE = datetime(2026, 12, 8, 9, tzinfo=NEW_YORK)
DECLINE_WORDS = "Worried about the cost. A letter about what it costs would help"


def nothing(shelf: Shelf) -> None:
    return None


def declined(shelf: Shelf) -> None:
    shelf.consent(decision=["decline"])


def consented(shelf: Shelf) -> None:
    shelf.consent()


def planned(shelf: Shelf) -> None:
    shelf.consent()
    shelf.plan()


def graduated(shelf: Shelf) -> None:
    planned(shelf)
    shelf.close()


def answered(shelf: Shelf) -> None:
    planned(shelf)
    tasks = [each for each in shelf.chart().resources("Task") if "restriction" in each]
    shelf.contact(answers=[each["id"] for each in tasks], next_date=[""], no_next_reason=["She will call"])


@pytest.mark.parametrize(
    ("story", "now", "expected"),
    [
        (nothing, NOW, ("No consent on file. Ask whether care management is wanted.", "consent")),
        (declined, NOW, (f"Declined 21 Nov 2026. {DECLINE_WORDS}.", "consent")),
        (consented, NOW, ("Consent is on file; the care plan is not open yet.", "care-plan")),
        (planned, NOW, ("Call about the glucose log - due 8 Dec 2026", "contact")),
        (planned, DUE, ("Call about the glucose log - due today", "contact")),
        (planned, DUE + timedelta(days=2), ("Call about the glucose log - overdue since Tue, 2 days ago", "contact")),
        (answered, NOW, ("No next contact is planned.", "contact")),
        (graduated, NOW, ("Graduated · 21 Nov 2026. Nothing is planned.", "contact")),
    ],
)  # fmt: skip
def test_one_thing_comes_next(story: Callable[[Shelf], None], now: datetime, expected: tuple[str, str]):
    shelf = Shelf(DIABETES)
    story(shelf)
    action = today_view(shelf.chart(), now=now).next_action
    assert (action.sentence, action.target) == expected
    assert action.label


@pytest.mark.parametrize(("story", "target"), [(nothing, ""), (planned, "care-plan/close")])
def test_after_a_death_the_only_thing_left_is_to_close(story: Callable[[Shelf], None], target: str):
    shelf = Shelf(DIABETES)
    story(shelf)
    view = today_view(shelf.chart(patient={**MARGERY, "deceasedBoolean": True}), now=NOW)
    assert (view.next_action.sentence, view.next_action.target) == (
        "The chart says that this patient has died.",
        target,
    )


@pytest.mark.parametrize("missing", ["Consent", "Task", "CarePlan"])
def test_what_cannot_be_known_comes_first(missing: str):
    view = today_view(Shelf(DIABETES).chart(**{missing: ReadStatus.COULD_NOT_READ}), now=NOW)
    assert "unknown" in view.next_action.sentence
    assert view.next_action.target == "contact"


def test_every_panel_lives_or_fails_alone():
    shelf = Shelf(DIABETES)
    planned(shelf)
    view = today_view(shelf.chart(Goal=ReadStatus.NO_ACCESS, Encounter=ReadStatus.COULD_NOT_READ), now=NOW)
    assert view.goals.sentence == "You have no access to this in the EHR"
    assert view.visits.sentence == "Could not be read just now"
    assert view.allergies.sentence == "Not available from this EHR"
    assert view.readings.sentence == "None recorded"
    assert [row.text for row in view.problems.rows] == ["Type 2 diabetes"]
    assert view.plan is not None
    assert view.enrolment.state == "plan-active"


def test_a_chart_of_which_nothing_could_be_read_opens_and_claims_nothing():
    view = today_view(Chart({}, {}), now=NOW)
    assert view.plan is None
    assert (view.consent.state, view.enrolment.state, view.month.known) == ("unknown", "unknown", False)


def test_the_whole_story_is_on_one_screen():
    shelf = Shelf(DIABETES)
    planned(shelf)
    shelf.contact()
    view = today_view(shelf.chart(), now=NOW + timedelta(hours=2))
    assert view.banner.name.endswith("Gibson")
    assert view.enrolment.sentence == "Enrolled today"
    assert view.month.sentence == "12 of 20 min this month"
    assert [row.text for row in view.goals.rows] == ["Walk to church and back"]
    assert [row.text for row in view.to_dos.rows] == [
        "Call about the glucose log",
        "Five minutes more each week",
    ]
    assert [row.minutes for row in view.contacts.rows] == [12]
    assert isinstance(view.next_action, NextAction)
