"""A contact's time held against the others: nobody gives the same minute twice, and two people at once are told.

What is impossible is reckoned in mappings.overlap; here it becomes a message at the field, or a caution over the form.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mappings import overlap
from mappings.chart import Chart
from mappings.contact import ContactView
from mappings.contact_span import Span
from mappings.form import Fields


def refuse_overlap(
    fields: Fields, span: Span, *, chart: Chart, now: datetime, user: str, form_id: UUID | None
) -> None:
    """Refuses time that `user` has documented already, at the start where one was given, else at the minutes.

    What the form of `form_id` filed itself is no other contact.
    """
    other = overlap.same_person(
        chart,
        span.start,
        span.end,
        user=user,
        now=now,
        minutes=span.minutes,
        except_form=str(form_id) if form_id else "",
    )
    if other is not None:
        given = any(fields.values.get(name, ("",))[0].strip() for name in ("start", "end"))
        fields.refuse(
            "start" if given else "minutes",
            f"Of this time you have documented a contact already: {_told(other)}. Change the times or the minutes.",
        )


def beside_caution(chart: Chart, start: datetime, end: datetime, *, user: str, now: datetime) -> str:
    """One sentence where somebody else documented a contact with this patient in the same time; else ""."""
    others = overlap.two_people(chart, start, end, user=user, now=now)
    if not others:
        return ""
    by = others[0].by or "Somebody else"
    return (
        f"{by} documented a contact with this patient in the same time: {_told(others[0])}."
        " Only one of you can count those minutes."
    )


def _told(contact: ContactView) -> str:
    minutes = f"{contact.minutes} min" if contact.minutes else ""
    words = (contact.when_words, contact.clock_words, contact.mode_words.lower(), minutes)
    return ", ".join(filter(None, words))
