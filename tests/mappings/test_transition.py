"""The clocks of a discharge: which discharge starts them, where each stands, and what closes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.consent import is_deceased
from mappings.practice import Practice
from mappings.reading import Reading, ReadStatus
from mappings.transition import current, dates_of, holiday_words, in_hospital, transitions
from mappings.transition_clock import clock_rows
from mappings.transition_prompt import prompts
from mappings.transition_rules import destination_of
from mappings.transition_stay import stays
from tests.mappings.charts import NEW_YORK, coded
from tests.mappings.discharges import at, call, discharged, encounter
from tests.mappings.test_business_days import HOLIDAYS
from tests.mappings.test_real_charts import ndjson_charts

NUBC = "http://www.nubc.org/patient-discharge"
HL7 = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
THURSDAY = encounter("2026-11-16", "2026-11-19 14:30")
"""Home on Thursday 19 November 2026: the call is due on Monday."""
FRIDAY = at("2026-11-20 10:00")


def one(*resources, now=FRIDAY):
    (found,) = transitions(discharged(*resources), now=now)
    return found


# ---- the days of ten years, against a definition of their own


def open_day(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in HOLIDAYS


MOMENTS = st.datetimes(
    datetime(2021, 1, 1),  # noqa: DTZ001
    datetime(2030, 11, 30),  # noqa: DTZ001
    timezones=st.just(NEW_YORK),
    allow_imaginary=False,
)


@pytest.mark.requirement("domain@96")
@pytest.mark.requirement("domain@81")
@settings(max_examples=500)
@given(MOMENTS)
def test_of_any_discharge_in_ten_years_every_clock_is_right(left: datetime) -> None:
    """Two open days, and no more, lie after the discharge up to the day of the call; the rest is plain counting."""
    discharge, days = left.date(), dates_of(left.date())
    after = [discharge + timedelta(days=ahead) for ahead in range(1, 15)]
    assert days.contact_by == [day for day in after if open_day(day)][1]
    assert [day for day in after if open_day(day) and day <= days.contact_by][-1] == days.contact_by
    assert 2 <= (days.contact_by - discharge).days <= 6
    assert [(day - discharge).days for day in (days.early_visit_by, days.visit_by)] == [7, 14]
    thirty = [discharge + timedelta(days=number) for number in range(30)]
    assert thirty[-1] == days.service_ends


def test_of_every_day_of_ten_years_the_call_is_due_on_the_second_open_day() -> None:
    days = [date(2021, 1, 1) + timedelta(days=number) for number in range(3640)]
    wrong = [
        day
        for day in days
        if [each for each in (day + timedelta(days=n) for n in range(1, 12)) if open_day(each)][1]
        != dates_of(day).contact_by
    ]
    assert wrong == []


@pytest.mark.requirement("domain@96")
@settings(max_examples=200)
@given(MOMENTS, st.integers(0, 9 * 24 * 60))
def test_a_call_is_in_time_exactly_up_to_the_end_of_that_day(left: datetime, minutes: int) -> None:
    """By the clock on the wall of the practice, on the two odd nights of the year too."""
    begun = (left.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(left.tzinfo)
    now = begun + timedelta(days=1)
    stay = encounter("2020-12-20", "2020-12-30") | {
        "period": {"start": (left - timedelta(days=2)).isoformat(), "end": left.isoformat()}
    }
    talked = call("2026-11-20 10:00")
    talked["executionPeriod"] = {"start": begun.isoformat(), "end": begun.isoformat()}
    (found,) = transitions(discharged(stay, talked), now=now)
    last = [day for day in (left.date() + timedelta(days=n) for n in range(1, 15)) if open_day(day)][1]
    assert found.contacted_in_time is (begun.date() <= last)


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9)), min_size=1, max_size=6), st.integers(0, 260)
)
def test_of_any_stays_no_clock_runs_while_the_patient_is_in_hospital(spans, today: int) -> None:
    """However stays overlap, follow or touch each other: at most one clock runs, and none during a stay."""
    first = date(2026, 1, 5)
    rows = [
        encounter(
            f"{first + timedelta(begin)} 08:00", f"{first + timedelta(begin + length)} 15:00", id=f"e{place}"
        )
        for place, (begin, length) in enumerate(spans)
        if begin <= today
    ]
    now = at(f"{first + timedelta(today)} 12:00")
    chart = discharged(*rows)
    running = [row for row in transitions(chart, now=now) if row.runs]
    assert len(running) <= 1
    if any(begin < today < begin + length for begin, length in spans):
        assert running == []
        assert in_hospital(chart, now=now) is not None
    for row in running:
        assert row.stay.day is not None
        assert row.stay.day == max(
            first + timedelta(days=begin + length) for begin, length in spans if begin <= today
        )


# ---- which discharge starts a clock


@pytest.mark.requirement("domain@94")
@pytest.mark.parametrize(
    ("resources", "runs"),
    [
        ([THURSDAY], True),
        ([encounter("2026-11-16", "2026-11-19", klass="OBSENC")], True),
        ([encounter("2026-11-16", "2026-11-19", klass="ACUTE", went="health")], True),
        ([encounter("2026-11-16", "2026-11-19", klass="NONAC")], True),
        ([encounter("2026-11-16", "2026-11-19", klass="SS")], True),
        ([encounter("2026-11-18", "2026-11-19", klass="EMER")], None),
        ([encounter("2026-11-18", "2026-11-19", klass="AMB")], None),
        ([encounter("2026-11-16", "2026-11-19", went="snf")], False),
        ([encounter("2026-11-16", "2026-11-19", went="hospital")], False),
        ([encounter("2026-11-16", "2026-11-19", went="died")], False),
        ([encounter("2026-11-16", "2026-11-19", went="hospice")], True),
        ([encounter("2026-11-16", "2026-11-19", went="")], True),
        ([encounter("2026-11-16", "2026-11-19", status="cancelled")], None),
        ([encounter("2026-11-16", "2026-11-19", status="entered-in-error")], None),
        ([encounter("2026-11-16")], None),
        ([encounter("2026-08-02", "2026-08-05")], None),
        ([encounter("2026-10-01", "2026-10-05")], False),
    ],
    ids=[
        *("a hospital", "observation", "acute, with home health", "a facility", "a short stay"),
        *(
            "an emergency visit alone",
            "an office visit",
            "to a nursing facility",
            "to another hospital",
            "died",
        ),
        *("hospice: asked", "not said: asked", "cancelled", "in error", "still there", "long ago", "over"),
    ],
)
def test_which_discharge_starts_the_clocks(resources, runs) -> None:
    found = transitions(discharged(*resources), now=FRIDAY)
    assert ([row.runs for row in found] or [None]) == [runs]


@pytest.mark.requirement("domain@94")
@pytest.mark.parametrize(
    ("disposition", "code"),
    [
        (coded(HL7, "home"), "home"),
        (coded(HL7, "alt-home"), "home"),
        (coded(HL7, "snf"), "facility"),
        (coded(HL7, "hosp"), "hospice"),
        (coded(HL7, "exp"), "died"),
        (coded(HL7, "aadvice"), "against-advice"),
        (coded(HL7, "oth"), "unknown"),
        (coded(NUBC, "01"), "home"),
        (coded(NUBC, "62"), "facility"),
        (coded(NUBC, "66"), "hospital"),
        (coded(NUBC, "41"), "died"),
        ({"text": "Discharged to home"}, "home"),
        ({"text": "Skilled Nursing Facility"}, "facility"),
        ({"text": "Nursing home"}, "facility"),
        ({"text": "Home hospice"}, "hospice"),
        ({"text": "Left against medical advice"}, "against-advice"),
        ({"text": "Expired"}, "died"),
        ({"text": "Pending"}, "unknown"),
        ({"coding": [coded(NUBC, "01")["coding"][0], coded(HL7, "snf")["coding"][0]]}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
        ("home", "home"),
        ([None, 7], "unknown"),
    ],
)
def test_where_the_patient_went(disposition, code) -> None:
    assert destination_of(disposition).code == code


@pytest.mark.parametrize(
    ("resources", "discharges", "transfers"),
    [
        (
            [
                encounter("2026-11-10", "2026-11-12", went="hospital"),
                encounter("2026-11-12 13:00", "2026-11-19"),
            ],
            1,
            1,
        ),
        ([encounter("2026-11-10", "2026-11-12"), encounter("2026-11-13 08:00", "2026-11-19")], 1, 1),
        ([encounter("2026-11-10", "2026-11-12"), encounter("2026-11-14", "2026-11-19")], 2, 0),
        (
            [encounter("2026-11-10", "2026-11-19"), encounter("2026-11-12", "2026-11-14", klass="OBSENC")],
            1,
            1,
        ),
        (
            [
                encounter("2026-11-08", "2026-11-10", went="hospital"),
                encounter("2026-11-11", "2026-11-13", went="snf"),
                encounter("2026-11-13 15:00", "2026-11-19", klass="NONAC"),
            ],
            1,
            2,
        ),
    ],
    ids=["same day", "next day", "two days later", "inside another", "three places"],
)
def test_transfers_are_one_stay_whose_last_discharge_counts(resources, discharges, transfers) -> None:
    found = transitions(discharged(*resources), now=FRIDAY)
    assert len(found) == discharges
    assert found[0].dates.discharged == date(2026, 11, 19)
    assert found[0].runs
    assert len(found[0].stay.before) == transfers


def test_admitted_again_closes_the_clock_and_the_next_discharge_starts_another() -> None:
    again = encounter("2026-11-23")
    now = at("2026-11-24 09:00")
    (closed,) = transitions(discharged(THURSDAY, again), now=now)
    assert closed.closed.startswith("Back in hospital since Mon")
    assert current(discharged(THURSDAY, again), now=now) is None
    assert in_hospital(discharged(THURSDAY, again), now=now) is not None
    home = encounter("2026-11-23", "2026-11-27")
    latest, earlier = transitions(discharged(THURSDAY, home), now=at("2026-11-28 09:00"))
    assert earlier.closed == "Admitted again on Mon: the clocks of this discharge closed then."
    assert latest.runs
    assert latest.dates.contact_by == date(2026, 12, 1)


def test_a_call_before_the_readmission_is_not_counted_for_the_discharge_after_it() -> None:
    home = encounter("2026-11-23", "2026-11-27")
    chart = discharged(THURSDAY, home, call("2026-11-20 10:00"))
    latest, earlier = transitions(chart, now=at("2026-11-28 09:00"))
    assert earlier.contacted_in_time
    assert latest.contact is None
    assert latest.call_is_due


def test_a_patient_who_died_has_no_clock() -> None:
    chart = replace(
        discharged(THURSDAY), patient={"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}
    )
    (found,) = transitions(chart, now=FRIDAY)
    assert not found.runs
    assert prompts(chart, now=FRIDAY, practice=Practice()) == ()


@pytest.mark.parametrize(
    "period",
    [{"start": "2026-11"}, {"start": "2026-11-16", "end": "2026"}, {}, {"end": "soon"}, {"start": []}],
)
def test_a_stay_whose_days_are_not_known_starts_nothing_and_breaks_nothing(period) -> None:
    chart = discharged(encounter("2026-11-16", "2026-11-19") | {"period": period})
    assert transitions(chart, now=FRIDAY) == ()
    assert [row.open for row in stays(chart, now=FRIDAY)] in ([], [False])


# ---- the call


@pytest.mark.requirement("domain@96")
@pytest.mark.parametrize(
    ("calls", "reached", "in_time", "tries"),
    [
        ([call("2026-11-20 09:00")], True, True, 0),
        ([call("2026-11-23 23:30")], True, True, 0),
        ([call("2026-11-24 00:10")], True, False, 0),
        ([call("2026-11-19 09:00")], False, False, 0),
        ([call("2026-11-20 09:00", service="education-follow-up")], False, False, 0),
        ([call("2026-11-20 09:00", **{"with": "provider"})], False, False, 0),
        ([call("2026-11-20 09:00", **{"with": "caregiver"})], True, True, 0),
        ([call("2026-11-20 09:00", staff="other-staff")], False, False, 0),
        ([call("2026-11-20 09:00", "no-answer")], False, False, 1),
        ([call("2026-11-20 09:00", "no-answer"), call("2026-11-23 09:00", "left-message")], False, False, 2),
        ([call("2026-11-20 09:00", "no-answer"), call("2026-11-20 09:00", "no-answer")], False, False, 1),
        ([call("2026-11-20 09:00", "no-answer", service="education-follow-up")], False, False, 1),
        ([call("2026-11-20 09:00", "rescheduled")], False, False, 0),
        ([call("2026-11-24 09:00", "no-answer")], False, False, 0),
    ],
    ids=[
        *("next day", "late on the second business day", "ten minutes after it", "before the discharge"),
        *("about something else", "with a provider", "with the family", "other staff"),
        *("one try", "two tries", "one try written twice", "a try of any kind", "moved", "a try too late"),
    ],
)
def test_the_call(calls, reached, in_time, tries) -> None:
    found = one(THURSDAY, *calls, now=at("2026-11-25 09:00"))
    assert (found.contact is not None, found.contacted_in_time, len(found.tries)) == (reached, in_time, tries)
    assert found.tried_in_time is (tries >= 2)


@pytest.mark.requirement("domain@96")
@pytest.mark.parametrize(
    ("now", "calls", "sentence", "urgent"),
    [
        ("2026-11-19 16:00", [], "Discharged Thu; call by Mon 5 pm.", True),
        ("2026-11-20 10:00", [], "Discharged Thu; call by Mon 5 pm.", True),
        ("2026-11-23 10:00", [], "Discharged Thu; call by today 5 pm.", True),
        ("2026-11-24 10:00", [], "Discharged Thu; the call was due Mon.", True),
        (
            "2026-11-24 10:00",
            [call("2026-11-20 09:00", "no-answer"), call("2026-11-23 09:00", "no-answer")],
            "Discharged Thu; the call was due Mon.",
            False,
        ),
    ],
)
def test_today_says_until_when_to_call(now, calls, sentence, urgent) -> None:
    first = prompts(discharged(THURSDAY, *calls), now=at(now), practice=Practice())[0]
    assert (first.sentence, first.urgent, first.endpoint) == (sentence, urgent, "contact.show")
    assert first.parameters == {"discharge": THURSDAY["id"]}


def test_once_talked_with_the_call_is_pointed_out_no_more() -> None:
    found = prompts(discharged(THURSDAY, call("2026-11-20 09:00")), now=FRIDAY, practice=Practice())
    assert not any(row.urgent or "call" in row.sentence for row in found)


def test_where_documented_contacts_are_not_shown_the_call_is_told_with_that_caution_until_its_day() -> None:
    chart = discharged(THURSDAY)
    unseen = Reading("Task", ReadStatus.READ, (), ours_unseen=True)
    dark = replace(chart, readings={**chart.readings, "Task": unseen})
    (first, *_) = prompts(dark, now=FRIDAY, practice=Practice())
    assert "does not show whether somebody called" in first.why
    (found,) = transitions(dark, now=FRIDAY)
    assert not found.known
    assert clock_rows(found, now=FRIDAY)[0].standing == "unknown"
    assert not any(
        row.endpoint == "contact.show" for row in prompts(dark, now=at("2026-11-24"), practice=Practice())
    )


def test_a_holiday_that_puts_the_day_off_is_named() -> None:
    found = one(encounter("2026-11-20", "2026-11-25"), now=at("2026-11-26"))
    assert found.dates.contact_by == date(2026, 11, 30)
    assert holiday_words(found.dates) == "Thanksgiving Day (26 Nov 2026) does not count."


def test_real_stays_end_alive_or_not_as_the_raw_files_say(shared_data) -> None:
    """Every stay of the public data has its clock when it ends, unless the chart says that the patient has died."""
    folder = shared_data / "clinosim_us"
    raw = [
        orjson.loads(line)
        for file in folder.glob("Encounter*.ndjson")
        for line in file.read_bytes().splitlines()
    ]
    inpatient = [each for each in raw if each["class"]["code"] == "IMP"]
    died = sum('"exp"' in orjson.dumps(each).decode() for each in inpatient)
    found = [(chart, stay) for chart in ndjson_charts(folder) for stay in stays(chart, now=at("2026-11-20"))]
    assert (len(found), sum(stay.died for _, stay in found)) == (len(inpatient), died)
    for chart, stay in found:
        assert stay.end is not None
        running = current(chart, now=stay.end + timedelta(hours=1))
        assert (running is not None) is not is_deceased(chart)
