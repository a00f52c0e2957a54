"""What a form was shown travels with it: small, without a clinical value, and known again under another id."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.chart import Chart
from mappings.identity import identifier_value
from mappings.seen import FIELD, Seen, changeable, find, followed, from_field, seen_of, to_field
from tests.mappings.charts import NOW
from tests.mappings.shelf import DIABETES, Resource, Shelf


def shelf() -> Shelf:
    made = Shelf(DIABETES)
    made.consent()
    made.plan()
    made.contact()
    return made


def renumbered(made: Shelf, kind: str) -> tuple[Resource, Resource]:
    """The record before and after the EHR gave it another id, as some do at a write."""
    before = made.only(kind)
    after = {**before, "id": "renumbered"}
    del made.kept[f"{kind}/{before['id']}"]
    made.kept[f"{kind}/renumbered"] = after
    return before, after


def test_what_a_form_may_change_is_shown_and_nothing_else() -> None:
    found = changeable(shelf().chart(), NOW)
    assert sorted(each["resourceType"] for each in found) == ["CarePlan", "Consent", "Goal", *["Task"] * 2]


def test_it_comes_back_from_the_form_as_it_was_sent() -> None:
    records = changeable(shelf().chart(), NOW)
    assert from_field({FIELD: to_field(records)}) == tuple(map(seen_of, records))


def test_no_clinical_value_travels_with_the_form() -> None:
    sent = " ".join(to_field(changeable(shelf().chart(), NOW)))
    for value in ("church", "Walk", "glucose", "Margery", "diabetes", "20 minutes", "Dana"):
        assert value not in sent


@pytest.mark.parametrize(
    "broken",
    ["", "Goal/1", "Goal/1|1", "Goal/1|1|x", "Goal/1|1|x|y|z", "|||", "Goal/1|1||=", "Goal/1|1||a=b=c"],
)
def test_a_broken_entry_never_fails_and_never_counts_as_seen(broken: str) -> None:
    goal = shelf().only("Goal")
    found = find(from_field({FIELD: (broken,)}), goal)
    assert found is None or found.digests != seen_of(goal).digests


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"description": {"text": "Swims"}}, {"text"}),
        ({"statusDate": "2026-11-01"}, {"progress"}),
        ({"lifecycleStatus": "on-hold"}, {"status"}),
        ({"note": [{"text": "By the EHR."}]}, {"note", "ruler", "words", "how", "agreement"}),
        ({"meta": {"versionId": "9"}}, set()),
        ({"text": {"div": "x"}}, set()),
    ],
)
def test_each_field_has_a_digest_of_its_own(change: dict[str, Any], names: set[str]) -> None:
    goal = {key: part for key, part in shelf().only("Goal").items() if key != "extension"}
    before, after = seen_of(goal).digests, seen_of({**goal, **change}).digests
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == names


@pytest.mark.parametrize("kind", ["Goal", "CarePlan", "Consent"])
def test_a_record_that_was_renumbered_is_found_by_our_identifier(kind: str) -> None:
    made = shelf()
    shown = from_field({FIELD: to_field(changeable(made.chart(), NOW))})
    before, after = renumbered(made, kind)
    found = find(shown, after)
    assert found is not None
    assert found.reference == f"{kind}/{before['id']}"


def test_a_record_that_bears_no_identifier_is_never_taken_for_another() -> None:
    shown = (Seen("Goal/1", "1", "", {}),)
    assert find(shown, {"resourceType": "Goal", "id": "2"}) is None


def test_what_was_typed_follows_a_renumbered_goal_and_task() -> None:
    made = shelf()
    of = made.chart()
    goal = made.only("Goal")
    task, _ = [each for each in changeable(of, NOW) if each["resourceType"] == "Task"]
    typed = {
        FIELD: to_field(changeable(of, NOW)),
        f"progress.{goal['id']}": ("better",),
        "answers": (task["id"], "other"),
        "note": (f"About {goal['id']}",),
        "minutes": ("12",),
    }
    renumbered(made, "Goal")
    made.kept["Task/new"] = {**task, "id": "new"}
    del made.kept[f"Task/{task['id']}"]
    after = followed(typed, made.chart(), NOW)
    assert after["progress.renumbered"] == ("better",)
    assert after["answers"] == ("new", "other")
    assert (after["note"], after["minutes"]) == (typed["note"], typed["minutes"])
    assert after[FIELD] == typed[FIELD]


def test_a_number_that_was_typed_is_never_taken_for_the_id_of_a_record() -> None:
    made = shelf()
    goal = made.only("Goal")
    typed = {
        FIELD: to_field(changeable(made.chart(), NOW)),
        "minutes": (goal["id"],),
        "importance": (goal["id"],),
    }
    renumbered(made, "Goal")
    assert followed(typed, made.chart(), NOW) == typed


def test_nothing_is_renamed_where_nothing_was_renumbered() -> None:
    made = shelf()
    typed = {FIELD: to_field(changeable(made.chart(), NOW)), "answers": ("1", "2")}
    assert followed(typed, made.chart(), NOW) is typed


def test_nothing_follows_a_record_that_is_gone() -> None:
    made = shelf()
    typed = {
        FIELD: to_field(changeable(made.chart(), NOW)),
        f"progress.{made.only('Goal')['id']}": ("better",),
    }
    del made.kept[f"Goal/{made.only('Goal')['id']}"]
    assert followed(typed, made.chart(), NOW) is typed


def test_a_chart_without_records_shows_none() -> None:
    assert changeable(Chart({"resourceType": "Patient", "id": "p1"}), NOW) == ()


def test_the_identifier_that_travels_is_ours() -> None:
    goal = shelf().only("Goal")
    goal["identifier"] = [{"system": "urn:other", "value": "theirs"}, *goal["identifier"]]
    assert seen_of(goal).identifier == identifier_value(goal) != "theirs"
