"""One patient's tasks as a team sees them: mine, the team's, the patient's own; overdue, by reason, and what ended.

Everything is read back from the Tasks: who has it today (a cover counts), who asked, by when an answer is expected, and
what was answered or reported back. Domain rows 114, 152, 153 and 156.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings import dates
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.hand_off import cover_of, owner_on
from mappings.here_now import KIND as HERE
from mappings.identity import code_in, own, task_kind
from mappings.panel import Panel
from mappings.practitioner import actor_name
from mappings.provider_question import PARTS, answer_of, parts_of, reported
from mappings.sbar import INFORM_KIND, KIND
from mappings.team_member import Member, is_unassigned, whose
from mappings.to_do import ToDoView, to_do_kind, to_do_view, to_dos

LATELY_DAYS = 30
OTHERS = "From the EHR"


@dataclass(frozen=True)
class TaskRow:
    """One task. `waits` where an answer is expected; `parts` are a question's (label, words); `cover` is in words.

    `answer`, `orders` and `result` are what came of one that ended, `ended_words` how and when.
    """

    task: ToDoView
    reason: str
    whose: str
    owner: str
    asked_by: str
    asked_by_user: bool
    asked_words: str
    waits: bool
    question: bool
    parts: tuple[tuple[str, str], ...]
    cover: str
    person: str
    answer: str = ""
    answered_by: str = ""
    orders: str = ""
    result: str = ""
    ended_words: str = ""
    ended: datetime | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """What stands beside its words: when, how urgent, whose, who asked, why."""
        due = f"{self.due_label} {self.task.due_words}" if self.task.due_words else ""
        due = self.ended_words or due
        urgent = self.task.priority if self.task.priority != "routine" else ""
        owner = self.owner if self.whose != "mine" else ""
        asked = f"asked by {self.asked_by}" if self.asked_by and not self.asked_by_user else ""
        reason = self.reason if self.task.kind != "other" else ""
        reach = f"reach {self.person}" if self.person else ""
        return tuple(filter(None, (due, urgent, owner, asked, reason, reach, self.cover)))

    @property
    def due_label(self) -> str:
        """ "answer expected by" or "due", "overdue since"."""
        if self.task.overdue:
            return "answer overdue since" if self.waits else "overdue since"
        return "answer expected by" if self.waits else "due"


@dataclass(frozen=True)
class TaskList:
    """The open tasks by whose they are, the reasons that occur, what ended lately. `panel` tells what is missing."""

    mine: tuple[TaskRow, ...]
    team: tuple[TaskRow, ...]
    patient: tuple[TaskRow, ...]
    overdue: int
    reasons: tuple[tuple[str, int], ...]
    ended: tuple[TaskRow, ...]
    panel: Panel[ToDoView]


def task_list(
    chart: Chart, *, now: datetime, user: Member, reason: str = "", overdue: bool = False
) -> TaskList:
    """The list for this user; `reason` and `overdue` leave out what is otherwise."""
    found = to_dos(chart, now)
    rows = [_row(chart, row, now, user) for row in found.rows]
    counted = {
        each: sum(row.reason == each for row in rows) for each in dict.fromkeys(r.reason for r in rows)
    }
    kept = [row for row in rows if (not reason or row.reason == reason) and (not overdue or row.task.overdue)]
    return TaskList(
        mine=tuple(row for row in kept if row.whose == "mine"),
        team=tuple(row for row in kept if row.whose == "team"),
        patient=tuple(row for row in kept if row.whose == "patient"),
        overdue=sum(row.task.overdue for row in rows),
        reasons=tuple(counted.items()),
        ended=ended_lately(chart, now=now, user=user),
        panel=found,
    )


def ended_lately(chart: Chart, *, now: datetime, user: Member) -> tuple[TaskRow, ...]:
    """What was done or called off within LATELY_DAYS and says more than that, the last first."""
    rows = []
    for task in own(chart, "Task"):
        if task_kind(task) != "to-do" or to_do_kind(task) == HERE:
            continue
        when = _changed(task)
        moment = when.start(now.tzinfo) if when else None
        if as_text(task.get("status")) not in ("completed", "cancelled") or moment is None:
            continue
        if moment.date() >= now.date() - timedelta(days=LATELY_DAYS):
            rows.append(_row(chart, to_do_view(task, now=now), now, user, ended=moment))
    return tuple(sorted(rows, key=lambda row: row.ended or now, reverse=True))


def _changed(task: dict[str, Any]) -> dates.FhirDate | None:
    """When a Task was last changed: by its own word, by its last note, else by the EHR's."""
    notes = [note.get("time") for note in as_objects(task.get("note"))]
    said = (task.get("lastModified"), *notes[-1:], as_object(task.get("meta")).get("lastUpdated"))
    return next(filter(None, map(dates.parse, said)), None)


def reason_of(task: dict[str, Any], kind: str) -> str:
    """What a task is, in the words of to-do-kind; those of the EHR's own stand together."""
    return display("to-do-kind", kind) if kind in codes("to-do-kind") else OTHERS


def _row(
    chart: Chart, row: ToDoView, now: datetime, user: Member, *, ended: datetime | None = None
) -> TaskRow:
    task = row.resource
    owner = owner_on(task, now.date())
    said, cover = parts_of(task), cover_of(task)
    answer, orders, by = answer_of(task)
    return TaskRow(
        task=row,
        reason=reason_of(task, row.kind),
        whose=whose(chart, owner, user),
        owner="Nobody in particular" if is_unassigned(owner) else actor_name(chart, owner, task),
        asked_by=actor_name(chart, task.get("requester"), task),
        asked_by_user=user.has(chart, as_object(task.get("requester"))),
        asked_words=dates.words(task.get("authoredOn"), now),
        waits=row.kind == KIND,
        question=bool(said),
        parts=tuple((display("task-input", name), said[name]) for name in PARTS if name in said),
        cover=cover.words if cover and cover.until and _recent(cover.until, now.date()) else "",
        person=_person(task),
        answer=answer,
        answered_by=by,
        orders=orders,
        result=reported(task) or _last_note(task, ended),
        ended_words=_ended_words(task, ended, now),
        ended=ended,
    )


def _recent(until: date, today: date) -> bool:
    return until >= today


def _person(task: dict[str, Any]) -> str:
    for each in as_objects(task.get("input")):
        if code_in(each.get("type"), "task-input") == "contact-person":
            return as_text(as_object(each.get("valueReference")).get("display")) or as_text(
                each.get("valueString")
            )
    return ""


def _last_note(task: dict[str, Any], ended: datetime | None) -> str:
    """How one that ended says it did, where nothing was reported back: its reason, or its last note."""
    if ended is None or answer_of(task)[0]:
        return ""
    reason = as_text(as_object(task.get("statusReason")).get("text"))
    notes = [as_text(note.get("text")) for note in as_objects(task.get("note"))]
    return reason or next(iter(notes[-1:]), "")


def _ended_words(task: dict[str, Any], ended: datetime | None, now: datetime) -> str:
    if ended is None:
        return ""
    how = "Called off" if as_text(task.get("status")) == "cancelled" else "Done"
    return f"{how} {dates.words(_changed(task), now)}"


def waiting_for(chart: Chart, *, now: datetime, user: Member) -> Sequence[TaskRow]:
    """The open questions, and notes to be read, that are this user's to answer; the urgent and the late first."""
    rows = [row for row in task_list(chart, now=now, user=user).mine if row.question]
    return sorted(rows, key=lambda row: (row.task.priority != "urgent", row.task.kind == INFORM_KIND))
