"""What `chartside check` says that the forms write is what the forms themselves ask for, and what they then file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from app.check.ladder_probe import _FORMS_OF
from app.check.needs import FORMS, WRITTEN
from app.ehr.bundle import is_update
from app.ehr.record import Write
from app.views import page, paste
from mappings.chart import Chart
from mappings.step_rules import STEP_STATES
from mappings.write_ladder import artefacts
from tests.mappings.filed import FiledSave, chart_with, course
from tests.written.saves import Save
from tests.written.variety import EPISODES

CALLED = {"plan": "care-plan", "close": "care-plan-close", "goal": "goal-add", "copy-given": "plan-shared"}
"""The forms that the variety of saves calls otherwise."""
NEED_A_LAUNCH = {
    *("goal-change", "goal-progress", "goal-end", "plan-action-change", "plan-end"),
    *("sbar-answer", "task-change", "resource-referral-news"),
}
"""Their gates ask the address which of several records is meant; what they file is looked at all the same."""
MORE: dict[str, set[Write]] = {
    "contact": {("Goal", "update"), ("Task", "update")},
    "consent": {("Task", "update")},
    "consent-change": {("Task", "create")},
    "care-plan": {("CarePlan", "create")},
    "template": {("CarePlan", "create")},
    "goal-add": {("CarePlan", "update")},
    "goal-change": {("CarePlan", "update")},
    "step": {("Task", "update")},
    "transition": {("Task", "update")},
}
"""What a form changes beside itself only where there is something to change and the EHR lets it.

A goal's progress, a task that is settled, the visit still to be scheduled, the plan's list of goals; a plan is new
where a consent left none behind.
"""
LAPSED = {("Consent", "update")}
"""A consent whose last month is over is marked so by whichever save comes next."""


@cache
def saves() -> tuple[tuple[Chart, Save, FiledSave], ...]:
    """Each save of the cast's episodes, and the chart it was made on."""
    return tuple(_saves())


def _saves() -> Iterator[tuple[Chart, Save, FiledSave]]:
    for episode in EPISODES:
        if episode.real:
            continue
        before = chart_with(episode.patient, [])
        for save, filed in zip(episode.saves, course(episode), strict=True):
            yield before, save, filed
            before = chart_with(episode.patient, list(filed.kept.values()))


def stated(name: str) -> set[Write]:
    """What the table says of a form of the variety, which does not tell apart the steps or the questionnaires."""
    alike = {
        "step": [f"step-{to}" for to in STEP_STATES],
        "assess": [n for n in FORMS if n.startswith("assess-")],
    }
    return {write for each in alike.get(name, [name]) for write in FORMS[each][1]}


def test_every_form_is_listed_wherever_forms_are_listed():
    assert set(FORMS) == set(paste.PAGES) == set(page.FORMS)
    assert {name for names in _FORMS_OF.values() for name in names} <= set(FORMS)
    assert {each.name for each in artefacts() if each.has_form} == set(_FORMS_OF)


@pytest.mark.parametrize("name", [n for n in FORMS if n not in NEED_A_LAUNCH and not n.startswith("assess-")])
def test_its_writes_are_those_that_the_form_asks_the_ehr_for(name):
    """Over every chart on which the form may be filled in."""
    form = paste.PAGES[name]
    open_on = [of for of, _, filed in saves() if not form.gate(of, filed.now)]
    found = {write for of in open_on for write in form.writes(of)}

    assert found - (MORE.get(name, set()) & {("CarePlan", "create")}) == set(FORMS[name][1])


def test_what_is_filed_is_no_more_than_that():
    filed_by: dict[str, set[Write]] = defaultdict(set)
    for _, save, filed in saves():
        name = CALLED.get(save.form, save.form)
        written = {
            (each["resourceType"], "update" if is_update(each) else "create") for each in filed.resources
        }
        filed_by[name] |= written - stated(name)

    beyond = {name: more - LAPSED for name, more in filed_by.items() if more - LAPSED}
    assert beyond == {name: more for name, more in MORE.items() if name in beyond}
    assert {kind for _, writes in FORMS.values() for kind, _ in writes} == set(WRITTEN)
