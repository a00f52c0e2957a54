"""A referral to the care manager: an open to-do for her with who asked and why, and the step "referred".

It waits until somebody decides. A patient who is in the program already is not put back to "referred": the to-do alone
says what is asked. Rows 22, 25, 33, 34 and 38 of the domain notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes, concept, display
from mappings import dates, program_referral_form
from mappings.authorship import Authorship, annotation
from mappings.cadence import working_day
from mappings.chart import Chart
from mappings.chart_rows import ChartRows
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.enrolment_state import Gate, state_steps, state_task, unread
from mappings.form import Submitted
from mappings.identity import code_in, full_url, own
from mappings.narrative import fixed_line, read_fixed_line
from mappings.patient_warning import DIED, is_deceased
from mappings.program_referral_form import ReferralEntry, origins, reasons
from mappings.sight import Sight, caution, sight, unseen
from mappings.social_problem import social_problems
from mappings.terminology import status_code
from mappings.to_do import OPEN, ToDoEntry, due_day, to_do_kind, to_do_resource, with_text
from mappings.use_of_care import crises, discharges

KIND = "look-at-referral"
_LINE = "Referral to care management"
_BEFORE = frozenset(
    {"", "identified", "graduated", "declined", "stopped", "lost-to-follow-up", "transferred", "terminated"}
)
"""The states from which a referral is a step; later ones are not undone by it."""
_JUST_HOME_DAYS, _CRISIS_DAYS, _CRISES = 30, 90, 2


@dataclass(frozen=True)
class ReferralView:
    """One referral on screen. `open` until somebody has decided; `by` is who filed it, `asked_by` who asked."""

    id: str
    reference: str
    reason: str
    reason_words: str
    origin: str
    asked_by: str
    words: str
    by: str
    when_words: str
    due_words: str
    overdue: bool
    open: bool
    resource: dict[str, Any]

    @property
    def sentence(self) -> str:
        """ "After a hospital or emergency visit: wants help with her pills (Dr Alvarez, 3 Nov 2026)"."""
        said = f"{self.reason_words}{f': {self.words}' if self.words else ''}"
        about = ", ".join(filter(None, (self.asked_by or self.by, self.when_words)))
        return f"{said}{f' ({about})' if about else ''}"


def referrals(chart: Chart, *, now: datetime) -> tuple[ReferralView, ...]:
    """Every referral of ours, newest first, the open ones before those that were looked at."""
    tasks = [each for each in own(chart, "Task") if to_do_kind(each) == KIND]
    tasks.sort(key=lambda each: dates.newest_first_key(dates.parse(each.get("authoredOn"))))
    rows = [_view(each, now) for each in tasks]
    return tuple(sorted(rows, key=lambda row: not row.open))


def open_referrals(chart: Chart) -> tuple[dict[str, Any], ...]:
    """The Tasks of the referrals that nobody has decided on yet."""
    return tuple(
        each
        for each in own(chart, "Task")
        if to_do_kind(each) == KIND and status_code(each.get("status")) in OPEN
    )


def _view(task: dict[str, Any], now: datetime) -> ReferralView:
    line, due = _line(task), due_day(task, now)
    by_words = {display("cm-referral-reason", code): code for code in codes("cm-referral-reason")}
    reason = code_in(task.get("reasonCode"), "cm-referral-reason") or by_words.get(
        line.get("Reason", ""), "other"
    )
    is_open = status_code(task.get("status")) in OPEN
    return ReferralView(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        reason=reason,
        reason_words=display("cm-referral-reason", reason),
        origin=line.get("From", ""),
        asked_by=line.get("Asked by", ""),
        words=line.get("In words", ""),
        by=as_text(as_object(task.get("requester")).get("display")),
        when_words=dates.words(dates.parse(task.get("authoredOn")), now),
        due_words=dates.words(due, now),
        overdue=is_open and due is not None and due < now.date(),
        open=is_open,
        resource=task,
    )


def _line(task: dict[str, Any]) -> dict[str, str]:
    notes = (as_text(note.get("text")) for note in as_objects(task.get("note")))
    return next((found for text in notes if (found := read_fixed_line(text, _LINE))), {})


def suggested_reason(chart: Chart, *, now: datetime) -> tuple[str, str]:
    """The reason that the chart gives, as (code, why); ("office-visit", "") where it gives none."""
    rows = ChartRows(chart, now)
    home, again = discharges(rows, _JUST_HOME_DAYS), crises(rows, _CRISIS_DAYS)
    if len(again) >= _CRISES:
        return "crisis", f"{len(again)} ED visits or stays in {_CRISIS_DAYS} days"
    if home:
        return "discharge", f"{home[0].kind_words[:1].lower()}{home[0].kind_words[1:]}"
    flagged = [row for row in rows.readings.rows if row.flag and row.key in ("a1c", "blood-pressure")]
    if flagged:
        return "out-of-range-results", f"{flagged[0].name} {flagged[0].value_words}"
    social = social_problems(rows.problems.rows)
    if social:
        return social[0].need.reason, social[0].problem.text
    return "office-visit", ""


def may_refer(chart: Chart, *, now: datetime) -> Gate:
    """Whether a referral may be filed now, and what to look at first."""
    if is_deceased(chart):
        return Gate(DIED)
    if dark := unread(chart, "Task"):
        return Gate(dark)
    waiting = [each for each in referrals(chart, now=now) if each.open]
    if waiting:
        return Gate(
            caution=f"A referral waits already: {waiting[0].sentence}. A second one stands beside it."
        )
    return Gate(caution=caution(["whether there is a referral already"]) if unseen(chart, "Task") else "")


def parse_referral(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ReferralEntry]:
    """The form as sent; refused as a whole (key "form") where nobody may be referred now."""
    return program_referral_form.read(values, refusal=may_refer(chart, now=now).reason)


def referral_resources(
    entry: ReferralEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a referral files: the to-do for the care manager and, before the program, the step "referred"."""
    to_do = _to_do(entry, author, form_id)
    words = _reason_words(entry)
    reason = f"{words}{f' (asked by {entry.asked_by})' if entry.asked_by else ''}"
    return (to_do, state_task("referred", author, form_id, reason=reason)) if is_step(chart) else (to_do,)


def is_step(chart: Chart) -> bool:
    """Whether a referral moves the patient to "referred": not from a later state, nor where the state is not known."""
    steps = state_steps(chart)
    known = sight(chart, "Task") is Sight.WHOLE
    return known and (steps[0].state if steps else "") in _BEFORE


def _reason_words(entry: ReferralEntry) -> str:
    said = display("cm-referral-reason", entry.reason)
    return f"{said}: {entry.words}" if entry.words else said


def _to_do(entry: ReferralEntry, author: Authorship, form_id: UUID) -> dict[str, Any]:
    rule = reasons()[entry.reason]
    to_do = ToDoEntry(
        text=f"Referred to care management. {_reason_words(entry)}",
        due=working_day(author.now.date() + timedelta(days=rule.days)) if rule.days else author.now.date(),
        owner="care-manager",
        priority="urgent" if rule.urgent else "routine",
        kind=KIND,
    )
    facts = [
        ("Reason", display("cm-referral-reason", entry.reason)),
        ("From", origins()[entry.origin]),
        ("Asked by", entry.asked_by),
        ("In words", entry.words),
    ]
    made = to_do_resource(to_do, author, form_id, slot="look-at-referral")
    return with_text(
        {
            **made,
            "owner": {"display": "Care manager"},
            "reasonCode": concept("cm-referral-reason", entry.reason, _reason_words(entry)),
            "note": [annotation(fixed_line(_LINE, facts), author)],
        }
    )
