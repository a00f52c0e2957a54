"""Consent to the service in one place: asked with the four things a patient must be told, kept, changed, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.current import current_launch
from app.views import filing
from app.views.before_filing import Record, notice, writes_of
from app.views.page import BANNER_TYPES, not_accepted
from app.views.spoken import language, names, provider_or_user
from fhir_profiles.terminology import codes, display
from mappings import dates, pick_lists
from mappings.authorship import Authorship
from mappings.cadence import working_day
from mappings.chart import Chart
from mappings.consent import (
    consent_history,
    consent_resources,
    consent_view,
    drafts_plan,
    may_consent,
    parse_consent,
    related_persons,
    wait_until,
)
from mappings.consent_change import change_resources, may_change, parse_change
from mappings.consent_form import DECISIONS, NOT_NOW, SCHEDULE, ServiceConsent
from mappings.coverage import cost_share
from mappings.eligibility import eligibility_view
from mappings.initiating_visit import InitiatingVisit, initiating_visit
from mappings.introduction import all_introductions
from mappings.patient_warning import patient_warnings
from mappings.planning_add_on import planning_add_on
from mappings.script import LANGUAGES, scripts, told
from mappings.sharing import permissions
from mappings.stop import may_stop
from mappings.to_do import OPEN

blueprint = Blueprint("consent", __name__)

TYPES = (*BANNER_TYPES, "RelatedPerson", "Encounter", "Coverage")
CHANGE = {"about": "practitioner"}
"""What the address names when another practitioner is to bill."""
VISIT_DAYS = 14


def _defaults(of: Chart, now: datetime) -> filing.Values:
    visit = initiating_visit(of, now)
    chosen = visit.found.reference if visit.found else SCHEDULE if visit.missing else NOT_NOW
    again = now.date() + timedelta(days=current_launch().ehr.practice.ask_again_days)
    return {
        "mode": ("verbal",),
        "agreed_by": ("patient",),
        "discussed_by": (provider_or_user(of),),
        "practitioner": (names(of).provider,),
        "date": (now.date().isoformat(),),
        "visit": (chosen,),
        "visit_due": (working_day(now.date() + timedelta(days=VISIT_DAYS)).isoformat(),),
        "ask_again": (working_day(again).isoformat(),),
    }


def _context(of: Chart, now: datetime, *, changing: bool = False) -> Mapping[str, Any]:
    visit, share = initiating_visit(of, now), cost_share(of, now)
    spoken, speaks = names(of), language(of)
    wait = None if changing else wait_until(of, now=now)
    gate = may_change(of, now=now) if changing else may_consent(of, now=now)
    return {
        "changing": changing,
        "decisions": tuple(DECISIONS.items()),
        "modes": [(code, display("consent-mode", code)) for code in codes("consent-mode")],
        "agreeing": [
            ("patient", "The patient"),
            *related_persons(of).items(),
            ("caregiver", "A caregiver who is not on file"),
        ],
        "told": told(spoken, speaks),
        "script": next(each for each in scripts(spoken, speaks) if each.code == "short"),
        "speaks": speaks,
        "languages": LANGUAGES,
        "cost": share,
        "visit": visit,
        "visit_choices": [
            *((each.reference, each.words) for each in visit.candidates),
            (SCHEDULE, "None: file a task to schedule one"),
            (NOT_NOW, "To be cleared later"),
        ],
        "wait_words": dates.day_words(wait) if wait else "",
        "re_ask_reasons": tuple(pick_lists.re_ask_reasons().items()),
        "decline_reasons": tuple(pick_lists.decline_reasons().items()),
        "cautions": (
            gate.caution,
            *patient_warnings(of, today=now.date()),
            "" if changing else _eligibility(of, now),
        ),
        "before": notice(change_records(of) if changing else (*records(of), *_visit_task(visit)), of),
        "place": _place(of, now),
    }


def _eligibility(of: Chart, now: datetime) -> str:
    """What is still open about eligibility; it never stands in the way of an answer."""
    found = eligibility_view(of, now=now)
    return {
        "none": "Nobody has said yet that this patient is eligible. You can record the answer all the same.",
        "waiting": "A provider is still to attest that this patient is eligible.",
        "not-eligible": f"{found.sentence} You can record the answer all the same.",
    }.get(found.state, "")


def _place(of: Chart, now: datetime) -> Mapping[str, Any]:
    """What stands on file, for the foot of the page: every answer, how it was introduced, who may be told."""
    return {
        "now": consent_view(of, now=now),
        "answers": consent_history(of, now=now),
        "introductions": all_introductions(of, now),
        "sharing": permissions(of, now),
        "add_on": planning_add_on(of, now),
        "may_stop": may_stop(of, now=now).allowed,
        "may_change": may_change(of, now=now).allowed,
    }


def records(of: Chart) -> tuple[Record, ...]:
    """What an answer files."""
    draft = (Record("the draft of a care plan (if agreed)", "CarePlan"),) if drafts_plan(of) else ()
    return Record("the patient’s answer", "Consent"), *draft, Record("the enrollment step", "Task")


def _visit_task(visit: InitiatingVisit) -> tuple[Record, ...]:
    """The task that is filed with an agreement where no visit is on file, unless it is chosen away."""
    return (Record("the task to schedule a first visit (if agreed)", "Task"),) if visit.missing else ()


def change_records(of: Chart) -> tuple[Record, ...]:
    """What a change of the billing practitioner files."""
    return Record("the new answer", "Consent"), Record("the end of the earlier consent", "Consent", "update")


def _build(entry: ServiceConsent, of: Chart, author: Authorship, form_id: UUID) -> Sequence[dict[str, Any]]:
    """Without the tasks that are tidied up on the way, where the EHR would not change them: the answer goes first."""
    made = consent_resources(entry, of, author, form_id)
    may = not not_accepted((("Task", "update"),))
    return [each for each in made if may or not _is_tidied(each)]


def _is_tidied(resource: Mapping[str, Any]) -> bool:
    return resource["resourceType"] == "Task" and "id" in resource and resource["status"] not in OPEN


FORM: filing.FormPage[ServiceConsent] = filing.FormPage(
    name="consent",
    endpoint="consent",
    template="consent/form.html",
    types=TYPES,
    parse=lambda values, of, now: parse_consent(values, chart=of, now=now),
    build=_build,
    defaults=_defaults,
    gate=lambda of, now: may_consent(of, now=now).reason,
    context=_context,
    writes=lambda of: writes_of(records(of)),
)

CHANGE_FORM: filing.FormPage[ServiceConsent] = filing.FormPage(
    name="consent-change",
    endpoint="consent",
    template="consent/form.html",
    types=TYPES,
    parse=lambda values, of, now: parse_change(values, chart=of, now=now),
    build=change_resources,
    defaults=lambda of, now: {**_defaults(of, now), "practitioner": ("",)},
    gate=lambda of, now: may_change(of, now=now).reason,
    context=partial(_context, changing=True),
    writes=lambda of: writes_of(change_records(of)),
    parameters=CHANGE,
)


def _form() -> filing.FormPage[ServiceConsent]:
    return CHANGE_FORM if request.args.get("about") == CHANGE["about"] else FORM


@blueprint.get("/l/<launch_id>/consent")
def show(launch_id: str) -> ResponseReturnValue:
    """The consent form, or what stands on file and why none is needed now."""
    return filing.show(_form())


@blueprint.post("/l/<launch_id>/consent")
def send(launch_id: str) -> ResponseReturnValue:
    """Files the patient's answer."""
    return filing.send(_form())
