"""Eligibility: the pick, the three tests, the level, who attests; and all of it read back whatever a server loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from mappings.eligibility import decisions, eligibility_view, prompts
from mappings.eligibility_decision import (
    eligibility_defaults,
    eligibility_resources,
    may_decide,
    offered_problems,
    parse_eligibility,
)
from mappings.enrolment import enrolment_view
from mappings.form import Submitted
from mappings.identity import task_kind
from mappings.practice import Practice
from mappings.reading import Reading, ReadStatus
from mappings.terminology import status_code
from mappings.to_do import to_do_kind
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    MARGERY,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_identifiers,
    without_meta,
    without_outputs,
)

LATER = NOW + timedelta(days=3)


def problem(number: int, code: str, text: str) -> Resource:
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}] if code else []
    return {**DIABETES, "id": f"c{number}", "code": {"coding": coding, "text": text}}


PRESSURE, LUNGS, LUPUS = (
    problem(2, "I10", "Hypertension"),
    problem(3, "J44.9", "COPD"),
    problem(4, "", "Lupus"),
)
TICKED: Mapping[str, Sequence[str]] = {
    "decision": ["eligible"],
    "condition": ["Condition/c1", "Condition/c2"],
    "lasting": ["Condition/c1", "Condition/c2"],
    "risk": ["Condition/c1"],
    "tier": ["rising"],
    "attest": ["provider"],
    "attested_by": ["Dr Luis Alvarez"],
    "attested_on": ["2026-11-20"],
}


def shelf(**more: Any) -> Shelf:
    return Shelf(DIABETES, PRESSURE, LUNGS, LUPUS, **more)


def submitted(on: Shelf, now: Any = NOW, **changes: Sequence[str]) -> Submitted[Any]:
    return parse_eligibility({**TICKED, **changes}, chart=on.chart(), now=now)


def decide(on: Shelf, now: Any = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
    entry = entry_of(submitted(on, now, **changes))
    return on.file(eligibility_resources(entry, on.chart(), author(now), on.form_id()))


REFUSED: list[tuple[str, dict[str, Sequence[str]], dict[str, str]]] = [
    ("no decision", {"decision": []}, {"decision": "Say whether"}),
    ("a condition that was not offered", {"condition": ["Condition/c9"]}, {"condition": "Choose from"}),
    (
        "lasting, but not counted",
        {"lasting": ["Condition/c3", "Condition/c1", "Condition/c2"]},
        {"lasting": "Tick both"},
    ),
    ("a risk, but not counted", {"risk": ["Condition/c3"]}, {"risk": "Tick both"}),
    ("a mark for another condition without its words", {"risk": ["other"]}, {"risk": "Tick both"}),
    (
        "one condition",
        {"condition": ["Condition/c1"], "lasting": ["Condition/c1"], "tier": ["low"]},
        {"condition": "Fewer than two conditions"},
    ),
    ("no lasting condition", {"lasting": []}, {"lasting": "Fewer than two are expected"}),
    ("no risk", {"risk": []}, {"risk": "No condition is marked"}),
    (
        "not eligible without a word",
        {"decision": ["not-eligible"]},
        {"why": "why the patient is not eligible"},
    ),
    ("no level", {"tier": []}, {"tier": "Choose the risk level"}),
    ("another level without a word", {"tier": ["high"]}, {"tier_reason": "By the rules the level is rising"}),
    ("nobody attests", {"attest": []}, {"attest": "Say who attests"}),
    ("a provider without a name", {"attested_by": [" "]}, {"attested_by": "provider's name"}),
    ("a provider without a day", {"attested_on": [""]}, {"attested_on": "Give the day"}),
    ("attested tomorrow", {"attested_on": ["2026-11-22"]}, {"attested_on": "still to come"}),
    ("attested long ago", {"attested_on": ["2025-11-01"]}, {"attested_on": "more than a year back"}),
    ("no date at all", {"attested_on": ["soon"]}, {"attested_on": "not a date"}),
]


@pytest.mark.parametrize(
    ("changes", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    changes: dict[str, Sequence[str]], expected: dict[str, str]
) -> None:
    found = submitted(shelf(), **changes)
    assert found.entry is None
    assert set(found.errors) == set(expected)
    assert all(words in found.errors[name] for name, words in expected.items())
    assert found.values == {name: tuple(given) for name, given in {**TICKED, **changes}.items()}


@pytest.mark.requirement("domain@43")
@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, (True, True, True)),
        ({"lasting": ["Condition/c1"], "why": ["In the program for one condition"]}, (True, False, True)),
        ({"risk": [], "why": ["Palliative care"]}, (True, True, False)),
        (
            {"condition": ["Condition/c1"], "lasting": ["Condition/c1"], "tier": ["low"], "why": ["One condition"]},
            (False, False, True),
        ),
        (
            {"condition": ["Condition/c4"], "lasting": ["Condition/c4", "other"], "risk": ["other"],
             "other_condition": ["Sjogren's syndrome"]},
            (True, True, True),
        ),
    ],
)  # fmt: skip
def test_the_three_tests_and_the_conditions_each_rests_on(
    changes: dict[str, Sequence[str]], met: tuple[bool, ...]
) -> None:
    on = shelf()
    decide(on, **changes)
    view = eligibility_view(on.chart(), now=LATER)
    given = {**TICKED, **changes}
    texts = {"Condition/c1": "Type 2 diabetes", "Condition/c2": "Hypertension", "Condition/c4": "Lupus"}
    texts["other"] = given.get("other_condition", [""])[0]
    counted = [*given["condition"], *(["other"] if texts["other"] else [])]
    assert tuple(test.met for test in view.tests) == met
    assert [list(test.conditions) for test in view.tests] == [
        [texts[each] for each in chosen] for chosen in (counted, given["lasting"], given["risk"])
    ]


@pytest.mark.requirement("domain@42")
@pytest.mark.parametrize(
    ("attest", "state", "by", "reference", "on"),
    [
        ("provider", "eligible", "Dr Luis Alvarez", "Practitioner/physician", date(2026, 11, 20)),
        ("me", "eligible", "Dana Whitfield RN", "Practitioner/nurse", date(2026, 11, 21)),
        ("ask", "waiting", "", "", None),
    ],
)
def test_who_attests_by_name_and_date(
    attest: str, state: str, by: str, reference: str, on: date | None
) -> None:
    kept = shelf()
    filed = decide(kept, attest=[attest])
    view = eligibility_view(kept.chart(), now=LATER)
    assert (view.state, view.attested_by, view.attested_on) == (state, by, on)
    outputs = {each["type"]["coding"][0]["code"]: each for each in filed[0]["output"]}
    assert outputs.get("attested-by", {}).get("valueReference", {}).get("reference", "") == reference
    asked = [task for task in filed if to_do_kind(task) == "attest-eligibility"]
    assert [(task["owner"]["reference"], task["focus"]["reference"]) for task in asked] == (
        [("Practitioner/physician", f"Task/{filed[0]['id']}")] if attest == "ask" else []
    )


def test_a_provider_who_is_not_on_file_attests_by_name_alone() -> None:
    kept = shelf()
    (task, *_) = decide(kept, attested_by=["Dr Ann Moore"])
    by = [each["valueReference"] for each in task["output"] if "valueReference" in each][-1]
    assert by == {"display": "Dr Ann Moore"}


@pytest.mark.requirement("domain@42")
def test_the_provider_attests_what_was_prepared_and_the_task_is_done() -> None:
    kept = shelf()
    decide(kept, attest=["ask"])
    assert [each.label for each in prompts(kept.chart(), now=LATER, practice=Practice())] == [
        "Record the attestation"
    ]
    again = eligibility_defaults(kept.chart(), now=LATER)
    assert again["condition"] == ("Condition/c1", "Condition/c2")
    assert again["risk"] == ("Condition/c1",)
    decide(kept, LATER, **{**again, "attest": ["me"]})
    assert eligibility_view(kept.chart(), now=LATER).state == "eligible"
    assert prompts(kept.chart(), now=LATER, practice=Practice()) == ()
    assert [each.state for each in decisions(kept.chart(), now=LATER)] == ["eligible", "waiting"]


def test_asking_twice_makes_one_task() -> None:
    kept = shelf()
    decide(kept, attest=["ask"])
    decide(kept, LATER, attest=["ask"])
    tasks = [each for each in kept.chart().resources("Task") if to_do_kind(each) == "attest-eligibility"]
    assert len(tasks) == 1


FULL: dict[str, Sequence[str]] = {
    "tier": ["high"],
    "tier_reason": ["Lives alone; sees little: 3 falls"],
    "other_condition": ["Gout | both feet; painful"],
    "lasting": ["Condition/c1", "Condition/c2", "other"],
    "why": ["Wants help\nwith her pills"],
}


@pytest.mark.requirement("domain@43", "domain@42", "domain@23")
@pytest.mark.parametrize(
    "lose",
    [
        lambda resource: resource,
        without_extensions,
        without_outputs,
        without_meta,
        without_identifiers,
        lambda resource: without_meta(without_identifiers(resource)),
    ],
    ids=["nothing", "extensions", "outputs", "meta", "identifiers", "meta and identifiers"],
)
def test_a_decision_is_read_back_whatever_is_lost(lose: Callable[[Resource], Resource]) -> None:
    kept = shelf(lose=lose)
    decide(kept, **FULL)
    view = eligibility_view(kept.chart(), now=LATER)
    assert (view.state, view.tier, view.suggested, view.count) == ("eligible", "high", "rising", 3)
    assert [each.words.split(" /")[0].split("|")[0].strip() for each in view.conditions] == [
        "Type 2 diabetes",
        "Hypertension",
        "Gout",
    ]
    assert [test.met for test in view.tests] == [True, True, True]
    assert view.tier_reason.startswith("Lives alone")
    assert view.why.split() == ["Wants", "help", "with", "her", "pills"]
    assert (view.attested_by, view.attested_on) == ("Dr Luis Alvarez", date(2026, 11, 20))
    assert view.because == ("3 chronic conditions (2 or more)",)
    assert view.decided_by == "Dana Whitfield RN"


@pytest.mark.parametrize(
    "changes", [{}, FULL, {"attest": ["ask"]}, {"decision": ["not-eligible"], "why": ["Moved"]}]
)
def test_what_is_filed_is_valid_and_says_everything_in_its_text(changes: dict[str, Sequence[str]]) -> None:
    for resource in decide(shelf(), **changes):
        assert problems_of(resource) == []
    (task, *_) = decide(shelf(), **changes)
    assert "Type 2 diabetes" in task["text"]["div"]
    assert task_kind(task) == "eligibility"
    for words in ("tier_reason", "why"):
        first = " ".join(changes.get(words, [""])[0].split("\n")[0].split(";")[0].split())
        assert first in task["text"]["div"]


def test_a_first_eligible_patient_is_identified_and_one_who_is_not_is_not() -> None:
    kept = shelf()
    decide(kept)
    assert enrolment_view(kept.chart(), now=LATER).state == "identified"
    other = shelf()
    assert [task_kind(each) for each in decide(other, decision=["not-eligible"], why=["Moved away"])] == [
        "eligibility"
    ]
    assert eligibility_view(other.chart(), now=LATER).state == "not-eligible"
    assert enrolment_view(other.chart(), now=LATER).state == ""


def test_a_later_decision_takes_no_step_back() -> None:
    kept = shelf()
    kept.consent()
    decide(kept, LATER)
    assert enrolment_view(kept.chart(), now=LATER).state == "consented"


@pytest.mark.parametrize(
    ("patient", "reason"),
    [
        ({**MARGERY, "deceasedBoolean": True}, "has died"),
        ({**MARGERY, "deceasedDateTime": "2026-11-01"}, "has died"),
    ],
)
def test_nobody_decides_about_the_dead(patient: Resource, reason: str) -> None:
    chart = shelf().chart(patient)
    assert reason in may_decide(chart, now=NOW).reason
    found = parse_eligibility(TICKED, chart=chart, now=NOW)
    assert reason in found.errors["form"]


@pytest.mark.parametrize(
    ("reading", "state", "allowed"),
    [
        (Reading("Task", ReadStatus.COULD_NOT_READ), "unknown", False),
        (Reading("Task", ReadStatus.STILL_LOADING), "unknown", False),
        (Reading("Task", ReadStatus.READ, (), incomplete=True), "unknown", True),
        (Reading("Task", ReadStatus.READ, (), ours_unseen=True), "unknown", True),
        (Reading("Task", ReadStatus.READ), "none", True),
    ],
)
def test_what_is_not_shown_is_unknown_and_never_guessed(reading: Reading, state: str, allowed: bool) -> None:
    whole = shelf().chart()
    chart = type(whole)(whole.patient, {**whole.readings, "Task": reading})
    assert eligibility_view(chart, now=NOW).state == state
    gate = may_decide(chart, now=NOW)
    assert gate.allowed is allowed
    assert bool(gate.caution) is reading.ours_unseen
    if allowed and state == "unknown":
        entry = entry_of(parse_eligibility(TICKED, chart=chart, now=NOW))
        made = eligibility_resources(entry, chart, author(), shelf().form_id())
        assert [task_kind(each) for each in made] == ["eligibility"]


def test_the_defaults_tick_what_the_value_sets_know_and_offer_the_rest() -> None:
    chart = shelf().chart()
    found = eligibility_defaults(chart, now=NOW)
    assert set(found["condition"]) == {"Condition/c1", "Condition/c2", "Condition/c3"}
    assert found["lasting"] == found["condition"]
    assert found["risk"] == ()
    assert found["tier"] == ("rising",)
    assert [row.text for row in offered_problems(chart, NOW)][-1] == "Lupus"


def test_a_taken_back_decision_is_none() -> None:
    kept = shelf()
    (task, *_) = decide(kept)
    kept.kept[f"Task/{task['id']}"]["status"] = "entered-in-error"
    assert eligibility_view(kept.chart(), now=LATER).state == "none"


def test_a_chart_without_any_problem_can_still_be_decided() -> None:
    kept = Shelf()
    filed = decide(
        kept,
        condition=[],
        lasting=["other"],
        risk=["other"],
        other_condition=["Lupus"],
        tier=["low"],
        why=["PCM"],
    )
    assert eligibility_view(kept.chart(), now=LATER).tests[0].conditions == ("Lupus",)
    assert status_code(filed[0]["status"]) == "completed"


@pytest.mark.requirement("domain@23", "domain@35")
@pytest.mark.parametrize(
    ("before", "said"),
    [
        ((), "Rising risk by the rules: 3 chronic conditions (2 or more)."),
        (("consent",), ""),
        (("decline",), ""),
        (("decide",), ""),
    ],
)
def test_a_risk_that_nobody_has_looked_at_is_pointed_out(before: tuple[str, ...], said: str) -> None:
    kept = shelf()
    for each in before:
        if each == "decide":
            decide(kept)
        else:
            kept.consent(decision=["decline"] if each == "decline" else ["accept"])
    found = prompts(kept.chart(), now=LATER, practice=Practice())
    assert [each.sentence for each in found] == ([said] if said else [])


def test_no_risk_and_unseen_tasks_point_out_nothing() -> None:
    assert prompts(Shelf(DIABETES).chart(), now=NOW, practice=Practice()) == ()
    chart = shelf().chart(Task=ReadStatus.COULD_NOT_READ)
    assert prompts(chart, now=NOW, practice=Practice()) == ()
