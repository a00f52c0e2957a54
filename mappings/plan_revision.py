"""Revising the plan: what matters, its problems, its care type, what it says under each heading, who answers for it.

Every change has a reason, and what was changed is told in the words of a review of its own. What others wrote into the
plan in the EHR stays, whatever this form shows (domain rows 17, 20, 21, 57).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mappings.authorship import Authorship
from mappings.care_plan import offered_conditions, offered_plans
from mappings.care_team import provider_on_file
from mappings.chart import Chart
from mappings.element import as_objects, as_text
from mappings.episode import open_plan, with_added
from mappings.form import Fields, Submitted
from mappings.plan_element import elements, rules, section_field, sections
from mappings.plan_gate import may_change_plan
from mappings.plan_review import PlanReviewEntry, review_task
from mappings.plan_section import (
    CARE_TYPES,
    Team,
    agreement_note,
    care_type,
    section_notes,
    section_words,
    team_of,
    with_care_type,
    with_team,
)

SECTION_LIMIT = 1000
NAME_LIMIT = 120
NOTHING_CHANGED = (
    "Nothing was changed. If you looked the plan over and it stays as it is, file a review instead."
)
TEAM_CHANGED = "who answers for the plan"
FIELDS = (
    "what_matters",
    "addresses",
    "care_type",
    "goes_with",
    *(section_field(code) for code in sections()),
    "provider",
    "manager",
    "back_up",
    "why",
    "agreed",
)


@dataclass(frozen=True)
class PlanRevisionEntry:
    """A plan as it should read. `sections` are words by the code of their heading, `changes` what differs, in words."""

    what_matters: str
    addresses: tuple[str, ...]
    care_type: str
    goes_with: tuple[str, ...]
    sections: Mapping[str, str]
    team: Team
    why: str
    agreed: bool
    changes: tuple[str, ...]


def plan_revision_defaults(chart: Chart, *, now: datetime) -> dict[str, tuple[str, ...]]:
    """The plan as it stands; the provider on file where the plan names none."""
    plan = open_plan(chart)
    if plan is None:
        return {}
    team, said = team_of(plan), section_words(plan)
    return {
        "what_matters": (as_text(plan.get("description")),),
        "addresses": _held(plan, "addresses", offered_conditions(chart, now)),
        "care_type": (care_type(plan),),
        "goes_with": _held(plan, "supportingInfo", offered_plans(chart, now)),
        **{section_field(code): (said.get(code, ""),) for code in sections()},
        "provider": (team.provider or provider_on_file(chart)[0],),
        "manager": (team.manager,),
        "back_up": (team.back_up,),
    }


def _held(plan: dict[str, Any], element: str, offered: Mapping[str, str]) -> tuple[str, ...]:
    references = (as_text(each.get("reference")) for each in as_objects(plan.get(element)))
    return tuple(dict.fromkeys(each for each in references if each in offered))


def parse_plan_revision(
    values: Mapping[str, Sequence[str]], *, chart: Chart, now: datetime
) -> Submitted[PlanRevisionEntry]:
    """The revision as sent; refused as a whole (key "form") where the plan cannot be changed, or nothing differs."""
    fields = Fields(values)
    refusal = may_change_plan(chart, now=now).reason
    if refusal:
        fields.refuse("form", refusal)
    matters = fields.text("what_matters", limit=SECTION_LIMIT)
    addresses = fields.many_of("addresses", offered_conditions(chart, now))
    kind = fields.one_of("care_type", CARE_TYPES, required="Choose the care type.")
    goes_with = fields.many_of("goes_with", offered_plans(chart, now))
    said = {code: fields.text(section_field(code), limit=SECTION_LIMIT) for code in sections()}
    names = [fields.text(name, limit=NAME_LIMIT) for name in ("provider", "manager", "back_up")]
    why = fields.text("why", limit=SECTION_LIMIT, required="Say why the plan is changed.")
    agreed = fields.flag("agreed")
    wanted = PlanRevisionEntry(
        matters, addresses, kind, goes_with, said, Team(*names), why, agreed, changes=()
    )
    changes = () if refusal else _changes(wanted, chart, now)
    if not changes and not agreed and not fields.errors:
        fields.refuse("form", NOTHING_CHANGED)
    return fields.submitted(
        lambda: PlanRevisionEntry(
            matters, addresses, kind, goes_with, said, Team(*names), why, agreed, changes
        )
    )


def _changes(wanted: PlanRevisionEntry, chart: Chart, now: datetime) -> tuple[str, ...]:
    """What differs from the plan on file, each in a few words."""
    plan = open_plan(chart)
    if plan is None:
        return ()
    before = {name: first for name, (first, *_) in _texts(plan_revision_defaults(chart, now=now)).items()}
    said = [words.words for words in elements() if _section_differs(words.code, wanted, before)]
    facts = [
        ("what matters most", wanted.what_matters != before["what_matters"]),
        ("care type", bool(wanted.care_type) and wanted.care_type != before["care_type"]),
        (TEAM_CHANGED, wanted.team != Team(before["provider"], before["manager"], before["back_up"])),
    ]
    listed = _listed_changes(wanted, plan, chart, now)
    return (*(words for words, differs in facts if differs), *listed, *said)


def _texts(values: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {name: given or ("",) for name, given in values.items()}


def _section_differs(code: str, wanted: PlanRevisionEntry, before: Mapping[str, str]) -> bool:
    return code in wanted.sections and wanted.sections[code] != before[section_field(code)]


def _listed_changes(
    wanted: PlanRevisionEntry, plan: dict[str, Any], chart: Chart, now: datetime
) -> list[str]:
    found = []
    for element, chosen, offered, noun in (
        ("addresses", wanted.addresses, offered_conditions(chart, now), "problem"),
        ("supportingInfo", wanted.goes_with, offered_plans(chart, now), "plan of the EHR"),
    ):
        held = _held(plan, element, offered)
        found += [f"{noun} added: {offered[each]}" for each in chosen if each not in held]
        found += [f"{noun} taken out: {offered[each]}" for each in held if each not in chosen]
    return found


def plan_revision_resources(
    entry: PlanRevisionEntry, chart: Chart, author: Authorship, form_id: UUID
) -> tuple[dict[str, Any], ...]:
    """What a revision files: the plan, and the review that says what was changed and why."""
    plan = open_plan(chart)
    if plan is None:
        return ()
    revised = _without_unticked(plan, entry, chart, author.now)
    revised = with_care_type(revised, entry.care_type, author)
    revised = with_team(revised, entry.team, author) if TEAM_CHANGED in entry.changes else revised
    revised.pop("description", None)
    matters = {"description": entry.what_matters} if entry.what_matters else {}
    conditions, plans = offered_conditions(chart, author.now), offered_plans(chart, author.now)
    agreed = [agreement_note(author)] if entry.agreed else []
    revised = with_added(
        {**revised, **matters},
        addresses=[{"reference": each, "display": conditions[each]} for each in entry.addresses],
        supporting=[{"reference": each, "display": f"Plan: {plans[each]}"} for each in entry.goes_with],
        notes=[*section_notes(plan, entry.sections, author), *agreed],
    )
    again = author.now.date() + timedelta(days=rules().review_days)
    what = ", ".join(entry.changes) or "agreed as it is"
    return revised, review_task(PlanReviewEntry("changed", what, entry.why, again), plan, author, form_id)


def _without_unticked(
    plan: dict[str, Any], entry: PlanRevisionEntry, chart: Chart, now: datetime
) -> dict[str, Any]:
    """The plan without the problems and plans that were offered and not ticked; what was not offered stays."""
    made = dict(plan)
    for element, chosen, offered in (
        ("addresses", entry.addresses, offered_conditions(chart, now)),
        ("supportingInfo", entry.goes_with, offered_plans(chart, now)),
    ):
        gone = set(offered) - set(chosen)
        kept = [each for each in as_objects(plan.get(element)) if as_text(each.get("reference")) not in gone]
        made.pop(element, None)
        made.update({element: kept} if kept else {})
    return made
