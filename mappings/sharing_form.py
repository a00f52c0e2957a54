"""The forms of a permission to share: whom, which facts, until when; and how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fhir_profiles.terminology import codes
from mappings import dates, pick_lists
from mappings.chart import Chart
from mappings.consent import birth_day, is_deceased, related_persons
from mappings.enrolment_state import Gate, unread
from mappings.form import Fields, Submitted
from mappings.sharing import SharingEntry, open_permission
from mappings.sight import caution, unseen

OLDEST_DAYS, LONGEST_DAYS, USUAL_DAYS = 3650, 1830, 365
MOST_AGENCIES = 10
ID = "permission"
"""The hidden field, and the parameter of the address, that name the permission to take back."""


def may_share(chart: Chart) -> Gate:
    """Whether a permission may be recorded; where consents are never shown again, with a caution."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "Consent"):
        return Gate(dark)
    hidden = unseen(chart, "Consent")
    return Gate(caution=caution(["which permissions to share there are"] if hidden else []))


def sharing_defaults(now: datetime, *, agency: str = "") -> dict[str, tuple[str, ...]]:
    """Spoken for by the patient, in writing, from today, for a year; with the `agency` that is asked for."""
    return {
        **({"agencies": (agency,)} if agency else {}),
        "mode": ("written",),
        "agreed_by": ("patient",),
        "date": (now.date().isoformat(),),
        "until": ((now.date() + timedelta(days=USUAL_DAYS)).isoformat(),),
        "why": ("To arrange help for the patient",),
    }


def parse_sharing(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[SharingEntry]:
    """The form as sent; refused as a whole (key "form") where nothing may be recorded now."""
    fields = Fields(values)
    if refusal := may_share(chart).reason:
        fields.refuse("form", refusal)
    agencies = _agencies(fields)
    facts = fields.many_of("facts", pick_lists.shared_facts())
    if not facts:
        fields.refuse("facts", "Tick what may be shared.")
    why = fields.text("why", required="Say what it is for.")
    mode = fields.one_of("mode", codes("consent-mode"), required="Say whether it was verbal or written.")
    related = related_persons(chart)
    agreed_by = fields.one_of(
        "agreed_by", ("patient", "caregiver", *related), required="Say who gave the permission."
    )
    needed = "Write the caregiver's name." if agreed_by == "caregiver" else ""
    caregiver = fields.text("caregiver_name", required=needed)
    day = _given(fields, chart, now)
    until = _until(fields, day or now.date(), now.date())
    return fields.submitted(
        lambda: SharingEntry(
            agencies=agencies,
            facts=facts,
            why=why,
            until=until,
            mode=mode,
            agreed_by=agreed_by,
            caregiver_name=related.get(agreed_by, caregiver),
            day=day or now.date(),
        )
    )


def _agencies(fields: Fields) -> tuple[str, ...]:
    text = fields.text(
        "agencies", required="Write at least one agency, each on a line of its own.", limit=1000
    )
    named = tuple(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.split("\n")))))
    if len(named) > MOST_AGENCIES:
        fields.refuse("agencies", f"Name at most {MOST_AGENCIES} agencies in one permission.")
    return named


def _given(fields: Fields, chart: Chart, now: datetime) -> date | None:
    today, birth = now.date(), birth_day(chart)
    oldest = today - timedelta(days=OLDEST_DAYS)
    young = birth is not None and birth > oldest
    born = f"This lies before the patient was born ({dates.day_words(birth)})." if birth and young else ""
    return fields.day(
        "date",
        earliest=birth if birth and young else oldest,
        latest=today,
        required="Give the day of the permission.",
        too_early=born or "This lies more than ten years back. Check the year.",
        too_late="This day is still to come. Give the day on which the permission was given.",
    )


def _until(fields: Fields, given: date, today: date) -> date | None:
    return fields.day(
        "until",
        earliest=max(given, today),
        latest=today + timedelta(days=LONGEST_DAYS),
        too_early="The last day has passed already. Choose a later one, or leave it empty.",
        too_late="Choose a day within five years, or leave it empty: then it holds until it is taken back.",
    )


@dataclass(frozen=True)
class RevokeEntry:
    """Which permission the patient takes back, from when on, and why ("" where nothing was said)."""

    permission: dict[str, Any]
    day: date
    reason: str


def may_revoke(chart: Chart, now: datetime, identity: str) -> Gate:
    """Whether this permission can be taken back now."""
    if dark := unread(chart, "Consent"):
        return Gate(dark)
    if open_permission(chart, now, identity) is None:
        return Gate("This permission is not in force, so there is nothing to take back.")
    return Gate()


def parse_revoke(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[RevokeEntry]:
    """The form as sent; one that names no permission in force is refused as a whole (key "form")."""
    fields = Fields(values)
    identity = next(iter(fields.values.get(ID, ())), "")
    if refusal := may_revoke(chart, now, identity).reason:
        fields.refuse("form", refusal)
    held = open_permission(chart, now, identity) or {}
    given = dates.parse(held.get("dateTime"))
    first = given.local_day(now.tzinfo) if given else None
    day = fields.day(
        "date",
        earliest=first or now.date() - timedelta(days=OLDEST_DAYS),
        latest=now.date(),
        required="Give the day on which the patient took it back.",
        too_early="This lies before the permission was given. Check the day.",
        too_late="This day is still to come. Give the day on which the patient took it back.",
    )
    reason = fields.text("reason")
    return fields.submitted(lambda: RevokeEntry(held, day or now.date(), reason))
