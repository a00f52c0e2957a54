"""What a save would change although somebody else changed it: always shown, and settled into just what was chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mappings.clash import Clash, clashes, settled
from mappings.difference import NOTE, difference, merged, note_texts
from mappings.element import relative_reference
from mappings.goal import ProgressEntry, goal_progress
from mappings.seen import Seen, changeable, seen_of
from mappings.to_do import cancelled
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf, author

LATER = NOW + timedelta(hours=1)
WORSE: Resource = {
    "achievementStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/goal-achievement", "code": "worsening"}],
        "text": "worse",
    },
    "statusDate": "2026-11-20",
}


def planned() -> tuple[Shelf, tuple[Seen, ...]]:
    """A chart with a plan, and what a form that was opened on it had been shown."""
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return shelf, tuple(map(seen_of, changeable(shelf.chart(), NOW)))


def somebody_changes(shelf: Shelf, resource: Resource, **elements: Any) -> Resource:
    version = str(int(resource["meta"]["versionId"]) + 1)
    meta = {**resource["meta"], "versionId": version, "lastUpdated": "2026-11-21T09:12:00-05:00"}
    changed = {**resource, **elements, "meta": {**meta, **elements.get("meta", {})}}
    shelf.kept[relative_reference(resource)] = changed
    return changed


def better(goal: Resource) -> Resource:
    return goal_progress(goal, ProgressEntry(goal["id"], "better", None, None), author(LATER))


def only(shelf: Shelf, mine: Resource, seen: tuple[Seen, ...]) -> Clash:
    (found,) = clashes([mine], shelf.chart(), seen, LATER)
    return found


def test_nobody_is_asked_where_nobody_changed_anything() -> None:
    shelf, seen = planned()
    assert clashes([better(shelf.only("Goal"))], shelf.chart(), seen, LATER) == ()


def test_a_new_record_never_clashes() -> None:
    shelf, seen = planned()
    somebody_changes(shelf, shelf.only("Goal"), **WORSE)
    new = {key: part for key, part in better(shelf.only("Goal")).items() if key != "id"}
    assert clashes([new], shelf.chart(), seen, LATER) == ()


@pytest.mark.parametrize(
    ("theirs", "changed", "choices"),
    [
        (WORSE, ["progress"], ["progress"]),
        ({"description": {"text": "Swims"}}, ["text"], ["progress"]),
        ({"lifecycleStatus": "on-hold"}, ["status"], ["progress"]),
        ({**WORSE, "description": {"text": "Swims"}}, ["text", "progress"], ["progress"]),
    ],
)
def test_both_sides_are_told_apart_into_what_they_changed_and_what_i_change(
    theirs: Resource, changed: list[str], choices: list[str]
) -> None:
    shelf, seen = planned()
    goal = somebody_changes(shelf, shelf.only("Goal"), **theirs)
    found = only(shelf, better(goal), seen)
    assert [row.name for row in found.rows if row.changed] == changed
    assert [row.name for row in found.choices] == choices
    assert (found.added, found.reference) == (False, f"Goal/{goal['id']}")
    assert found.title.startswith("Goal: ")


@pytest.mark.parametrize(
    ("theirs", "is_shown"),
    [
        ({}, False),
        ({"text": {"status": "generated", "div": "<div>otherwise</div>"}}, False),
        (WORSE, True),
        ({"note": []}, True),
        ({"meta": {"versionId": ""}, **WORSE}, True),
        ({"meta": {"versionId": ""}}, False),
    ],
)
def test_a_newer_version_asks_only_where_it_says_something_else(theirs: Resource, is_shown: bool) -> None:
    shelf, seen = planned()
    goal = somebody_changes(shelf, shelf.only("Goal"), **theirs)
    assert bool(clashes([better(goal)], shelf.chart(), seen, LATER)) is is_shown


def test_an_ehr_that_counts_no_versions_is_judged_by_what_it_says() -> None:
    shelf, seen = planned()
    unversioned = tuple(Seen(each.reference, "", each.identifier, each.digests) for each in seen)
    goal = somebody_changes(shelf, shelf.only("Goal"), meta={"versionId": ""}, **WORSE)
    assert only(shelf, better(goal), unversioned).rows


def test_what_a_form_does_not_say_that_it_was_shown_counts_as_added() -> None:
    shelf, _ = planned()
    assert only(shelf, better(shelf.only("Goal")), ()).added


def test_a_task_that_came_after_the_form_was_opened_is_shown_before_it_is_called_off() -> None:
    shelf, seen = planned()
    shelf.contact(LATER, next_date=["2026-12-15"])
    new = next(
        each
        for each in changeable(shelf.chart(), LATER)
        if each.get("authoredOn", "").startswith("2026-11-21T10")
    )
    found = only(shelf, cancelled(new, author(LATER), reason="Graduated"), seen)
    assert found.added
    assert "status" in {row.name for row in found.choices}


def test_a_goal_that_was_renumbered_and_not_changed_asks_nobody() -> None:
    shelf, seen = planned()
    goal = shelf.only("Goal")
    del shelf.kept[f"Goal/{goal['id']}"]
    shelf.kept["Goal/new"] = {**goal, "id": "new", "meta": {**goal["meta"], "versionId": "1"}}
    assert clashes([better(shelf.only("Goal"))], shelf.chart(), seen, LATER) == ()


def test_a_goal_that_was_renumbered_and_changed_is_laid_beside_what_was_seen_of_it() -> None:
    shelf, seen = planned()
    goal = shelf.only("Goal")
    del shelf.kept[f"Goal/{goal['id']}"]
    shelf.kept["Goal/new"] = {**goal, **WORSE, "id": "new"}
    shelf.kept["Goal/new"]["meta"] = {**goal["meta"], "versionId": "7"}
    found = only(shelf, better(shelf.only("Goal")), seen)
    assert (found.reference, found.added) == ("Goal/new", False)
    assert [row.name for row in found.rows if row.changed] == ["progress"]


@pytest.mark.parametrize(
    ("meta", "note", "said"),
    [
        (
            {},
            {"authorString": "Omar Reed", "time": "2026-11-21T09:12:30-05:00"},
            "Changed today, 09:12 by Omar Reed.",
        ),
        ({}, {"authorString": "Omar Reed"}, "Changed today, 09:12 by Omar Reed."),
        # A note of another day does not tell who made this change.
        (
            {},
            {"authorString": "Omar Reed", "time": "2026-11-19T09:12:30-05:00"},
            "Changed today, 09:12. The EHR does not say by whom.",
        ),
        (
            {"lastUpdated": ""},
            {"authorString": "Omar Reed"},
            "The EHR does not say when it was changed, or by whom.",
        ),
    ],
)
def test_who_changed_it_is_said_only_where_the_ehr_tells(meta: Resource, note: Resource, said: str) -> None:
    shelf, seen = planned()
    goal = shelf.only("Goal")
    notes = [*goal["note"], {**note, "text": "She fell."}]
    changed = somebody_changes(shelf, goal, note=notes, meta=meta, **WORSE)
    assert only(shelf, better(changed), seen).changed_words == said


@pytest.mark.parametrize(
    ("mine", "achieved", "filed"),
    [
        (frozenset[str](), "worse", False),
        (frozenset({NOTE}), "worse", False),
        (frozenset({NOTE, "progress"}), "better", True),
        (frozenset({"nothing that there is"}), "worse", False),
    ],
)
def test_what_is_chosen_is_what_is_filed(mine: frozenset[str], achieved: str, filed: bool) -> None:
    shelf, _ = planned()
    goal = somebody_changes(shelf, shelf.only("Goal"), note=[{"text": "By the EHR."}], **WORSE)
    new: Resource = {"resourceType": "Task", "status": "completed"}
    made = settled([better(goal), new], shelf.chart(), {f"Goal/{goal['id']}": mine})
    assert made[-1] is new
    assert len(made) == (2 if filed else 1)
    kept = made[0] if filed else goal
    assert kept["achievementStatus"]["text"] == achieved
    assert "By the EHR." in note_texts(kept)
    assert kept["meta"]["versionId"] == goal["meta"]["versionId"]


def test_a_record_about_which_nothing_was_asked_goes_as_it_was_built() -> None:
    shelf, _ = planned()
    mine = better(shelf.only("Goal"))
    assert settled([mine], shelf.chart(), {}) == (mine,)
    assert settled([mine], shelf.chart(), {"Goal/another": frozenset()}) == (mine,)


def test_keeping_theirs_then_mine_then_merging_end_in_the_three_records_that_were_promised() -> None:
    shelf, seen = planned()
    goal = somebody_changes(shelf, shelf.only("Goal"), **WORSE, description={"text": "Swims"})
    mine = better(goal)
    clash = only(shelf, mine, seen)
    place = clash.reference
    assert settled([mine], shelf.chart(), {place: frozenset()}) == ()
    every = frozenset(row.name for row in clash.rows)
    assert difference(settled([mine], shelf.chart(), {place: every})[0], mine) == ()
    assert merged(goal, mine, tuple(every))["description"] == {"text": "Swims"}
