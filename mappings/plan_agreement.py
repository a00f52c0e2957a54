"""The patient agrees with the plan: when, how and who, on the plan and on each goal that is open.

"Must document discussion with the patient and his or her agreement" (domain row 6). The plan says it in a note that
begins with fixed words; a goal in the standard extension goal-acceptance as well
(http://hl7.org/fhir/R4/extension-goal-acceptance.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mappings import dates
from mappings.authorship import Authorship, annotation
from mappings.chart import Chart
from mappings.consent import related_persons
from mappings.element import as_object, as_objects, as_text
from mappings.episode import open_plan, with_added
from mappings.form import Fields, Submitted
from mappings.goal import own_open_goals
from mappings.goal_lines import agreement_line
from mappings.goal_record import ACCEPTANCE_URL, acceptance
from mappings.goal_record import with_text as goal_with_text
from mappings.plan_gate import may_change_plan
from mappings.plan_section import AGREED_HOW, agreement_note

FIELDS = ("who", "who_name", "how", "day", "goals", "note")
PATIENT = "patient"
CAREGIVER = "caregiver"
HOW_WORDS = {code: words.capitalize() for code, words in AGREED_HOW.items()}


@dataclass(frozen=True)
class PlanAgreementEntry:
    """One agreement: `who` in words where it is not the patient, `how` a key of AGREED_HOW, `goals` ids."""

    who: str
    how: str
    day: date
    goals: tuple[str, ...]
    note: str


def offered_people(chart: Chart) -> dict[str, str]:
    """Who may agree: the patient, a caregiver on file, another."""
    return {PATIENT: "The patient", **related_persons(chart), CAREGIVER: "A caregiver who is not on file"}


def plan_agreement_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """One press: the patient agrees today, by phone, with every open goal."""
    ids = tuple(as_text(goal.get("id")) for goal in own_open_goals(chart))
    return {"who": (PATIENT,), "how": ("phone",), "day": (now.date().isoformat(),), "goals": ids}


def parse_plan_agreement(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanAgreementEntry]:
    """The agreement as sent; refused as a whole (key "form") where no plan is open, or it cannot be changed."""
    fields = Fields(values)
    if refusal := may_change_plan(chart, now=now).reason:
        fields.refuse("form", refusal)
    people = offered_people(chart)
    who = fields.one_of("who", people, required="Say who agrees.")
    needed = "Write the caregiver's name." if who == CAREGIVER else ""
    name = fields.text("who_name", limit=120, required=needed)
    how = fields.one_of("how", AGREED_HOW, required="Say how it was discussed.")
    begun = _begun(chart, now)
    day = fields.day(
        "day",
        earliest=begun,
        latest=now.date(),
        required="Give the day on which it was discussed.",
        too_early=f"The plan was begun on {dates.day_words(begun)}. Choose that day or a later one.",
        too_late="This day is still to come. Choose today or an earlier day.",
    )
    goals = fields.many_of("goals", [as_text(goal.get("id")) for goal in own_open_goals(chart)])
    note = fields.text("note", limit=1000)
    said = {PATIENT: "", CAREGIVER: f"{name} (caregiver)"}.get(who, people.get(who, ""))

    def entry() -> PlanAgreementEntry:
        if day is None:
            raise AssertionError("a field was refused without a message")
        return PlanAgreementEntry(said, how, day, goals, note)

    return fields.submitted(entry)


def _begun(chart: Chart, now: datetime) -> date:
    start = dates.parse(as_object(as_object(open_plan(chart)).get("period")).get("start"))
    return (start.local_day(now.tzinfo) if start else None) or now.date()


def plan_agreement_resources(
    entry: PlanAgreementEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What an agreement files: the plan with its note, and each goal that was agreed with."""
    plan = open_plan(chart)
    if plan is None:
        return ()
    said = [agreement_note(author, how=entry.how, who=entry.who, day=entry.day)]
    said += [annotation(entry.note, author)] if entry.note else []
    goals = [goal for goal in own_open_goals(chart) if as_text(goal.get("id")) in entry.goals]
    return (with_added(plan, notes=said), *(_agreed(goal, entry, author) for goal in goals))


def _agreed(goal: dict[str, Any], entry: PlanAgreementEntry, author: Authorship) -> dict[str, Any]:
    others = [each for each in as_objects(goal.get("extension")) if each.get("url") != ACCEPTANCE_URL]
    line = annotation(agreement_line("agree", entry.day), author)
    notes = [*as_objects(goal.get("note")), line]
    return goal_with_text({**goal, "extension": [*others, acceptance("agree", author)], "note": notes})
