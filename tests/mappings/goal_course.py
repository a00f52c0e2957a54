"""A patient with a plan, and her goals as they are set and changed: what the tests of goals begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from mappings.goal import GoalView, goal_view
from mappings.goal_add import goal_defaults, goal_resources, parse_goal
from mappings.goal_change import (
    change_defaults,
    goal_change_resources,
    parse_goal_change,
)
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
)

LATER = NOW + timedelta(days=17)
LEVELS = ("Stays at home", "Walks to the gate", "Walks to church", "Walks to the lake", "Walks everywhere")
SCALE = {f"level_{number}": [words] for number, words in enumerate(LEVELS, 1)}
EHR_GOAL: Resource = {
    "resourceType": "Goal",
    "id": "ehr",
    "lifecycleStatus": "active",
    "description": {"text": "LDL under 70"},
    "subject": {"reference": "Patient/p1"},
}
ANNA: Resource = {
    "resourceType": "RelatedPerson",
    "id": "anna",
    "patient": {"reference": "Patient/p1"},
    "name": [{"text": "Anna Gibson"}],
}
GOAL: dict[str, Sequence[str]] = {
    "goal_words": ["I want to dance at the wedding"],
    "goal_text": ["Walks to church once a week"],
    "goal_how": ["To the gate first"],
    "goal_why": ["Her granddaughter marries in June"],
    "goal_addresses": ["Condition/c1"],
    "goal_term": ["long-term"],
    "measure": ["scale"],
    "importance": ["8"],
    "confidence": ["5"],
    "more_confident": ["A walking stick"],
    "goal_accepted": ["agree"],
    **SCALE,
}


def planned(*more: Resource, lose: Callable[[Resource], Resource] | None = None) -> Shelf:
    shelf = Shelf(DIABETES, *more, lose=lose)
    shelf.consent()
    shelf.plan()
    return shelf


def flaws(resource: Resource) -> list[str]:
    """What the validators say, but for the number that a server lost."""
    return [each for each in problems_of(resource) if "identifier cardinality" not in each]


def set_goal(shelf: Shelf, **changes: Sequence[str]) -> Resource:
    """Sets a second goal through its form; the Goal as the EHR keeps it."""
    chart = shelf.chart()
    values = {**goal_defaults(chart, now=NOW), **GOAL, **changes}
    entry = entry_of(parse_goal(values, chart=chart, now=NOW))
    provider = {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}
    made = goal_resources(entry, chart, author(), shelf.form_id(), provider=provider)
    assert [flaws(each) for each in made] == [[] for _ in made]
    return shelf.file(made)[0]


def change(
    shelf: Shelf, goal: Resource, reason: str = "Her knee hurts", **changes: Sequence[str]
) -> Resource:
    """Changes a goal through its form; the Goal as the EHR keeps it."""
    chart = shelf.chart()
    values = {**change_defaults(chart, goal["id"]), "reason": [reason], **changes}
    entry = entry_of(parse_goal_change(values, chart=chart, now=LATER))
    made = goal_change_resources(entry, chart, author(LATER), shelf.form_id())
    assert [flaws(each) for each in made] == [[] for _ in made]
    return shelf.file(made)[0]


def seen(goal: Resource) -> GoalView:
    return replace(goal_view(goal, now=LATER), id="", reference="", resource={})


def lines(goal: Resource) -> list[str]:
    return [note["text"] for note in goal["note"]]


def first_goal(shelf: Shelf) -> Resource:
    return shelf.only("Goal")
