"""One patient's referrals to a class, an agency, a specialist or a supplier: where each stands, and how long it waits.

Read from the Task alone, and from the lines in its notes where a server kept no more of it. The loop is closed when an
outcome is final (`referral_state`); until then each has a day by which something must have been heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhir_profiles.terminology import codes, display
from mappings import dates
from mappings.chart import Chart, once
from mappings.element import as_object, as_objects, as_text, relative_reference
from mappings.identity import code_in, full_url, own, task_kind
from mappings.narrative import read_fixed_line
from mappings.panel import Panel, panel
from mappings.practice import Practice
from mappings.prompt import Prompt
from mappings.sight import Sight, sight
from mappings.terminology import status_code, words_of
from mappings.to_do import OPEN, due_day

LINE, NEWS = "Referral", "Referral news"
"""The titles of the line that says what was asked, and of each that says what was heard."""
UNSEEN = "Referrals"
_CLOSED = {"completed", "cancelled", "rejected", "failed"}


@dataclass(frozen=True)
class News:
    """One thing that was heard, as it is shown."""

    words: str
    day_words: str
    by: str
    said: str


@dataclass(frozen=True)
class ResourceReferral:
    """One referral on screen. `state` is a code of referral-state, `resource_id` that of the practice's directory.

    `waiting` are the days since it was sent; `overdue` once the day has passed by which something must be heard.
    """

    id: str
    reference: str
    what: str
    whom: str
    kind: str
    topic: str
    resource_id: str
    state: str
    on_hold: bool
    open: bool
    met: bool
    reason: str
    sent: date | None
    sent_words: str
    waiting: int
    due: date | None
    due_words: str
    overdue: bool
    appointment: date | None
    received: date | None
    hand_off: str
    told: str
    order: str
    asked_by: str
    news: tuple[News, ...]
    resource: dict[str, Any]

    @property
    def state_words(self) -> str:
        """ "Sent", "On hold", "Service received, need not met"."""
        if self.on_hold:
            return "On hold"
        if self.state == "received" and not self.open:
            return "Service received, need not met"
        return display("referral-state", self.state)

    @property
    def ageing(self) -> str:
        """How it waits: "sent 21 days ago, no answer"; "" once it is closed."""
        if not self.open:
            return ""
        days = (
            "today" if self.waiting <= 0 else "yesterday" if self.waiting == 1 else f"{self.waiting} days ago"
        )
        if self.on_hold:
            return f"sent {days}, on hold"
        if self.state == "sent":
            return f"sent {days}, no answer" if self.waiting > 0 else "sent today"
        told = f" for {dates.day_words(self.appointment)}" if self.appointment else ""
        return f"{self.state_words.lower()}{told}, sent {days}"

    @property
    def name(self) -> str:
        """ "Meals brought home, Riverbend Meals on Wheels"."""
        return f"{self.what}, {self.whom}" if self.whom and self.whom not in self.what else self.what


@dataclass(frozen=True)
class Connections:
    """How the referrals of this patient ended: domain row 169, met of all that were made."""

    made: int
    met: int
    open: int
    lost: int

    @property
    def sentence(self) -> str:
        """ "4 referrals: 2 needs met, 1 open, 1 ended without."; "" where there are none."""
        if not self.made:
            return ""
        parts = [f"{self.met or 'no'} {'need' if self.met < 2 else 'needs'} met"]
        parts += [f"{self.open} open"] if self.open else []
        parts += [f"{self.lost} ended without"] if self.lost else []
        return f"{self.made} {'referral' if self.made == 1 else 'referrals'}: {', '.join(parts)}."


@once
def resource_referrals(chart: Chart, now: datetime) -> Panel[ResourceReferral]:
    """Every referral of ours: the open ones first, those that wait longest before the others."""
    tasks = [each for each in own(chart, "Task") if task_kind(each) == "referral"]
    rows = [_view(each, now) for each in tasks]
    rows.sort(key=lambda row: (not row.open, not row.overdue, row.due or date.max))
    return panel("referrals", "Referrals", rows, chart.reading("Task"), only_ours=True)


def open_referrals(chart: Chart, now: datetime) -> dict[str, ResourceReferral]:
    """What something may still be heard of, by its id."""
    return {row.id: row for row in resource_referrals(chart, now).rows if row.open and row.id}


def connections(chart: Chart, now: datetime) -> Connections | None:
    """How many referrals met their need; None where the EHR does not show all of them."""
    if sight(chart, "Task") is not Sight.WHOLE:
        return None
    rows = resource_referrals(chart, now).rows
    still = sum(row.open for row in rows)
    met = sum(row.met for row in rows)
    return Connections(len(rows), met, still, len(rows) - still - met)


def prompts(chart: Chart, *, now: datetime, practice: Practice) -> tuple[Prompt, ...]:
    """The referrals that wait too long: each asks to be chased. What the practice says of itself changes nothing."""
    return tuple(
        Prompt(
            sentence=f"{row.name}: {row.ageing}.",
            why=f"Something was to be heard by {row.due_words}.",
            label="Chase it",
            endpoint="resource_referral_news.show",
            parameters={"task": row.id},
        )
        for row in open_referrals(chart, now).values()
        if row.overdue
    )


def _view(task: dict[str, Any], now: datetime) -> ResourceReferral:
    told, news = _lines(task)
    status = status_code(task.get("status"))
    state = _state(task, news)
    when = dates.parse(task.get("authoredOn"))
    sent = when.local_day(now.tzinfo) if when else None
    due = due_day(task, now)
    is_open = status in OPEN
    return ResourceReferral(
        id=as_text(task.get("id")),
        reference=relative_reference(task) or full_url(task),
        what=as_text(task.get("description")) or words_of(task.get("code")) or "Referral",
        whom=as_text(as_object(task.get("owner")).get("display")) or told.get("To", ""),
        kind=told.get("Who", ""),
        topic=told.get("Topic", ""),
        resource_id=told.get("Directory", ""),
        state=state,
        on_hold=status == "on-hold",
        open=is_open,
        met=status == "completed" and state == "need-met",
        reason=as_text(as_object(task.get("statusReason")).get("text")),
        sent=sent,
        sent_words=dates.words(sent, now),
        waiting=(now.date() - sent).days if sent else 0,
        due=due,
        due_words=dates.words(due, now),
        overdue=is_open and due is not None and due < now.date(),
        appointment=_day(told, news, "Appointment"),
        received=_day(told, news, "Received"),
        hand_off=told.get("Warm hand-off", ""),
        told=told.get("Told", ""),
        order=told.get("Order", ""),
        asked_by=as_text(as_object(task.get("requester")).get("display")),
        news=tuple(_news(each, now) for each in news),
        resource=task,
    )


def _lines(task: dict[str, Any]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The line of the request, and those of the news, oldest first; each with who wrote it and when."""
    told: dict[str, str] = {}
    news = []
    for note in as_objects(task.get("note")):
        text = as_text(note.get("text"))
        told = told or read_fixed_line(text, LINE)
        heard = read_fixed_line(text, NEWS)
        if heard:
            news.append(heard)
    return told, news


def _state(task: dict[str, Any], news: list[dict[str, str]]) -> str:
    """Where it stands: its code, else its words, else the last that was heard, else by its status."""
    code = code_in(task.get("businessStatus"), "referral-state")
    if code in codes("referral-state"):
        return code
    by_words = {display("referral-state", each): each for each in codes("referral-state")}
    said = [words_of(task.get("businessStatus")), *(each.get("State", "") for each in reversed(news))]
    found = next((by_words[each] for each in said if each in by_words), "")
    by_status = {"completed": "need-met", "rejected": "declined", "cancelled": "declined", "failed": "lost"}
    return found or by_status.get(status_code(task.get("status")), "sent")


def _day(told: dict[str, str], news: list[dict[str, str]], label: str) -> date | None:
    """The last day of this kind that was told."""
    for line in (*reversed(news), told):
        found = dates.parse(line.get(label))
        if found:
            return found.day
    return None


def _news(line: dict[str, str], now: datetime) -> News:
    appointment = dates.plain_words(line.get("Appointment"))
    words = line.get("Heard", "") or line.get("State", "")
    return News(
        words=f"{words}, {appointment}" if appointment else words,
        day_words=dates.words(dates.parse(line.get("On")), now),
        by=line.get("Told by", ""),
        said="; ".join(filter(None, (line.get("Why", ""), line.get("In words", "")))),
    )
