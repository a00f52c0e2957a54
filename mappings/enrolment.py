"""Where the patient stands in the program, since when, and which step may be taken next.

The state Tasks say it; the plan and the consent correct it where someone closed the plan in the EHR or a consent ran
out. Where tasks could not be read, or are never shown again, the state is "unknown", never a guess (mappings.sight).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhir_profiles.terminology import display
from mappings import dates
from mappings.chart import Chart, once
from mappings.consent import ConsentView, consent_caution, consent_view, is_deceased, may_consent
from mappings.element import as_object
from mappings.enrolment_state import Gate, StateStep, state_steps, unread
from mappings.episode import open_plan, own_plans
from mappings.panel import PLAIN_WORDS, listed
from mappings.sight import NOT_SHOWN_AGAIN, Sight, as_far_as_shown, sight, unseen
from mappings.terminology import status_code

ENDED = frozenset({"graduated", "declined", "stopped", "lost-to-follow-up", "transferred", "terminated"})
BEFORE_CONSENT = frozenset({"", "identified", "referred", "introduced"})
_TELLING = ("Task", "CarePlan", "Consent")
_FROM_PLAN = {
    "draft": "consented",
    "active": "plan-active",
    "on-hold": "paused",
    "completed": "graduated",
    "revoked": "terminated",
}
_CONSENT_STAYS = (
    "This EHR does not show Chartside the patient's consent, so closing does not end it. Where the patient stops the"
    " service, end the consent in the chart."
)
_FROM_CONSENT = {"active": "consented", "declined": "declined", "stopped": "stopped"}


@dataclass(frozen=True)
class EnrolmentView:
    """The standing of the patient. `state` is a code of enrolment-state, "" before any step, or "unknown"."""

    state: str
    sentence: str
    since: date | None
    enrolled: bool
    history: tuple[StateStep, ...]
    may_consent: Gate
    may_plan: Gate
    may_contact: Gate
    may_close: Gate

    @property
    def known(self) -> bool:
        """False when the tasks or plans that would tell could not be read."""
        return self.state != "unknown"


@once
def enrolment_view(chart: Chart, *, now: datetime) -> EnrolmentView:
    """The standing on the day of `now`, with a gate for each step; contacts are always open to be documented."""
    consent = consent_view(chart, now=now)
    steps = state_steps(chart)
    state = _state(chart, steps, consent)
    enrolled = state not in ENDED | BEFORE_CONSENT | {"unknown"}
    since = _since(chart, steps, consent, now) if enrolled else _ended_on(steps, now)
    return EnrolmentView(
        state=state,
        sentence=_sentence(chart, state, since, now),
        since=since,
        enrolled=enrolled,
        history=steps,
        may_consent=may_consent(chart, now=now),
        may_plan=may_plan(chart, now=now),
        may_contact=may_contact(chart),
        may_close=may_close(chart, now=now),
    )


def standing_state(chart: Chart, *, now: datetime) -> str:
    """The state alone, without the gates: a code of enrolment-state, "" before any step, or "unknown"."""
    return _state(chart, state_steps(chart), consent_view(chart, now=now))


def _state(chart: Chart, steps: tuple[StateStep, ...], consent: ConsentView) -> str:
    if sight(chart, "Task") is Sight.DARK or (sight(chart, "Task") is Sight.UNSEEN and not steps):
        return "unknown"
    plans = own_plans(chart)
    if steps:
        return _corrected(steps[0].state, plans, consent)
    if not all(sight(chart, kind) is Sight.WHOLE for kind in _TELLING):
        return "unknown"
    if plans:
        return _corrected(_FROM_PLAN.get(status_code(plans[0].get("status")), ""), plans, consent)
    return _FROM_CONSENT.get(consent.state, "")


def _corrected(state: str, plans: tuple[dict[str, Any], ...], consent: ConsentView) -> str:
    """The state that was filed, unless the plan was ended in the EHR or the consent has run out since."""
    if state in ENDED | BEFORE_CONSENT:
        return state
    if consent.state == "stopped":
        return "stopped"
    status = status_code(plans[0].get("status")) if plans else ""
    if status in {"completed", "revoked", "on-hold"}:
        return _FROM_PLAN[status]
    if status == "active" and state == "paused":
        return "following"
    return "plan-active" if status == "active" and state in {"consented", "assessed"} else state


def _since(chart: Chart, steps: tuple[StateStep, ...], consent: ConsentView, now: datetime) -> date | None:
    """The first day of this episode: the plan's start, else the consent's, else the step that opened it."""
    plan = open_plan(chart)
    start = dates.parse(as_object(plan.get("period")).get("start")) if plan else None
    if start and start.local_day(now.tzinfo):
        return start.local_day(now.tzinfo)
    if consent.since:
        return consent.since.date()
    return _ended_on(steps, now)


def _ended_on(steps: tuple[StateStep, ...], now: datetime) -> date | None:
    return steps[0].when.local_day(now.tzinfo) if steps and steps[0].when else None


def _sentence(chart: Chart, state: str, since: date | None, now: datetime) -> str:
    if state == "unknown":
        return f"Enrollment unknown: {_why_unknown(chart)}"
    words = _standing(state, since, now)
    return as_far_as_shown(words) if sight(chart, "Task") in (Sight.UNSEEN, Sight.PARTLY) else words


def _why_unknown(chart: Chart) -> str:
    """What may still be read is named before what never is, unless the steps themselves are never shown."""
    for_now = [kind for kind in _TELLING if sight(chart, kind) in (Sight.DARK, Sight.PARTLY)]
    if not for_now or sight(chart, "Task") is Sight.UNSEEN:
        return NOT_SHOWN_AGAIN
    return f"{listed([PLAIN_WORDS[kind] for kind in for_now])} could not all be seen"


def _standing(state: str, since: date | None, now: datetime) -> str:
    if not state:
        return "Not enrolled"
    if state in BEFORE_CONSENT or state in ENDED:
        return f"{display('enrolment-state', state)}{f' · {dates.day_words(since)}' if since else ''}"
    day = f" · day {(now.date() - since).days}" if since and since < now.date() else ""
    words = "Enrolled" if state in {"plan-active", "following"} else display("enrolment-state", state)
    return f"{words}{day or (' today' if since == now.date() else '')}"


def may_plan(chart: Chart, *, now: datetime) -> Gate:
    """Whether a plan may be opened: consent in force, and no plan of ours open already.

    Where the EHR shows neither again, it may, with a caution.
    """
    if is_deceased(chart):
        return Gate("The chart says that this patient has died.")
    if dark := unread(chart, "CarePlan"):
        return Gate(dark)
    consent = consent_view(chart, now=now)
    agreed = consent.state == "active" or (consent.state == "unknown" and unseen(chart, "Consent"))
    if not agreed:
        return Gate(f"A plan needs the patient's consent first. {consent.sentence}")
    plan = open_plan(chart)
    if plan and status_code(plan.get("status")) != "draft":
        return Gate("A care plan is already open. Change it, or close it before opening another.")
    return Gate(caution=consent_caution(chart))


def may_contact(chart: Chart) -> Gate:
    """A contact may always be documented; what it cannot change, since it is not shown, is said."""
    hidden = unseen(chart, "Goal", "Task")
    if not hidden:
        return Gate()
    words = listed([PLAIN_WORDS[kind] for kind in hidden])
    instead = " Write in the note how the goals go." if "Goal" in hidden else ""
    return Gate(
        caution=f"This EHR does not show again the {words} documented with Chartside, so none of them is changed here."
        + instead
    )


def may_close(chart: Chart, *, now: datetime) -> Gate:
    """Whether the episode may be closed: there is a plan of ours, or a consent in force, to end.

    What is never shown again cannot be ended; a consent alone that is not shown leaves the plan to be closed.
    """
    if dark := unread(chart, "CarePlan") or unread(chart, "Task") or unread(chart, "Goal"):
        return Gate(dark)
    if hidden := unseen(chart, "CarePlan", "Goal", "Task"):
        words = listed([PLAIN_WORDS[kind] for kind in hidden])
        return Gate(
            f"This EHR does not show again the {words} documented with Chartside, so they cannot be closed from here."
            " Document in a contact how care management ended."
        )
    consent = consent_view(chart, now=now)
    ended_elsewhere = bool(unseen(chart, "Consent"))
    if consent.state == "unknown" and not ended_elsewhere:
        return Gate(consent.sentence)
    if open_plan(chart) is None and consent.state != "active":
        return Gate("There is no open care plan to close.")
    return Gate(caution=_CONSENT_STAYS if ended_elsewhere else "")


def pause_note(chart: Chart, *, now: datetime) -> str:
    """What to know before documenting a contact while the service is paused; "" when it is not."""
    if standing_state(chart, now=now) != "paused":
        return ""
    steps = state_steps(chart)
    until = dates.plain_words(steps[0].facts.get("Until")) if steps and steps[0].state == "paused" else ""
    return (
        f"The service is paused{f' until {until}' if until else ''}. A contact can be documented, and its minutes"
        " count as consent allows; resume the service if follow-up goes on."
    )


def contact_note(consent: ConsentView) -> str:
    """What to know before documenting a contact: why its minutes will not count; "" when they will."""
    match consent.state:
        case "active":
            return ""
        case "unknown":
            return f"Whether these minutes count cannot be said. {consent.sentence}"
    return "This contact can be documented. Its minutes do not count: there is no consent in force."
