"""Setting another goal on an open plan: whether that may be, what it is prefilled with, and what is filed.

The goal goes onto our plan, with the problems it is about. A goal of the EHR's own is never changed: ours can follow it
instead, and says so in HL7's extension (http://hl7.org/fhir/StructureDefinition/goal-relationship) and in a note line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship, annotation
from mappings.chart import Chart
from mappings.condition import problems
from mappings.consent import consent_caution, consent_view, is_deceased, lapsed_consents, related_persons
from mappings.element import as_objects, relative_reference
from mappings.enrolment_state import Gate, unread
from mappings.episode import open_plan, with_added
from mappings.form import Fields, Submitted
from mappings.goal import GoalView, goal_view, goals, open_goals
from mappings.goal_form import read_goal
from mappings.goal_lines import FOLLOWS_LINE
from mappings.goal_record import goal_resource, with_text
from mappings.goal_target import GoalEntry
from mappings.identity import is_ours, reference_to
from mappings.last_value import last_values
from mappings.sight import unseen
from mappings.terminology import status_code, words_of

SLOT = "goal-1"
GOAL_WEEKS = 12
MOST_PATIENTS_GOALS = 2
"""One or two at a time, as the guides ask (domain notes A.1, row 13): more is told, never refused."""
RELATIONSHIP_URL = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
NO_PLAN = "A goal needs an open care plan. Open the plan first; its first goal is set with it."


@dataclass(frozen=True)
class NewGoal:
    """A goal from the form; `follows` is the reference of a goal of the EHR's that it follows, or ""."""

    goal: GoalEntry
    follows: str


def may_set_goal(chart: Chart, *, now: datetime) -> Gate:
    """Whether a goal may be set: consent in force and a plan of ours open. Where neither is shown, with a caution."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "CarePlan"):
        return Gate(dark)
    consent = consent_view(chart, now=now)
    if consent.state != "active" and not (consent.state == "unknown" and unseen(chart, "Consent")):
        return Gate(f"A goal needs the patient's consent first. {consent.sentence}")
    plan = open_plan(chart)
    if plan is None and unseen(chart, "CarePlan"):
        return Gate(
            caution="This EHR does not show Chartside the care plan again, so the goal is filed by itself and not"
            " named on the plan."
        )
    if plan is None or status_code(plan.get("status")) == "draft":
        return Gate(NO_PLAN)
    paused = "The care plan is paused. " if status_code(plan.get("status")) == "on-hold" else ""
    return Gate(caution=(paused + consent_caution(chart)).strip())


def too_many(chart: Chart, now: datetime) -> str:
    """What to know before a third goal of the patient's; "" before the first two."""
    own = [row for row in goals(chart, now).rows if row.active and row.patients]
    if len(own) < MOST_PATIENTS_GOALS:
        return ""
    named = " and ".join(f"“{row.text}”" for row in own[:MOST_PATIENTS_GOALS])
    more = f" and {len(own) - MOST_PATIENTS_GOALS} more" if len(own) > MOST_PATIENTS_GOALS else ""
    return (
        f"The patient has {len(own)} active goals already: {named}{more}. One or two at a time are easier to keep up."
        " Ask which matters most now; one can be ended or rest."
    )


def offered_problems(chart: Chart, now: datetime) -> Mapping[str, str]:
    """The active problems that a goal may be about: reference -> words."""
    rows = problems(chart, now=now).rows
    return {row.reference: row.text for row in rows if row.active and row.reference}


def foreign_goals(chart: Chart, now: datetime) -> Mapping[str, GoalView]:
    """The open goals of the EHR's own, by reference."""
    rows = (goal_view(goal, now=now) for goal in open_goals(chart) if not is_ours(goal))
    return {row.reference: row for row in rows if row.id}


def birth_date(chart: Chart) -> date | None:
    """The day of birth, where it is known to the day."""
    born = dates.parse(chart.patient.get("birthDate"))
    return born.day if born and born.precision >= dates.Precision.DAY else None


def goal_defaults(chart: Chart, *, now: datetime, follows: str = "") -> dict[str, tuple[str, ...]]:
    """What the form opens with: the patient's own goal, from today for twelve weeks; `follows` brings its words."""
    today = now.date()
    followed = foreign_goals(chart, now).get(follows)
    taken = {"goal_text": (followed.text,), "goal_follows": (follows,)} if followed else {}
    return {
        "goal_by": ("patient",),
        "goal_start": (today.isoformat(),),
        "target_due": ((today + timedelta(weeks=GOAL_WEEKS)).isoformat(),),
        **taken,
    }


def parse_goal(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[NewGoal]:
    """The form as sent; refused as a whole (key "form") where no goal may be set now."""
    fields = Fields(values)
    if refusal := may_set_goal(chart, now=now).reason:
        fields.refuse("form", refusal)
    related = related_persons(chart)
    goal = read_goal(
        fields,
        now.date(),
        birth_date=birth_date(chart),
        related=related,
        conditions=offered_problems(chart, now),
        last=last_values(chart, now),
    )
    follows = fields.one_of("goal_follows", foreign_goals(chart, now))

    def entry() -> NewGoal:
        if goal is None:
            raise AssertionError("a field was refused without a message")
        named = replace(goal, expressed_name=related.get(goal.expressed_by, goal.expressed_name))
        return NewGoal(named, follows)

    return fields.submitted(entry)


def goal_resources(
    entry: NewGoal, chart: Chart, author: Authorship, form_id: UUID, *, provider: dict[str, Any] | None = None
) -> tuple[dict[str, Any], ...]:
    """What setting a goal files: the Goal, and our plan with it and with the problems that it is about."""
    words = offered_problems(chart, author.now)
    addresses = [{"reference": each, "display": words.get(each, "Problem")} for each in entry.goal.addresses]
    goal = goal_resource(entry.goal, author, form_id, slot=SLOT, addresses=addresses, provider=provider)
    goal = _following(goal, foreign_goals(chart, author.now).get(entry.follows), author)
    plan = open_plan(chart)
    named = [] if plan is None else [with_added(plan, goals=[on_plan(goal)], addresses=addresses)]
    return (goal, *named, *lapsed_consents(chart, author))


def on_plan(goal: dict[str, Any]) -> dict[str, Any]:
    """How a plan names a goal: "Walk to church and back (by 31 Jan 2027)"."""
    day = next((dates.plain_words(each.get("dueDate")) for each in as_objects(goal.get("target"))), "")
    text = words_of(goal.get("description"))
    return reference_to(goal, f"{text} (by {day})" if day else text)


def _following(goal: dict[str, Any], followed: GoalView | None, author: Authorship) -> dict[str, Any]:
    if followed is None:
        return goal
    target = {"reference": relative_reference(followed.resource), "display": followed.text}
    kind = {"text": "Follows the goal in the chart"}
    extension = {
        "url": RELATIONSHIP_URL,
        "extension": [
            {"url": "type", "valueCodeableConcept": kind},
            {"url": "target", "valueReference": target},
        ],
    }
    notes = [*as_objects(goal.get("note")), annotation(f"{FOLLOWS_LINE}{followed.text}", author)]
    return with_text({**goal, "extension": [*as_objects(goal.get("extension")), extension], "note": notes})
