"""Handing a task to somebody else, for good or for the days of a cover, and who has it on a day.

The Task's owner becomes who takes it; one fixed note line says from whom, from when and until when. After the last day
of a cover it is, without anybody doing anything, the former owner's again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.element import as_object, as_objects, as_text
from mappings.identity import code_in, is_ours
from mappings.narrative import clean, fixed_line, read_fixed_line
from mappings.provider_question import given
from mappings.to_do import with_text

LINE = "Handed off"


@dataclass(frozen=True)
class Cover:
    """One hand-off: `before` and `to` are References, `until` the last day of a cover or None where it is for good."""

    before: dict[str, Any]
    to: dict[str, Any]
    start: date | None
    until: date | None
    why: str

    def holds(self, today: date) -> bool:
        """Whether the one who took it has it on this day."""
        return (self.start is None or self.start <= today) and (self.until is None or today <= self.until)

    @property
    def words(self) -> str:
        """ "Bo Lind covers for Dana Whitfield from 23 Nov 2026 until 4 Dec 2026"."""
        to, before = as_text(self.to.get("display")), as_text(self.before.get("display"))
        first = f" from {dates.day_words(self.start)}" if self.start and self.until else ""
        last = f" until {dates.day_words(self.until)}" if self.until else ""
        return f"{to} covers for {before}{first}{last}" if last else f"{before} handed it to {to}"


def handed_off(
    task: dict[str, Any],
    to: dict[str, Any],
    author: Authorship,
    *,
    start: date | None = None,
    until: date | None = None,
    why: str = "",
) -> dict[str, Any]:
    """The Task with `to` (a Reference) as its owner, and the line that says so."""
    before = owner_on(task, author.now.date())
    facts = [
        ("From", as_text(before.get("display")) or "nobody named"),
        ("To", as_text(to.get("display"))),
        ("Starts", (start or author.now.date()).isoformat()),
        ("Until", until.isoformat() if until else ""),
        ("Why", why),
    ]
    kept = [each for each in as_objects(task.get("input")) if not _is_former(each)]
    former = [given("handed-off-by", valueReference=before)] if before else []
    inputs = [*kept, *former]
    changed = {
        **{name: value for name, value in task.items() if name != "input"},
        "owner": to,
        "lastModified": instant(author.now),
        "note": [*as_objects(task.get("note")), annotation(fixed_line(LINE, facts), author)],
        **({"input": inputs} if inputs else {}),
    }
    return with_text(changed) if is_ours(task) else changed


def cover_of(task: dict[str, Any]) -> Cover | None:
    """The last hand-off of a Task, or None."""
    texts = [clean(as_text(note.get("text"))) for note in as_objects(task.get("note"))]
    found = [facts for text in texts if (facts := read_fixed_line(text, LINE))]
    if not found:
        return None
    line = found[-1]
    former = next((each for each in as_objects(task.get("input")) if _is_former(each)), {})
    before = as_object(former.get("valueReference")) or {"display": line.get("From", "")}
    return Cover(
        before=before,
        to=as_object(task.get("owner")) or {"display": line.get("To", "")},
        start=_day(line.get("Starts")),
        until=_day(line.get("Until")),
        why=line.get("Why", ""),
    )


def owner_on(task: dict[str, Any], today: date) -> dict[str, Any]:
    """The Reference to who has a Task on this day; {} where nobody does."""
    cover = cover_of(task)
    return cover.before if cover and not cover.holds(today) else as_object(task.get("owner"))


def _is_former(each: dict[str, Any]) -> bool:
    return code_in(each.get("type"), "task-input") == "handed-off-by"


def _day(text: str | None) -> date | None:
    when = dates.parse(text)
    return when.local_day() if when else None
