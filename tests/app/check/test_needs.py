"""What `chartside check` says that the forms write is what the forms themselves ask for, and what they then file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from app.check.ladder_probe import _FORMS_OF
from app.check.needs import FORMS, WRITTEN
from app.ehr.bundle import is_update
from app.ehr.record import Write
from app.views import care_plan, close_plan, consent, contact, page
from app.views.filing import FormPage
from mappings.chart import Chart
from mappings.write_ladder import artefacts
from tests.mappings.filed import FiledSave, chart_with, course
from tests.written.saves import Save
from tests.written.variety import EPISODES

PAGES: dict[str, FormPage[Any]] = {
    each.FORM.name: each.FORM for each in (contact, consent, care_plan, close_plan)
}
FORM_OF = {"contact": "contact", "consent": "consent", "plan": "care-plan", "close": "care-plan-close"}
"""The forms as the variety of saves calls them."""
IF_IT_CAN = {("Goal", "update"), ("Task", "update")}
"""What a contact changes beside itself where the EHR lets it; else the form leaves out the question."""
LAPSED = {("Consent", "update")}
"""A consent whose last month is over is marked so by whichever save comes next."""


def saves() -> Iterator[tuple[Chart, Save, FiledSave]]:
    """Each save of the cast's episodes, and the chart it was made on."""
    for episode in EPISODES:
        if episode.real:
            continue
        before = chart_with(episode.patient, [])
        for save, filed in zip(episode.saves, course(episode), strict=True):
            yield before, save, filed
            before = chart_with(episode.patient, list(filed.kept.values()))


def asked(form: FormPage[Any], of: Chart, now: datetime) -> set[Write]:
    return set() if form.gate(of, now) else set(form.writes(of))


def test_every_form_is_listed_wherever_forms_are_listed():
    assert set(FORMS) == set(PAGES) == set(page.FORMS) == set(FORM_OF.values())
    assert {name for names in _FORMS_OF.values() for name in names} <= set(FORMS)
    assert {each.name for each in artefacts() if each.has_form} == set(_FORMS_OF)


@pytest.mark.parametrize("name", FORMS)
def test_its_writes_are_those_that_the_form_asks_the_ehr_for(name):
    """Over every chart on which the form may be filled in; a plan is new only where a consent left none behind."""
    found = {write for of, _, filed in saves() for write in asked(PAGES[name], of, filed.now)}

    assert found - ({("CarePlan", "create")} if name == "care-plan" else set()) == set(FORMS[name][1])


def test_what_is_filed_is_no_more_than_that():
    filed_by: dict[str, set[Write]] = defaultdict(set)
    for of, save, filed in saves():
        name = FORM_OF[save.form]
        written = {
            (each["resourceType"], "update" if is_update(each) else "create") for each in filed.resources
        }
        filed_by[name] |= written - asked(PAGES[name], of, filed.now)

    assert filed_by.pop("contact") - LAPSED == IF_IT_CAN
    assert {name for name, more in filed_by.items() if more - LAPSED} == set()
    assert {kind for _, writes in FORMS.values() for kind, _ in writes} == set(WRITTEN)
