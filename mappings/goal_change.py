"""Changing a goal of ours: what it says, its target and its day, with a reason.

Each field that changes leaves its own note line with what stood there before, what stands there now and why, so that a
goal tells its own history and a choice between two people's changes takes each line along with its field. The plan that
names the goal is told the new words and the new day. R4 has no element for why a goal was changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fhir_profiles import canonical
from fhir_profiles.terminology import coding, display
from mappings import attainment, dates
from mappings.authorship import Authorship, annotation
from mappings.chart import Chart
from mappings.consent import lapsed_consents
from mappings.difference import topics_of
from mappings.element import as_objects, as_text, reference_text
from mappings.enrolment_state import Gate, unread
from mappings.episode import open_plan
from mappings.episode import with_text as plan_text
from mappings.form import Fields, Submitted
from mappings.goal import own_open_goals
from mappings.goal_add import offered_problems, on_plan
from mappings.goal_form import FIELDS as GOAL_FIELDS
from mappings.goal_form import Standing, read_goal
from mappings.goal_lines import (
    CHANGED_LINE,
    CONFIDENT_LINE,
    HOW_LINE,
    TAKEN_OUT,
    WHY_LINE,
    WORDS_LINE,
    agreement_line,
    facts_line,
    facts_of,
    last_line,
    lines_of,
    patients_words,
    term_of,
    whose_of,
)
from mappings.goal_record import ACCEPTANCE_URL, acceptance, with_text
from mappings.goal_target import GoalEntry, due_day, target_of
from mappings.goal_values import goal_values
from mappings.identity import reference_to
from mappings.last_value import last_values
from mappings.ruler import is_ruler, ruler_of
from mappings.sight import unseen

FIELDS = ("goal", *GOAL_FIELDS, "reason")
GONE = "This goal is not among the open goals of Chartside any more. Go back to the goals and look how it stands."
UNCHANGED = "Nothing is changed yet. Change what is to be different, or go back to the goals."
_NAMED = {
    "text": "goal",
    "target": "target",
    "words": "patient's words",
    "how": "how",
    "why": "why",
    "for": "problems",
    "term": "term",
    "scale": "scale",
}
"""The fields that a change can change: the topic of mappings.difference, and its name in the note line."""
_TARGET = ("measure", "target_comparator", "target_value", "own_measure", "own_target")


@dataclass(frozen=True)
class GoalChange:
    """A goal of ours by its id, what it is to say, and why."""

    goal: str
    entry: GoalEntry
    reason: str


def own_goal(chart: Chart, identity: str) -> dict[str, Any] | None:
    """The open goal of ours with this id; None for any other."""
    return next((goal for goal in own_open_goals(chart) if as_text(goal.get("id")) == identity), None)


def may_change_goal(chart: Chart, identity: str) -> Gate:
    """Whether this goal may be changed, told of or ended now."""
    if dark := unread(chart, "Goal") or unread(chart, "CarePlan"):
        return Gate(dark)
    if own_goal(chart, identity) is not None:
        return Gate()
    if unseen(chart, "Goal"):
        return Gate(
            "This EHR does not show again the goals documented with Chartside, so none of them is changed here."
            " Document in a contact what changes."
        )
    return Gate(GONE)


def change_defaults(chart: Chart, identity: str) -> dict[str, tuple[str, ...]]:
    """The goal as it stands, in the fields of the form."""
    goal = own_goal(chart, identity)
    return {"goal": (identity,), **(goal_values(goal) if goal else {})}


def parse_goal_change(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[GoalChange]:
    """The form as sent; a reason is required, and so is that something changes."""
    fields = Fields(values)
    identity = first(values, "goal")
    goal = own_goal(chart, identity)
    if goal is None:
        fields.refuse("form", may_change_goal(chart, identity).reason or GONE)
        return fields.submitted(_never)
    entry = _read(fields, goal, chart, now)
    reason = fields.text("reason", required="Write why the goal is changed.", limit=1000)
    if entry and not fields.errors and not _says_more(goal, entry, chart, now):
        fields.refuse("goal_text", UNCHANGED)

    def made() -> GoalChange:
        if entry is None:
            raise AssertionError("a field was refused without a message")
        return GoalChange(identity, entry, reason)

    return fields.submitted(made)


def _never() -> GoalChange:
    raise AssertionError("a form without its goal was refused")


def first(values: Mapping[str, Sequence[str]], name: str) -> str:
    """The first raw value of a field, trimmed."""
    return next(iter(values.get(name, ())), "").strip()


def _read(fields: Fields, goal: dict[str, Any], chart: Chart, now: datetime) -> GoalEntry | None:
    before = goal_values(goal)
    same_target = all(first(fields.values, name) == first(before, name) for name in _TARGET)
    started = dates.parse(goal.get("startDate"))
    named = {reference_text(each): as_text(each.get("display")) for each in as_objects(goal.get("addresses"))}
    return read_goal(
        fields,
        now.date(),
        conditions={**offered_problems(chart, now), **named},
        # A target that stays needs no second look.
        last={} if same_target else last_values(chart, now),
        standing=Standing(whose_of(goal) or "care-manager", started.day if started else None, due_day(goal)),
    )


def _says_more(goal: dict[str, Any], entry: GoalEntry, chart: Chart, now: datetime) -> bool:
    """Whether anything of the goal would be different: a field, the ruler, the agreement."""
    said = entry.accepted or entry.importance or _fresh_lines(goal, entry)
    return bool(said or _changes(goal, _with_entry(goal, entry, chart, now)))


def _with_entry(goal: dict[str, Any], entry: GoalEntry, chart: Chart, now: datetime) -> dict[str, Any]:
    """The goal with the elements of the entry, notes and extensions left as they are."""
    words = offered_problems(chart, now)
    known = {reference_text(each): each for each in as_objects(goal.get("addresses"))}
    about = [
        known.get(each) or {"reference": each, "display": words.get(each, "Problem")}
        for each in entry.addresses
    ]
    term = entry.term and {
        "coding": [coding("goal-term", entry.term)],
        "text": display("goal-term", entry.term),
    }
    others = [each for each in as_objects(goal.get("category")) if term_of({"category": [each]}) == ""]
    category = [*others, *([term] if term else [])]
    kept = {name: value for name, value in goal.items() if name not in {"addresses", "category"}}
    same = first(goal_values(goal), "goal_text") == entry.text
    return {
        **kept,
        **({} if same else {"description": {"text": entry.text}}),
        **({"addresses": about} if about else {}),
        **({"category": category} if category else {}),
        "target": _targets(goal, entry),
    }


def _targets(goal: dict[str, Any], entry: GoalEntry) -> list[dict[str, Any]]:
    """The first target as it was typed, unless it says what it said; any further ones of others stay."""
    held = as_objects(goal.get("target"))
    before, typed = goal_values(goal), goal_values({"target": [target_of(entry)]})
    unchanged = all(before.get(name) == typed.get(name) for name in (*_TARGET, "target_due"))
    return list(held) if held and unchanged else [target_of(entry), *held[1:]]


def _changes(goal: dict[str, Any], made: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """By name: what stood there and what stands there now."""
    found = {}
    for topic in topics_of(goal):
        before, after = topic.words(goal), topic.words(made)
        if topic.name in _NAMED and before != after:
            found[_NAMED[topic.name]] = (before, after)
    return found


def changed_goal(
    goal: dict[str, Any], change: GoalChange, chart: Chart, author: Authorship
) -> dict[str, Any]:
    """The Goal as it now is, with a line for each field that changed; all earlier lines and what others added stay."""
    entry, day = change.entry, author.now.date()
    made = _with_entry(goal, entry, chart, author.now)
    fresh = [*_fresh_lines(goal, entry), *_facts(goal, entry)]
    ruled = ruler_of(entry.importance, entry.confidence, day)
    said = [
        *fresh,
        *([agreement_line(entry.accepted, day)] if entry.accepted else []),
        *([ruled.line] if ruled else []),
    ]
    made["note"] = [*as_objects(goal.get("note")), *(annotation(line, author) for line in said)]
    made["extension"] = _extensions(goal, entry, author)
    lines = [
        changed_line(name, before, after, change.reason, day)
        for name, (before, after) in _changes(goal, made).items()
    ]
    lines = lines or [changed_line("ruler and agreement", "", "asked again", change.reason, day)]
    made["note"] += [annotation(line, author) for line in lines]
    return with_text({name: value for name, value in made.items() if value})


def _fresh_lines(goal: dict[str, Any], entry: GoalEntry) -> list[str]:
    pairs = (
        (WORDS_LINE, patients_words(goal), entry.patients_words),
        (HOW_LINE, last_line(goal, HOW_LINE), entry.how),
        (WHY_LINE, last_line(goal, WHY_LINE), entry.why),
    )
    lines = [f"{begins}{after or TAKEN_OUT}" for begins, before, after in pairs if before != after]
    lines += lines_of([(CONFIDENT_LINE, entry.more_confident)])
    if entry.levels and entry.levels != attainment.levels_of(_notes(goal), goal.get("extension")):
        lines.append(attainment.scale_line(entry.levels))
    return lines


def _notes(goal: dict[str, Any]) -> list[str]:
    return [as_text(note.get("text")) for note in as_objects(goal.get("note"))]


def _facts(goal: dict[str, Any], entry: GoalEntry) -> list[str]:
    if entry.term == term_of(goal):
        return []
    name = facts_of(goal).get("Whose", "").partition(", ")[2]
    return [facts_line(whose_of(goal) or "care-manager", name, entry.term)]


def _extensions(goal: dict[str, Any], entry: GoalEntry, author: Authorship) -> list[dict[str, Any]]:
    ruled = ruler_of(entry.importance, entry.confidence, author.now.date())
    words_url = canonical.extension("patients-words")
    fresh = [
        *([ruled.extension] if ruled else []),
        *([{"url": words_url, "valueString": entry.patients_words}] if entry.patients_words else []),
        *([attainment.scale_extension(entry.levels)] if entry.levels else []),
        *([acceptance(entry.accepted, author)] if entry.accepted else []),
    ]

    def replaced(extension: dict[str, Any]) -> bool:
        url = as_text(extension.get("url"))
        return (
            url == words_url
            or (bool(ruled) and is_ruler(extension))
            or (bool(entry.levels) and attainment.is_scale(extension))
            or (bool(entry.accepted) and url == ACCEPTANCE_URL)
        )

    return [*fresh, *(each for each in as_objects(goal.get("extension")) if not replaced(each))]


def changed_line(name: str, before: str, after: str, reason: str, day: date) -> str:
    """ "Goal changed, target: from “20 minutes” to “15 minutes” (2026-11-21). Why: her knee hurts"."""
    was = f"from “{before}” " if before else ""
    return f"{CHANGED_LINE}{name}: {was}to “{after or 'nothing'}” ({day.isoformat()}). Why: {reason}"


def goal_change_resources(
    change: GoalChange, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a change files: the Goal, and our plan where it names the goal by other words or another day."""
    goal = own_goal(chart, change.goal)
    if goal is None:
        return ()
    made = changed_goal(goal, change, chart, author)
    return (made, *renamed_on_plan(chart, made), *lapsed_consents(chart, author))


def renamed_on_plan(chart: Chart, goal: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Our open plan with this goal called as it is now, where it calls it otherwise; else nothing."""
    plan = open_plan(chart)
    reference, now_called = reference_to(goal)["reference"], on_plan(goal)
    named = as_objects(plan.get("goal")) if plan else []
    if plan is None or all(
        as_text(each.get("reference")) != reference or each.get("display") == now_called.get("display")
        for each in named
    ):
        return ()
    told = [now_called if as_text(each.get("reference")) == reference else each for each in named]
    return (plan_text({**plan, "goal": told}),)
