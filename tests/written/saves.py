"""One save of a form, filled in as a person would, and built into records by the app's own way from form to record.

What a form offers (problems, visits, goals, tasks, caregivers) has ids only once a chart was read, so a save is a
function of the chart; what it writes is the same in every EHR up to the ids that the EHR gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fhir_profiles.terminology import codes
from mappings.assess import assess_resources, parse_assessment
from mappings.authorship import Authorship
from mappings.cadence_form import cadence_resources, parse_cadence
from mappings.care_plan import (
    care_plan_resources,
    offered_conditions,
    offered_visits,
    parse_care_plan,
)
from mappings.chart import Chart
from mappings.closing import close_resources, parse_close
from mappings.consent import consent_resources, parse_consent, related_persons
from mappings.consent_change import change_resources, parse_change
from mappings.contact_form import CONFIDENCE_PREFIX, IMPORTANCE_PREFIX, PROGRESS_PREFIX
from mappings.contact_save import contact_resources, parse_contact
from mappings.copy_given import copy_given_resources, parse_copy_given
from mappings.element import as_text
from mappings.eligibility_decision import (
    eligibility_defaults,
    eligibility_resources,
    parse_eligibility,
)
from mappings.eligibility_decision import (
    offered_problems as countable,
)
from mappings.goal import own_open_goals
from mappings.goal_add import goal_defaults, goal_resources, offered_problems, parse_goal
from mappings.goal_change import change_defaults, goal_change_resources, parse_goal_change
from mappings.goal_end import goal_end_resources, parse_goal_end, tasks_for
from mappings.goal_progress import goal_progress_resources, parse_goal_progress
from mappings.identity import is_ours
from mappings.introduction import introduction_resources
from mappings.introduction_form import parse_introduction
from mappings.patient import patient_banner
from mappings.program_referral import parse_referral, referral_resources
from mappings.questionnaire.catalogue import instrument
from mappings.sharing import permissions, revoked, sharing_resource
from mappings.sharing_form import parse_revoke, parse_sharing
from mappings.step import parse_step, step_resources
from mappings.stop import parse_stop, stop_resources
from mappings.template import defaults as template_defaults
from mappings.template import parse_template, template_resources
from mappings.template_form import TAKE
from mappings.template_row import KINDS, template_rows
from mappings.to_do import open_to_dos

Resource = dict[str, Any]
Values = Mapping[str, Sequence[str]]
NURSE = {"user": "Practitioner/nurse", "user_name": "Dana Whitfield RN"}
LAUNCHED_IN_A_VISIT = "launched in a visit"
"""As `encounter` of a save: the first visit that the chart offers."""


def _parse_assessment(values: Values, *, chart: Chart, now: datetime) -> Any:
    """The form of the instrument that the address of its page names."""
    asked = instrument(values["questionnaire"][0])
    assert asked is not None
    return parse_assessment(asked, values, chart=chart, now=now)


FORMS: dict[str, tuple[Callable[..., Any], Callable[..., tuple[Resource, ...]]]] = {
    "refer": (parse_referral, referral_resources),
    "eligibility": (parse_eligibility, eligibility_resources),
    "introduce": (
        parse_introduction,
        lambda entry, _, author, form_id: introduction_resources(entry, author, form_id),
    ),
    "consent": (parse_consent, consent_resources),
    "consent-change": (parse_change, change_resources),
    "stop": (parse_stop, stop_resources),
    "sharing": (
        parse_sharing,
        lambda entry, _, author, form_id: (sharing_resource(entry, author, form_id),),
    ),
    "sharing-revoke": (
        parse_revoke,
        lambda entry, _, author, form_id: (
            revoked(entry.permission, author, day=entry.day, reason=entry.reason),
        ),
    ),
    "plan": (parse_care_plan, care_plan_resources),
    "contact": (parse_contact, contact_resources),
    "close": (parse_close, close_resources),
    "step": (parse_step, step_resources),
    "cadence": (parse_cadence, cadence_resources),
    "goal": (parse_goal, goal_resources),
    "goal-change": (parse_goal_change, goal_change_resources),
    "goal-progress": (parse_goal_progress, goal_progress_resources),
    "goal-end": (parse_goal_end, goal_end_resources),
    "template": (parse_template, template_resources),
    "copy-given": (parse_copy_given, copy_given_resources),
    "assess": (_parse_assessment, assess_resources),
}


@dataclass(frozen=True)
class Save:
    """One press of Save: which form, how many days after the episode began, what was typed, who signed in."""

    form: str
    day: int
    fill: Callable[[Chart, datetime], Values]
    author: Mapping[str, Any] = field(default_factory=dict)


def built(save: Save, chart: Chart, now: datetime, form_id: UUID) -> tuple[Resource, ...]:
    """What the save files. Fails the test when the form refuses what was typed."""
    parse, build = FORMS[save.form]
    submitted = parse(save.fill(chart, now), chart=chart, now=now)
    assert submitted.entry is not None, dict(submitted.errors)
    return build(submitted.entry, chart, _author(save, chart, now), form_id)


def _author(save: Save, chart: Chart, now: datetime) -> Authorship:
    facts: dict[str, Any] = {**NURSE, "encounter": None, "organization": None, **save.author}
    if facts["encounter"] == LAUNCHED_IN_A_VISIT:
        facts["encounter"] = next(iter(offered_visits(chart, now))).split("/")[1]
    name = patient_banner(chart, today=now.date()).name
    return Authorship(patient=as_text(chart.patient["id"]), patient_name=name, now=now, **facts)


def refer(day: int, reason: str, **typed: str) -> Save:
    """A referral to care management."""
    return Save("refer", day, lambda _chart, _now: _single({"reason": reason, "origin": "chart", **typed}))


def eligibility(day: int, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A decision on eligibility: every problem counts and lasts, the first brings a serious risk."""

    def fill(chart: Chart, now: datetime) -> Values:
        rows = [row.reference for row in countable(chart, now)]
        picked = {"condition": rows, "lasting": rows, "risk": rows[:1]}
        values = {**eligibility_defaults(chart, now=now), **picked, "why": ["By the provider's word"]}
        values |= {"tier": ["highly-complex"], "tier_reason": ["Her daughter moved away"]}
        return {**values, **_single(typed)}

    return Save("eligibility", day, fill, author or {})


def consent(day: int = 0, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """An answer to the service. `ago` is the days since it was given; `agreed_by="on file"` the first RelatedPerson."""

    def fill(chart: Chart, now: datetime) -> Values:
        values = {
            "decision": "accept",
            "mode": "verbal",
            "agreed_by": "patient",
            "discussed_by": "Dr Luis Alvarez",
            **typed,
        }
        values["date"] = (now.date() - timedelta(days=int(values.pop("ago", "0")))).isoformat()
        _days_ahead(values, now, ask_again="ask_again_in", visit_due="visit_due_in")
        if values["agreed_by"] == "on file":
            values["agreed_by"] = next(iter(related_persons(chart)))
        told = {"disclosure": codes("disclosure")} if values["decision"] == "accept" else {}
        return {**_single(values), **told}

    return Save("consent", day, fill, author or {})


def introduce(day: int = 0, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """An introduction of the day of the save."""

    def fill(_: Chart, now: datetime) -> Values:
        values = {"introduced_by": "Dr Luis Alvarez", "how": "in-person", "answer": "interested", **typed}
        _days_ahead(values, now, follow="follow_in")
        return _single({**values, "date": now.date().isoformat()})

    return Save("introduce", day, fill, author or {})


def change_of_practitioner(day: int, **typed: str) -> Save:
    """The same answer to another practitioner who bills."""
    return replace(consent(day, practitioner="Dr Ann Ferris", **typed), form="consent-change")


def stop(day: int, **typed: str) -> Save:
    """The patient stops the service on the day of the save."""

    def fill(_: Chart, now: datetime) -> Values:
        return _single({"reason": "cost", **typed, "date": now.date().isoformat()})

    return Save("stop", day, fill)


def share(day: int, facts: Sequence[str], *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A permission of the day of the save to tell agencies these facts."""

    def fill(_: Chart, now: datetime) -> Values:
        values = {"why": "To arrange help", "mode": "written", "agreed_by": "patient", **typed}
        _days_ahead(values, now, until="until_in")
        return {**_single({**values, "date": now.date().isoformat()}), "facts": list(facts)}

    return Save("sharing", day, fill, author or {})


def take_permission_back(day: int, **typed: str) -> Save:
    """The newest permission in force, taken back on the day of the save."""

    def fill(chart: Chart, now: datetime) -> Values:
        held = next(row for row in permissions(chart, now).rows if row.active)
        return _single({**typed, "permission": held.id, "date": now.date().isoformat()})

    return Save("sharing-revoke", day, fill)


def plan(
    day: int,
    *,
    conditions: int = 2,
    visit: bool = False,
    author: Mapping[str, Any] | None = None,
    **typed: str,
) -> Save:
    """A care plan for the first so many problems of the chart; `visit` names the newest visit as the initiating one."""

    def fill(chart: Chart, now: datetime) -> Values:
        values = {
            "goal_text": "Walk to church and back",
            "goal_by": "patient",
            "goal_how": "To the corner and back",
            "target_due_in": "84",
            "to_do_text": "Call about the first step",
            "to_do_due_in": "14",
            "to_do_owner": "care-manager",
            "to_do_kind": "next-contact",
            **typed,
        }
        _days_ahead(values, now, target_due="target_due_in", to_do_due="to_do_due_in")
        if visit:
            values["initiating_visit"] = next(iter(offered_visits(chart, now)))
        return {**_single(values), "addresses": list(offered_conditions(chart, now))[:conditions]}

    return Save("plan", day, fill, author or {})


def contact(
    day: int,
    *,
    progress: str = "",
    ruler: tuple[int, int] | None = None,
    answers: bool = False,
    author: Mapping[str, Any] | None = None,
    **typed: str,
) -> Save:
    """A contact that began at 09:05 for 12 minutes. `progress` and `ruler` are said of each open goal of ours."""

    def fill(chart: Chart, now: datetime) -> Values:
        values = {
            "mode": "phone",
            "with": "patient",
            "result": "talked",
            "service_type": "education-follow-up",
            "date": now.date().isoformat(),
            "start": "09:05",
            "minutes": "12",
            **typed,
        }
        _days_ahead(values, now, next_date="next_in")
        for goal in own_open_goals(chart):
            values[PROGRESS_PREFIX + goal["id"]] = progress
            if ruler:
                values[IMPORTANCE_PREFIX + goal["id"]] = str(ruler[0])
                values[CONFIDENCE_PREFIX + goal["id"]] = str(ruler[1])
        open_ids = [task["id"] for task in open_to_dos(chart) if is_ours(task)]
        return {**_single(values), "answers": open_ids if answers else []}

    return Save("contact", day, fill, author or {})


def close(day: int, *, final: str, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The end of an episode; `final` is how each open goal of ours ended, `look_again` triggers with commas."""

    def fill(chart: Chart, now: datetime) -> Values:
        finals = {f"final.{goal['id']}": final for goal in own_open_goals(chart)}
        again = [code for code in typed.get("look_again", "").split(",") if code]
        values = {**typed, **finals}
        _days_ahead(values, now, look_again_on="look_again_in")
        return {**_single(values), "look_again": again}

    return Save("close", day, fill, author or {})


def goal(day: int, *, problems: int = 1, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """Another goal, about the first so many problems; `goal_by="on file"` is the first RelatedPerson's."""

    def fill(chart: Chart, now: datetime) -> Values:
        values = dict(typed)
        if values.get("goal_by") == "on file":
            values["goal_by"] = next(iter(related_persons(chart)))
        about = list(offered_problems(chart, now))[:problems]
        return {**goal_defaults(chart, now=now), **_single(values), "goal_addresses": about}

    return Save("goal", day, fill, author or {})


def last_goal(form: str, day: int, **typed: str) -> Save:
    """A "change", "progress" or "end" of the goal of ours that was set last; an end calls its open tasks off."""

    def fill(chart: Chart, now: datetime) -> Values:
        found = own_open_goals(chart)[-1]
        held = change_defaults(chart, found["id"]) if form == "change" else {}
        tasks = [task["id"] for task in tasks_for(chart, found)] if form == "end" else []
        return {**held, "goal": [found["id"]], **_single(typed), "call_off": tasks}

    return Save(f"goal-{form}", day, fill)


def step(day: int, to: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """A step under a plan; `until_in`, `next_in` and `close_in` are days ahead."""

    def fill(_: Chart, now: datetime) -> Values:
        values = {"to": to, "reason": "As agreed", **typed}
        _days_ahead(values, now, until="until_in", next_date="next_in", close_by="close_in")
        return _single(values)

    return Save("step", day, fill, author or {})


def wish(day: int, days: str, way: str) -> Save:
    """How often and how the patient wants to be contacted."""
    return Save("cadence", day, lambda _chart, _now: {"days": [days], "way": [way]})


def template(day: int, name: str, *, author: Mapping[str, Any] | None = None, **typed: str) -> Save:
    """The first row of each kind of a template."""

    def fill(chart: Chart, now: datetime) -> Values:
        rows = [row for row in template_rows([name], chart) if row.offered]
        first = [next(row.key for row in rows if row.kind == kind) for kind in KINDS]
        return {**template_defaults([name], chart, now=now), **_single(typed), TAKE: first}

    return Save("template", day, fill, author or {})


def copy_given(day: int, **typed: str) -> Save:
    """A copy of the plan that was given on the day of the save."""

    def fill(_: Chart, now: datetime) -> Values:
        given = {"to": "patient", "how": "printed", "language": "en", "version": "patient", **typed}
        return _single({**given, "date": now.date().isoformat()})

    return Save("copy-given", day, fill)


def assess(
    day: int, name: str, answers: Values, *, author: Mapping[str, Any] | None = None, **typed: str
) -> Save:
    """A questionnaire that was filled in."""
    values = {"questionnaire": [name], **answers, **_single(typed)}
    return Save("assess", day, lambda _chart, _now: values, author or {})


def _days_ahead(values: dict[str, str], now: datetime, **fields: str) -> None:
    """Makes "in so many days" the date that a form asks for; what was not given stays empty."""
    for name, given_as in fields.items():
        if given_as in values:
            values[name] = (now.date() + timedelta(days=int(values.pop(given_as)))).isoformat()


def _single(values: Mapping[str, str]) -> dict[str, Sequence[str]]:
    return {name: [value] for name, value in values.items()}
