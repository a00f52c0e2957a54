"""What must stand in the chart before a month's minutes are worth anything, and in words why it does not yet.

Which of them a family needs is said in `billing_rules.toml`. What the chart cannot tell is asked, never assumed: such a
gate is neither met nor unmet (domain notes B.2, B.7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings import dates
from mappings.billing_rules import Family
from mappings.chart import Chart
from mappings.consent import ConsentView, consent_view
from mappings.consent_standing import consent_windows
from mappings.element import as_object, as_objects, as_text
from mappings.episode import own_plans
from mappings.initiating_visit import initiating_visit
from mappings.panel import PLAIN_WORDS
from mappings.plan_review import plan_reviews
from mappings.plan_section import AGREED
from mappings.sight import NOT_SHOWN_AGAIN, Sight, sight
from mappings.terminology import status_code
from mappings.transition import transitions
from mappings.treated_conditions import treated_conditions

_YEAR = 366


@dataclass(frozen=True)
class MonthGate:
    """One thing that a month needs. `met` is None where the chart does not tell; `short` is why not, in a few words."""

    need: str
    label: str
    met: bool | None
    words: str
    short: str = ""


def gates(chart: Chart, family: Family, *, now: datetime) -> tuple[MonthGate, ...]:
    """The gates of a family for the month of `now`, in the order of the rule; a past month is judged at its end."""
    return tuple(_GATES[need](chart, family, now) for need in family.needs if need in _GATES)


def _consent(chart: Chart, family: Family, now: datetime) -> MonthGate:
    view = consent_view(chart, now=now)
    if view.state == "unknown":
        return MonthGate("consent", "Consent", None, view.sentence, "consent is unknown")
    first, _ = dates.month_bounds(now)
    held = [
        window
        for window in consent_windows(chart, now=now)
        if window.start <= now and (window.last_day is None or window.last_day >= first.date())
    ]
    words = " ".join(filter(None, (view.sentence, _practitioner(view))))
    return MonthGate("consent", "Consent", bool(held), words, "" if held else _no_consent(view))


def _practitioner(view: ConsentView) -> str:
    return f"For {view.practitioner}." if view.state == "active" and view.practitioner else ""


def _no_consent(view: ConsentView) -> str:
    return {"declined": "the patient declined", "stopped": "consent was stopped"}.get(
        view.state, "consent not on file"
    )


def _plan(chart: Chart, family: Family, now: datetime) -> MonthGate:
    first, _ = dates.month_bounds(now)
    plans = [plan for plan in own_plans(chart) if _within(plan, first, now)]
    agreed = [plan for plan in plans if status_code(plan.get("status")) not in ("draft", "revoked")]
    if agreed:
        since = dates.plain_words(as_object(agreed[0].get("period")).get("start"), now.tzinfo)
        return MonthGate(
            "plan", "Care plan", True, f"Care plan since {since}." if since else "Care plan open."
        )
    if plans:
        draft = "The care plan is a draft: it has not been agreed with the patient yet."
        return MonthGate("plan", "Care plan", False, draft, "the care plan is a draft")
    unseen = _unseen(chart, "CarePlan")
    if unseen:
        return MonthGate("plan", "Care plan", None, unseen, "the care plan is unknown")
    return MonthGate(
        "plan", "Care plan", False, "No care plan was open in this month.", "no care plan is open"
    )


def _within(plan: Mapping[str, Any], first: datetime, now: datetime) -> bool:
    """Whether a plan's period touches the month up to `now`."""
    period = as_object(plan.get("period"))
    start = dates.parse(period.get("start")) or dates.parse(plan.get("created"))
    end = dates.parse(period.get("end"))
    last = end.local_day(now.tzinfo) if end else None
    begun = start is None or start.start(now.tzinfo) <= now
    return begun and (last is None or last >= first.date())


def _visit(chart: Chart, family: Family, now: datetime) -> MonthGate:
    consent = consent_view(chart, now=now)
    within = "within 3 years" if family.visit_days > _YEAR else "within a year"
    label = "Visit that starts the service"
    if consent.state == "active" and consent.visit:
        return MonthGate("visit", label, True, f"Named with the consent: {consent.visit}.")
    begun = consent.since if consent.state in ("active", "stopped") else None
    found = initiating_visit(chart, begun or now, days=family.visit_days)
    if found.found and found.found.sure:
        return MonthGate("visit", label, True, f"{found.found.words}.")
    if found.missing:
        asked = f"No visit in person {within} before the service is on file. A new patient needs one first."
        return MonthGate("visit", label, False, asked, "no visit to start the service on file")
    return MonthGate("visit", label, None, found.sentence, "the visit that started the service")


def _conditions(chart: Chart, family: Family, now: datetime) -> MonthGate:
    found = treated_conditions(chart, now=now)
    named = f": {', '.join(found.names)}" if found.names else ""
    words = f"{found.count} chronic condition{'' if found.count == 1 else 's'}{named}."
    if found.count >= family.conditions:
        return MonthGate("conditions", "Chronic conditions", True, words)
    unseen = _unseen(chart, "Condition")
    if unseen:
        return MonthGate("conditions", "Chronic conditions", None, unseen, "the conditions are unknown")
    said = f"{words} {_number(family.conditions)} are needed."
    short = "fewer than two chronic conditions" if family.conditions == 2 else "too few chronic conditions"
    return MonthGate("conditions", "Chronic conditions", False, said, short)


def _number(count: int) -> str:
    return {1: "One", 2: "Two", 3: "Three"}.get(count, str(count))


def _plan_changed(chart: Chart, family: Family, now: datetime) -> MonthGate:
    """Whether the plan was agreed on, or changed in a review, within the month."""
    label = "Plan made or revised"
    first, _ = dates.month_bounds(now)
    made = [_agreed_at(note) for plan in own_plans(chart) for note in as_objects(plan.get("note"))]
    changed = [each.when for each in plan_reviews(chart, now) if each.result == "changed"]
    within = [when for when in (*made, *changed) if when and first <= when.start(now.tzinfo) <= now]
    if within:
        day = dates.plain_words(max(within), now.tzinfo)
        return MonthGate("plan-changed", label, True, f"The plan was made or revised on {day}.")
    unseen = _unseen(chart, "CarePlan") or _unseen(chart, "Task")
    if unseen:
        return MonthGate("plan-changed", label, None, unseen, "whether the plan was revised")
    words = "The plan was neither made nor revised in this month."
    return MonthGate("plan-changed", label, False, words, "the plan was not revised this month")


def _agreed_at(note: Mapping[str, Any]) -> dates.FhirDate | None:
    return dates.parse(note.get("time")) if as_text(note.get("text")).startswith(AGREED) else None


def _decision(chart: Chart, family: Family, now: datetime) -> MonthGate:
    words = (
        "The chart does not tell how hard the provider’s decisions were. The provider says so for the claim."
    )
    return MonthGate("decision", "Decision making", None, words, "the provider’s decision making")


def _transition(chart: Chart, family: Family, now: datetime) -> MonthGate:
    """Of the last discharge whose 30 days touch the month: the call in time, the visit in time."""
    label = "Discharge"
    first, _ = dates.month_bounds(now)
    found = [row for row in transitions(chart, now=now) if row.dates.service_ends >= first.date()]
    if not found:
        unseen = _unseen(chart, "Encounter")
        if unseen:
            return MonthGate("transition", label, None, unseen, "whether there was a discharge")
        return MonthGate("transition", label, False, "No discharge falls into this month.", "no discharge")
    row = found[0]
    said = f"Discharged {dates.day_words(row.dates.discharged)}"
    if row.closed and not row.contacted_in_time:
        return MonthGate("transition", label, False, f"{said}. {row.closed}", "the transition is closed")
    reached, missing = row.contacted_in_time or row.tried_in_time, []
    if not reached:
        missing.append("nobody was reached within 2 business days")
    if row.visit_day is None or row.visit_day > row.dates.visit_by:
        missing.append(f"no visit by {dates.day_words(row.dates.visit_by)} is on file")
    if missing and not row.known:
        unknown = f"{said}; {NOT_SHOWN_AGAIN}."
        return MonthGate("transition", label, None, unknown, "the transition’s calls")
    if missing:
        return MonthGate("transition", label, False, f"{said}: {'; '.join(missing)}.", missing[0])
    return MonthGate("transition", label, True, f"{said}, reached or tried in time, seen in time.")


def _unseen(chart: Chart, resource_type: str) -> str:
    """Why nothing can be concluded from there being none; "" where all of the type was seen."""
    seen = sight(chart, resource_type)
    if seen is Sight.WHOLE:
        return ""
    if seen is Sight.UNSEEN:
        return f"Unknown: {NOT_SHOWN_AGAIN}."
    return f"Unknown: not all {PLAIN_WORDS[resource_type]} of this patient could be seen."


_GATES: Mapping[str, Callable[[Chart, Family, datetime], MonthGate]] = {
    "consent": _consent,
    "plan": _plan,
    "visit": _visit,
    "conditions": _conditions,
    "plan-changed": _plan_changed,
    "decision": _decision,
    "transition": _transition,
}
