"""Emergency visits and discharges are seen however an EHR names them, and only when they happened."""

from __future__ import annotations

from datetime import datetime

import pytest

from mappings.coding_systems import SNOMED
from mappings.encounter import visits
from mappings.encounter_kind import encounter_kinds, kind_of
from mappings.panel import Absence
from mappings.reading import ReadStatus
from tests.mappings.charts import NEW_YORK, NOW, chart_of, coded

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
YESTERDAY = {"period": {"start": "2026-11-17T15:00:00Z", "end": "2026-11-20T20:00:00Z"}}


def visit(klass="AMB", **more):
    body = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"system": ACT, "code": klass},
    }
    return body | more


def rows(*resources):
    return visits(chart_of(*resources), now=NOW).rows


@pytest.mark.parametrize(
    ("encounter", "words"),
    [
        ({"class": {"system": ACT, "code": "EMER"}}, "ED visit"),
        ({"class": {"system": "http://hl7.org/fhir/v3/ActCode", "code": "EMER"}}, "ED visit"),
        ({"class": "EMER"}, "ED visit"),
        ({"class": [coded(ACT, "EMER")]}, "ED visit"),
        ({"class": {"system": "urn:oid:1.2.840", "code": "103", "display": "Emergency"}}, "ED visit"),
        ({"class": {"system": ACT, "code": "AMB"}, "type": [coded(SNOMED, "50849002")]}, "ED visit"),
        ({"type": [{"text": "Emergency Department Visit"}]}, "ED visit"),
        ({"class": {"system": ACT, "code": "IMP"}}, "Hospital stay"),
        ({"class": {"system": ACT, "code": "ACUTE"}}, "Hospital stay"),
        ({"class": {"system": ACT, "code": "NONAC"}}, "Hospital stay"),
        ({"class": {"system": ACT, "code": "OBSENC"}}, "Observation stay"),
        ({"type": [coded(SNOMED, "32485007")]}, "Hospital stay"),
        ({"class": {"code": "13", "system": "urn:x", "display": "Inpatient"}}, "Hospital stay"),
        ({"class": {"system": ACT, "code": "AMB"}, "type": [coded(SNOMED, "185317003")]}, "Phone call"),
        ({"class": {"system": ACT, "code": "VR"}}, "Video or phone visit"),
        ({"class": {"system": ACT, "code": "HH"}}, "Home visit"),
        ({"class": {"system": ACT, "code": "AMB"}}, "Office visit"),
    ],
)
def test_the_kind_of_a_visit(encounter, words):
    kind = kind_of(encounter)
    assert kind is not None
    assert kind.words == words


@pytest.mark.parametrize(
    "encounter", [{}, {"class": {"system": "urn:local", "code": "EMER"}}, {"class": 7}, None]
)
def test_a_visit_of_which_nothing_is_known_has_no_kind(encounter):
    assert kind_of(encounter) is None


def test_every_class_means_one_kind():
    classes = [code for kind in encounter_kinds() for code in kind.classes]
    assert len(classes) == len(set(classes))


def test_a_stay_that_ended_yesterday_is_a_discharge_in_the_ehrs_time():
    disposition = {"hospitalization": {"dischargeDisposition": {"text": "Home"}}}
    (row,) = rows(visit("IMP", **YESTERDAY, **disposition, reasonCode=[{"text": "Heart failure"}]))
    assert row.kind_words == "Hospital stay, discharged yesterday"
    assert (row.is_discharge, row.is_emergency, row.is_stay) == (True, False, True)
    assert (row.start_words, row.end_words) == ("Tue, 4 days ago", "yesterday")
    assert (row.when, row.end) == (
        datetime(2026, 11, 17, 10, tzinfo=NEW_YORK),
        datetime(2026, 11, 20, 15, tzinfo=NEW_YORK),
    )
    assert (row.reason, row.disposition) == ("Heart failure", "Home")


@pytest.mark.parametrize(
    ("klass", "status", "period", "discharge"),
    [
        ("IMP", "finished", {"start": "2026-11-01", "end": "2026-11-20"}, True),
        ("OBSENC", "finished", {"start": "2026-11-01", "end": "2026-11-20"}, True),
        ("IMP", "discharged", {"end": "2026-11-20"}, True),
        ("IMP", "", {"end": "2026-11-20"}, True),
        ("IMP", "finished", {"start": "2026-11-01"}, False),
        ("IMP", "finished", {"end": "2026-11-22"}, False),
        ("IMP", "in-progress", {"end": "2026-11-20"}, False),
        ("IMP", "cancelled", {"end": "2026-11-20"}, False),
        ("AMB", "finished", {"end": "2026-11-20"}, False),
        ("EMER", "finished", {"end": "2026-11-20"}, False),
    ],
)
def test_what_counts_as_a_discharge(klass, status, period, discharge):
    assert rows(visit(klass, status=status, period=period))[0].is_discharge is discharge


@pytest.mark.parametrize(
    ("status", "words", "emergency"),
    [
        ("finished", "ED visit", True),
        ("in-progress", "ED visit", True),
        ("cancelled", "ED visit, cancelled", False),
    ],
)
def test_an_emergency_visit_counts_only_when_it_happened(status, words, emergency):
    (row,) = rows(visit("EMER", status=status))
    assert (row.kind_words, row.is_emergency) == (words, emergency)


@pytest.mark.parametrize(
    "disposition",
    [
        coded("http://terminology.hl7.org/CodeSystem/discharge-disposition", "exp"),
        coded("http://www.nubc.org/patient-discharge", "20"),
        {"text": "Expired"},
    ],
)
def test_a_stay_that_ended_in_death_is_no_discharge(disposition):
    (row,) = rows(visit("IMP", **YESTERDAY, hospitalization={"dischargeDisposition": disposition}))
    assert (row.is_discharge, row.kind_words) == (False, "Hospital stay, died yesterday")


def test_a_patient_still_in_hospital_is_said_to_be_there():
    assert rows(visit("IMP", status="in-progress"))[0].kind_words == "Hospital stay, still there"


@pytest.mark.parametrize(
    ("encounter", "words"),
    [
        (visit(type=[{"text": "Diabetes follow-up"}]), "Diabetes follow-up"),
        (visit(), "Office visit"),
        ({"resourceType": "Encounter", "class": {"system": "urn:x", "display": "Nurse only"}}, "Nurse only"),
        ({"resourceType": "Encounter"}, "Visit"),
    ],
)
def test_an_ordinary_visit_bears_the_ehrs_own_name_for_it(encounter, words):
    assert rows(encounter)[0].kind_words == words


def test_visits_are_newest_first_undated_last_and_errors_left_out():
    shown = rows(
        visit(id="undated"),
        visit(id="2019", period={"start": "2019"}),
        visit(id="error", status="entered-in-error", period={"start": "2026-11-20"}),
        visit(id="end-only", period={"end": "2026-10-01"}),
        visit(id="new", period={"start": "2026-11-20"}),
    )
    assert [row.id for row in shown] == ["new", "end-only", "2019", "undated"]
    assert [row.when is None for row in shown] == [False, True, True, True]


def test_the_attending_clinician_is_named_before_others():
    def participant(code, name):
        return {"type": [coded("x", code)], "individual": {"display": name}}

    both = [participant("ADM", "Dr. Admitter"), participant("ATND", "Dr. Attender")]
    assert rows(visit(participant=both))[0].provider == "Dr. Attender"
    assert rows(visit(serviceProvider={"display": "Mercy Hospital"}))[0].provider == "Mercy Hospital"


def test_the_reason_may_stand_in_a_problem_or_a_diagnosis():
    problem = {"resourceType": "Condition", "id": "c", "code": {"text": "Chest pain"}}
    assert rows(visit(reasonReference=[{"reference": "Condition/c"}]), problem)[0].reason == "Chest pain"
    assert (
        rows(visit(diagnosis=[{"condition": {"reference": "Condition/c"}}]), problem)[0].reason
        == "Chest pain"
    )
    assert rows(visit(diagnosis=[{"condition": {"display": "Gout"}}]))[0].reason == "Gout"
    assert rows(visit())[0].reason == ""


def test_absence_is_the_reads():
    assert visits(chart_of(Encounter=ReadStatus.COULD_NOT_READ), now=NOW).absence is Absence.COULD_NOT_READ
