"""One questionnaire as it is saved: the answers, and everything that an answer asks for at once.

    answers               -> Task (assessment), completed or half done
    a danger among them   -> who was told goes with it, and an urgent task of today for a provider
    an advance directive  -> a task to help with one, or to get a copy of it
    the needs assessment  -> the state "assessed", while the plan is a draft

All of it is one save. What was half done is taken up and updated, by whoever goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mappings.advance_directive import KIND as DIRECTIVE
from mappings.authorship import Authorship
from mappings.cadence import working_day
from mappings.care_plan import primary_care_provider
from mappings.chart import Chart
from mappings.consent import is_deceased
from mappings.crisis import (
    Acknowledgement,
    crisis_line,
    dangers_typed,
    earlier_acknowledgement,
    has_safety_task,
    read_acknowledgement,
    safety_task,
)
from mappings.enrolment import enrolment_view
from mappings.enrolment_state import state_task, unread
from mappings.episode import TITLE, open_plan
from mappings.form import Fields, Submitted
from mappings.identity import reference_to
from mappings.needs_assessment import NAME as NEEDS
from mappings.patient import patient_banner
from mappings.questionnaire import entry as answered
from mappings.questionnaire import form
from mappings.questionnaire.catalogue import Instrument
from mappings.questionnaire.entry import AssessmentEntry
from mappings.questionnaire.field import NOTE, field_of
from mappings.questionnaire.history import history_of
from mappings.questionnaire.safety import Danger
from mappings.questionnaire.task import assessment_task
from mappings.questionnaire.value import key_of
from mappings.sight import unseen
from mappings.terminology import status_code
from mappings.to_do import ToDoEntry, to_do_resource, to_dos

HALF = "half"
"""The field that says: kept in the chart half done, to go on with later."""
DIRECTIVE_DAYS = 14
_DIRECTIVE_TASKS = {
    "directive-wanted": "Help the patient to make an advance directive",
    "directive-elsewhere": "Get a copy of the advance directive for the chart",
}
_ASSESSED = "Comprehensive needs assessment completed"

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class AssessEntry:
    """A questionnaire as it is saved. `said` is who was told of `dangers`, None where there are none."""

    assessment: AssessmentEntry
    dangers: tuple[Danger, ...]
    said: Acknowledgement | None


def may_assess(chart: Chart) -> str:
    """Why nothing may be assessed now, as one sentence; "" when it may. Screening needs no consent to the service."""
    if is_deceased(chart):
        return "The chart says that this patient has died."
    return unread(chart, "Task")


def assess_caution(chart: Chart) -> str:
    """What cannot be known here before an assessment is filed, as one sentence; "" where all is shown again."""
    if not unseen(chart, "Task"):
        return ""
    return (
        "This EHR does not show again the assessments documented with Chartside: look in the chart for earlier ones."
        " One that is saved half done cannot be taken up again from here."
    )


def parse_assessment(
    instrument: Instrument, values: Values, *, chart: Chart, now: datetime
) -> Submitted[AssessEntry]:
    """The form as sent. With a danger among the answers it is refused until it says who was told."""
    read = answered.read(
        instrument,
        values,
        now=now,
        partial=bool("".join(values.get(HALF, ()))),
        birth_date=patient_banner(chart, today=now.date()).birth_date,
        refusal=may_assess(chart),
    )
    dangers = dangers_typed(instrument, values, now=now)
    fields = Fields(values)
    said = read_acknowledgement(fields) if dangers else None
    errors = {**fields.errors, **_named(instrument, read.errors)}
    whole = AssessEntry(read.entry, dangers, said) if read.entry and not errors else None
    return Submitted(values=read.values, errors=errors, entry=whole)


def _named(instrument: Instrument, errors: Mapping[str, str]) -> dict[str, str]:
    """The messages, those that only ask for an answer with the question's name: several stand in one list."""
    labels = {field_of(item.link_id): item.label for item in instrument.definition.questions}
    bare = (answered.ANSWER, answered.FILL_IN)
    return {
        name: f"Answer “{labels[name]}”." if message in bare and name in labels else message
        for name, message in errors.items()
    }


def assessment_defaults(instrument: Instrument, chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """The form as it is opened: what was left half done, else what the chart knows."""
    saved = history_of(chart, instrument, now=now).half_done
    values = dict(form.defaults(instrument, chart, now=now, saved=saved))
    if saved:
        values |= earlier_acknowledgement(saved.resource)
        # The line of the crisis steps is made anew by each save.
        values[NOTE] = tuple(filter(None, [_without_crisis_line(saved.note)]))
    return values


def _without_crisis_line(note: str) -> str:
    return "\n".join(line for line in note.split("\n") if not line.startswith("Crisis steps. ")).strip()


def assess_resources(
    entry: AssessEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """Everything of one save: the assessment first, and what it asks for."""
    plan = open_plan(chart)
    of_plan = reference_to(plan, TITLE) if plan else None
    half_done = history_of(chart, entry.assessment.instrument, now=author.now).half_done
    assessment = assessment_task(
        _with_crisis_line(entry),
        author,
        form_id,
        plan=of_plan,
        slot="assessment",
        going_on=half_done.resource if half_done else None,
    )
    made = [assessment]
    if entry.dangers and not has_safety_task(chart, entry.dangers, author.now):
        provider = primary_care_provider(chart)
        made.append(safety_task(entry.dangers, assessment, author, form_id, provider=provider, plan=of_plan))
    made += _directive_task(entry.assessment, chart, author, form_id, of_plan)
    return (*made, *_assessed(entry.assessment, chart, author, form_id, plan))


def _with_crisis_line(entry: AssessEntry) -> AssessmentEntry:
    line = crisis_line(entry.dangers, entry.said) if entry.said else ""
    note = "\n".join(filter(None, (line, entry.assessment.note)))
    return replace(entry.assessment, note=note)


def _directive_task(
    entry: AssessmentEntry,
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    plan: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """What the answer about an advance directive asks for; nothing while such a task is open, or half-way."""
    said = [_DIRECTIVE_TASKS.get(key_of(value), "") for value in entry.answers.get("directive", ())]
    is_open = any(row.kind == DIRECTIVE for row in to_dos(chart, author.now).rows)
    if not entry.complete or not any(said) or is_open:
        return []
    due = working_day(author.now.date() + timedelta(days=DIRECTIVE_DAYS))
    to_do = ToDoEntry(said[0], due, "care-manager", "routine", DIRECTIVE)
    return [to_do_resource(to_do, author, form_id, slot="advance-directive", plan=plan)]


def _assessed(
    entry: AssessmentEntry,
    chart: Chart,
    author: Authorship,
    form_id: UUID,
    plan: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """The step "assessed", once, while the plan is a draft and nothing newer was said."""
    if entry.instrument.id != NEEDS or not entry.complete or plan is None:
        return []
    is_draft = status_code(plan.get("status")) == "draft"
    if not is_draft or enrolment_view(chart, now=author.now).state != "consented":
        return []
    return [state_task("assessed", author, form_id, plan=reference_to(plan), reason=_ASSESSED)]
