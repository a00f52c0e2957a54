"""Another practitioner bills from now on: a new consent is asked, and the old one is ended and kept.

Consent is asked once; only a change of the billing practitioner asks for it again (domain notes B.2, consent: when).
The plan goes on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from mappings import consent_form, dates
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.consent import (
    birth_day,
    consent_view,
    cost_words,
    is_deceased,
    month_end,
    related_persons,
    replaced_consents,
    stopped_consents,
)
from mappings.consent_agreement import decline_words
from mappings.consent_form import Bounds, ServiceConsent
from mappings.consent_record import consent_record
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import TITLE, open_plan
from mappings.form import Submitted
from mappings.identity import reference_to
from mappings.sight import Sight, sight


def may_change(chart: Chart, *, now: datetime) -> Gate:
    """Whether there is a consent in force that a new one could take the place of."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "Consent"):
        return Gate(dark)
    if sight(chart, "Consent") is Sight.UNSEEN:
        return Gate(
            "This EHR does not show Chartside the patient's consent. Record a new consent as for the first time."
        )
    view = consent_view(chart, now=now)
    if view.state != "active" or view.ends:
        return Gate(f"There is no lasting consent in force to replace. {view.sentence}")
    return Gate()


def parse_change(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[ServiceConsent]:
    """The form as sent; refused as a whole (key "form") where nothing can be replaced now."""
    since = consent_view(chart, now=now).since
    replaced = since.astimezone(now.tzinfo).date() if since else None
    return consent_form.read(
        values,
        now=now,
        related=related_persons(chart),
        bounds=Bounds(birth=birth_day(chart), replaces=replaced or now.date()),
        refusal=may_change(chart, now=now).reason,
    )


def change_resources(
    entry: ServiceConsent, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """Agreed: the new Consent, and the old one ended on its day. Declined: the old one ends with the month, and the
    step says that the plan is to be closed.
    """
    consent = consent_record(entry, author, form_id, cost=cost_words(chart, author))
    if entry.accepted:
        ended = replaced_consents(chart, author, day=entry.day, practitioner=entry.practitioner)
        return (consent, *ended)
    last = month_end(entry.day)
    why = f"Declines that {entry.practitioner} bills from now on. {decline_words(entry)}"
    plan = open_plan(chart)
    about = reference_to(plan, TITLE) if plan else None
    reason = f"{why}. The service ends with {dates.day_words(last)}"
    step = state_task("closing", author, form_id, plan=about, reason=reason)
    return (consent, *stopped_consents(chart, author, asked=entry.day, reason=why), step)
