"""The checklist after a discharge, as a form: what was gone through now, and what goes on the task list.

The same fields stand in the contact form, where the call after a discharge is documented (`transition_part.py`); their
names begin with a prefix there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.condition import problems
from mappings.element import as_object, reference_text
from mappings.episode import TITLE, open_plan
from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.identity import reference_to
from mappings.to_do import ToDoEntry, ToDoView, completed, to_do_resource, to_dos
from mappings.transition import Transition, current, in_hospital, transitions
from mappings.transition_record import TEACH_BACK, TransitionEntry, transition_task
from mappings.transition_rules import clocks, destinations, warning_signs
from mappings.transition_stay import weekday_words

FIELDS = ("stay", "done", "went_to", "signs", "teach_back", "note", "plan")


@dataclass(frozen=True)
class Plan:
    """One thing that may go on the task list: its words, and the slot of its to-do."""

    words: str
    slot: str


PLANS = {
    "discharge-call": Plan("The call", slot="discharge-call"),
    "discharge-visit": Plan("The visit", slot="discharge-visit"),
    "discharge-medicines": Plan("Comparing the medicines", slot="discharge-medicines"),
}
"""What may go on the task list, by the kind of its to-do."""
_ANSWERED_BY = {"medicines": "discharge-medicines", "visit": "discharge-visit"}
NO_DISCHARGE = "No discharge with a clock that runs is in this chart."
GONE = "Another discharge is the last one in the chart by now. Open this page again; what you typed is kept."

Resource = dict[str, Any]


@dataclass(frozen=True)
class ChecklistEntry:
    """The form: what was gone through (None where only tasks are planned), and which tasks."""

    gone_through: TransitionEntry | None
    plan: tuple[str, ...]


def may_tick(chart: Chart, *, now: datetime) -> str:
    """Why nothing can be ticked now, as one sentence; "" when it can."""
    if current(chart, now=now):
        return ""
    last = next(iter(transitions(chart, now=now)), None)
    staying = in_hospital(chart, now=now)
    if last and last.closed:
        return last.closed
    if staying:
        since = weekday_words(staying.start.date(), now)
        return f"In hospital since {since}: the clocks start with the discharge."
    return NO_DISCHARGE


def open_items(found: Transition) -> dict[str, str]:
    """The items that nobody has ticked yet: code and words."""
    return {row.code: row.words for row in found.items if not row.done}


def went_choices(found: Transition) -> dict[str, str]:
    """The destinations to choose from, where the chart does not settle it; {} where it does."""
    if found.destination.clock != "ask":
        return {}
    return {code: row.words for code, row in destinations().items() if code not in ("died", "unknown")}


def signs_for(chart: Chart, *, now: datetime) -> str:
    """The warning signs to teach this patient, by the active problems."""
    rows = problems(chart, now=now).rows
    return warning_signs(frozenset(name for row in rows if row.active for name in row.chronic_groups))


def checklist_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the form opens with: the discharge, its warning signs, and the tasks that are not yet on the list."""
    found = current(chart, now=now)
    if found is None:
        return {}
    return {
        "stay": (found.stay.id,),
        "signs": (signs_for(chart, now=now),),
        "plan": tuple(kind for kind in plannable(chart, found, now=now) if not _arranged(kind, found)),
    }


def _arranged(kind: str, found: Transition) -> bool:
    """Whether a visit in time is booked already, so that nobody need see to it."""
    booked = found.booked is not None and found.booked.when.date() <= found.dates.visit_by
    return kind == "discharge-visit" and booked


def plannable(chart: Chart, found: Transition, *, now: datetime) -> dict[str, str]:
    """The tasks that may still be planned for a discharge: kind and words with the day."""
    standing = {row.kind for row in _open_for(chart, found, now)}
    left = open_items(found)
    wanted = {
        "discharge-call": found.contact is None,
        "discharge-visit": "visit" in left,
        "discharge-medicines": "medicines" in left,
    }
    return {
        kind: f"{PLANS[kind].words}, by {dates.day_words(_due(kind, found, now))}"
        for kind in PLANS
        if wanted[kind] and kind not in standing
    }


def _open_for(chart: Chart, found: Transition, now: datetime) -> list[ToDoView]:
    """The open tasks about one discharge; one that lost what it is about belongs to the last discharge."""
    rows = [row for row in to_dos(chart, now).rows if row.ours and row.kind in PLANS]
    about = {row.id: reference_text(as_object(row.resource.get("focus"))) for row in rows}
    return [row for row in rows if about[row.id] in ("", found.stay.visit.reference)]


def _due(kind: str, found: Transition, now: datetime) -> date:
    days = found.dates
    booked = found.booked.when.date() if found.booked else None
    wanted = {
        "discharge-call": days.contact_by,
        "discharge-visit": days.early_visit_by if now.date() <= days.early_visit_by else days.visit_by,
        "discharge-medicines": booked or days.visit_by,
    }[kind]
    return max(wanted, now.date())


def parse_checklist(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ChecklistEntry]:
    """The checklist as sent; refused as a whole (key "form") where no clock runs, or it is another discharge's."""
    fields = Fields(values)
    found = current(chart, now=now)
    if found is None:
        fields.refuse("form", may_tick(chart, now=now))
        return fields.submitted(_never)
    if fields.text("stay") not in ("", found.stay.id):
        fields.refuse("form", GONE)
    gone_through = read_ticks(fields, found, now=now)
    plan = fields.many_of("plan", plannable(chart, found, now=now))
    if not fields.errors and gone_through is None and not plan:
        fields.refuse("done", "Tick what was done, or choose what goes on the task list.")
    return fields.submitted(lambda: ChecklistEntry(gone_through, plan))


def _never() -> ChecklistEntry:
    raise AssertionError("a form was refused without a message")


def read_ticks(
    fields: Fields, found: Transition, *, now: datetime, prefix: str = ""
) -> TransitionEntry | None:
    """The shared fields; None where none of them says anything. What is wrong is refused into `fields`."""
    done = fields.many_of(f"{prefix}done", open_items(found))
    went_to = fields.one_of(f"{prefix}went_to", went_choices(found))
    teaches = "warning-signs" in done
    needed = "Say whether the warning signs were understood." if teaches else ""
    teach_back = fields.one_of(f"{prefix}teach_back", TEACH_BACK, required=needed)
    signs = fields.text(
        f"{prefix}signs", limit=1000, required="Write which warning signs were taught." if teaches else ""
    )
    note = "" if prefix else fields.text("note", limit=NOTE_LIMIT)
    if not (done or went_to or note or teach_back):
        return None
    taught = signs if teaches or teach_back else ""
    return TransitionEntry(found.stay, done, now, went_to, taught, teach_back, note)


def checklist_resources(
    entry: ChecklistEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[Resource, ...]:
    """What the checklist files: what was gone through, the tasks planned, and those that it answers."""
    found = current(chart, now=author.now)
    if found is None:
        raise ValueError("a checklist needs a discharge whose clocks run")
    open_one = open_plan(chart)
    plan = reference_to(open_one, TITLE) if open_one else None
    planned = [_to_do(kind, found, author, form_id, plan) for kind in entry.plan]
    gone = entry.gone_through
    if gone is None:
        return tuple(planned)
    task = transition_task(gone, author, form_id, plan=plan)
    return (task, *planned, *answered(chart, found, gone.done, author, but=entry.plan))


def _to_do(
    kind: str, found: Transition, author: Authorship, form_id: UUID, plan: Resource | None
) -> Resource:
    days, due = found.dates, _due(kind, found, author.now)
    after = f"after the discharge of {dates.day_words(days.discharged)}"
    text = {
        "discharge-call": f"Call {after}, by {dates.day_words(days.contact_by)}, {clocks().call_by}",
        "discharge-visit": f"Arrange the visit {after}: within {clocks().early_visit_days} days, at the latest by"
        f" {dates.day_words(days.visit_by)}",
        "discharge-medicines": f"Compare the medicines {after}, by the day of the visit",
    }[kind]
    priority = "urgent" if kind == "discharge-call" else "routine"
    about = {"reference": found.stay.visit.reference, "display": found.stay.where_to}
    to_do = ToDoEntry(text, due, "care-manager", priority, kind)
    return to_do_resource(to_do, author, form_id, slot=PLANS[kind].slot, plan=plan, focus=about)


def answered(
    chart: Chart,
    found: Transition,
    done: Sequence[str],
    author: Authorship,
    *,
    but: Sequence[str] = (),
    call: bool = False,
) -> tuple[Resource, ...]:
    """The open tasks about this discharge that the ticks answer; `call` where somebody was talked to."""
    kinds = {_ANSWERED_BY[code] for code in done if code in _ANSWERED_BY}
    kinds |= {"discharge-call"} if call else set()
    rows = [row for row in _open_for(chart, found, author.now) if row.kind in kinds and row.kind not in but]
    return tuple(completed(row.resource, author, how="Done after the discharge") for row in rows)
