"""The card of a card study: who gets one, what cannot be true together, and that it reads the same from every EHR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.chart import Chart
from mappings.needs_card import NeedsCard, needs_card_resources, needs_cards
from mappings.needs_card_form import (
    CHILD,
    PREGNANT,
    card_defaults,
    continuity,
    may_fill,
    need_items,
    parse_card,
)
from mappings.needs_card_totals import totals
from mappings.reading import ReadStatus
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
    without_outputs,
)

LETTERS = "abcdefghijk"
CARD: Mapping[str, Sequence[str]] = {
    "q-reason": ["acute", "chronic-problem"],
    "q-reason-other": ["A form for work"],
    "q-continuity": ["yes"],
    "q-need-b": ["5"],
    "q-need-k": ["3"],
    "q-other-need": ["A hearing aid; soon"],
    "q-top": ["need-b"],
    "q-act": ["very-likely"],
    "note": ["Lives in her car."],
}
NONE: Mapping[str, Sequence[str]] = {"q-top": ["none"], "q-act": ["not-applicable"]}


def lost_contained(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "contained"}


def made(chart: Chart, form_id: UUID, now: datetime = NOW, **changes: Any) -> tuple[Resource, ...]:
    """The records of one card, as its form builds them."""
    values = {**card_defaults(chart, now=now), **(changes.pop("values", CARD)), **changes}
    entry = entry_of(parse_card(values, chart=chart, now=now))
    return needs_card_resources(entry, chart, author(now), form_id)


def fill(shelf: Shelf, now: datetime = NOW, **changes: Any) -> Resource:
    (task,) = made(shelf.chart(), shelf.form_id(), now, **changes)
    assert problems_of(task) == []
    return shelf.file([task])[0]


@pytest.mark.requirement("domain@176", "domain@190", "domain@191", "domain@192")
@pytest.mark.parametrize(
    "lose", [lambda each: each, without_meta, without_extensions, without_outputs, lost_contained]
)
def test_a_card_is_read_back_whatever_a_server_drops(lose: Callable[[Resource], Resource]):
    shelf = Shelf(lose=lose)
    fill(shelf)
    (card,) = needs_cards(shelf.chart(), now=NOW)
    assert card.needs == {f"need-{letter}": {"b": 5, "k": 3}.get(letter, 1) for letter in LETTERS}
    assert (card.top, card.top_words, card.act_words) == ("need-b", "Social support", "Very likely")
    assert card.other_need == "A hearing aid, soon"
    assert card.reasons == "Acute, brief complaint, Chronic problem, A form for work"
    assert (card.continuity, card.note, card.when_words) == ("yes", "Lives in her car.", "today")


@pytest.mark.requirement("domain@178", "domain@179", "domain@180", "domain@181", "domain@182", "domain@183")
@pytest.mark.requirement("domain@184", "domain@185", "domain@186", "domain@187", "domain@188", "domain@189")
@pytest.mark.parametrize("letter", LETTERS)
def test_each_need_is_one_to_five_and_an_output_of_its_own(letter: str):
    shelf = Shelf()
    words = {"q-other-need": ["Glasses"]} if letter == "k" else {}
    task = fill(
        shelf,
        values={},
        **{f"q-need-{letter}": ["4"], "q-top": [f"need-{letter}"], "q-act": ["somewhat"], **words},
    )
    numbers = {each["type"]["coding"][0]["code"]: each.get("valueInteger") for each in task["output"]}
    assert numbers[f"need-{letter}"] == 4
    assert sum(number == 1 for number in numbers.values()) == 10
    (card,) = needs_cards(shelf.chart(), now=NOW)
    assert card.top == f"need-{letter}"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"q-top": [""]}, "q-top", "Choose the most important need, or that there is none."),
        ({"q-act": [""]}, "q-act", "Say how likely the patient is to act on a referral."),
        ({"q-top": ["none"]}, "q-top", "Needs are marked above: choose the first of them."),
        ({"q-top": ["need-c"]}, "q-top", "This need is marked as 1, not at all."),
        ({"q-act": ["not-applicable"]}, "q-act", "“Not applicable” belongs to a patient without care needs."),
        ({"q-other-need": [""]}, "q-other-need", "Write what else is needed."),
        ({"q-need-b": ["6"]}, "q-need-b", "Write a whole number from 1 to 5."),
        ({"q-need-b": ["0"]}, "q-need-b", "Write a whole number from 1 to 5."),
        ({"q-need-b": ["-1"]}, "q-need-b", "Write a whole number from 1 to 5."),
        ({"q-need-b": ["much"]}, "q-need-b", "Write a whole number from 1 to 5."),
        ({"q-top": ["need-z"]}, "q-top", "Choose from the answers shown"),
        ({"q-top": ["need-b", "need-k"]}, "q-top", "Choose one of the answers"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    changes: Mapping[str, Sequence[str]], field: str, message: str
):
    chart = Shelf().chart()
    sent = {**card_defaults(chart, now=NOW), **CARD, **changes}
    found = parse_card(sent, chart=chart, now=NOW)
    assert found.entry is None
    assert found.errors[field].startswith(message), found.errors
    assert found.values["note"] == ("Lives in her car.",)


def test_without_needs_there_is_nothing_to_act_on():
    chart = Shelf().chart()
    sent = {**card_defaults(chart, now=NOW), **NONE, "q-act": ["somewhat"]}
    assert "nothing to act on" in parse_card(sent, chart=chart, now=NOW).errors["q-act"]
    shelf = Shelf()
    fill(shelf, values=NONE)
    (card,) = needs_cards(shelf.chart(), now=NOW)
    assert (card.top, card.top_words) == ("none", "No care needs")


@pytest.mark.requirement("domain@194")
@pytest.mark.parametrize(
    ("patient", "code", "status", "reason"),
    [
        ({}, None, "", ""),
        ({"birthDate": "2008-11-21"}, None, "", ""),
        ({"birthDate": "2008-11-22"}, None, "", CHILD),
        ({"birthDate": "2019-01-01"}, None, "", CHILD),
        ({}, ("http://snomed.info/sct", "77386006"), "active", PREGNANT),
        ({}, ("http://snomed.info/sct", "77386006"), "resolved", ""),
        ({}, ("http://hl7.org/fhir/sid/icd-10-cm", "Z34.90"), "active", PREGNANT),
        ({}, ("http://hl7.org/fhir/sid/icd-10-cm", "O24.410"), "active", PREGNANT),
        ({}, ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9"), "active", ""),
        ({"deceasedBoolean": True}, None, "", "The chart says that this patient has died."),
    ],
)
def test_a_card_is_for_adults_who_are_not_in_the_care_of_a_pregnancy(
    patient: Resource, code: tuple[str, str] | None, status: str, reason: str
):
    shelf = Shelf(*([_condition(*code, status)] if code else []))
    chart = shelf.chart({**MARGERY, **patient})
    assert may_fill(chart, now=NOW).reason == reason
    refused = parse_card({**card_defaults(chart, now=NOW), **CARD}, chart=chart, now=NOW)
    assert refused.errors.get("form", "") == reason


def _condition(system: str, code: str, status: str) -> Resource:
    return {
        "resourceType": "Condition",
        "id": "c9",
        "clinicalStatus": {"coding": [{"code": status}]},
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
    }


def test_what_the_chart_does_not_tell_is_a_caution_and_no_guess():
    chart = Shelf().chart({**MARGERY, "birthDate": ""}, Condition=ReadStatus.COULD_NOT_READ)
    gate = may_fill(chart, now=NOW)
    assert gate.allowed
    assert "whether the patient is an adult or whether the patient is pregnant" in gate.caution


@pytest.mark.requirement("domain@177")
@pytest.mark.parametrize(
    ("visits", "user", "count", "answer"),
    [
        ([], "", 0, "no"),
        ([("2026-09-01", "Dr Luis Alvarez", "Practitioner/physician", {})], "", 1, "no"),
        ([("2026-09-01", "Dr Luis Alvarez", "Practitioner/physician", {})] * 2, "", 2, "yes"),
        ([("2026-09-01", "Luis Alvarez, MD", "Practitioner/physician", {})] * 2, "", 2, "yes"),
        ([("2026-09-01", "Dr Ana Diaz", "Practitioner/other", {})] * 2, "", 0, "no"),
        ([("2026-09-01", "Dr Ana Diaz", "Practitioner/other", {})] * 2, "Practitioner/other", 2, "yes"),
        # Today's visit is not a prior one, an emergency visit and one that was missed are none.
        ([("2026-11-21", "Dr Luis Alvarez", "Practitioner/physician", {})] * 3, "", 0, "no"),
        (
            [("2026-09-01", "Dr Luis Alvarez", "Practitioner/physician", {"class": {"code": "EMER"}})] * 2,
            "",
            0,
            "no",
        ),
        (
            [("2026-09-01", "Dr Luis Alvarez", "Practitioner/physician", {"status": "cancelled"})] * 2,
            "",
            0,
            "no",
        ),
    ],
)
def test_continuity_is_counted_from_the_visits(
    visits: list[tuple[str, str, str, Resource]], user: str, count: int, answer: str
):
    shelf = Shelf(*(_visit(str(number), *each) for number, each in enumerate(visits)))
    chart = shelf.chart()
    found = continuity(chart, now=NOW, user=user, user_name="Dr Ana Diaz")
    assert found.visits == count
    assert card_defaults(chart, now=NOW, user=user)["q-continuity"] == (answer,)
    assert f"{count} earlier visit" in found.sentence


def _visit(identity: str, day: str, name: str, reference: str, more: Resource) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"v{identity}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"text": "Office visit"}],
        "subject": {"reference": "Patient/p1"},
        "participant": [{"individual": {"reference": reference, "display": name}}],
        "period": {"start": f"{day}T09:00:00-05:00", "end": f"{day}T09:30:00-05:00"},
        **more,
    }


def test_visits_that_could_not_be_read_answer_nothing():
    chart = Shelf().chart(Encounter=ReadStatus.COULD_NOT_READ)
    assert "q-continuity" not in card_defaults(chart, now=NOW)
    assert "could not all be seen" in continuity(chart, now=NOW).sentence


@pytest.mark.requirement("domain@193")
def test_the_header_comes_from_the_chart_and_goes_with_the_card():
    coverage: Resource = {
        "resourceType": "Coverage",
        "id": "i1",
        "status": "active",
        "beneficiary": {"reference": "Patient/p1"},
        "payor": [{"display": "Medicare"}],
    }
    shelf = Shelf(coverage)
    chart = shelf.chart({**MARGERY, "gender": "female"})
    readings = {
        **chart.readings,
        "Coverage": type(chart.reading("Task"))("Coverage", ReadStatus.READ, (coverage,)),
    }
    whole = Chart(chart.patient, readings)
    (task,) = made(whole, shelf.form_id())
    shelf.file([task])
    (card,) = needs_cards(shelf.chart(), now=NOW)
    assert (card.age, card.sex, card.insurance, card.provider) == (
        "67 y",
        "Female",
        "Medicare",
        "Dr Luis Alvarez",
    )
    for words in ("67 y", "Female", "Medicare", "Dr Luis Alvarez", "Margery Gibson"):
        assert words in task["text"]["div"]


@pytest.mark.requirement("domain@175")
def test_the_totals_are_counted_from_the_cards():
    shelf = Shelf()
    for number, values in enumerate(
        [CARD, CARD, NONE, {"q-need-a": ["2"], "q-top": ["need-a"], "q-act": ["somewhat"]}]
    ):
        fill(shelf, NOW + timedelta(minutes=number), values=values)
    found = totals(needs_cards(shelf.chart(), now=NOW))
    assert (found.cards, found.none, found.leading) == (4, 1, "Social support")
    rows = {row.letter: (row.first, row.needed, row.mean) for row in found.needs}
    assert rows["B"] == (2, 2, "3.0")
    assert rows["A"] == (1, 0, "1.2")
    assert rows["K"] == (0, 2, "2.0")
    assert [row.letter for row in found.needs][:3] == ["B", "A", "K"]
    assert found.act == (("Somewhat likely", 1), ("Very likely", 2), ("Not applicable: no care needs", 1))


def test_no_cards_have_no_totals():
    assert (totals(()).cards, totals(()).leading, totals(()).none) == (0, "", 0)
    assert {row.mean for row in totals(()).needs} == {""}


def test_a_card_taken_back_is_not_counted():
    shelf = Shelf()
    task = fill(shelf)
    shelf.kept[f"Task/{task['id']}"] = {**task, "status": "entered-in-error"}
    assert needs_cards(shelf.chart(), now=NOW) == ()


@given(st.dictionaries(st.sampled_from([item.link_id for item in need_items()]), st.integers(-9, 99)))
def test_numbers_that_were_spoiled_by_hand_are_left_out(spoiled: dict[str, int]):
    shelf = Shelf()
    task = fill(shelf)
    output = [
        {**each, "valueInteger": spoiled.get(each["type"]["coding"][0]["code"], each["valueInteger"])}
        if "valueInteger" in each
        else each
        for each in task["output"]
    ]
    shelf.kept[f"Task/{task['id']}"] = {**task, "output": output, "note": []}
    (card,) = needs_cards(shelf.chart(), now=NOW)
    assert all(1 <= number <= 5 for number in card.needs.values())
    assert totals([card]).cards == 1
    assert isinstance(card, NeedsCard)
