"""The parts that may be drawn into the contact form, in the order in which they stand there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.chart import Chart
from mappings.condition_template_part import TemplatePart
from mappings.contact_part import ContactAddition, ContactPart, Offer
from mappings.form import CHOOSE, Fields
from mappings.transition_part import DischargePart

PARTS: tuple[ContactPart, ...] = (DischargePart(), TemplatePart())

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Drawn:
    """A part that stands in the form: the field and value that choose it, its template and what that shows."""

    field: str
    value: str
    words: str
    partial: str
    view: object


@dataclass(frozen=True)
class Button:
    """A part that may be drawn: `value` is that of the button, "template=diabetes"."""

    value: str
    words: str
    suggested: bool


def read_parts(fields: Fields, *, chart: Chart, now: datetime) -> tuple[ContactAddition, ...]:
    """What the parts in the form add to the contact; a value that is not offered is refused at its field."""
    made: list[ContactAddition] = []
    for part in PARTS:
        chosen = _chosen(part, fields.values)
        if chosen and _offer(part, chosen, chart, now) is None:
            fields.refuse(part.field, CHOOSE)
        elif chosen:
            made.append(part.read(fields, chosen, chart, now=now))
    return tuple(made)


def drawn(values: Values, errors: Mapping[str, str], *, chart: Chart, now: datetime) -> tuple[Drawn, ...]:
    """The parts that the values choose, as they are shown."""
    chosen = ((part, _chosen(part, values)) for part in PARTS)
    offered = ((part, value, _offer(part, value, chart, now)) for part, value in chosen if value)
    return tuple(
        Drawn(part.field, value, offer.words, part.partial, part.view(value, values, errors, chart, now=now))
        for part, value, offer in offered
        if offer
    )


def buttons(values: Values, *, chart: Chart, now: datetime) -> tuple[Button, ...]:
    """The parts that are not in the form yet, the suggested first."""
    found = [
        Button(f"{part.field}={offer.value}", offer.words, offer.suggested)
        for part in PARTS
        for offer in part.offers(chart, now=now)
        if offer.value != _chosen(part, values)
    ]
    return tuple(sorted(found, key=lambda button: not button.suggested))


def with_part(
    values: Values, asked: str, *, chart: Chart, now: datetime, over: bool = False
) -> dict[str, tuple[str, ...]]:
    """The values with one more part drawn, "template=diabetes", or one taken out, "template=".

    What its fields open with gives way to what stands in them, unless the part goes `over` it. A part that is not
    offered changes nothing.
    """
    sent = {name: tuple(given) for name, given in values.items()}
    field, _, value = asked.partition("=")
    part = next((each for each in PARTS if each.field == field), None)
    if part is None or (value and _offer(part, value, chart, now) is None):
        return sent
    opened = part.defaults(value, chart, now=now) if value else {}
    both = {**sent, **opened} if over else {**opened, **sent}
    return {**both, field: (value,)}


def any_drawn(values: Values) -> bool:
    """Whether the form holds a part, which builds upon more of the chart than a plain contact."""
    return any(_chosen(part, values) for part in PARTS)


def asked_for(arguments: Mapping[str, str]) -> Iterator[str]:
    """Which parts an address asks for, each as `with_part` takes it."""
    return (f"{part.field}={arguments[part.field]}" for part in PARTS if arguments.get(part.field))


def _chosen(part: ContactPart, values: Values) -> str:
    return next(iter(values.get(part.field, ())), "").strip()


def _offer(part: ContactPart, value: str, chart: Chart, now: datetime) -> Offer | None:
    return next((each for each in part.offers(chart, now=now) if each.value == value), None)
