"""What counts as an active problem, in which order problems stand, and which chronic group they belong to."""

from __future__ import annotations

import pytest

from mappings.chronic_conditions import chronic_groups, groups_of
from mappings.coding_systems import ICD10CM, SNOMED
from mappings.condition import is_active, problems
from mappings.panel import Absence
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW, chart_of, coded


def condition(identity="1", status="active", **more):
    body = {"resourceType": "Condition", "id": identity, "code": {"text": "Asthma"}}
    return body | ({"clinicalStatus": coded("x", status)} if status else {}) | more


def rows(*conditions):
    return problems(chart_of(*conditions), now=NOW).rows


def category(code):
    return {"category": [coded("http://terminology.hl7.org/CodeSystem/condition-category", code)]}


@pytest.mark.requirement("client@37")
@pytest.mark.parametrize(
    ("said", "active"),
    [
        ({"status": "active"}, True),
        ({"status": "recurrence"}, True),
        ({"status": "relapse"}, True),
        ({"status": "inactive"}, False),
        ({"status": "remission"}, False),
        ({"status": "resolved"}, False),
        ({"status": "no-such-status"}, False),
        ({"status": "", "clinicalStatus": "active"}, True),
        ({"status": "", "clinicalStatus": {"text": "Resolved"}}, False),
        ({"status": "active", "verificationStatus": coded("x", "refuted")}, False),
        ({"status": "active", "verificationStatus": coded("x", "entered-in-error")}, False),
        ({"status": "active", "verificationStatus": {"text": "Entered in Error"}}, False),
        ({"status": "active", "verificationStatus": coded("x", "unconfirmed")}, True),
        ({"status": ""}, True),
        ({"status": "", "abatementDateTime": "2020"}, False),
        ({"status": "", **category("encounter-diagnosis")}, False),
        ({"status": "", **category("problem-list-item")}, True),
    ],
)
def test_what_counts_as_active(said, active):
    assert is_active(condition(**said)) is active


def test_entered_in_error_is_not_shown_and_refuted_is_shown_as_refuted():
    mistake = condition("1", verificationStatus=coded("x", "entered-in-error"))
    refuted = condition("2", verificationStatus=coded("x", "refuted"))
    (row,) = rows(mistake, refuted)
    assert (row.id, row.active, row.verification) == ("2", False, "refuted")


def test_active_problems_come_first_then_the_problem_list_then_the_newest():
    shown = rows(
        condition("resolved", "resolved", code={"text": "a"}, recordedDate="2026"),
        condition("visit", code={"text": "b"}, recordedDate="2026-10", **category("encounter-diagnosis")),
        condition("older", code={"text": "c"}, recordedDate="2019", **category("problem-list-item")),
        condition("undated", code={"text": "d"}),
        condition("newer", code={"text": "e"}, onsetDateTime="2020-01", **category("problem-list-item")),
    )
    assert [row.id for row in shown] == ["newer", "older", "undated", "visit", "resolved"]


def test_a_problem_recorded_twice_is_one_row_that_names_both():
    diabetes = {"code": coded(SNOMED, "44054006", "Diabetes")}
    shown = rows(
        condition("visit", recordedDate="2026", **diabetes, **category("encounter-diagnosis")),
        condition("list", recordedDate="2019", **diabetes, **category("problem-list-item")),
        condition("past", "resolved", **diabetes),
    )
    assert [row.id for row in shown] == ["list", "past"]
    assert shown[0].references == ("Condition/list", "Condition/visit")


def test_two_different_codes_with_the_same_words_stay_two_rows():
    left = condition("l", code={"text": "Knee pain", **coded(ICD10CM, "M25.562")})
    right = condition("r", code={"text": "Knee pain", **coded(ICD10CM, "M25.561")})
    assert len(rows(left, right)) == 2


@pytest.mark.parametrize(
    ("onset", "words"),
    [
        ({"onsetDateTime": "2019-11-03"}, "since 3 Nov 2019"),
        ({"onsetDateTime": "2019"}, "since 2019"),
        ({"onsetPeriod": {"start": "2019-11"}}, "since Nov 2019"),
        ({"onsetAge": {"value": 45, "code": "a"}}, "since age 45"),
        ({"onsetAge": {"value": 6, "unit": "months"}}, "since age 6 months"),
        ({"onsetRange": {"low": {"value": 40}}}, "since age 40"),
        ({"onsetString": "childhood"}, "childhood"),
        ({"onsetDateTime": ["x"]}, ""),
        ({}, ""),
    ],
)
def test_onset_is_told_as_it_was_recorded(onset, words):
    assert rows(condition(**onset))[0].onset_words == words


def test_the_source_says_where_when_and_who():
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"text": "Luis Alvarez"}]}
    item = condition(
        recordedDate="2026-11-21T03:00:00Z",
        recorder={"reference": "Practitioner/d"},
        **category("problem-list-item"),
    )
    (row,) = problems(chart_of(doctor, item), now=NOW).rows
    assert row.source == "problem list, 20 Nov 2026, Luis Alvarez"


def test_a_problem_without_a_name_is_still_a_problem():
    assert rows(condition(code=None))[0].text == "Problem without a name"


@pytest.mark.parametrize(
    ("system", "code", "groups"),
    [
        (ICD10CM, "E11.9", ("Diabetes",)),
        (ICD10CM, "E11.22", ("Diabetes", "Chronic kidney disease")),
        (ICD10CM, "E119", ("Diabetes",)),
        ("urn:oid:2.16.840.1.113883.6.90", "i50.9", ("Heart failure",)),
        (ICD10CM, "I11.0", ("Hypertension", "Heart failure")),
        (ICD10CM, "I11.9", ("Hypertension",)),
        (ICD10CM, "D63.1", ("Chronic kidney disease", "Chronic anemia")),
        (ICD10CM, "E66.3", ()),
        (ICD10CM, "F17.210", ("Tobacco dependence",)),
        (ICD10CM, "J18.9", ()),
        (SNOMED, "44054006", ("Diabetes",)),
        (SNOMED, "440540061", ()),
        ("http://loinc.org", "44054006", ()),
    ],
)
def test_a_chronic_group_is_found_by_code_in_its_own_system(system, code, groups):
    assert groups_of(coded(system, code)) == groups


def test_two_diagnoses_of_one_group_count_once_and_inactive_ones_not():
    shown = rows(
        condition("1", code=coded(ICD10CM, "E11.9")),
        condition("2", code=coded(ICD10CM, "E11.65")),
        condition("3", "resolved", code=coded(ICD10CM, "J45.909")),
        condition("4", code=coded(ICD10CM, "I10")),
    )
    assert {row.chronic_group for row in shown if row.active} == {"Diabetes", "Hypertension"}
    assert {row.chronic_group for row in shown} == {"Diabetes", "Asthma", "Hypertension"}


def test_no_snomed_concept_is_of_the_uk_extension_and_group_names_are_unique():
    groups = chronic_groups()
    assert not [
        code for group in groups for code in group.snomed if len(code) > 10 and code[-10:-3] == "1000000"
    ]
    assert len({group.name for group in groups}) == len(groups)


def test_absence_is_the_reads():
    assert problems(chart_of(Condition=ReadStatus.NO_ACCESS), now=NOW).absence is Absence.NO_ACCESS
    assert problems(chart_of(), now=NOW).absence is Absence.NOT_AVAILABLE
