"""The templates of conditions: which fit, what is filed of them, what every EHR gives back, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fhir_profiles.definitions import definition
from fhir_profiles.terminology import codes
from mappings import condition_answers, contact_record
from mappings.condition_answers import templates_of, visit_answers
from mappings.condition_reading import results, template_codes
from mappings.condition_task import task_rules
from mappings.condition_template import (
    ConditionTemplate,
    chosen_templates,
    condition_template,
    condition_templates,
    suggested_templates,
)
from mappings.condition_template_part import LOWER, OVERDUE, TemplatePart
from mappings.contact import contact_views
from mappings.contact_save import contact_resources, parse_contact
from mappings.form_record import FOR_TEMPLATES
from mappings.kept import Bearing, dropped
from mappings.overdue import overdue_rules
from mappings.questionnaire.definition import walk
from mappings.questionnaire.field import field_of
from mappings.reading import ReadStatus
from mappings.to_do import to_dos
from tests.mappings.charts import NOW, chart_of
from tests.mappings.shelf import CONTACT, DIABETES, FORM, Resource, Shelf, author, entry_of, problems_of
from tests.mappings.test_resource_referral import refer as refer_to
from tests.mappings.visiting import (
    EYE,
    KEPT,
    LOSSES,
    exam,
    filed_on,
    line_alone,
    named,
    shown,
    told,
    typed,
    visited,
    without_contained,
)
from tests.outside_validators import answer_problems

EVERY = condition_templates()
TENSION = {
    **DIABETES,
    "id": "c2",
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
}
each_template = pytest.mark.parametrize("template", EVERY, ids=lambda each: each.id)
PART = TemplatePart()


# --- the files


@pytest.mark.requirement("domain@149")
def test_there_is_one_file_for_each_condition_that_the_guides_name() -> None:
    assert [each.id for each in EVERY] == [
        "diabetes",
        *("asthma", "copd", "kidney-disease", "chronic-pain", "depression", "heart-failure", "hypertension"),
        *("tobacco", "weight"),
    ]
    assert condition_template("asthma") is named("asthma")
    assert condition_template(named("asthma").definition.canonical) is named("asthma")
    assert condition_template("phq-9") is None
    assert chosen_templates("weight,nothing, diabetes,weight") == (named("weight"), named("diabetes"))


@each_template
def test_a_template_is_sound(template: ConditionTemplate) -> None:
    asked = [item for item in template.definition.questions if item.is_asked]
    labels = [template.label(item) for item in asked]
    coded = [code for item in walk(template.definition.items) for code in item.codes]

    assert len(labels) == len(set(labels))
    assert not [label for label in labels if ":" in label or ";" in label]
    assert not [item.link_id for item in asked if item.required]
    assert all(item.codes for item in asked)
    assert {code["code"] for code in coded if "visit-item" in code["system"]} <= set(codes("visit-item"))
    assert template.groups
    assert results(chart_of(), template, now=NOW).rows == ()


def test_no_two_templates_ask_under_one_name() -> None:
    links = [item.link_id for each in EVERY for item in walk(each.definition.items)]
    assert len(links) == len(set(links))


def test_the_results_that_templates_show_are_read_and_the_line_is_the_contacts() -> None:
    assert {"98979-8", "14959-1", "71490-7", "72514-3"} <= set(template_codes())
    assert condition_answers.CONTACT_LINE == contact_record.LINE


def test_every_task_of_a_template_has_its_slot() -> None:
    links = {item.link_id for each in EVERY for item in each.definition.questions}
    assert {rule.answer for rule in task_rules()} <= links
    slots = {f"overdue-{rule.key}" for rule in overdue_rules()} | {
        f"template-{each.key}" for each in task_rules()
    }
    assert set(FOR_TEMPLATES) == slots


# --- suggested by the problems

CODES = {
    "diabetes": "E11.65",
    "heart-failure": "I50.22",
    "copd": "J44.9",
    "asthma": "J45.40",
    "depression": "F33.1",
    "hypertension": "I10",
    "kidney-disease": "N18.32",
    "chronic-pain": "G89.4",
    "tobacco": "F17.210",
    "weight": "E66.9",
}


@pytest.mark.requirement("domain@149")
@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_a_template_is_suggested_by_the_patients_problem(name: str, code: str) -> None:
    problem = {
        **DIABETES,
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
    }
    assert suggested_templates(chart_of(problem), now=NOW) == (named(name),)
    offers = PART.offers(chart_of(problem), now=NOW)
    assert [offer.value for offer in offers if offer.suggested] == [name]
    assert offers[0].value == name
    assert {offer.value for offer in offers} == {each.id for each in EVERY}


def test_a_problem_that_is_over_or_unknown_suggests_nothing_and_everything_may_be_chosen() -> None:
    over = {**DIABETES, "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    for chart in (chart_of(over), chart_of(Condition=ReadStatus.NO_ACCESS)):
        offers = PART.offers(chart, now=NOW)
        assert not [offer for offer in offers if offer.suggested]
        assert len(offers) == len(EVERY)


def test_few_that_fit_may_be_drawn_together() -> None:
    offers = PART.offers(chart_of(DIABETES, TENSION), now=NOW)
    (both,) = [offer for offer in offers if "," in offer.value]
    assert (both.value, both.words) == (
        "diabetes,hypertension",
        "Diabetes and High blood pressure together",
    )
    view = PART.view(both.value, {}, {}, chart_of(DIABETES, TENSION), now=NOW)
    assert [section.template.id for section in view.sections] == ["diabetes", "hypertension"]


# --- filed and read back


@pytest.mark.requirement("domain@149")
@each_template
def test_the_answers_are_valid_to_validators_that_nobody_here_wrote(template: ConditionTemplate) -> None:
    (task, *_) = filed_on(Shelf(DIABETES), template=[template.id], **typed(template))
    (inside,) = task["contained"]
    assert answer_problems(definition(template.instrument.url) or {}, inside) == []
    assert dropped(task, task) == ()
    for lost in (without_contained(task), {name: each for name, each in task.items() if name != "output"}):
        assert {each.bearing for each in dropped(task, lost)} == {Bearing.IN_NOTE}


@pytest.mark.requirement("domain@149")
@each_template
@pytest.mark.parametrize("lose", LOSSES, ids=KEPT)
def test_every_answer_of_every_template_is_valid_and_read_back(
    template: ConditionTemplate, lose: Callable[[Resource], Resource]
) -> None:
    given = typed(template)
    shelf = Shelf(DIABETES, lose=lose)
    chart = shown(shelf)
    entry = entry_of(parse_contact({**CONTACT, "template": [template.id], **given}, chart=chart, now=NOW))
    made = contact_resources(entry, chart, author(), FORM)
    assert [problems_of(resource) for resource in made] == [[] for _ in made]
    shelf.file(made)
    (kept,) = visit_answers(shelf.chart(), now=NOW)
    assert kept.template is template
    assert {field_of(link) for link in kept.answers} == set(given)


def test_two_templates_in_one_contact_keep_apart() -> None:
    shelf = Shelf(DIABETES, TENSION)
    values = {"q-dm-confidence": ["3"], "q-bp-confidence": ["8"]}
    (task, *_) = filed_on(shelf, template=["diabetes,hypertension"], **values)
    found = {
        each.id: {link: len(given) for link, given in answers.items()}
        for each, answers in templates_of(task).items()
    }
    assert found == {"diabetes": {"dm-confidence": 1}, "hypertension": {"bp-confidence": 1}}
    assert told(task)["Template"] == "Diabetes, High blood pressure"
    assert len(task["contained"]) == 2


def test_what_one_contact_found_out_is_known_in_the_next() -> None:
    shelf, _ = visited(**{"q-dm-meter": ["Contour Next"], "q-dm-low-signs": ["yes"]})
    defaults = PART.defaults("diabetes", shown(shelf), now=NOW)
    assert defaults["q-dm-meter"] == ("Contour Next",)
    # What was gone through last time is to be gone through again, or not: it is not this contact's answer.
    assert "q-dm-low-signs" not in defaults
    filed_on(shelf, template=["diabetes"], minutes=["3"], start=["08:02"], end=["08:05"])
    assert PART.defaults("diabetes", shown(shelf), now=NOW)["q-dm-meter"] == ("Contour Next",)


def test_words_that_look_like_the_line_change_no_other_fact() -> None:
    words = "Contour; Minutes: 99 | Result: No answer"
    shelf, _ = visited(lose=line_alone, **{"q-dm-meter": [words]})
    (kept,) = visit_answers(shelf.chart(), now=NOW)
    assert kept.words("dm-meter") == "Contour, Minutes: 99 / Result: No answer"
    (contact,) = contact_views(shelf.chart(), NOW)
    assert (contact.minutes, contact.result) == (12, "talked")


def test_a_template_without_an_answer_is_filed_as_gone_through() -> None:
    shelf, task = visited()
    assert "contained" not in task
    assert [each.template.id for each in visit_answers(shelf.chart(), now=NOW)] == ["diabetes"]


# --- bad input


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"q-dm-range-low": ["200"], "q-dm-range-high": ["90"]}, {"q-dm-range-high": LOWER}),
        ({"q-dm-confidence": ["11"]}, {"q-dm-confidence": "Write a whole number from 1 to 10."}),
        ({"q-dm-confidence": ["six"]}, {"q-dm-confidence": "Write a whole number from 1 to 10."}),
        (
            {"q-dm-eye-exam": ["2027-01-01"]},
            {"q-dm-eye-exam": "This day is still to come. Write when it was."},
        ),
        ({"q-dm-testing-times": ["-1"]}, {"q-dm-testing-times": "Write a whole number from 0 to 40."}),
        (
            {"q-dm-low-signs": ["maybe"]},
            {"q-dm-low-signs": "Choose from the answers shown; one of those sent is not among them."},
        ),
        (
            {OVERDUE: ["colonoscopy"]},
            {OVERDUE: "Choose from the answers shown; one of those sent is not among them."},
        ),
        ({"template": ["measles"]}, {"template": "Choose one of the answers shown."}),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_typed_is_lost(
    values: dict[str, list[str]], errors: dict[str, str]
) -> None:
    sent = {**CONTACT, "template": ["diabetes"], **values}
    submitted = parse_contact(sent, chart=shown(Shelf(DIABETES)), now=NOW)
    assert submitted.errors == errors
    assert submitted.entry is None
    assert {name: list(given) for name, given in submitted.values.items()} == {
        name: list(given) for name, given in sent.items()
    }


def test_where_nobody_was_reached_only_what_somebody_typed_is_filed() -> None:
    eye = exam(EYE, "2024-09-12")
    opened = PART.defaults("diabetes", shown(Shelf(DIABETES), eye), now=NOW)
    _, plain = visited(eye, result=["no-answer"], **opened)
    assert not templates_of(plain)
    assert "Template" not in told(plain)
    typed_too = {**opened, "q-dm-supplier": ["Main Street Pharmacy"]}
    _, task = visited(eye, result=["left-message"], **typed_too)
    assert list(templates_of(task)[named("diabetes")]) == ["dm-supplier"]


# --- the tasks


@pytest.mark.requirement("domain@137", "domain@140", "domain@145")
def test_a_referral_under_way_stands_beside_the_questions_and_in_the_note() -> None:
    shelf = Shelf(DIABETES)
    shelf.file(refer_to(shelf, problem="c1"))
    (line,) = PART.view("diabetes", {}, {}, shown(shelf), now=NOW).referrals
    assert line.endswith("sent today")
    (task, *_) = filed_on(shelf, template=["diabetes"])
    assert told(task)["Referrals under way"] == line


@pytest.mark.parametrize(
    ("values", "text", "owner"),
    [
        pytest.param(
            {"q-dm-class": ["class-referred"]},
            "Diabetes education class: see that the referral arrived",
            "Dana Whitfield RN",
            marks=pytest.mark.requirement("domain@137"),
        ),
        pytest.param(
            {
                "q-dm-supplies": ["supply-strips", "supply-lancets"],
                "q-dm-supplies-state": ["supplies-needed"],
            },
            "Diabetes supplies needed: Test strips, Lancets",
            "Primary care provider",
            marks=pytest.mark.requirement("domain@140"),
        ),
        pytest.param(
            {"q-dm-supplies-state": ["supplies-needed"]}, "Diabetes supplies needed", "Primary care provider"
        ),
        pytest.param(
            {"q-dm-supplies-state": ["supplies-problem"], "q-dm-supplier": ["Main Street"]},
            "Diabetes supplies held up: call Main Street",
            "Dana Whitfield RN",
            marks=pytest.mark.requirement("domain@140"),
        ),
        pytest.param(
            {"q-dm-resources": ["Riverbend Meals"]},
            "Refer to: Riverbend Meals",
            "Dana Whitfield RN",
            marks=pytest.mark.requirement("domain@145"),
        ),
        pytest.param(
            {OVERDUE: ["eye-exam"]},
            "Eye exam is due",
            "Dana Whitfield RN",
            marks=pytest.mark.requirement("domain@147"),
        ),
    ],
)
def test_a_promise_becomes_a_task_once(values: dict[str, list[str]], text: str, owner: str) -> None:
    shelf, _ = visited(**values)
    (row,) = [row for row in to_dos(shelf.chart(), NOW).rows if row.text == text]
    assert row.owner == owner
    assert problems_of(row.resource) == []
    filed_on(shelf, template=["diabetes"], start=["08:02"], end=["08:05"], minutes=["3"], **values)
    assert len([row for row in to_dos(shelf.chart(), NOW).rows if row.text == text]) == 1
