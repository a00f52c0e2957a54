"""What hangs on a record that is taken back: what was filed with it, what rests on it, and what it changed.

The first is taken back along with it unless its tick is removed, the second only where a tick is set. What it changed
was somebody's record before and stays; a task that it closed can be opened again, so that nobody forgets to do it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mappings import dates
from mappings.authorship import Authorship, annotation, instant
from mappings.chart import Chart
from mappings.consent_standing import is_sharing
from mappings.element import as_object, as_objects, as_text, reference_text, relative_reference
from mappings.enrolment import ENDED
from mappings.enrolment_state import StateStep, state_steps
from mappings.episode import OPEN as OPEN_PLAN
from mappings.goal import own_open_goals
from mappings.identity import is_ours, own, task_kind
from mappings.take_back import is_taken_back, record_words
from mappings.terminology import status_code
from mappings.to_do import open_to_dos, to_do_kind, with_text

UNDER_A_PLAN = frozenset({"following", "maintenance", "in-control", "paused", "closing"})
"""The steps that are taken while a plan is open."""
_ASKED_BY_AN_ANSWER = frozenset({"safety", "advance-directive"})
_CLOSED = frozenset({"completed", "cancelled"})
_ISO_DAY = re.compile(r" \(\d{4}-\d{2}-\d{2}\)")

Resource = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """What a record changed in another one that it did not make, in words; `closed` where it closed that task."""

    resource: Resource
    words: str
    closed: bool


def filed_with(resource: Resource, chart: Chart) -> tuple[Resource, ...]:
    """What the same save filed and what makes no sense without the record, as far as it still counts.

    A referral's step; the order, the question and the minutes of a referral to others; a decision's step and the task
    to attest it; a contact's next task and the step to regular follow-up; the task that a step or an end left; a
    consent's draft plan, its step and the task to ask again or to schedule a visit; a plan's goals, first tasks and
    step; what an answer of an assessment asked for, and its step.
    """
    match resource["resourceType"]:
        case "Consent":
            return _of_consent(resource, chart)
        case "CarePlan":
            return _of_plan(resource, chart)
        case "Task":
            return _of_task(resource, chart)
    return ()


def _of_task(task: Resource, chart: Chart) -> tuple[Resource, ...]:
    moment, kind = _authored(task), task_kind(task)
    if kind == "contact":
        return (*_to_dos_of(moment, chart), *_steps_of(moment, chart))
    if kind == "eligibility" or to_do_kind(task) == "look-at-referral":
        asked = [each for each in _to_dos_of(moment, chart) if to_do_kind(each) == "attest-eligibility"]
        return (*asked, *_steps_of(moment, chart, "identified", "referred"))
    if kind == "referral":
        return (*_orders_of(task, chart), *_to_dos_of(moment, chart), *_contacts_of(moment, chart))
    if kind == "enrolment-state":
        return _of_step(task, chart)
    return _of_assessment(task, chart) if kind == "assessment" else ()


def resting_on(resource: Resource, chart: Chart) -> tuple[Resource, ...]:
    """What later saves filed upon a consent or a plan, and what counts without it too: offered, never presumed."""
    if resource["resourceType"] not in ("Consent", "CarePlan"):
        return ()
    plans = [resource]
    if resource["resourceType"] == "Consent":
        plans = [each for each in _plans_of(resource, chart) if status_code(each.get("status")) != "draft"]
    upon = [item for plan in plans for item in (plan, *_of_plan(plan, chart), *_tasks_upon(plan, chart))]
    before = [resource, *filed_with(resource, chart)]
    return _each_once(item for item in upon if not _among(item, before))


def effects(resource: Resource, chart: Chart) -> tuple[Effect, ...]:
    """What a contact, a step under a plan or the end of the service changed in records that were there before.

    They bear its very time. A step that was filed with a contact changed nothing by itself.
    """
    moment = _saved_at(resource, chart)
    if moment is None:
        return ()
    known = [item for kind in ("CarePlan", "Goal", "Task") for item in own(chart, kind)]
    others = [item for item in known if not _made_at(item, moment) and not _tells_nothing(item)]
    found = ((item, _said_at(item, moment)) for item in others)
    return tuple(
        Effect(item, f"{record_words(item)}: {said}", closed=_is_closed(item)) for item, said in found if said
    )


def _saved_at(resource: Resource, chart: Chart) -> dates.FhirDate | None:
    """The moment of the save of a contact, a decision, a step that was taken by itself, or an answer to the service."""
    taken = task_kind(resource) == "enrolment-state" and _state(resource, chart) in ENDED | UNDER_A_PLAN
    alone = taken and not _contacts_of(_authored(resource), chart)
    if alone or task_kind(resource) in ("contact", "eligibility"):
        return dates.parse(_authored(resource))
    if resource["resourceType"] != "Consent" or is_sharing(resource):
        return None
    steps = _steps_of_consent(resource, chart)
    return dates.parse(_authored(steps[0].resource)) if steps else None


def opened_again(task: Resource, author: Authorship) -> Resource:
    """A task that a contact had closed, to be done again, with why in a note."""
    note = annotation("Open again: what closed it was filed wrongly.", author)
    kept = {name: part for name, part in task.items() if name != "statusReason"}
    notes = [*as_objects(task.get("note")), note]
    return with_text({**kept, "status": "requested", "lastModified": instant(author.now), "note": notes})


def _authored(resource: Resource) -> str:
    return as_text(resource.get("authoredOn"))


def _to_dos_of(moment: str, chart: Chart) -> list[Resource]:
    return [
        task
        for task in open_to_dos(chart)
        if moment and is_ours(task) and dates.parse(_authored(task)) == dates.parse(moment)
    ]


def _steps_of(moment: str, chart: Chart, *states: str) -> list[Resource]:
    """The step that was filed at that very time: to regular follow-up, with a contact, or to one of `states`."""
    return [
        step.resource
        for step in state_steps(chart)
        if moment
        and step.state in (states or ("following",))
        and dates.parse(_authored(step.resource)) == dates.parse(moment)
    ]


def _contacts_of(moment: str, chart: Chart) -> list[Resource]:
    contacts = (task for task in own(chart, "Task") if task_kind(task) == "contact")
    return [task for task in contacts if moment and dates.parse(_authored(task)) == dates.parse(moment)]


def _orders_of(task: Resource, chart: Chart) -> list[Resource]:
    """The order of ours that a referral is about, while it stands."""
    named = reference_text(task.get("focus"))
    orders = (each for each in own(chart, "ServiceRequest") if status_code(each.get("status")) == "active")
    return [each for each in orders if relative_reference(each) == named]


def _of_step(step: Resource, chart: Chart) -> tuple[Resource, ...]:
    """The task that a step under a plan, or an end, left behind; what is of a contact's save is the contact's."""
    moment, state = _authored(step), _state(step, chart)
    if state not in (ENDED | UNDER_A_PLAN | {"introduced"}) - {"declined"} or _contacts_of(moment, chart):
        return ()
    return tuple(_to_dos_of(moment, chart))


def _of_assessment(assessment: Resource, chart: Chart) -> tuple[Resource, ...]:
    """The tasks that its answers asked for, whenever it was saved, and the step "assessed" of its last save."""
    here = relative_reference(assessment)
    period = as_object(assessment.get("executionPeriod"))
    saves = [dates.parse(each) for each in (_authored(assessment), period.get("end")) if each]
    asked = [
        task
        for task in open_to_dos(chart)
        if is_ours(task)
        and to_do_kind(task) in _ASKED_BY_AN_ANSWER
        and (reference_text(task.get("focus")) == here or dates.parse(_authored(task)) in saves)
    ]
    steps = [
        step.resource
        for step in state_steps(chart)
        if step.state == "assessed" and dates.parse(_authored(step.resource)) in saves
    ]
    return (*asked, *steps)


def _of_consent(consent: Resource, chart: Chart) -> tuple[Resource, ...]:
    if is_sharing(consent):
        return ()  # A permission to share is no answer to the service and brings nothing with it.
    plans = [plan for plan in _plans_of(consent, chart) if status_code(plan.get("status")) == "draft"]
    named = {relative_reference(plan) for plan in plans}
    upon = [step for step in state_steps(chart) if named & _bases(step.resource)]
    steps = _each_once(step.resource for step in (*upon, *_steps_of_consent(consent, chart)))
    tasks = [task for step in steps for task in _to_dos_of(_authored(step), chart)]
    return _each_once((*plans, *steps, *tasks))


def _plans_of(consent: Resource, chart: Chart) -> list[Resource]:
    here = relative_reference(consent)
    return [
        plan
        for plan in own(chart, "CarePlan")
        if status_code(plan.get("status")) in OPEN_PLAN
        and here in map(reference_text, as_objects(plan.get("supportingInfo")))
    ]


def _steps_of_consent(consent: Resource, chart: Chart) -> list[StateStep]:
    """The step of its save: the first of its kind that was taken since this answer and before the next one."""
    given = dates.parse(consent.get("dateTime"))
    if given is None:
        return []
    answers = (each for each in own(chart, "Consent") if not is_sharing(each))
    others = (dates.parse(each.get("dateTime")) for each in answers)
    later = [each for each in others if each and given < each]
    since = [
        step
        for step in reversed(state_steps(chart))
        if step.state == ("declined" if _is_no(consent) else "consented")
        and _not_before(given, step)
        and not any(_not_before(each, step) for each in later)
    ]
    return since[:1]


def _is_no(consent: Resource) -> bool:
    """Whether it says no, also where it is marked already."""
    return as_text(as_object(consent.get("provision")).get("type")) == "deny"


def _not_before(given: dates.FhirDate, step: StateStep) -> bool:
    """Whether a step was taken at or after an answer; one that says only its day was given as that day began."""
    if step.when is None:
        return False
    zone = step.when.moment.tzinfo if step.when.moment else None
    return given.start(zone) <= step.when.start(zone)


def _of_plan(plan: Resource, chart: Chart) -> tuple[Resource, ...]:
    named = {reference_text(each) for each in as_objects(plan.get("goal"))}
    agreed = {reference_text(as_object(each.get("reference"))) for each in as_objects(plan.get("activity"))}
    goals = [goal for goal in own_open_goals(chart) if relative_reference(goal) in named]
    tasks = [task for task in open_to_dos(chart) if is_ours(task) and relative_reference(task) in agreed]
    steps = [
        step.resource
        for step in state_steps(chart)
        if step.state in UNDER_A_PLAN | {"plan-active"} and relative_reference(plan) in _bases(step.resource)
    ]
    return (*goals, *tasks, *steps)


def _tasks_upon(plan: Resource, chart: Chart) -> list[Resource]:
    here = relative_reference(plan)
    return [task for task in open_to_dos(chart) if is_ours(task) and here in _bases(task)]


def _bases(resource: Resource) -> set[str]:
    return set(map(reference_text, as_objects(resource.get("basedOn"))))


def _state(resource: Resource, chart: Chart) -> str:
    return next((step.state for step in state_steps(chart) if step.resource is resource), "")


def _made_at(resource: Resource, moment: dates.FhirDate) -> bool:
    made = (dates.parse(resource.get(name)) for name in ("authoredOn", "created"))
    return any(each == moment for each in made if each)


def _said_at(resource: Resource, moment: dates.FhirDate) -> str:
    notes = [note for note in as_objects(resource.get("note")) if dates.parse(note.get("time")) == moment]
    return "; ".join(_ISO_DAY.sub("", as_text(note.get("text"))) for note in notes)


def _tells_nothing(resource: Resource) -> bool:
    """True for what is taken back itself, and for a task that is open again."""
    return is_taken_back(resource) or (task_kind(resource) == "to-do" and not _is_closed(resource))


def _is_closed(resource: Resource) -> bool:
    return task_kind(resource) == "to-do" and status_code(resource.get("status")) in _CLOSED


def _among(resource: Resource, listed: Iterable[Resource]) -> bool:
    return any(relative_reference(resource) == relative_reference(each) for each in listed)


def _each_once(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    return tuple({relative_reference(each): each for each in resources}.values())
