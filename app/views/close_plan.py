"""Closing a care plan: whether she is ready, how it and each goal ended, who has the patient now, what to watch for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES
from fhir_profiles.terminology import codes, display
from mappings import pick_lists
from mappings.attempts import attempts
from mappings.authorship import Authorship
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.close_form import FINAL_PREFIX, CloseEntry
from mappings.closing import DIED, LOST, close_resources, open_plans, parse_close
from mappings.closing_rules import consent_ends, triggers
from mappings.closing_summary import episode_start, last_contact_words, then_and_now
from mappings.consent import consent_view, is_deceased
from mappings.enrolment import may_close
from mappings.episodes import open_episodes
from mappings.goal import FINAL_WORDS, goals, own_open_goals
from mappings.goals_met import MET, goals_met
from mappings.identity import is_ours
from mappings.patient_warning import patient_warnings
from mappings.readiness import readiness
from mappings.to_do import open_to_dos, to_dos

blueprint = Blueprint("close_plan", __name__)

_REASON = {"graduated": "goals-met", "stopped": "patient-stopped", LOST: "lost-to-follow-up"}
"""The usual reason of an outcome, where there is one."""
_WATCHED = ("emergency", "stay")
"""What is looked out for unless the nurse says otherwise."""


def _defaults(of: Chart, now: datetime) -> filing.Values:
    """The outcome that the way here asked for, or the one that the chart speaks for; what is known of each goal."""
    asked = request.args.get("outcome", "")
    outcome = asked if asked in pick_lists.outcomes() else ""
    reason = _REASON.get(outcome, "")
    if is_deceased(of):
        outcome, reason = "terminated", DIED
    elif not outcome and goals_met(of, now=now).all_met:
        outcome, reason = "graduated", "goals-met"
    provider = primary_care_provider(of)
    met = {row.id: "met" for row in goals(of, now).rows if row.ours and row.achievement in MET}
    return {
        **({"outcome": (outcome,), "reason": (reason,)} if outcome else {}),
        **({"hand_back_to": (provider["display"],)} if provider else {}),
        **({"tell_provider": ("on",)} if outcome == LOST else {}),
        **({} if reason == DIED else {"look_again": _WATCHED}),
        **{FINAL_PREFIX + goal: (final,) for goal, final in met.items()},
    }


def _context(of: Chart, now: datetime) -> Mapping[str, Any]:
    start = episode_start(next(iter(open_episodes(of, now)), None), now)
    consent = consent_view(of, now=now)
    return {
        "outcomes": [(outcome.code, outcome.label) for outcome in pick_lists.outcomes().values()],
        "reasons": [(code, display("close-reason", code)) for code in codes("close-reason")],
        "goals": [row for row in goals(of, now).rows if row.ours and row.active],
        "to_dos": [row for row in to_dos(of, now).rows if row.ours],
        "finals": tuple(FINAL_WORDS.items()),
        "final_prefix": FINAL_PREFIX,
        "triggers": [(each.code, each.label) for each in triggers().values()],
        "checks": readiness(of, now=now) if start else (),
        "compared": then_and_now(of, now),
        "last": last_contact_words(of, now),
        "tries": attempts(of, now=now, practice=current_launch().ehr.practice, since=start),
        "consent_ends": tuple(consent_ends().items()) if consent.state == "active" else (),
        "cautions": (may_close(of, now=now).caution, *patient_warnings(of, today=now.date())),
        "before": notice(records(of), of),
    }


def records(of: Chart) -> tuple[Record, ...]:
    """The outcome, and the end of what is open: "the end of the plan", "of 2 goals", "of 1 open task"."""
    goals_open, tasks = len(own_open_goals(of)), sum(map(is_ours, open_to_dos(of)))
    plans = len(open_plans(of))
    ends = (
        ("the end of the plan" if plans == 1 else f"the end of {plans} plans", "CarePlan", plans),
        (f"the end of {goals_open} goal{'' if goals_open == 1 else 's'}", "Goal", goals_open),
        (f"{tasks} open task{'' if tasks == 1 else 's'} as called off", "Task", tasks),
    )
    ended = (Record(words, kind, "update") for words, kind, any_open in ends if any_open)
    return *ended, Record("the outcome", "Task")


def _build(entry: CloseEntry, of: Chart, author: Authorship, form_id: UUID) -> Sequence[dict[str, Any]]:
    return close_resources(entry, of, author, form_id, practice=current_launch().ehr.practice)


FORM: filing.FormPage[CloseEntry] = filing.FormPage(
    name="care-plan-close",
    endpoint="close_plan",
    template="care_plan/close.html",
    types=(*BANNER_TYPES, "Goal", "Encounter", "Observation"),
    parse=lambda values, of, now: parse_close(values, chart=of, now=now),
    build=_build,
    defaults=_defaults,
    gate=lambda of, now: may_close(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)


@blueprint.get("/l/<launch_id>/care-plan/close")
def show(launch_id: str) -> ResponseReturnValue:
    """The form that closes the plan, or why there is nothing to close."""
    return filing.show(FORM)


@blueprint.post("/l/<launch_id>/care-plan/close")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the end of the plan, its goals and its open tasks."""
    return filing.send(FORM)
