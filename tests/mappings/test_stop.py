"""A stop takes effect with the end of the month in which it was asked for; the practitioner who bills may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from mappings.chart import Chart
from mappings.consent import consent_history, consent_view, may_consent
from mappings.consent_change import change_resources, may_change, parse_change
from mappings.consent_standing import consent_windows
from mappings.enrolment import enrolment_view, may_plan
from mappings.month import month_view
from mappings.reading import ReadStatus
from mappings.stop import may_stop, parse_stop, stop_defaults, stop_resources
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import (
    ACCEPT,
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
)

STOP: dict[str, Sequence[str]] = {"date": ["2026-11-25"], "reason": ["cost"], "words": ["Too dear for me"]}
ASKED = datetime(2026, 11, 25, 10, 0, tzinfo=NEW_YORK)


def enrolled(lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, lose=lose)
    shelf.consent()
    shelf.plan()
    return shelf


def stop(shelf: Shelf, now: datetime = ASKED, **changes: Sequence[str]) -> tuple[Resource, ...]:
    entry = entry_of(parse_stop({**STOP, **changes}, chart=shelf.chart(), now=now))
    return shelf.file(stop_resources(entry, shelf.chart(), author(now), shelf.form_id()))


@pytest.mark.parametrize("lose", [None, without_extensions, without_meta])
def test_a_stop_ends_the_consent_with_the_month_and_says_why(lose: Callable[[Resource], Resource] | None):
    shelf = enrolled(lose)
    filed = stop(shelf)
    if lose is None:
        assert [problems_of(each) for each in filed] == [[], [], []]
    view = consent_view(shelf.chart(), now=ASKED)
    assert (view.state, view.ends) == ("active", date(2026, 11, 30))
    assert view.stopped_because == "The cost. Too dear for me"
    # What was agreed is still told.
    assert (view.mode, len(view.disclosures)) == ("verbal", 4)
    after = datetime(2026, 12, 1, 0, 5, tzinfo=NEW_YORK)
    assert consent_view(shelf.chart(), now=after).state == "stopped"
    assert enrolment_view(shelf.chart(), now=after).state == "stopped"


def test_the_step_and_the_task_say_that_the_plan_is_to_be_closed():
    shelf = enrolled()
    _, step, to_do = stop(shelf)
    assert step["businessStatus"]["coding"][0]["code"] == "closing"
    assert "stops the service with 30 Nov 2026. The cost" in step["reasonCode"]["text"]
    assert to_do["restriction"]["period"]["end"] == "2026-11-30"
    assert to_do["description"].startswith("Close the care plan")
    assert enrolment_view(shelf.chart(), now=ASKED).state == "closing"


def test_minutes_count_until_the_end_of_the_month_and_not_after():
    shelf = enrolled()
    stop(shelf)
    [window] = consent_windows(shelf.chart(), now=ASKED)
    assert window.covers(datetime(2026, 11, 30, 23, 59, tzinfo=NEW_YORK))
    assert not window.covers(datetime(2026, 12, 1, 0, 0, tzinfo=NEW_YORK))


@pytest.mark.parametrize(
    ("now", "asked", "last"),
    [
        (ASKED, "2026-11-21", date(2026, 11, 30)),
        (datetime(2026, 12, 2, 9, 0, tzinfo=NEW_YORK), "2026-11-30", date(2026, 11, 30)),
        (datetime(2026, 12, 2, 9, 0, tzinfo=NEW_YORK), "2026-12-01", date(2026, 12, 31)),
        (datetime(2028, 2, 3, 9, 0, tzinfo=NEW_YORK), "2028-02-03", date(2028, 2, 29)),
    ],
)
def test_the_month_is_that_of_the_day_on_which_it_was_asked_for(now: datetime, asked: str, last: date):
    shelf = enrolled()
    stop(shelf, now, date=[asked])
    assert consent_view(shelf.chart(), now=now).ends == last


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"date": ["2026-11-20"]}, "date", "The consent is from 21 Nov 2026"),
        ({"date": ["2026-11-26"]}, "date", "still to come"),
        ({"date": [""]}, "date", "Give the day"),
        ({"reason": []}, "reason", "Choose why"),
        ({"reason": ["fled"]}, "reason", "Choose"),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str, says: str):
    found = parse_stop({**STOP, **changes}, chart=enrolled().chart(), now=ASKED).errors
    assert set(found) == {field}
    assert says in found[field]


def test_there_must_be_something_to_stop():
    assert "no consent in force" in may_stop(Shelf().chart(), now=NOW).reason
    shelf = enrolled()
    stop(shelf)
    assert may_stop(shelf.chart(), now=ASKED).reason.startswith("The patient has stopped already")
    assert "has died" in may_stop(enrolled().chart({**MARGERY, "deceasedBoolean": True}), now=NOW).reason
    assert "could not be seen" in may_stop(Shelf().chart(Consent=ReadStatus.PROTECTED), now=NOW).reason


def unseen(chart: Chart) -> Chart:
    hidden = replace(chart.readings["Consent"], ours_unseen=True)
    return replace(chart, readings={**chart.readings, "Consent": hidden})


def test_where_consents_are_never_shown_again_the_way_is_told():
    assert "End it in the chart" in may_stop(unseen(Shelf().chart()), now=NOW).reason
    assert "Record a new consent as for the first time" in may_change(unseen(Shelf().chart()), now=NOW).reason


def test_a_stop_without_a_plan_or_step_files_the_consent_alone():
    shelf = Shelf()
    shelf.consent()
    shelf.kept = {key: each for key, each in shelf.kept.items() if each["resourceType"] == "Consent"}
    [ended, step] = stop(shelf)
    assert (ended["resourceType"], step["resourceType"]) == ("Consent", "Task")


def test_who_changes_their_mind_before_the_month_is_over_may_agree_again():
    shelf = enrolled()
    stop(shelf)
    again = ASKED + timedelta(days=1)
    assert may_consent(shelf.chart(), now=again).allowed
    shelf.consent(now=again, date=["2026-11-26"], time=[""])
    assert consent_view(shelf.chart(), now=again).ends is None


def test_the_form_opens_with_today():
    assert stop_defaults(ASKED) == {"date": ("2026-11-25",)}


CHANGE: dict[str, Sequence[str]] = {
    **ACCEPT,
    "date": ["2026-11-25"],
    "time": ["09:00"],
    "practitioner": ["Dr Ann Ferris"],
}


def change(shelf: Shelf, now: datetime = ASKED, **changes: Sequence[str]) -> tuple[Resource, ...]:
    entry = entry_of(parse_change({**CHANGE, **changes}, chart=shelf.chart(), now=now))
    return shelf.file(change_resources(entry, shelf.chart(), author(now), shelf.form_id()))


@pytest.mark.requirement("domain@83")
@pytest.mark.parametrize("lose", [None, without_extensions, without_meta])
def test_another_practitioner_asks_a_new_consent_and_the_old_one_is_kept(
    lose: Callable[[Resource], Resource] | None,
):
    shelf = enrolled(lose)
    filed = change(shelf)
    if lose is None:
        assert [problems_of(each) for each in filed] == [[], []]
    new, old = consent_history(shelf.chart(), now=ASKED)
    assert (new.state, new.practitioner) == ("active", "Dr Ann Ferris")
    assert (old.state, old.ends, len(old.disclosures)) == ("stopped", date(2026, 11, 25), 4)
    assert "Dr Ann Ferris bills from 25 Nov 2026 on" in filed[1]["text"]["div"]
    # The care goes on: no minute falls between the two, and the plan stays as it is.
    assert all(
        any(window.covers(moment) for window in consent_windows(shelf.chart(), now=ASKED))
        for moment in (NOW, datetime(2026, 11, 25, 8, 0, tzinfo=NEW_YORK), ASKED + timedelta(days=9))
    )
    assert enrolment_view(shelf.chart(), now=ASKED).state == "plan-active"


def test_on_one_day_the_new_consent_is_the_one_that_stands():
    shelf = enrolled()
    change(shelf, NOW, date=["2026-11-21"], time=["09:00"])
    assert consent_view(shelf.chart(), now=NOW).practitioner == "Dr Ann Ferris"


def test_who_declines_the_new_practitioner_stops_with_the_month():
    shelf = enrolled()
    declined, old, step = change(
        shelf, decision=["decline"], decline_reason=["other"], decline_words=["Stays with Dr Alvarez"]
    )
    assert [problems_of(each) for each in (declined, old, step)] == [[], [], []]
    assert (declined["status"], old["provision"]["period"]["end"]) == ("rejected", "2026-11-30")
    assert step["businessStatus"]["coding"][0]["code"] == "closing"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"practitioner": [""]}, "practitioner", "who bills from now on"),
        ({"date": ["2026-11-20"]}, "date", "The new one cannot come before it"),
        ({"disclosure": []}, "disclosure", "all four"),
    ],
)
def test_a_change_says_what_it_lacks(changes: dict[str, Sequence[str]], field: str, says: str):
    found = parse_change({**CHANGE, **changes}, chart=enrolled().chart(), now=ASKED).errors
    assert says in found[field]


def test_without_a_lasting_consent_there_is_nothing_to_replace():
    assert not may_change(Shelf().chart(), now=NOW)
    shelf = enrolled()
    stop(shelf)
    assert "no lasting consent" in may_change(shelf.chart(), now=ASKED).reason


@pytest.mark.requirement("domain@47", "domain@53")
def test_consent_gates_plan_and_minutes_and_each_says_why():
    shelf = Shelf(DIABETES)
    before = shelf.chart()
    assert may_plan(before, now=NOW).reason == "A plan needs the patient's consent first. No consent on file."
    assert "No consent on file" in (month_view(before, now=NOW).gated_by or "")
    assert not enrolment_view(before, now=NOW).enrolled
    shelf.consent()
    assert may_plan(shelf.chart(), now=NOW).allowed
    assert not month_view(shelf.chart(), now=NOW).gated_by
    standing: Any = enrolment_view(shelf.chart(), now=NOW)
    assert (standing.enrolled, standing.sentence) == (True, "Consented today")
