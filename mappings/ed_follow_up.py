"""Emergency visits that led to no stay, and who talked with the patient afterwards.

They start no transition clock of their own (domain notes, B.4: not an emergency department alone); a patient with
several chronic conditions is followed up within seven days (`transition.toml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mappings import dates
from mappings.chart import Chart, once
from mappings.contact import ContactView, contacts
from mappings.element import as_object, reference_text
from mappings.encounter import Visit, visits
from mappings.sight import Sight, sight
from mappings.to_do import ToDoView, to_dos
from mappings.transition import NOT_HELD, NOT_SEEN
from mappings.transition_rules import emergency_rule
from mappings.transition_stay import emergency_visits

KIND = "ed-follow-up"


@dataclass(frozen=True)
class EdVisit:
    """One emergency visit: by when to talk, and what came of it. `known` is False where contacts are not shown."""

    visit: Visit
    day: date
    due: date
    contact: ContactView | None
    seen: Visit | None
    task: ToDoView | None
    known: bool

    @property
    def followed_up(self) -> bool:
        """Whether somebody talked with the patient or saw the patient since."""
        return self.contact is not None or self.seen is not None

    @property
    def words(self) -> str:
        """ "ED visit of 18 Nov 2026 (chest pain)"."""
        reason = f" ({self.visit.reason})" if self.visit.reason else ""
        return f"ED visit of {dates.day_words(self.day)}{reason}"

    @property
    def outcome(self) -> str:
        """How it was followed up, or by when it is to be."""
        if self.contact and self.contact.when:
            return f"talked on {dates.day_words(self.contact.when.date())}"
        if self.seen and self.seen.when:
            return f"seen on {dates.day_words(self.seen.when.date())}"
        if not self.known:
            return "whether anybody called is unknown at this EHR"
        planned = f", on the task list for {self.task.due_words}" if self.task else ""
        return f"not followed up yet, due {dates.day_words(self.due)}{planned}"


@once
def ed_visits(chart: Chart, *, now: datetime) -> tuple[EdVisit, ...]:
    """The emergency visits of the last weeks, the last first."""
    days, shown = emergency_rule()
    oldest = now - timedelta(days=shown)
    found = [row for row in emergency_visits(chart, now=now) if row.when and row.when >= oldest]
    return tuple(_row(chart, row, row.end or row.when or now, days, now) for row in found)


def _row(chart: Chart, row: Visit, left: datetime, days: int, now: datetime) -> EdVisit:
    talked = [
        each
        for each in contacts(chart, now).rows
        if each.when and each.when >= left and each.reached and each.with_patient
    ]
    held = [each for each in visits(chart, now=now).rows if _is_held(each, left, now)]
    planned = (each for each in to_dos(chart, now).rows if each.ours and each.kind == KIND)
    return EdVisit(
        visit=row,
        day=left.date(),
        due=left.date() + timedelta(days=days),
        contact=next((each for each in reversed(talked) if each.result == "talked"), None),
        seen=min(held, key=lambda each: each.when or now, default=None),
        task=next((each for each in planned if _is_about(each, row)), None),
        known=sight(chart, "Task") is Sight.WHOLE,
    )


def _is_about(task: ToDoView, row: Visit) -> bool:
    about = reference_text(as_object(task.resource.get("focus")))
    return about in ("", row.reference)


def _is_held(row: Visit, left: datetime, now: datetime) -> bool:
    held = row.when is not None and left < row.when <= now and row.status not in NOT_HELD
    return held and not (row.is_emergency or row.is_stay) and row.kind_words.split(",")[0] not in NOT_SEEN


def not_followed_up(chart: Chart, *, now: datetime) -> tuple[EdVisit, ...]:
    """Those after which nobody is known to have talked with the patient or seen the patient."""
    return tuple(row for row in ed_visits(chart, now=now) if not row.followed_up)
