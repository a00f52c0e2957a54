"""Two versions of a record: what differs is told field by field, and one made of both contradicts itself nowhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fhir_profiles.validator import validate
from mappings.difference import Difference, difference, merged, note_texts, topics_of
from mappings.goal import ProgressEntry, goal_progress, goal_view
from mappings.narrative import plain_text
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


def kept() -> Shelf:
    shelf = Shelf(DIABETES)
    shelf.consent()
    shelf.plan()
    return shelf


def of_type(kind: str) -> Resource:
    shelf = kept()
    if kind != "Task":
        return shelf.only(kind)
    return next(
        each for each in shelf.kept.values() if each.get("description") == "Call about the glucose log"
    )


def note(text: str) -> list[dict[str, Any]]:
    return [{"text": text}]


@pytest.mark.parametrize(
    ("kind", "theirs", "mine", "told"),
    [
        (
            "Goal",
            {"description": {"text": "Swims"}},
            {},
            ("text", "Goal", "Swims", "Walk to church and back"),
        ),
        (
            "Goal",
            WORSE,
            {},
            ("progress", "How it goes", "worse (20 Nov 2026)", "in progress (21 Nov 2026)"),
        ),
        ("Goal", {"lifecycleStatus": "on-hold"}, {}, ("status", "Status", "resting", "active")),
        (
            "Goal",
            {"lifecycleStatus": "cancelled", "statusReason": "Moved"},
            {},
            ("status", "Status", "called off: Moved", "active"),
        ),
        ("Task", {"status": "cancelled"}, {}, ("status", "Status", "called off", "to be done")),
        ("Task", {"priority": "urgent"}, {}, ("priority", "Priority", "urgent", "routine")),
        (
            "Task",
            {"owner": {"display": "Omar Reed"}},
            {},
            ("owner", "Who does it", "Omar Reed", "Dana Whitfield RN"),
        ),
        (
            "Task",
            {"restriction": {"period": {"end": "2026-12-24"}}},
            {},
            ("due", "Due", "until 24 Dec 2026", "until 8 Dec 2026"),
        ),
        ("CarePlan", {"status": "on-hold"}, {}, ("status", "Status", "resting", "active")),
        (
            "CarePlan",
            {"description": "Her garden"},
            {},
            ("text", "What matters most", "Her garden", "Walking to church again"),
        ),
        ("Consent", {"status": "inactive"}, {}, ("status", "Status", "no longer in force", "active")),
        (
            "Consent",
            {"status": "entered-in-error"},
            {},
            ("status", "Status", "marked as filed wrongly", "active"),
        ),
        # What the topic says is an empty side, never a missing one.
        ("CarePlan", {}, {"description": ""}, ("text", "What matters most", "Walking to church again", "")),
    ],
)
def test_each_field_that_differs_is_told_in_words(
    kind: str, theirs: Resource, mine: Resource, told: tuple[str, ...]
) -> None:
    record = of_type(kind)
    assert difference({**record, **theirs}, {**record, **mine}) == (Difference(*told),)


@pytest.mark.parametrize("kind", ["Goal", "Task", "CarePlan", "Consent"])
def test_what_no_person_decides_is_no_difference(kind: str) -> None:
    record = of_type(kind)
    newer = {
        **record,
        "meta": {**record["meta"], "versionId": "9"},
        "text": {"status": "empty", "div": ""},
        "language": "en",
    }
    assert difference(newer, record) == ()


def test_of_the_notes_only_those_are_told_that_the_other_lacks_and_that_no_field_says() -> None:
    goal = of_type("Goal")
    mine = goal_progress(goal, ProgressEntry(goal["id"], "better", None, None), author(LATER))
    theirs = {**goal, "note": [*goal["note"], *note("She fell on Thursday.")]}
    found = {each.name: (each.theirs, each.mine) for each in difference(theirs, mine)}
    assert found["note"] == ("She fell on Thursday.", "")
    assert found["progress"][1].startswith("better")


def better(goal: Resource) -> Resource:
    return goal_progress(goal, ProgressEntry(goal["id"], "better", 7, 8), author(LATER))


@pytest.mark.parametrize(
    ("keep", "achieved", "ruler", "lines"),
    [
        ((), "worse", (9, 6), ()),
        (("progress",), "better", (9, 6), ("Progress: better",)),
        (("ruler",), "worse", (7, 8), ("Importance 7",)),
        (("progress", "ruler"), "better", (7, 8), ("Progress: better", "Importance 7")),
        (("status",), "worse", (9, 6), ()),
    ],
)
def test_a_field_is_taken_with_the_note_lines_that_say_the_same(
    keep: tuple[str, ...], achieved: str, ruler: tuple[int, int], lines: tuple[str, ...]
) -> None:
    goal = of_type("Goal")
    theirs = {
        **goal,
        **WORSE,
        "note": [*goal["note"], *note("By the EHR.")],
        "meta": {**goal["meta"], "versionId": "7"},
    }
    made = merged(theirs, better(goal), keep)
    view = goal_view(made, now=LATER)
    assert (view.achievement, (view.importance, view.confidence)) == (achieved, ruler)
    added = [text for text in note_texts(made) if text not in note_texts(theirs)]
    assert len(added) == len(lines)
    assert all(text.startswith(line) for text, line in zip(added, lines, strict=True))
    assert "By the EHR." in note_texts(made)
    assert made["meta"]["versionId"] == "7"
    assert validate(made) == ()


def test_the_text_of_a_merged_record_says_what_it_now_says_and_nothing_else() -> None:
    goal = of_type("Goal")
    theirs = {**goal, **WORSE, "description": {"text": "Walks 30 minutes"}}
    told = plain_text(merged(theirs, better(goal), ("progress",))["text"])
    assert "Walks 30 minutes" in told
    assert "better" in told
    assert "worse" not in told


@pytest.mark.parametrize("kind", ["Goal", "Task", "CarePlan", "Consent"])
def test_merging_nothing_of_mine_leaves_every_field_theirs(kind: str) -> None:
    record = of_type(kind)
    theirs = {**record, "status": "active"} if kind != "Goal" else {**record, **WORSE}
    mine = {**record, "description": {"text": "Mine"} if kind == "Goal" else "Mine", "note": note("Mine.")}
    assert difference(merged(theirs, mine, ()), theirs) == ()


@pytest.mark.parametrize("kind", ["Goal", "Task", "CarePlan", "Consent"])
def test_merging_all_of_mine_makes_every_field_mine_and_keeps_both_their_notes(kind: str) -> None:
    record = of_type(kind)
    theirs = {**record, "note": [*record.get("note", []), *note("Theirs.")]}
    mine = {**record, "note": [*record.get("note", []), *note("Mine.")]}
    made = merged(theirs, mine, [topic.name for topic in topics_of(record)])
    assert {"Theirs.", "Mine."} <= set(note_texts(made))
    assert note_texts(made).count("Theirs.") == 1


def test_a_field_that_i_emptied_is_empty_after_keeping_mine() -> None:
    plan = of_type("CarePlan")
    mine = {key: part for key, part in plan.items() if key != "description"}
    assert "description" not in merged(plan, mine, ("text",))
    assert merged(plan, mine, ())["description"] == plan["description"]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 7, "note": "x", "description": ["y"], "target": "z", "owner": 1, "restriction": []},
        {"note": [None, 3, {"text": 4}], "extension": "x", "lifecycleStatus": {}, "achievementStatus": []},
        {"provision": "x", "policyRule": [], "addresses": {}, "goal": 3, "period": "soon"},
    ],
)
@pytest.mark.parametrize("kind", ["Goal", "Task", "CarePlan", "Consent"])
def test_whatever_an_ehr_sends_it_is_told_and_what_is_kept_of_ours_stands(
    kind: str, broken: dict[str, Any]
) -> None:
    record = of_type(kind)
    theirs = {**record, **broken}
    told = difference(theirs, record)
    assert all(each.theirs != each.mine and each.label for each in told)
    made = merged(theirs, record, [topic.name for topic in topics_of(record)])
    assert difference(made, record) == ()
    assert (made["resourceType"], made["id"]) == (record["resourceType"], record["id"])
