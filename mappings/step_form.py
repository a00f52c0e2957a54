"""The form of a step: which one, why, and what that step asks for: until when, whether to go on, the next contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mappings.form import NOTE_LIMIT, Fields, Submitted
from mappings.step_rules import StepRule, further_answers

FIELDS = ("to", "reason", "until", "further", "next_date", "close_by")
LONGEST_DAYS = 366


@dataclass(frozen=True)
class StepEntry:
    """A step from a form. `day` is until when a pause lasts, the next contact, or the day to close by; None without."""

    to: str
    reason: str
    day: date | None
    further: str


def read(
    values: Mapping[str, Sequence[str]], *, offered: Mapping[str, StepRule], today: date, refusal: str = ""
) -> Submitted[StepEntry]:
    """The form as sent; `offered` are the steps that may be taken now. `refusal` stops the form."""
    fields = Fields(values)
    if refusal:
        fields.refuse("form", refusal)
    to = fields.one_of("to", offered, required="Choose the step.")
    asks = offered[to].asks if to else frozenset()
    reason = fields.text("reason", required="Write the reason in a few words.", limit=NOTE_LIMIT)
    further = _further(fields) if "further" in asks else ""
    day = _asked_day(fields, asks, further, today)
    return fields.submitted(lambda: StepEntry(to, reason, day, further))


def _further(fields: Fields) -> str:
    return fields.one_of(
        "further", further_answers(), required="Ask whether the patient wants to be contacted further."
    )


def _asked_day(fields: Fields, asks: frozenset[str], further: str, today: date) -> date | None:
    if "until" in asks:
        return _day(fields, "until", today, "Give the day until which the service rests.")
    if "close-by" in asks:
        return _day(fields, "close_by", today, "Give the day by which to close.")
    if "next" in asks and further != "no":
        return _day(fields, "next_date", today, "Give the day of the next contact.")
    return None


def _day(fields: Fields, name: str, today: date, required: str) -> date | None:
    return fields.day(
        name,
        earliest=today + timedelta(days=1),
        latest=today + timedelta(days=LONGEST_DAYS),
        required=required,
        too_early="Choose a day after today.",
        too_late="Choose a day within a year.",
    )
