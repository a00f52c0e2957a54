"""The patient stops the service: asked for on a day, in force from the end of that month; what was agreed stays kept.

Minutes count until then and the care goes on, so the step is "closing" and the plan stays open until somebody closes it
(domain notes B.2, right to stop). Shape: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mappings import dates, pick_lists
from mappings.authorship import Authorship
from mappings.chart import Chart
from mappings.consent import consent_view, is_deceased, month_end, stopped_consents
from mappings.enrolment import BEFORE_CONSENT, ENDED, enrolment_view
from mappings.enrolment_state import Gate, state_task, unread
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import reference_to
from mappings.sight import Sight, sight
from mappings.to_do import ToDoEntry, to_do_resource


@dataclass(frozen=True)
class StopEntry:
    """When the patient asked for it and why; `words` are the patient's own, "" where none were given."""

    day: date
    reason: str
    words: str

    @property
    def why(self) -> str:
        """The reason as it goes into the record."""
        return ". ".join(filter(None, (self.reason, self.words)))


def may_stop(chart: Chart, *, now: datetime) -> Gate:
    """Whether there is a consent in force, without an end, that Chartside can see and so can end."""
    if is_deceased(chart):
        return Gate("The chart says that this patient has died. Close the plan instead.")
    if dark := unread(chart, "Consent"):
        return Gate(dark)
    if sight(chart, "Consent") is Sight.UNSEEN:
        return Gate(
            "This EHR does not show Chartside the patient's consent, so it cannot be ended from here. End it in the"
            " chart, and document in a contact that the patient stops the service."
        )
    view = consent_view(chart, now=now)
    if view.state != "active":
        return Gate(f"There is no consent in force that could be stopped. {view.sentence}")
    if view.ends:
        return Gate(f"The patient has stopped already: the consent ends with {dates.day_words(view.ends)}.")
    return Gate()


def stop_defaults(now: datetime) -> dict[str, tuple[str, ...]]:
    """Asked for today."""
    return {"date": (now.date().isoformat(),)}


def parse_stop(values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime) -> Submitted[StopEntry]:
    """The form as sent; refused as a whole (key "form") where there is nothing to stop."""
    fields = Fields(values)
    if refusal := may_stop(chart, now=now).reason:
        fields.refuse("form", refusal)
    since = consent_view(chart, now=now).since
    first = since.astimezone(now.tzinfo).date() if since else date.min
    day = fields.day(
        "date",
        earliest=first,
        latest=now.date(),
        required="Give the day on which the patient asked to stop.",
        too_early=f"The consent is from {dates.day_words(first)}. The patient cannot have stopped before that.",
        too_late="This day is still to come. Give the day on which the patient asked to stop.",
    )
    reasons = pick_lists.stop_reasons()
    code = fields.one_of("reason", reasons, required="Choose why the patient stops; “Gave no reason” is one.")
    words = fields.text("words", limit=1000)
    return fields.submitted(lambda: StopEntry(day or now.date(), reasons.get(code, ""), words))


def stop_resources(
    entry: StopEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """The consents with their last day and, while somebody is enrolled, the step and the task to close the plan."""
    consents = stopped_consents(chart, author, asked=entry.day, reason=entry.why)
    state = enrolment_view(chart, now=author.now).state
    if state in ENDED | BEFORE_CONSENT | {"unknown", "closing"}:
        return consents
    last = month_end(entry.day)
    plan = open_plan(chart)
    about = reference_to(plan, TITLE) if plan else None
    reason = f"The patient stops the service with {dates.day_words(last)}. {entry.why}"
    step = state_task("closing", author, form_id, plan=about, reason=reason)
    return (*consents, step, *_close_task(last, author, form_id, about))


def _close_task(
    last: date, author: Authorship, form_id: UUID, plan: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    if plan is None:
        return ()
    words = f"Close the care plan: the patient stops the service with {dates.day_words(last)}"
    due = max(last, author.now.date())
    to_do = ToDoEntry(words, due, "care-manager", "routine", "closing-check")
    return (to_do_resource(to_do, author, form_id, slot="closing-check", plan=plan),)
