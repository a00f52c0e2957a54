"""A referral to care management: who asked and why, a task that waits, and a step where none was taken yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from fhir_profiles.terminology import codes, display
from mappings.eligibility import prompts
from mappings.eligibility_decision import eligibility_defaults, eligibility_resources, parse_eligibility
from mappings.enrolment import enrolment_view
from mappings.practice import Practice
from mappings.program_referral import (
    may_refer,
    open_referrals,
    parse_referral,
    referral_resources,
    referrals,
    suggested_reason,
)
from mappings.program_referral_form import origins, reasons
from mappings.reading import Reading, ReadStatus
from mappings.taken_along import effects, filed_with
from mappings.to_do import to_dos
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import a1c, condition, read_chart, visit
from tests.mappings.shelf import (
    DIABETES,
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

LATER = NOW + timedelta(days=1)


def refer(on: Shelf, now: Any = NOW, **changes: Sequence[str]) -> tuple[Resource, ...]:
    given = {"reason": ["discharge"], "origin": ["huddle"], **changes}
    entry = entry_of(parse_referral(given, chart=on.chart(), now=now))
    return on.file(referral_resources(entry, on.chart(), author(now), on.form_id()))


@pytest.mark.requirement("domain@22", "domain@25", "domain@33", "domain@34")
@pytest.mark.parametrize("reason", codes("cm-referral-reason"))
@pytest.mark.parametrize(
    "lose",
    [lambda resource: resource, without_extensions, without_outputs, without_meta],
    ids=["nothing", "extensions", "reason code", "meta"],
)
def test_every_reason_is_read_back_whatever_is_lost(
    reason: str, lose: Callable[[Resource], Resource]
) -> None:
    kept = Shelf(DIABETES, lose=lose)
    refer(kept, reason=[reason], words=["Wants help; cannot drive"], asked_by=["Pat, front desk"])
    (row,) = referrals(kept.chart(), now=LATER)
    assert (row.reason, row.reason_words) == (reason, display("cm-referral-reason", reason))
    assert (row.open, row.by, row.asked_by, row.origin) == (
        True,
        "Dana Whitfield RN",
        "Pat, front desk",
        origins()["huddle"],
    )
    assert row.words.replace(",", ";") == "Wants help; cannot drive"
    assert "Wants help" in row.sentence
    assert "yesterday" in row.sentence


@pytest.mark.requirement("domain@25")
def test_a_referral_is_an_open_task_for_the_care_manager_and_the_step_referred() -> None:
    kept = Shelf(DIABETES)
    to_do, step = refer(kept)
    assert (to_do["status"], to_do["owner"], to_do["requester"]["reference"]) == (
        "requested",
        {"display": "Care manager"},
        "Practitioner/nurse",
    )
    assert to_do["restriction"]["period"]["end"] == "2026-11-23"
    assert step["businessStatus"]["coding"][0]["code"] == "referred"
    assert [problems_of(each) for each in (to_do, step)] == [[], []]
    view = enrolment_view(kept.chart(), now=LATER)
    assert (view.state, view.history[0].reason) == ("referred", "After a hospital or emergency visit")
    assert [row.kind for row in to_dos(kept.chart(), LATER).rows] == ["look-at-referral"]


@pytest.mark.parametrize("reason", [code for code, rule in reasons().items() if rule.urgent])
def test_an_urgent_referral_is_looked_at_today(reason: str) -> None:
    (to_do, _) = refer(Shelf(DIABETES), reason=[reason])
    assert (to_do["priority"], to_do["restriction"]["period"]["end"]) == ("urgent", "2026-11-21")


@pytest.mark.parametrize("reason", codes("cm-referral-reason"))
def test_a_referral_for_every_reason_is_valid(reason: str) -> None:
    assert [problems_of(each) for each in refer(Shelf(DIABETES), reason=[reason], words=["x"])] == [[], []]


def test_every_reason_of_the_code_system_is_offered_and_no_other() -> None:
    assert set(reasons()) == set(codes("cm-referral-reason"))


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), True),
        (("refer",), False),
        (("consent",), False),
        (("decline",), True),
        (("consent", "plan"), False),
    ],
)
def test_a_referral_is_a_step_only_before_the_program(before: tuple[str, ...], step: bool) -> None:
    kept = Shelf(DIABETES)
    for each in before:
        if each == "refer":
            refer(kept)
        elif each == "decline":
            kept.consent(decision=["decline"])
        else:
            getattr(kept, each)()
    assert (len(refer(kept, LATER)) == 2) is step


@pytest.mark.requirement("domain@22")
def test_a_decision_on_eligibility_has_looked_at_the_referral() -> None:
    kept = Shelf(DIABETES)
    refer(kept)
    (prompt,) = prompts(kept.chart(), now=LATER, practice=Practice())
    assert (prompt.endpoint, "After a hospital" in prompt.sentence) == ("eligibility.show", True)
    given = {**eligibility_defaults(kept.chart(), now=LATER), "why": ["One condition, but in crisis"]}
    entry = entry_of(parse_eligibility(given, chart=kept.chart(), now=LATER))
    kept.file(eligibility_resources(entry, kept.chart(), author(LATER), kept.form_id()))
    assert open_referrals(kept.chart()) == ()
    (row,) = referrals(kept.chart(), now=LATER)
    assert (row.open, row.reason, row.origin) == (False, "discharge", origins()["huddle"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": []}, "reason"),
        ({"reason": ["nonsense"]}, "reason"),
        ({"reason": ["other"]}, "words"),
        ({"origin": ["nonsense"]}, "origin"),
        ({"asked_by": ["x" * 301]}, "asked_by"),
        ({"words": ["x" * 1001]}, "words"),
    ],
)
def test_bad_input_is_told_at_its_field(changes: dict[str, Sequence[str]], field: str) -> None:
    given = {"reason": ["crisis"], "origin": ["chart"], **changes}
    found = parse_referral(given, chart=Shelf(DIABETES).chart(), now=NOW)
    assert set(found.errors) == {field}
    assert found.values == {name: tuple(each) for name, each in given.items()}


def test_a_second_referral_is_pointed_out_and_the_dead_are_not_referred() -> None:
    kept = Shelf(DIABETES)
    refer(kept)
    gate = may_refer(kept.chart(), now=LATER)
    assert gate.allowed
    assert "A referral waits already" in gate.caution
    dead = kept.chart({**MARGERY, "deceasedBoolean": True})
    assert "has died" in may_refer(dead, now=LATER).reason
    assert prompts(dead, now=LATER, practice=Practice()) == ()


def test_where_tasks_are_not_shown_a_referral_takes_no_step_and_cautions() -> None:
    whole = Shelf(DIABETES).chart()
    chart = type(whole)(
        whole.patient, {**whole.readings, "Task": Reading("Task", ReadStatus.READ, (), ours_unseen=True)}
    )
    assert "whether there is a referral already" in may_refer(chart, now=NOW).caution
    entry = entry_of(parse_referral({"reason": ["crisis"]}, chart=chart, now=NOW))
    assert len(referral_resources(entry, chart, author(), Shelf().form_id())) == 1


@pytest.mark.requirement("domain@33", "domain@34")
@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ([], "office-visit"),
        ([visit(1, "IMP", 6, hours=72)], "discharge"),
        ([visit(1, "EMER", 6), visit(2, "EMER", 40)], "crisis"),
        ([a1c(9.2)], "out-of-range-results"),
        ([condition(1, "713458007", "Lack of access to transportation")], "transportation"),
        ([condition(1, "Z59.7")], "insurance"),
        ([condition(1, "Z59.6")], "cannot-pay"),
        ([condition(1, "Z59.41")], "needs-list"),
        ([condition(1, "706893006")], "safety-at-home"),
        ([condition(1, "Z59.6", clinicalStatus={"coding": [{"code": "resolved"}]})], "office-visit"),
    ],
)
def test_the_chart_suggests_the_reason(resources: list[Resource], reason: str) -> None:
    code, why = suggested_reason(read_chart(*resources), now=NOW)
    assert code == reason
    assert bool(why) == (reason != "office-visit")


def test_a_referral_that_is_taken_back_takes_its_step_along_and_a_decision_opens_it_again() -> None:
    kept = Shelf(DIABETES)
    refer(kept)
    (referral,) = open_referrals(kept.chart())
    assert [each["description"] for each in filed_with(referral, kept.chart())] == [
        "Care management: referred"
    ]
    given = {**eligibility_defaults(kept.chart(), now=LATER), "why": ["One condition"]}
    entry = entry_of(parse_eligibility(given, chart=kept.chart(), now=LATER))
    decision, *_ = kept.file(eligibility_resources(entry, kept.chart(), author(LATER), kept.form_id()))
    chart = kept.chart()
    assert [each["description"] for each in filed_with(decision, chart)] == [
        "Attest that this patient is eligible for care management"
    ]
    (effect,) = effects(decision, chart)
    assert (effect.resource["id"], effect.closed) == (referral["id"], True)


def test_a_first_decision_that_is_taken_back_takes_the_step_identified_along() -> None:
    kept = Shelf(DIABETES)
    given = {**eligibility_defaults(kept.chart(), now=NOW), "attest": ["me"], "why": ["One condition"]}
    entry = entry_of(parse_eligibility(given, chart=kept.chart(), now=NOW))
    decision, *_ = kept.file(eligibility_resources(entry, kept.chart(), author(NOW), kept.form_id()))
    (step,) = filed_with(decision, kept.chart())
    assert step["description"] == "Care management: identified"
