"""The templates are sound FHIR in our own words, and every row of them is complete in both languages."""

from __future__ import annotations

import re
from datetime import date

import fhirkit
import pytest

from fhir_profiles import canonical
from fhir_profiles.structure import structure_problems
from fhir_profiles.terminology import codes
from mappings import pick_lists
from mappings.chronic_conditions import chronic_groups
from mappings.plan_template import BLANK, resources, templates, wordings
from mappings.reading_grade import english_grade, spanish_ease
from mappings.target_defaults import target_defaults
from mappings.to_do import OWNERS, PARTS, PLANNED
from tests.outside_validators import pyrofile_problems

CONDITIONS = {
    "diabetes", "hypertension", "heart-failure", "copd", "asthma", "depression", "chronic-kidney-disease",
    "chronic-pain", "tobacco", "weight",
}  # fmt: skip
FULL = [each for each in templates().values() if each.id != BLANK]


def name(resource):
    return f"{resource['resourceType']}-{resource['id']}"


@pytest.mark.parametrize("resource", resources(), ids=name)
def test_a_template_is_valid_fhir_with_its_own_url(resource):
    assert [str(each) for each in fhirkit.validate(resource) if each.severity == "error"] == []
    assert structure_problems(resource) == ()
    assert resource["url"] == f"{canonical.BASE}/{resource['resourceType']}/{resource['id']}"
    assert (resource["status"], resource["experimental"]) == ("active", False)
    assert date.fromisoformat(resource["date"])


@pytest.mark.parametrize("wanted", ["ActivityDefinition-call-weekly", "PlanDefinition-diabetes"])
def test_a_second_outside_validator_finds_nothing_in_one_of_each_kind(wanted):
    resource = next(each for each in resources() if name(each) == wanted)
    # It knows the extensions of a primitive (`_title` beside `title`) at the first level only.
    deeper = re.compile(r"PlanDefinition\.action\[(\d+)\]\._title: \[element\.unknown\]")
    found = [(deeper.match(each), each) for each in pyrofile_problems(resource)]
    assert [each for alarm, each in found if not (alarm and resource["action"][int(alarm[1])]["title"])] == []


@pytest.mark.requirement("domain@10")
def test_there_is_a_template_for_each_condition_and_a_blank_one():
    assert {each.id for each in FULL if each.groups} == CONDITIONS
    assert (templates()[BLANK].goals, templates()[BLANK].steps) == ((), ())


@pytest.mark.requirement("domain@9")
def test_each_risk_tier_has_its_goals_actions_cadence_and_services():
    by_tier = {each.tier: each for each in FULL if each.tier}
    assert set(by_tier) == set(codes("risk-tier"))
    calls = {
        tier: [step.every for step in each.of_kind("service") if step.family == "call"]
        for tier, each in by_tier.items()
    }
    assert calls == {"low": [90], "rising": [28], "high": [14], "highly-complex": [7]}


@pytest.mark.parametrize("template", FULL, ids=lambda each: each.id)
def test_a_template_brings_goals_actions_self_care_and_services(template):
    assert template.goals
    assert all(template.of_kind(kind) for kind in PLANNED)
    assert template.sources, "a template says what it goes by"
    assert all(url.startswith("https://") for _, url in template.sources)
    assert set(template.groups) <= {group.name for group in chronic_groups()}
    ticked = {step.kind for step in template.steps if step.checked}
    assert ticked == set(PLANNED), "what is ticked to begin with may open a plan"
    assert any(goal.checked for goal in template.goals)


@pytest.mark.parametrize("template", FULL, ids=lambda each: each.id)
def test_every_row_can_be_filed_as_it_stands(template):
    goals = {goal.id for goal in template.goals}
    for goal in template.goals:
        measure = pick_lists.measures().get(goal.measure)
        if measure:
            assert measure.low <= float(goal.value) <= measure.high
            assert goal.comparator
        else:
            assert goal.measure == "own"
            assert goal.own_measure.text
            assert goal.own_target.text
        assert 1 <= goal.weeks <= 52
    for step in template.steps:
        assert (step.kind in PLANNED, step.part in PARTS, step.owner in OWNERS) == (True, True, True)
        assert (step.part == "patient-action") is (step.owner == "patient") is (step.kind == "self-care")
        assert 1 <= step.days <= 366
        assert step.goal in goals | {""}
        assert len(step.words.text) <= 300
    keys = [each.id for each in (*template.goals, *template.steps)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("wording", wordings().values(), ids=lambda each: each.text[:40])
def test_every_wording_is_there_in_spanish_and_in_short_sentences(wording):
    assert wording.spanish
    for text in (wording.for_patient, wording.spanish):
        longest = max(len(sentence.split()) for sentence in text.replace(":", ".").split("."))
        assert longest <= 22, text


@pytest.mark.parametrize("template", FULL, ids=lambda each: each.id)
def test_what_the_patient_reads_of_a_template_is_of_grade_8_or_less(template):
    rows = [each.words for each in (*template.goals, *template.steps)]
    assert english_grade(".\n".join(each.for_patient for each in rows)) <= 8
    assert spanish_ease(".\n".join(each.spanish for each in rows)) >= 60


def test_a_target_is_the_usual_one_that_the_goal_page_offers():
    goals = {(group, goal.measure): goal for each in FULL for group in each.groups for goal in each.goals}
    usual = {(row.group, row.measure): row.value for row in target_defaults() if row.value}
    both = goals.keys() & usual.keys()
    assert {measure for _, measure in both} == {"a1c", "systolic", "phq-9"}
    assert {key: float(goals[key].value) for key in both} == {key: float(usual[key]) for key in both}
