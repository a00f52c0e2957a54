"""A second press of Save is known as the first one's: every record of every form is found again by the form's id."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest

import mappings
from mappings.assess import assess_resources, parse_assessment
from mappings.care_plan import care_plan_resources, parse_care_plan
from mappings.chart import Chart
from mappings.closing import close_resources, parse_close
from mappings.consent import consent_resources, parse_consent
from mappings.contact_save import contact_resources, parse_contact
from mappings.copy_given import copy_given_resources, parse_copy_given
from mappings.eligibility_decision import (
    eligibility_defaults,
    eligibility_resources,
    parse_eligibility,
)
from mappings.form_record import NUMBERED, SLOTS, records_of_form
from mappings.here_now import HereEntry, here_resources
from mappings.identity import identifier_value, record_identifier
from mappings.introduction import introduction_resources
from mappings.introduction_form import parse_introduction
from mappings.plan_action import new_resources, parse_new
from mappings.plan_review import parse_plan_review, plan_review_defaults, plan_review_resources
from mappings.program_referral import parse_referral, referral_resources
from mappings.reading import Reading, ReadStatus
from mappings.sbar import parse_sbar, sbar_resources
from mappings.sbar_answer import answer_resources, parse_answer
from mappings.sharing import sharing_resource
from mappings.sharing_form import parse_sharing
from mappings.step import parse_step, step_resources
from mappings.task_add import parse_task, task_defaults, task_resources
from mappings.template import defaults as template_defaults
from mappings.template import parse_template, template_resources
from tests.conftest import ROOT
from tests.mappings.assessing import NEEDS, TOLD, of
from tests.mappings.charts import NOW, chart_of
from tests.mappings.discharges import gone_through
from tests.mappings.shelf import (
    ACCEPT,
    CLOSE,
    CONTACT,
    DECLINE,
    DIABETES,
    PLAN,
    Resource,
    Shelf,
    author,
    entry_of,
    without_extensions,
    without_meta,
    without_outputs,
)
from tests.mappings.test_medication_reconciliation import reconciled
from tests.mappings.test_needs_card import made as card_made
from tests.mappings.test_resource_referral import supplies_with_orders

SERVICE = {
    "kind": ["service"],
    "text": ["Meals at home"],
    "often": ["Five days a week"],
    "owner": ["other"],
    "owner_name": ["Riverbend Meals"],
    "due": ["2027-02-28"],
}
INTRODUCED = {
    "introduced_by": ["Dr Luis Alvarez"],
    "how": ["letter"],
    "answer": ["unknown"],
    "date": ["2026-11-21"],
}
SHARED = {
    "agencies": ["Riverbend Meals"],
    "facts": ["needs"],
    "why": ["To arrange meals"],
    "mode": ["written"],
    "agreed_by": ["patient"],
    "date": ["2026-11-21"],
}
FORM_ID = UUID("11111111-1111-4111-8111-111111111111")
OTHER_ID = UUID("22222222-2222-4222-8222-222222222222")
Built = tuple[Resource, ...]


def shelf_with(*forms: str) -> Shelf:
    """A chart after these forms were filed."""
    shelf = Shelf(DIABETES)
    for form in forms:
        getattr(shelf, form)()
    return shelf


def build_assessment(chart: Chart, form_id: UUID) -> Built:
    """A needs assessment with everything that an answer may ask for."""
    values = {**NEEDS, **TOLD, "q-safe-home": ["not-safe"]}
    entry = entry_of(parse_assessment(of("needs-assessment"), values, chart=chart, now=NOW))
    return assess_resources(entry, chart, author(), form_id)


def build_introduction(chart: Chart, form_id: UUID) -> Built:
    """An introduction that is to be followed up."""
    entry = entry_of(parse_introduction({**INTRODUCED, "follow": ["2026-12-01"]}, chart=chart, now=NOW))
    return introduction_resources(entry, author(), form_id)


def build_sharing(chart: Chart, form_id: UUID) -> Built:
    """A permission to share."""
    entry = entry_of(parse_sharing(SHARED, chart=chart, now=NOW))
    return (sharing_resource(entry, author(), form_id),)


def build_copy_given(chart: Chart, form_id: UUID) -> Built:
    """That a copy of the plan was given."""
    given = {"to": "patient", "how": "printed", "language": "en", "version": "patient", "date": "2026-11-21"}
    values = {name: [value] for name, value in given.items()}
    entry = entry_of(parse_copy_given(values, chart=chart, now=NOW))
    return copy_given_resources(entry, chart, author(), form_id)


def build_template(chart: Chart, form_id: UUID) -> Built:
    """A template applied to a plan: more goals and tasks than any other form files."""
    entry = entry_of(parse_template(template_defaults(["diabetes"], chart, now=NOW), chart=chart, now=NOW))
    return template_resources(entry, chart, author(), form_id)


def build_referral(chart: Chart, form_id: UUID) -> Built:
    """A referral to the program."""
    referral = entry_of(parse_referral({"reason": ["crisis"]}, chart=chart, now=NOW))
    return referral_resources(referral, chart, author(), form_id)


def build_close(chart: Chart, form_id: UUID) -> Built:
    """The end of an episode that tells the provider and is looked at again on a day."""
    finals = {f"final.{goal['id']}": ["met"] for goal in chart.resources("Goal")}
    more = {"tell_provider": ["on"], "look_again_on": ["2027-06-01"]}
    entry = entry_of(parse_close({**CLOSE, **finals, **more}, chart=chart, now=NOW))
    return close_resources(entry, chart, author(), form_id)


def build_step(to: str, chart: Chart, form_id: UUID) -> Built:
    """A step under a plan."""
    days = {key: ["2027-01-08"] for key in ("until", "next_date", "close_by")}
    values = {"to": [to], "reason": ["As agreed"], "further": ["yes"], **days}
    entry = entry_of(parse_step(values, chart=chart, now=NOW))
    return step_resources(entry, chart, author(), form_id)


def build_for_team(chart: Chart, form_id: UUID) -> Built:
    """A question with its answer and its orders, a task and the flag of the day: each form fills its own slot."""
    asked = entry_of(
        parse_sbar({"situation": ["Dizzy"], "recommendation": ["See her?"]}, chart=chart, now=NOW)
    )
    (question,) = sbar_resources(asked, chart, author(), form_id)
    waiting = chart_of({**question, "id": "q1"}, patient=chart.patient)
    told = {"task": ["q1"], "decision": ["agreed"], "orders": ["Book a visit"], "by": ["Dr Luis Alvarez"]}
    answer = entry_of(parse_answer(told, chart=waiting, now=NOW))
    added = entry_of(parse_task({**task_defaults(now=NOW), "text": ["Fax"]}, chart=chart, now=NOW))
    return (
        question,
        *answer_resources(answer, waiting, author(), form_id),
        *task_resources(added, chart, author(), form_id),
        *here_resources(HereEntry("Room 3"), chart, author(), form_id),
    )


BUILT_BY: dict[str, Callable[[Chart, UUID], Built]] = {
    "assess": build_assessment,
    "introduce": build_introduction,
    "refer": build_referral,
    "share": build_sharing,
    "resource referral": supplies_with_orders,
    "team": build_for_team,
    "copy given": build_copy_given,
    "template": build_template,
    "close": build_close,
    "pause": partial(build_step, "paused"),
    "prepare the close": partial(build_step, "closing"),
    "after a discharge": gone_through,
    "medicines": reconciled,
    "needs card": card_made,
}


def build_for_plan(form: str, chart: Chart, form_id: UUID) -> Built:
    """What a form builds that opens a plan or adds to it."""
    if form == "plan":
        plan = entry_of(parse_care_plan(PLAN, chart=chart, now=NOW))
        return care_plan_resources(plan, chart, author(), form_id)
    if form == "plan action":
        entry = entry_of(parse_new(SERVICE, chart=chart, now=NOW))
        return new_resources(entry, chart, author(), form_id)
    entry = entry_of(parse_plan_review(plan_review_defaults(NOW), chart=chart, now=NOW))
    return plan_review_resources(entry, chart, author(), form_id)


def build(form: str, chart: Chart, form_id: UUID = FORM_ID) -> Built:
    """What a form builds on a chart."""
    if form in BUILT_BY:
        return BUILT_BY[form](chart, form_id)
    if form in ("accept", "decline"):
        given = ACCEPT if form == "accept" else {**DECLINE, "ask_again": ["2027-02-01"]}
        given = {**given, "visit": ["schedule"], "visit_due": ["2026-12-05"]}
        return consent_resources(
            entry_of(parse_consent(given, chart=chart, now=NOW)), chart, author(), form_id
        )
    if form == "eligibility":
        decided = {**eligibility_defaults(chart, now=NOW), "why": ["One condition, and nobody at home"]}
        return eligibility_resources(
            entry_of(parse_eligibility(decided, chart=chart, now=NOW)), chart, author(), form_id
        )
    if form.startswith("plan"):
        return build_for_plan(form, chart, form_id)
    goals = [goal["id"] for goal in chart.resources("Goal")]
    if form == "contact":
        to_dos = [task["id"] for task in chart.resources("Task") if task["status"] == "requested"]
        progress = {f"progress.{goal}": ["better"] for goal in goals}
        entry = entry_of(parse_contact({**CONTACT, **progress, "answers": to_dos}, chart=chart, now=NOW))
        return contact_resources(entry, chart, author(), form_id)
    outcome = {"outcome": ["stopped"], "reason": ["patient-stopped"]}
    finals = {f"final.{goal}": ["met"] for goal in goals}
    entry = entry_of(parse_close({**CLOSE, **outcome, **finals}, chart=chart, now=NOW))
    return close_resources(entry, chart, author(), form_id)


FORMS: dict[str, tuple[str, ...]] = {
    "medicines": (),
    "needs card": (),
    "after a discharge": (),
    "resource referral": (),
    "introduce": (),
    "share": (),
    "team": (),
    "accept": (),
    "decline": (),
    "refer": (),
    "eligibility": (),
    "assess": ("consent",),
    "plan": ("consent",),
    "plan action": ("consent", "plan"),
    "plan review": ("consent", "plan"),
    "copy given": ("consent", "plan"),
    "template": ("consent", "plan"),
    "contact": ("consent", "plan"),
    "pause": ("consent", "plan"),
    "prepare the close": ("consent", "plan"),
    "close": ("consent", "plan"),
    "stop": ("consent", "plan"),
}
"""Each form, and those that were filed before it."""


def new(resources: Built) -> list[Resource]:
    return [resource for resource in resources if "id" not in resource]


def test_the_slots_that_the_forms_fill_are_the_slots_that_are_looked_for():
    values = {record_identifier(FORM_ID, slot): slot for slot in (*SLOTS, *NUMBERED)}
    built = [
        resource for form, before in FORMS.items() for resource in build(form, shelf_with(*before).chart())
    ]
    assert {values.get(identifier_value(resource)) for resource in new(tuple(built))} - set(NUMBERED) == set(
        SLOTS
    )


def test_no_slot_is_written_in_the_mappings_that_is_not_looked_for():
    folder = ROOT / mappings.__name__
    written = {
        slot
        for path in folder.glob("*.py")
        for slot in re.findall(r'\bslot(?:: str)? ?= ?"([^"]+)"', path.read_text())
    }
    assert written == set(SLOTS)


@pytest.mark.parametrize(
    "lose",
    [lambda resource: resource, without_meta, without_extensions, without_outputs],
    ids=["nothing", "meta", "extensions", "outputs"],
)
@pytest.mark.parametrize(("form", "before"), FORMS.items())
def test_a_filed_form_is_found_again_with_all_that_was_new(
    form: str, before: tuple[str, ...], lose: Callable[[Resource], Resource]
):
    shelf = shelf_with(*before)
    shelf.lose = lose
    built = build(form, shelf.chart())
    filed = shelf.file(built)
    found = records_of_form(shelf.chart(), FORM_ID)
    expected = [kept for kept, sent in zip(filed, built, strict=True) if "id" not in sent]
    assert len(expected) == len(new(built)) > 0
    assert sorted(each["id"] for each in found) == sorted(each["id"] for each in expected)


def test_the_records_come_in_the_order_of_the_slots():
    shelf = shelf_with("consent")
    shelf.file(reversed(build("plan", shelf.chart())))
    kinds = [resource["resourceType"] for resource in records_of_form(shelf.chart(), FORM_ID)]
    assert kinds == ["Goal", "Task", "Task", "Task"]


def test_another_form_is_not_this_one():
    shelf = shelf_with("consent", "plan")
    shelf.file(build("contact", shelf.chart(), OTHER_ID))
    assert records_of_form(shelf.chart(), FORM_ID) == ()
    assert len(records_of_form(shelf.chart(), OTHER_ID)) == 3


def test_the_same_form_sent_twice_builds_the_same_identifiers():
    chart = shelf_with("consent", "plan").chart()
    first, second = build("contact", chart), build("contact", chart)
    assert [identifier_value(each) for each in first] == [identifier_value(each) for each in second]
    assert len({identifier_value(each) for each in new(first)}) == len(new(first))


def test_another_patients_record_is_never_taken_for_ours():
    shelf = shelf_with("consent", "plan")
    shelf.file(build("contact", shelf.chart()))
    strangers = tuple(
        {**each, "for": {"reference": "Patient/p2"}} for each in shelf.chart().resources("Task")
    )
    chart = Chart(shelf.chart().patient, {"Task": Reading("Task", ReadStatus.READ, strangers)})
    assert records_of_form(chart, FORM_ID) == ()


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Task"},
        {"resourceType": "Task", "identifier": "x"},
        {"resourceType": "Task", "identifier": [None, 7, {"system": 1, "value": []}]},
    ],
)
def test_a_record_without_an_identifier_of_ours_is_passed_over(resource):
    chart = Chart(
        {"resourceType": "Patient", "id": "p1"}, {"Task": Reading("Task", ReadStatus.READ, (resource,))}
    )
    assert records_of_form(chart, FORM_ID) == ()
