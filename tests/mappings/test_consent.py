"""Consent is asked once, given whole, read back exactly, stopped at the month's end, and never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from mappings.consent import (
    ConsentView,
    consent_resources,
    consent_view,
    lapsed_consents,
    may_consent,
    parse_consent,
    related_persons,
    stopped_consents,
)
from mappings.consent_standing import consent_windows
from mappings.identity import full_url
from mappings.reading import Reading, ReadStatus
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.shelf import (
    ACCEPT,
    DECLINE,
    FORM,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
)

DAUGHTER: Resource = {
    "resourceType": "RelatedPerson",
    "id": "r1",
    "patient": {"reference": "Patient/p1"},
    "name": [{"text": "Ana Gibson"}],
}


def errors(values: dict[str, Sequence[str]], now: datetime = NOW) -> dict[str, str]:
    return dict(parse_consent(values, chart=Shelf().chart(), now=now).errors)


def seen(view: ConsentView) -> ConsentView:
    return replace(view, resource=None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": []}, "decision"),
        ({"decision": ["perhaps"]}, "decision"),
        ({"mode": []}, "mode"),
        ({"mode": ["sign-language"]}, "mode"),
        ({"agreed_by": []}, "agreed_by"),
        ({"agreed_by": ["RelatedPerson/of-somebody-else"]}, "agreed_by"),
        ({"agreed_by": ["caregiver"]}, "caregiver_name"),
        ({"discussed_by": [" "]}, "discussed_by"),
        ({"disclosure": []}, "disclosure"),
        ({"disclosure": ["cost-sharing", "right-to-stop", "one-practitioner"]}, "disclosure"),
        ({"disclosure": ["free-of-charge"]}, "disclosure"),
        ({"date": ["2026-11-22"]}, "date"),
        ({"date": ["1926-11-21"]}, "date"),
        ({"date": [""]}, "date"),
        ({"date": ["yesterday"]}, "date"),
        ({"time": ["09:15"]}, "time"),
        ({"time": ["25:00"]}, "time"),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str):
    assert set(errors({**ACCEPT, **changes})) == {field}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decline_reason": []}, "decline_reason"),
        ({"decline_reason": ["other"], "decline_words": [""]}, "decline_words"),
        ({"ask_again": ["2026-11-21"]}, "ask_again"),
        ({"ask_again": ["2028-11-21"]}, "ask_again"),
    ],
)
def test_a_decline_needs_its_reason(changes: dict[str, Sequence[str]], field: str):
    assert set(errors({**DECLINE, **changes})) == {field}


def test_how_many_points_are_still_to_be_told_is_said():
    assert (
        "2 are still open"
        in errors({**ACCEPT, "disclosure": ["cost-sharing", "right-to-stop"]})["disclosure"]
    )


@pytest.mark.requirement("client@49")
def test_agreeing_files_consent_draft_plan_and_state_tied_together():
    shelf = Shelf()
    chart = shelf.chart()
    entry = entry_of(parse_consent(ACCEPT, chart=chart, now=NOW))
    consent, plan, step = consent_resources(entry, chart, author(), FORM)
    assert [problems_of(each) for each in (consent, plan, step)] == [[], [], []]
    assert (consent["status"], consent["provision"]["type"]) == ("active", "permit")
    assert consent["provision"]["period"]["start"] == consent["dateTime"] == "2026-11-21T09:00:00-05:00"
    assert consent["performer"] == [{"reference": "Patient/p1", "display": "Margery Gibson"}]
    assert consent["organization"] == [{"reference": "Organization/riverbend"}]
    assert (plan["status"], plan["intent"]) == ("draft", "plan")
    assert plan["supportingInfo"][0]["reference"] == full_url(consent)
    assert step["basedOn"][0]["reference"] == full_url(plan)
    assert step["businessStatus"]["coding"][0]["code"] == "consented"


def test_the_same_form_sent_twice_makes_the_same_records():
    chart = Shelf().chart()
    entry = entry_of(parse_consent(ACCEPT, chart=chart, now=NOW))
    assert consent_resources(entry, chart, author(), FORM) == consent_resources(entry, chart, author(), FORM)


def test_the_text_alone_tells_who_when_how_and_what_was_told():
    consent = Shelf().consent()[0]
    for words in ("Margery Gibson", "21 Nov 2026, 09:00", "Verbal", "Dana Whitfield RN", "Dr Luis Alvarez"):
        assert words in consent["text"]["div"]
        assert words in consent["policyRule"]["text"] or words.startswith("21 Nov")
    for told in ("Services available", "Cost sharing", "One practitioner", "Right to stop"):
        assert told in consent["policyRule"]["text"]


@pytest.mark.parametrize("lose", [None, without_extensions, without_meta, without_identifiers])
def test_a_consent_comes_back_the_same_whatever_the_server_lost(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    shelf.consent()
    view = consent_view(shelf.chart(), now=NOW)
    assert seen(view) == ConsentView(
        state="active",
        sentence="Consent 21 Nov 2026 (verbal).",
        date_words="21 Nov 2026",
        mode="verbal",
        taken_by="Dana Whitfield RN",
        discussed_by="Dr Luis Alvarez",
        agreed_by="Margery Gibson",
        disclosures=("services-available", "cost-sharing", "one-practitioner", "right-to-stop"),
        since=datetime(2026, 11, 21, 9, 0, tzinfo=NEW_YORK),
    )


@pytest.mark.parametrize("lose", [None, without_extensions, without_meta])
def test_a_decline_comes_back_with_its_reason_and_makes_no_plan(lose: Callable[[Resource], Resource] | None):
    shelf = Shelf(lose=lose)
    filed = shelf.consent(decision=["decline"], ask_again=["2027-02-01"])
    view = consent_view(shelf.chart(), now=NOW)
    assert [each["resourceType"] for each in filed] == ["Consent", "Task", "Task"]
    assert [problems_of(each) for each in filed if lose is None] == [[]] * (3 if lose is None else 0)
    assert (view.state, view.sentence) == ("declined", "Declined 21 Nov 2026.")
    assert view.reason == "Worried about the cost. A letter about what it costs would help"
    assert filed[2]["restriction"]["period"]["end"] == "2027-02-01"
    assert may_consent(shelf.chart(), now=NOW).allowed


@pytest.mark.parametrize(
    ("agreed_by", "name", "performer"),
    [
        ("caregiver", "Ana Gibson", {"type": "RelatedPerson", "display": "Ana Gibson"}),
        ("RelatedPerson/r1", "", {"reference": "RelatedPerson/r1", "display": "Ana Gibson"}),
    ],
)
def test_a_caregiver_who_agreed_is_the_performer(agreed_by: str, name: str, performer: dict[str, str]):
    shelf = Shelf(DAUGHTER)
    consent = shelf.consent(agreed_by=[agreed_by], caregiver_name=[name])[0]
    assert problems_of(consent) == []
    assert consent["performer"] == [performer]
    assert consent_view(shelf.chart(), now=NOW).agreed_by == "Ana Gibson"
    assert related_persons(shelf.chart()) == {"RelatedPerson/r1": "Ana Gibson"}


@pytest.mark.parametrize(
    ("given", "time", "start"),
    [
        ("2026-11-21", "", "2026-11-21T09:14:00-05:00"),
        ("2026-11-21", "08:30", "2026-11-21T08:30:00-05:00"),
        ("2026-11-20", "", "2026-11-20"),
        ("2026-07-01", "10:00", "2026-07-01T10:00:00-04:00"),
    ],
)
def test_the_time_is_now_today_and_unknown_on_an_earlier_day(given: str, time: str, start: str):
    consent = Shelf().consent(date=[given], time=[time])[0]
    assert consent["provision"]["period"]["start"] == start
    assert problems_of(consent) == []


def test_a_consent_given_now_begins_with_this_minute_so_that_a_call_begun_in_it_counts_whole():
    now = NOW.replace(second=42, microsecond=7)
    entry = parse_consent({**ACCEPT, "time": [""]}, chart=Shelf().chart(), now=now).entry
    assert entry is not None
    assert entry.moment == NOW


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ReadStatus.NOT_AVAILABLE, "Consent is unknown: not available from this EHR."),
        (ReadStatus.NO_ACCESS, "Consent is unknown: you have no access to this in the EHR."),
        (ReadStatus.COULD_NOT_READ, "Consent is unknown: could not be read just now."),
        (ReadStatus.STILL_LOADING, "Consent is unknown: still loading."),
    ],
)
def test_a_consent_that_could_not_be_read_is_unknown_and_no_second_one_is_made(
    status: ReadStatus, words: str
):
    shelf = Shelf()
    shelf.consent()
    chart = shelf.chart(Consent=status)
    view = consent_view(chart, now=NOW)
    assert (view.state, view.sentence) == ("unknown", words)
    assert not may_consent(chart, now=NOW)
    assert parse_consent(ACCEPT, chart=chart, now=NOW).errors["form"].startswith(words)


def test_a_list_that_the_ehr_cut_short_hides_no_consent():
    chart = Shelf().chart()
    cut = replace(chart, readings={"Consent": Reading("Consent", ReadStatus.READ, incomplete=True)})
    assert consent_view(cut, now=NOW).state == "unknown"


def stopped_shelf(day: datetime) -> Shelf:
    shelf = Shelf()
    shelf.consent(date=["2026-10-11"], time=["10:00"])
    shelf.file(stopped_consents(shelf.chart(), author(day)))
    return shelf


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 11, 21, 12, tzinfo=NEW_YORK), "active"),
        (datetime(2026, 11, 30, 23, 59, tzinfo=NEW_YORK), "active"),
        (datetime(2026, 12, 1, 0, 0, tzinfo=NEW_YORK), "stopped"),
    ],
)
def test_a_stop_takes_effect_after_the_months_last_day(now: datetime, state: str):
    shelf = stopped_shelf(NOW)
    consent = shelf.only("Consent")
    assert (consent["status"], consent["provision"]["period"]["end"]) == ("active", "2026-11-30")
    assert problems_of(consent) == []
    assert consent_view(shelf.chart(), now=now).state == state


def test_the_next_save_after_a_stop_has_run_out_writes_inactive():
    shelf = stopped_shelf(NOW)
    after = author(datetime(2026, 12, 2, 9, tzinfo=NEW_YORK))
    (lapsed,) = lapsed_consents(shelf.chart(), after)
    assert lapsed["status"] == "inactive"
    assert problems_of(lapsed) == []
    assert lapsed_consents(shelf.chart(), author(NOW)) == ()
    filed = shelf.contact(now=after.now, date=["2026-12-02"], start=["08:00"], end=["08:10"], minutes=["10"])
    assert [each["resourceType"] for each in filed] == ["Task", "Task", "Consent"]
    assert shelf.only("Consent")["status"] == "inactive"
    assert consent_view(shelf.chart(), now=after.now).state == "stopped"


def test_minutes_of_a_stopped_consent_stay_within_its_window():
    shelf = stopped_shelf(NOW)
    (window,) = consent_windows(shelf.chart(), now=NOW)
    assert window.covers(datetime(2026, 11, 30, 23, 0, tzinfo=NEW_YORK))
    assert not window.covers(datetime(2026, 12, 1, 0, 0, tzinfo=NEW_YORK))
    assert not window.covers(datetime(2026, 10, 11, 9, 59, tzinfo=NEW_YORK))


@pytest.mark.parametrize(
    ("change", "state", "windows"),
    [
        ({"status": "entered-in-error"}, "none", 0),
        ({"status": "proposed"}, "none", 0),
        ({"status": "inactive"}, "stopped", 0),
        ({"provision": {"type": "permit"}}, "active", 1),
        ({"provision": {"type": "permit", "period": {"start": "2026"}}}, "none", 0),
        ({"provision": {"type": "permit", "period": {"start": "2026-11-22"}}}, "none", 1),
    ],
)
def test_a_consent_counts_only_for_what_it_plainly_says(change: dict[str, Any], state: str, windows: int):
    shelf = Shelf()
    consent = shelf.consent()[0]
    shelf.kept[f"Consent/{consent['id']}"] = {**consent, **change}
    assert consent_view(shelf.chart(), now=NOW).state == state
    assert len(consent_windows(shelf.chart(), now=NOW)) == windows


def test_the_newest_answer_stands():
    shelf = Shelf()
    shelf.consent(decision=["decline"], date=["2026-10-01"])
    shelf.consent(date=["2026-11-20"], time=[""])
    assert consent_view(shelf.chart(), now=NOW).state == "active"
    assert consent_view(shelf.chart(), now=NOW).since == datetime(2026, 11, 20, tzinfo=NEW_YORK)


def test_consents_of_others_are_not_consent_to_this_service():
    theirs = {
        "resourceType": "Consent",
        "id": "hipaa",
        "status": "active",
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "dateTime": "2026-01-01",
    }
    assert consent_view(Shelf(theirs).chart(), now=NOW).state == "none"


def test_consent_is_asked_once():
    shelf = Shelf()
    shelf.consent()
    gate = may_consent(shelf.chart(), now=NOW)
    assert gate.reason == "Consent is already on file: 21 Nov 2026."


def test_a_patient_who_changes_their_mind_before_the_months_end_may_agree_again():
    shelf = stopped_shelf(NOW)
    again = NOW + timedelta(days=1)
    assert may_consent(shelf.chart(), now=again)
    filed = shelf.consent(now=again, date=["2026-11-22"], time=["09:00"])
    assert [each["resourceType"] for each in filed] == ["Consent", "Task"]
    assert consent_view(shelf.chart(), now=datetime(2026, 12, 5, tzinfo=NEW_YORK)).state == "active"


@pytest.mark.parametrize("death", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01"}])
def test_nobody_who_has_died_is_asked(death: dict[str, Any]):
    chart = Shelf().chart(patient={**MARGERY, **death})
    assert may_consent(chart, now=NOW).reason == "The chart says that this patient has died."


def test_no_second_plan_is_drafted_beside_one_that_could_not_be_read():
    shelf = Shelf()
    assert may_consent(shelf.chart(), now=NOW)
    gate = may_consent(shelf.chart(CarePlan=ReadStatus.COULD_NOT_READ), now=NOW)
    assert (
        gate.reason == "The care plans of this patient could not be seen, so nothing is changed in the dark."
    )


def test_the_last_day_is_right_in_every_month():
    shelf = Shelf()
    shelf.consent(now=datetime(2028, 2, 1, 10, tzinfo=NEW_YORK), date=["2028-02-01"])
    (ending,) = stopped_consents(shelf.chart(), author(datetime(2028, 2, 3, tzinfo=NEW_YORK)))
    assert date.fromisoformat(ending["provision"]["period"]["end"]) == date(2028, 2, 29)
