"""The days that a referral to a resource asks for: of the appointment, and by when to ask again if nothing is heard."""

from __future__ import annotations

from datetime import date, timedelta

from mappings.form import Fields

LONGEST_DAYS = 366


def appointment_day(fields: Fields, earliest: date, *, too_early: str) -> date | None:
    """The day of an appointment that is made, within a year of `earliest`; None after a refusal."""
    return fields.day(
        "appointment",
        earliest=earliest,
        latest=earliest + timedelta(days=LONGEST_DAYS),
        required="Give the day of the appointment.",
        too_early=too_early,
        too_late="This is more than a year ahead. Check the year.",
    )


def asked_again_by(fields: Fields, today: date, *, required: str = "") -> date | None:
    """By when somebody asks again; None where it was left empty, or after a refusal."""
    return fields.day(
        "due",
        earliest=today,
        latest=today + timedelta(days=LONGEST_DAYS),
        required=required,
        too_early="This day has passed. Choose a later one.",
        too_late="Choose a day within a year, or nobody will ask again.",
    )
