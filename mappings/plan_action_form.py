"""The form of one thing that a plan agrees on: the patient's own step, an action of the team, a service of somebody.

Each says how often and who is responsible (domain row 2), and which goal it serves. It is added, changed, done, or
called off with a reason; an end before its start is told at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.to_do import OWNERS, PLANNED, PRIORITIES, ToDoEntry

FIELDS = (
    "task",
    "outcome",
    "kind",
    "text",
    "goal",
    "often",
    "times",
    "owner",
    "owner_name",
    "start",
    "due",
    "priority",
    "reason",
    "note",
)
KINDS = {
    "self-care": "A step that the patient takes",
    "action": "An action of the care team",
    "service": "A service that somebody gives",
}
OUTCOMES = {"open": "It goes on", "done": "It is done", "called-off": "It is called off"}
SAME = "same"
OTHER = "other"
NEW_OWNERS = {**OWNERS, OTHER: "Somebody else"}
LONGEST_DAYS = 730
OLDEST_START_DAYS = 3650
GONE = "This is no longer among what is open in the plan. Go back to the plan and choose again."


@dataclass(frozen=True)
class PlanActionEntry:
    """One planned thing from a form. `task` is the id of the one that is changed, "" for a new one.

    `to_do.owner` is SAME where who does it stays, `to_do.goal` the id of a goal or "", `outcome` a key of OUTCOMES.
    """

    task: str
    outcome: str
    to_do: ToDoEntry
    reason: str
    note: str


@dataclass(frozen=True)
class Standing:
    """What a change may leave as it is: its kind, and its start and due day, though they lie in the past."""

    kind: str
    start: date | None
    due: date | None


def read(
    values: Mapping[str, Sequence[str]],
    *,
    today: date,
    goals: Collection[str],
    tasks: Mapping[str, Standing] | None = None,
    refusal: str = "",
) -> Submitted[PlanActionEntry]:
    """The form as sent. `goals` are the ids offered; `tasks` what may be changed, None where something new is added."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    task = fields.one_of("task", tasks) if tasks else ""
    standing = (tasks or {}).get(task)
    if tasks is not None and standing is None:
        fields.errors.pop("task", None)
        fields.refuse("form", GONE)
    outcome = fields.one_of("outcome", OUTCOMES) or "open"
    ends = outcome != "open"
    required = "Say why it is called off." if outcome == "called-off" else ""
    reason = fields.text("reason", required=required)
    to_do = _to_do(fields, today, goals, standing, changing=tasks is not None, ends=ends)
    note = fields.text("note", limit=NOTE_LIMIT)

    def entry() -> PlanActionEntry:
        if to_do is None:
            raise AssertionError("a field was refused without a message")
        return PlanActionEntry(task, outcome, to_do, reason, note)

    return fields.submitted(entry)


def _to_do(
    fields: Fields,
    today: date,
    goals: Collection[str],
    standing: Standing | None,
    *,
    changing: bool,
    ends: bool,
) -> ToDoEntry | None:
    kind = standing.kind if standing else fields.one_of("kind", PLANNED, required="Say what it is.")
    text = fields.text("text", required="Write what is done, in a few words.")
    goal = fields.one_of("goal", goals)
    often = fields.text("often", limit=100, required=_often_needed(kind))
    times = fields.whole(
        "times", 1, 999, message="Give a whole number from 1 to 999, or leave it empty.", required=False
    )
    owner, name = _owner(fields, changing=changing)
    start = _start(fields, today, standing)
    due = _due(fields, today, start, standing, ends=ends)
    priority = fields.one_of("priority", PRIORITIES) or "routine"
    if due is None:
        return None
    part = "patient-action" if kind == "self-care" else "care-manager"
    return ToDoEntry(text, due, owner, priority, kind, part, goal, often, times, name, start)


def _often_needed(kind: str) -> str:
    return "Say how often, for example “every Monday” or “once”." if kind == "service" else ""


def _owner(fields: Fields, *, changing: bool) -> tuple[str, str]:
    offered = (*((SAME,) if changing else ()), *NEW_OWNERS)
    owner = fields.one_of("owner", offered, required="Say who is responsible.")
    needed = "Write who is responsible: a name, a practice, an agency." if owner == OTHER else ""
    name = fields.text("owner_name", limit=120, required=needed)
    return owner, name if owner == OTHER else ""


def _start(fields: Fields, today: date, standing: Standing | None) -> date | None:
    return fields.day(
        "start",
        earliest=min(
            today - timedelta(days=OLDEST_START_DAYS), _known(standing.start if standing else None, today)
        ),
        latest=today + timedelta(days=LONGEST_DAYS),
        too_early="This lies more than ten years back. Check the year.",
        too_late="Choose a day within two years.",
    )


def _due(
    fields: Fields, today: date, start: date | None, standing: Standing | None, *, ends: bool
) -> date | None:
    earliest = _known(standing.due if standing else None, today)
    due = fields.day(
        "due",
        earliest=min(earliest, today),
        latest=today + timedelta(days=LONGEST_DAYS),
        required="Give the day until which it goes on, or by which it is done.",
        too_early="This day has passed. Choose today or a later day.",
        too_late="Choose a day within two years.",
    )
    if due and start and due < start:
        fields.refuse("due", "It would end before it starts. Choose a later end, or an earlier start.")
        return None
    passed = due is not None and due < today and not (standing and due == standing.due)
    if passed and not ends:
        fields.refuse("due", "This day has passed. Choose today or a later day.")
        return None
    return due


def _known(day: date | None, otherwise: date) -> date:
    return day or otherwise
