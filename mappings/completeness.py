"""How complete a plan of care is, against the elements that CMS asks for: what is there, and only what is missing.

The elements are dated data (`completeness.toml`, domain B.2); one that could not be seen is neither there nor missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mappings import dates
from mappings.care_team import care_team
from mappings.chart import Chart
from mappings.element import as_object, as_objects, as_text
from mappings.episode import open_plan
from mappings.goal import own_open_goals
from mappings.identity import own, task_kind
from mappings.plan_action import PlannedRow, planned
from mappings.plan_element import Element, elements, rules
from mappings.plan_review import plan_reviews
from mappings.plan_section import agreements, section_words
from mappings.questionnaire.history import assessments
from mappings.sight import Sight, sight
from mappings.terminology import status_code, words_of

_SEEN_BY: Mapping[str, tuple[str, ...]] = {
    "measurable-goals": ("Goal",),
    "actions": ("Task",),
    "self-care": ("Task",),
    "services": ("Task",),
    "review": ("Task",),
    "copy": ("Task",),
}


@dataclass(frozen=True)
class Missing:
    """One element that the plan lacks, and the page (and the place on it) that mends it."""

    code: str
    words: str
    mend: str
    field: str


@dataclass(frozen=True)
class Completeness:
    """The meter: `there` of `total`; `unknown` are elements of which the EHR does not show enough to say."""

    there: int
    total: int
    missing: tuple[Missing, ...]
    unknown: tuple[str, ...]
    source: str
    checked_words: str

    @property
    def words(self) -> str:
        """ "11 of 16"."""
        return f"{self.there} of {self.total}"


def completeness(chart: Chart, *, now: datetime) -> Completeness:
    """The open plan against every element; without an open plan nothing is there yet."""
    facts = _facts(chart, now)
    state = {each.code: _state(each, facts) for each in elements()}
    missing = [each for each in elements() if state[each.code] is False]
    unknown = tuple(each.words for each in elements() if state[each.code] is None)
    return Completeness(
        there=sum(value is True for value in state.values()),
        total=len(state),
        missing=tuple(Missing(each.code, each.words, each.mend, each.field) for each in missing),
        unknown=unknown,
        source=rules().source,
        checked_words=dates.day_words(rules().checked),
    )


@dataclass(frozen=True)
class _Facts:
    """What the checks look at, each read from the chart once."""

    chart: Chart
    now: datetime
    plan: dict[str, Any] | None
    said: Mapping[str, str]
    rows: tuple[PlannedRow, ...]
    assessed: frozenset[str]


def _facts(chart: Chart, now: datetime) -> _Facts:
    plan = open_plan(chart)
    return _Facts(
        chart=chart,
        now=now,
        plan=plan,
        said=section_words(plan) if plan else {},
        rows=planned(chart, now) if plan else (),
        assessed=frozenset(view.instrument.id for view in assessments(chart, now=now) if view.complete),
    )


def _state(element: Element, facts: _Facts) -> bool | None:
    """Whether it is there; None where it was not found and the EHR does not show all that could show it."""
    if element.code in facts.said or not facts.assessed.isdisjoint(element.assessments):
        return True
    if any(CHECKS[name](facts) for name in element.met_by):
        return True
    kinds = {kind for name in element.met_by for kind in _SEEN_BY.get(name, ())} | {"CarePlan"}
    if element.assessments:
        kinds.add("Task")
    return False if all(sight(facts.chart, kind) is Sight.WHOLE for kind in kinds) else None


def copy_day(chart: Chart, now: datetime) -> date | None:
    """The last day on which a copy of the plan was given, as filed; None where none is on file."""
    shared = [
        task
        for task in own(chart, "Task")
        if task_kind(task) == "plan-shared" and status_code(task.get("status")) == "completed"
    ]
    starts = [
        dates.parse(as_object(task.get("executionPeriod")).get("start"))
        or dates.parse(task.get("authoredOn"))
        for task in shared
    ]
    days = [day for when in starts if when and (day := when.local_day(now.tzinfo))]
    return max(days, default=None)


def last_looked_at(chart: Chart, now: datetime) -> date | None:
    """The day of the last review of the open plan, else the day on which it was opened."""
    plan = open_plan(chart)
    if plan is None or status_code(plan.get("status")) == "draft":
        return None
    begun = _begun(plan, now)
    days = [
        each.day for each in plan_reviews(chart, now) if each.day and (begun is None or each.day >= begun)
    ]
    return max(days, default=begun)


def _has_what_matters(facts: _Facts) -> bool:
    return bool(as_text(as_object(facts.plan).get("description")))


def _has_problems(facts: _Facts) -> bool:
    return bool(as_objects(as_object(facts.plan).get("addresses")))


def _has_measurable_goals(facts: _Facts) -> bool:
    targets = [target for goal in own_open_goals(facts.chart) for target in as_objects(goal.get("target"))]
    return any(words_of(target.get("measure")) for target in targets)


def _has_actions(facts: _Facts) -> bool:
    return any(row.who for row in facts.rows if row.task.part == "care-manager")


def _has_self_care(facts: _Facts) -> bool:
    return any(row.task.part == "patient-action" for row in facts.rows)


def _has_services(facts: _Facts) -> bool:
    return any(row.task.kind == "service" and row.who for row in facts.rows)


def _has_provider(facts: _Facts) -> bool:
    return bool(care_team(facts.chart, now=facts.now).team.provider)


def _has_agreement(facts: _Facts) -> bool:
    return bool(facts.plan and agreements(facts.plan))


def _has_review(facts: _Facts) -> bool:
    """A review in time, or a plan that was opened so lately that none is due."""
    oldest = facts.now.date() - timedelta(days=rules().review_days)
    last = last_looked_at(facts.chart, facts.now)
    return last is not None and last >= oldest


def _has_copy(facts: _Facts) -> bool:
    begun = _begun(facts.plan, facts.now)
    given = copy_day(facts.chart, facts.now)
    return given is not None and (begun is None or given >= begun)


def _begun(plan: dict[str, Any] | None, now: datetime) -> date | None:
    start = dates.parse(as_object(as_object(plan).get("period")).get("start"))
    return start.local_day(now.tzinfo) if start else None


CHECKS: Mapping[str, Callable[[_Facts], bool]] = {
    "what-matters": _has_what_matters,
    "problems": _has_problems,
    "measurable-goals": _has_measurable_goals,
    "actions": _has_actions,
    "self-care": _has_self_care,
    "services": _has_services,
    "provider": _has_provider,
    "agreement": _has_agreement,
    "review": _has_review,
    "copy": _has_copy,
}
"""What `met_by` may name."""
