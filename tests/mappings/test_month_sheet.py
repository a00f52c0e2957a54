"""The sheet of a month: which month, what it needs, whether it is ready, and what was touched after it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from mappings.month_sheet import MonthSheet, last_moment, month_sheet
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NEW_YORK
from tests.mappings.shelf import DIABETES, Resource, Shelf

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=NEW_YORK)
FAILURE: Resource = {
    "resourceType": "Condition",
    "id": "c2",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.9"}],
        "text": "Heart failure",
    },
    "subject": {"reference": "Patient/p1"},
}
UNCODED: Resource = {
    "resourceType": "Condition",
    "id": "c3",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"text": "Weak eyes"},
    "subject": {"reference": "Patient/p1"},
}
WELLNESS: Resource = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"code": "AMB"},
    "type": [
        {
            "coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "G0439"}],
            "text": "Annual wellness visit",
        }
    ],
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2026-09-03T09:00:00-04:00", "end": "2026-09-03T09:40:00-04:00"},
}


def enrolled(*more: Resource, plan: bool = True) -> Shelf:
    shelf = Shelf(DIABETES, *more)
    shelf.consent(now=NOW, date=["2026-10-11"], time=["10:00"])
    if plan:
        shelf.plan(
            now=NOW,
            addresses=[
                f"Condition/{each['id']}" for each in (DIABETES, *more) if each["resourceType"] == "Condition"
            ],
        )
    return shelf


def call(shelf: Shelf, start: str, end: str, day: str = "2026-11-21", **changes: Sequence[str]) -> Resource:
    filed = shelf.contact(
        now=NOW, **{"date": [day], "start": [start], "end": [end], "minutes": [""], **changes}
    )
    return next(each for each in filed if each["resourceType"] == "Task" and each.get("executionPeriod"))


def sheet(shelf: Shelf, key: str = "2026-11", now: datetime = NOW, **more: Any) -> MonthSheet:
    moment = last_moment(key, now)
    assert moment is not None
    return month_sheet(shelf.chart(), now=now, moment=moment, **more)


@pytest.mark.parametrize(
    ("key", "moment"),
    [
        ("2026-11", "2026-11-21T20:00:00-05:00"),
        ("2026-10", "2026-10-31T23:59:59-04:00"),
        ("2026-03", "2026-03-31T23:59:59-04:00"),
        ("2024-02", "2024-02-29T23:59:59-05:00"),
        ("2025-12", "2025-12-31T23:59:59-05:00"),
        (" 2026-10 ", "2026-10-31T23:59:59-04:00"),
        ("2026-12", ""),
        ("2027-01", ""),
        ("2026-13", ""),
        ("2026-00", ""),
        ("1999-01", ""),
        ("november", ""),
        ("2026-1", ""),
        ("٢٠٢٦-١٠", ""),
        ("", ""),
    ],
)
def test_a_past_month_is_judged_at_its_end_and_the_running_one_now(key: str, moment: str):
    found = last_moment(key, NOW)
    assert (found.isoformat() if found else "") == moment


def test_the_neighbors_of_a_month():
    shelf = enrolled()
    assert (sheet(shelf).earlier, sheet(shelf).later) == ("2026-10", "")
    january = sheet(shelf, "2026-01")
    assert (january.title, january.earlier, january.later) == ("January 2026", "2025-12", "2026-02")
    assert sheet(shelf, "2025-12").later == "2026-01"


@pytest.mark.requirement("domain@82", "domain@246")
@pytest.mark.parametrize(
    ("shelf", "minutes", "ready", "words"),
    [
        (lambda: enrolled(FAILURE, WELLNESS), 20, True, "Ready."),
        (lambda: enrolled(FAILURE, WELLNESS), 19, False, "Not ready: 1 minute short."),
        (lambda: enrolled(FAILURE, WELLNESS), 14, False, "Not ready: 6 minutes short."),
        (lambda: enrolled(WELLNESS), 20, False, "Not ready: fewer than two chronic conditions."),
        (lambda: enrolled(FAILURE), 20, False, "Not ready: no visit to start the service on file."),
        (lambda: enrolled(FAILURE, WELLNESS, plan=False), 20, False, "Not ready: the care plan is a draft."),
        (
            lambda: Shelf(DIABETES, FAILURE, WELLNESS),
            20,
            False,
            "Not ready: 20 minutes short; consent not on file; no care plan is open.",
        ),
    ],
)
def test_it_says_why_not_yet_in_words(shelf: Any, minutes: int, ready: bool, words: str):
    kept = shelf()
    call(kept, "10:00", "11:00", minutes=[str(minutes)])
    verdict = sheet(kept).verdict
    assert (verdict.ready, verdict.words) == (ready, words)


def test_before_the_consent_a_month_was_not_ready():
    shelf = enrolled(FAILURE, WELLNESS)
    assert sheet(shelf, "2026-09").verdict.words == (
        "Not ready: 20 minutes short; consent not on file; no care plan is open."
    )


@pytest.mark.requirement("domain@247")
def test_complex_care_needs_sixty_minutes_a_changed_plan_and_the_providers_word():
    shelf = enrolled(FAILURE, WELLNESS)
    call(shelf, "10:00", "10:59")
    found = sheet(shelf, as_family="complex-ccm")
    assert found.verdict.words == "Not ready: 1 minute short."
    call(shelf, "11:00", "11:01")
    found = sheet(shelf, as_family="complex-ccm")
    assert found.verdict.ready is None
    assert found.verdict.words == "To check before it is billed: the provider’s decision making."
    assert [each.code for each in found.reached] == ["99487"]
    assert [segment.minutes for segment in found.month.segments] == [60, 90, 120]
    before = sheet(shelf, "2026-10", as_family="complex-ccm")
    assert "the plan was not revised this month" in before.verdict.words


@pytest.mark.requirement("domain@245")
@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("2025-09", "Not ready: 20 minutes short"),
        (
            "2025-10",
            "No rule of general care management of a rural or community health center is in force on this date.",
        ),
    ],
)
def test_a_code_that_ended_is_never_counted_towards(key: str, words: str):
    found = sheet(enrolled(FAILURE, WELLNESS), key, as_family="general-rhc-fqhc")
    assert found.verdict.words.startswith(words)
    assert bool(found.month.segments) is key.startswith("2025-09")


def test_advanced_primary_care_shows_its_levels_and_no_bar():
    shelf = enrolled(FAILURE, WELLNESS)
    call(shelf, "10:00", "10:20")
    found = sheet(shelf, as_family="apcm")
    assert [each.code for each in found.levels] == ["G0557", "G0558"]
    assert (found.month.segments, found.month.minutes, found.month.documented) == ((), 0, 20)
    assert {label for label, _ in found.exclusions} >= {
        "Chronic care management, clinical staff",
        "Transitional care management",
    }
    assert found.verdict.words == "Ready."
    assert [each.code for each in sheet(enrolled(WELLNESS), as_family="apcm").levels] == ["G0556"]


@pytest.mark.requirement("domain@249")
@pytest.mark.parametrize(
    ("called", "seen", "words"),
    [
        ("2026-11-11", "2026-11-16", "To check before it is billed: the provider’s decision making."),
        ("2026-11-13", "2026-11-16", "Not ready: nobody was reached within 2 business days."),
        ("2026-11-11", "", "Not ready: no visit by 23 Nov 2026 is on file."),
        ("", "", "Not ready: nobody was reached within 2 business days."),
    ],
)
def test_a_transition_is_judged_by_its_call_and_its_visit(called: str, seen: str, words: str):
    shelf = enrolled(FAILURE, _stay("2026-11-05", "2026-11-09"), *([_visit(seen)] if seen else []))
    if called:
        call(shelf, "10:00", "10:20", day=called, service_type=["transition"])
    found = sheet(shelf, as_family="tcm")
    assert found.verdict.words == words
    assert [each.code for each in found.levels] == ["99495", "99496"]


def test_without_a_discharge_there_is_no_transition_to_bill():
    assert sheet(enrolled(FAILURE), as_family="tcm").verdict.words == "Not ready: no discharge."


def _stay(start: str, end: str) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": "stay",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "type": [{"text": "Hospital stay"}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{start}T09:00:00-05:00", "end": f"{end}T11:00:00-05:00"},
        "hospitalization": {"dischargeDisposition": {"coding": [{"code": "home"}], "text": "Home"}},
    }


def _visit(day: str) -> Resource:
    period = {"start": f"{day}T09:00:00-05:00", "end": f"{day}T09:40:00-05:00"}
    return {**WELLNESS, "id": "seen", "type": [{"text": "Office visit"}], "period": period}


def test_a_year_that_nobody_confirmed_says_so():
    shelf = enrolled(FAILURE, WELLNESS)
    found = sheet(shelf, "2027-01", now=datetime(2027, 1, 5, 9, tzinfo=NEW_YORK))
    assert found.verdict.words == "The payment rule is not confirmed for this date."
    assert (found.families, found.exclusions, found.reached) == ((), (), ())


@pytest.mark.requirement("domain@111")
def test_the_conditions_treated_bear_the_ehrs_own_codes():
    shelf = enrolled(FAILURE, UNCODED)
    found = sheet(shelf).conditions
    assert [(row.text, row.codes) for row in found.rows] == [
        ("Type 2 diabetes", ("E11.9",)),
        ("Heart failure", ("I50.9",)),
        ("Weak eyes", ()),
    ]
    assert (found.from_plan, found.count) == (True, 3)
    bare = Shelf(DIABETES, FAILURE, UNCODED)
    assert [row.text for row in sheet(bare).conditions.rows] == ["Type 2 diabetes", "Heart failure"]
    assert not sheet(bare).conditions.from_plan


def test_two_people_at_once_are_flagged_and_counted_once():
    shelf = enrolled()
    first = call(shelf, "10:00", "10:20")
    second = call(shelf, "11:00", "11:20")
    period = {"start": "2026-11-21T10:10:00-05:00", "end": "2026-11-21T10:30:00-05:00"}
    other = {"reference": "Practitioner/other", "display": "Sam Okafor, PharmD"}
    shelf.kept[f"Task/{second['id']}"] = {**second, "executionPeriod": period, "owner": other}
    found = sheet(shelf)
    assert [row.counted for row in found.rows] == [20, 10]
    assert found.rows[0].flags == (
        "At the same time as Sam Okafor, PharmD (10:10 to 10:30): the same minutes count once.",
    )
    assert "Dana Whitfield RN" in found.rows[1].flags[0]
    shelf.kept[f"Task/{second['id']}"]["owner"] = first["owner"]
    assert not any(row.flags for row in sheet(shelf).rows)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({}, ""),
        ({"lastModified": "2026-10-31T23:59:00-04:00"}, ""),
        (
            {"authoredOn": "2026-11-02T09:00:00-05:00"},
            "Entered on 2 Nov 2026, after the month had ended.",
        ),
        (
            {"lastModified": "2026-11-03T09:00:00-05:00"},
            "Changed in the EHR on 3 Nov 2026, after the month had ended.",
        ),
        (
            {"meta": {"lastUpdated": "2026-11-04T02:00:00Z"}},
            "Changed in the EHR on 3 Nov 2026, after the month had ended.",
        ),
        # 03:30 in Greenwich on the first is still October in New York.
        ({"meta": {"lastUpdated": "2026-11-01T03:30:00Z"}}, ""),
    ],
)
def test_what_was_touched_after_the_month_had_ended_is_seen(changes: Resource, flag: str):
    shelf = enrolled()
    task = call(shelf, "10:00", "10:20", day="2026-10-20")
    then = {"authoredOn": "2026-10-20T10:21:00-04:00", "lastModified": "2026-10-20T10:21:00-04:00"}
    shelf.kept[f"Task/{task['id']}"] = {**task, **then, **changes}
    (row,) = sheet(shelf, "2026-10").rows
    late = "Entered later: The line was down."  # the reason that the shelf gives for an earlier day
    assert (row.flags, row.late) == (((f"{flag} {late}",), "") if flag else ((), late))


def test_what_was_taken_back_after_the_month_had_ended_is_seen():
    shelf = enrolled()
    task = call(shelf, "10:00", "10:20", day="2026-10-20")
    gone = {"status": "entered-in-error", "lastModified": "2026-11-05T09:00:00-05:00"}
    shelf.kept[f"Task/{task['id']}"] = {**task, **gone}
    found = sheet(shelf, "2026-10")
    assert (found.rows, found.month.minutes) == ((), 0)
    assert [(each.minutes, each.words) for each in found.taken_back] == [
        (20, "Taken back on 5 Nov 2026, after the month had ended.")
    ]
    assert sheet(shelf).taken_back == ()


def test_a_contact_without_a_start_belongs_to_no_month_and_is_told_of():
    shelf = enrolled()
    task = call(shelf, "10:00", "10:20")
    shelf.kept[f"Task/{task['id']}"] = {**task, "executionPeriod": {}}
    assert (sheet(shelf).rows, sheet(shelf).undated) == ((), 1)


def test_minutes_of_a_transition_are_pointed_out():
    shelf = enrolled()
    call(shelf, "10:00", "10:20", service_type=["transition"])
    assert sheet(shelf).cautions == (
        "20 of these minutes went into a transition of care: they belong to it where it is billed.",
    )
    apart = sheet(shelf, families=("ccm", "tcm"))
    assert (apart.month.minutes, apart.cautions) == (0, ())


@pytest.mark.parametrize("status", [s for s in ReadStatus if s is not ReadStatus.READ])
@pytest.mark.parametrize("missing", ["Task", "Consent", "CarePlan", "Condition", "Encounter"])
def test_what_could_not_be_read_is_unknown_and_never_none(missing: str, status: ReadStatus):
    shelf = enrolled(FAILURE, WELLNESS)
    call(shelf, "10:00", "10:20")
    found = month_sheet(shelf.chart(**{missing: status}), now=NOW, moment=NOW)
    assert found.verdict.ready is None
    gate = {"Consent": "consent", "CarePlan": "plan", "Condition": "conditions", "Encounter": "visit"}.get(
        missing
    )
    assert all(each.met is None for each in found.gates if each.need == gate)
    assert found.month.known is (missing not in ("Task", "Consent"))


def test_an_ehr_that_shows_nothing_again_is_unknown_with_the_reason():
    shelf = enrolled(FAILURE, WELLNESS)
    chart = shelf.chart()
    unseen = {
        kind: Reading(kind, ReadStatus.NOT_AVAILABLE, ours_unseen=True)
        for kind in ("Task", "Consent", "CarePlan")
    }
    found = month_sheet(type(chart)(chart.patient, {**chart.readings, **unseen}), now=NOW, moment=NOW)
    assert found.verdict.words == (
        "This EHR does not show again what is documented with Chartside, so the minutes cannot be added up."
    )
    plan = next(each for each in found.gates if each.need == "plan")
    assert (plan.met, plan.words) == (
        None,
        "Unknown: this EHR does not show again what is documented with Chartside.",
    )
