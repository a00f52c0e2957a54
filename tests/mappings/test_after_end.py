"""What brings a patient back: only what was named at the close, only since then; and the day to ask again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mappings.after_end import after_end, ask_again
from mappings.closing import parse_close
from mappings.follow_up import prompts
from mappings.practice import Practice
from tests.mappings.following import close, day, planned
from tests.mappings.shelf import (
    CLOSE,
    DIABETES,
    Resource,
    Shelf,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)


def visit(kind: str, start: str) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"e-{kind}-{start[:10]}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": start, "end": start},
    }


def a1c(value: float, when: str) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"o-{when}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }


HEART_FAILURE: Resource = {
    **DIABETES,
    "id": "c9",
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.9"}],
        "text": "Heart failure",
    },
    "recordedDate": "2027-02-01",
}
NEW_ED = visit("EMER", "2027-02-01T10:00:00-05:00")
OLD_ED = visit("EMER", "2026-11-25T10:00:00-05:00")
STAY = visit("IMP", "2027-02-03T10:00:00-05:00")


def ended(
    *since: Resource, again: Sequence[str], lose: Callable[[Resource], Resource] | None = None
) -> Shelf:
    """An episode that ended on day 60, and what the chart shows on day 100."""
    shelf = planned()
    shelf.lose = lose or shelf.lose
    close(shelf, 60, look_again=list(again), look_again_words=["when spring comes"])
    for each in since:
        shelf.kept[f"{each['resourceType']}/{each['id']}"] = each
    return shelf


TABLE = [
    (["emergency"], [NEW_ED], "Emergency visit (1 Feb 2027) since the service ended."),
    (["emergency"], [OLD_ED], ""),
    (["stay"], [NEW_ED], ""),
    (["stay"], [STAY], "Hospital stay (3 Feb 2027) since the service ended."),
    (["result"], [a1c(10.2, "2027-02-05")], "Out of range: A1c 10.2 % (5 Feb 2027) since the service ended."),
    (["result"], [a1c(6.9, "2027-02-05")], ""),
    (["result"], [a1c(10.2, "2026-12-05")], ""),
    (["condition"], [HEART_FAILURE], "New chronic condition: Heart failure since the service ended."),
    (["condition"], [{**HEART_FAILURE, "recordedDate": "2020-02-01"}], ""),
    (["asks", "provider"], [NEW_ED, STAY], ""),
    ([], [NEW_ED, STAY, HEART_FAILURE], ""),
]


@pytest.mark.requirement("domain@59")
@pytest.mark.parametrize(("again", "since", "sentence"), TABLE)
def test_what_was_named_at_the_close_is_pointed_out_once_the_chart_shows_it(
    again: list[str], since: list[Resource], sentence: str
):
    shelf = ended(*since, again=again)
    found = after_end(shelf.chart(), now=day(100))
    assert [each.sentence for each in found] == ([sentence] if sentence else [])
    assert prompts(shelf.chart(), now=day(100), practice=Practice()) == found


@pytest.mark.parametrize("lose", [None, without_extensions, without_outputs, without_meta])
def test_the_triggers_are_read_back_from_what_an_ehr_kept(lose: Callable[[Resource], Resource] | None):
    shelf = ended(NEW_ED, STAY, again=["emergency", "stay"], lose=lose)
    found = after_end(shelf.chart(), now=day(100))
    assert len(found) == 2
    assert found[0].why == (
        "Care management ended on 20 Jan 2027 (graduated); to be looked at again at:"
        " A new emergency visit, A new hospital stay, when spring comes."
    )
    assert (found[0].label, found[0].endpoint) == ("Open a new plan", "care_plan.show")


def test_where_the_consent_has_ended_the_way_back_begins_with_consent():
    shelf = planned()
    close(shelf, 2, outcome=["stopped"], reason=["patient-stopped"], look_again=["emergency"])
    shelf.kept["Encounter/e"] = NEW_ED
    (found,) = after_end(shelf.chart(), now=day(100))
    assert (found.label, found.endpoint) == ("Record consent", "consent.show")


def test_a_new_episode_silences_the_old_triggers():
    shelf = ended(NEW_ED, again=["emergency"])
    shelf.plan(day(101), target_due=["2027-11-01"], to_do_due=["2027-03-20"])
    assert after_end(shelf.chart(), now=day(102)) == ()


@pytest.mark.requirement("domain@54")
@pytest.mark.parametrize(
    ("again", "number", "told"),
    [("2027-01-20", 59, False), ("2027-01-20", 60, True), ("2027-01-20", 90, True), ("", 300, False)],
)
def test_a_patient_who_declined_is_asked_again_on_the_day_and_not_before(again: str, number: int, told: bool):
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"], ask_again=[again])
    found = ask_again(shelf.chart(), now=day(number))
    assert bool(found) is told
    if told:
        assert found[0].endpoint == "consent.show"
        assert "Declined 21 Nov 2026. Worried about the cost" in found[0].why
        assert found == prompts(shelf.chart(), now=day(number), practice=Practice())


def test_who_agreed_after_all_is_not_asked_again():
    shelf = Shelf(DIABETES)
    shelf.consent(decision=["decline"], ask_again=["2027-01-20"])
    shelf.consent(day(60), date=[day(60).date().isoformat()], time=["09:00"])
    assert ask_again(shelf.chart(), now=day(90)) == ()


def test_a_day_to_look_again_leaves_a_task_and_is_pointed_out_once_it_has_come():
    shelf = planned()
    filed = close(shelf, 60, look_again_on=["2027-06-01"])
    assert [problems_of(each) for each in filed] == [[]] * len(filed)
    assert after_end(shelf.chart(), now=day(190)) == ()
    (found,) = after_end(shelf.chart(), now=day(193))
    assert found.sentence == "See whether care management is needed again: 1 Jun 2027 has come."
    assert found.why == "Care management ended on 20 Jan 2027 (graduated)."


@pytest.mark.parametrize("again_on", ["2027-01-20", "2020-01-01", "2031-01-01", "soon"])
def test_a_day_to_look_again_lies_ahead(again_on: str):
    chart = planned().chart()
    final = {f"final.{goal['id']}": ["met"] for goal in chart.resources("Goal")}
    sent = parse_close({**CLOSE, **final, "look_again_on": [again_on]}, chart=chart, now=day(60))
    assert set(sent.errors) == {"look_again_on"}
