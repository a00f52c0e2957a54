"""Time that overlaps: one person cannot give the same minute twice, and two people at once are worth a look.

Spans alone do not decide: a timer that was paused for another call leaves room in its span. What one person documented
is impossible where, between two moments, more minutes were given than lie between them. Less than a minute is rounding:
people and clocks tell whole minutes (domain notes B.2, "same minute twice", and B.7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mappings.chart import Chart
from mappings.contact import ContactView, contact_views
from mappings.element import as_object, as_text, relative_reference
from mappings.form_record import records_of_form
from mappings.wall_clock import later, minutes_between

ROUNDING = 1.0
"""Minutes by which two whole-minute times may seem to overlap without overlapping."""
_AROUND = timedelta(days=2)


@dataclass(frozen=True)
class Span:
    """A stretch of time, in UTC, and the minutes given within it.

    Within one zone Python compares what the clock on the wall shows, which tells nothing on the night it goes back.
    """

    start: datetime
    end: datetime
    minutes: float

    @classmethod
    def of(cls, start: datetime, end: datetime, minutes: float | None = None) -> Span:
        """From aware moments of any zone; all the minutes between them when `minutes` is None."""
        return cls(
            start.astimezone(UTC),
            end.astimezone(UTC),
            minutes_between(start, end) if minutes is None else minutes,
        )


def span_of(contact: ContactView) -> Span | None:
    """When a contact took place and the minutes documented; None without a start or without minutes.

    Where no end was kept, or one that leaves no room for the minutes, it ended its minutes after its start.
    """
    if contact.when is None or not contact.minutes:
        return None
    least = later(contact.when, contact.minutes).astimezone(UTC)
    end = max((contact.end or contact.when).astimezone(UTC), least)
    return Span.of(contact.when, end, contact.minutes)


def shared_minutes(one: Span, other: Span) -> float:
    """For how many minutes two spans run side by side; 0 when they do not."""
    return max(0.0, minutes_between(max(one.start, other.start), min(one.end, other.end)))


def impossible(new: Span, others: Sequence[Span]) -> bool:
    """Whether one person cannot have given the minutes of `new` beside those of `others`.

    For each pair of moments around `new`: more minutes given in spans that lie within than there are between them.
    """
    spans = [new, *others]
    for start in {each.start for each in spans if each.start <= new.start}:
        for end in {each.end for each in spans if each.end >= new.end}:
            given = sum(each.minutes for each in spans if start <= each.start and each.end <= end)
            if given - minutes_between(start, end) >= ROUNDING:
                return True
    return False


def same_person(
    chart: Chart,
    start: datetime,
    end: datetime,
    *,
    user: str,
    now: datetime,
    minutes: int | None = None,
    except_form: str = "",
) -> ContactView | None:
    """The contact of `user` in which the same minutes are documented already, or None.

    `user` is a reference as "Practitioner/7", or a name where the EHR says no more. `minutes` are those given between
    `start` and `end`, all of them when None. What the form of id `except_form` filed itself is left out.
    """
    mine = [row for row in _around(chart, start, end, now, except_form) if is_by(chart, row, user)]
    new = Span.of(start, end, minutes)
    timed = [(span, row) for row in mine if (span := span_of(row))]
    beside = [(shared_minutes(new, span), row) for span, row in timed]
    overlapping = [(shared, row) for shared, row in beside if shared >= ROUNDING]
    if not overlapping or not impossible(new, [span for span, _ in timed]):
        return None
    return max(overlapping, key=lambda pair: pair[0])[1]


def two_people(
    chart: Chart, start: datetime, end: datetime, *, user: str, now: datetime, except_form: str = ""
) -> tuple[ContactView, ...]:
    """The contacts of others with this patient at the same time, newest first; also those that name nobody."""
    new = Span.of(start, end)
    rows = _around(chart, start, end, now, except_form)
    return tuple(row for row in beside(new, rows) if not is_by(chart, row, user))


def beside(span: Span, rows: Iterable[ContactView]) -> tuple[ContactView, ...]:
    """Those contacts that run side by side with `span` for a minute or longer."""
    timed = ((span_of(row), row) for row in rows)
    return tuple(row for each, row in timed if each and shared_minutes(span, each) >= ROUNDING)


def is_by(chart: Chart, contact: ContactView, user: str) -> bool:
    """Whether `user`, a reference or a name, made the contact; False where the record names nobody."""
    return bool(user) and user in people_of(chart, contact)


def people_of(chart: Chart, contact: ContactView) -> frozenset[str]:
    """How the record names who made the contact: by reference within this EHR, and by name."""
    owner = as_object(contact.resource.get("owner"))
    return frozenset(filter(None, (chart.at_home(owner), as_text(owner.get("display")), contact.by)))


def _around(
    chart: Chart, start: datetime, end: datetime, now: datetime, except_form: str
) -> tuple[ContactView, ...]:
    """The contacts near enough to overlap, without those of one form."""
    own = records_of_form(chart, UUID(except_form)) if except_form else ()
    left_out = {relative_reference(each) for each in own}
    rows = contact_views(chart, now, within=(start - _AROUND, end + _AROUND))
    return tuple(row for row in rows if row.reference not in left_out)
