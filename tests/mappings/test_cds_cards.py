"""The cards of a chart: said where it is known, and silence where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from fhir_profiles.terminology import codes
from mappings.cds_cards import CdsCard, cards, kinds, plain, shortened
from mappings.cds_prefetch import chart_of
from mappings.write_ladder import WRITTEN
from tests.app.cds_hooks.caller import prefetched
from tests.mappings.charts import NEW_YORK, NOW
from tests.mappings.enrolling_charts import condition
from tests.mappings.shelf import MARGERY, Shelf

Resource = dict[str, Any]
CHRONIC = tuple(
    {**condition(number, code), "subject": {"reference": "Patient/p1"}}
    for number, code in enumerate(("E11.9", "I50.9", "J44.9"))
)


def stay(days_ago: float, *, to: str = "home", **more: Any) -> Resource:
    """A hospital stay of three days that ended so many days before NOW."""
    end = NOW - timedelta(days=days_ago)
    system = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
    return {
        "resourceType": "Encounter",
        "id": "stay-1",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": (end - timedelta(days=3)).isoformat(), "end": end.isoformat()},
        "hospitalization": {"dischargeDisposition": {"coding": [{"system": system, "code": to}]}},
        **more,
    }


def made(
    resources: Iterable[Resource], *, patient: Resource = MARGERY, now: datetime = NOW, **kept: Any
) -> dict[str, CdsCard]:
    """The cards by their kind, of what a client prefetched of these records."""
    return {card.kind: card for card in cards(chart_of(prefetched(patient, resources), **kept), now=now)}


def kept(*begin: Resource, file: Callable[[Shelf], Any] = lambda shelf: None) -> tuple[Resource, ...]:
    """What an EHR holds after these steps were documented through their forms."""
    shelf = Shelf(*begin)
    file(shelf)
    return tuple(shelf.kept.values())


def test_every_kind_has_its_words_its_rule_and_its_reasons() -> None:
    for kind in kinds():
        card = CdsCard(kind, "", "", "info", "")
        assert card.topic
        assert card.source[1].startswith("https://")
        assert set(card.reasons) <= set(codes("card-override-reason"))
        assert card.reasons


# Not enrolled.


def test_several_chronic_conditions_and_no_decision_are_pointed_out() -> None:
    card = made(CHRONIC)["not-enrolled"]
    assert card.summary == "3 chronic conditions and not in care management: eligibility is not decided yet."
    assert (card.indicator, card.page) == ("info", {"page": "eligibility"})
    assert card.label == "Decide eligibility"


SILENT: dict[str, Callable[[], dict[str, CdsCard]]] = {
    "one condition": lambda: made(CHRONIC[:1]),
    "two names of one condition": lambda: made([CHRONIC[0], {**CHRONIC[0], "id": "again"}]),
    "none that lasts": lambda: made([condition(1, "J06.9"), condition(2, "S93.4")]),
    "resolved": lambda: made(
        [{**each, "clinicalStatus": {"coding": [{"code": "resolved"}]}} for each in CHRONIC]
    ),
    "died": lambda: made(CHRONIC, patient={**MARGERY, "deceasedBoolean": True}),
    "a child": lambda: made(CHRONIC, patient={**MARGERY, "birthDate": "2015-05-01"}),
    "our records stand in notes": lambda: made(CHRONIC, in_notes=WRITTEN),
    "declined": lambda: made(kept(*CHRONIC, file=lambda shelf: shelf.consent(decision=["decline"]))),
    "enrolled": lambda: made(kept(*CHRONIC, file=lambda shelf: shelf.consent())),
}


@pytest.mark.parametrize("look", SILENT.values(), ids=SILENT)
def test_nobody_is_called_a_candidate_without_ground(look: Callable[[], dict[str, CdsCard]]) -> None:
    assert "not-enrolled" not in look()


@pytest.mark.parametrize("key", ["tasks", "carePlans", "consents", "conditions"])
@pytest.mark.parametrize("value", ["failed", "cut off", "not brought"])
def test_what_was_not_seen_makes_no_candidate(key: str, value: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    brought = prefetched(MARGERY, CHRONIC)
    if value == "failed":
        brought[key] = outcome
    elif value == "cut off":
        brought[key] = {"resourceType": "Bundle", "entry": [], "total": 40}
    else:
        del brought[key]
    found = [card.kind for card in cards(chart_of(brought), now=NOW)]
    assert found == []


@pytest.mark.requirement("client@58")
def test_a_card_never_repeats_what_stands_in_the_plan() -> None:
    def enrolled(shelf: Shelf) -> None:
        shelf.consent()
        shelf.plan()

    before, after = made(CHRONIC), made(kept(*CHRONIC, file=enrolled))
    assert "not-enrolled" in before
    assert "not-enrolled" not in after
    goals = "Walk to church"
    assert all(goals not in f"{card.summary}{card.detail}" for card in after.values())


# After a discharge.


@pytest.mark.parametrize(
    ("days_ago", "ending", "indicator"),
    [
        (1, "call by Tue.", "info"),
        (2, "call by Mon.", "info"),
        (3, "the call was due Fri.", "warning"),
        (5, "the call was due Wed.", "warning"),
    ],
)
def test_a_discharge_that_nobody_called_about_is_pressing_from_the_day_it_is_due(
    days_ago: int, ending: str, indicator: str
) -> None:
    card = made([stay(days_ago)])["not-called"]
    assert card.summary.startswith("Discharged ")
    assert card.summary.endswith(f"not talked to since: {ending}")
    assert card.indicator == indicator
    assert card.page == {"page": "contact", "discharge": "stay-1"}


NO_CALL: dict[str, list[Resource]] = {
    "no stay": [],
    "still there": [stay(0, status="in-progress", period={"start": (NOW - timedelta(days=2)).isoformat()})],
    "to a nursing home": [stay(1, to="snf")],
    "died there": [stay(1, to="exp")],
    "long ago": [stay(40)],
    "an office visit": [stay(1, **{"class": {"code": "AMB"}})],
    "entered in error": [stay(1, status="entered-in-error")],
    "somebody else's": [stay(1, subject={"reference": "Patient/p2"})],
}


@pytest.mark.parametrize("held", NO_CALL.values(), ids=NO_CALL)
def test_where_no_call_is_due_none_is_asked_for(held: list[Resource]) -> None:
    assert "not-called" not in made(held)


def test_a_call_about_the_discharge_ends_its_card_and_another_contact_does_not() -> None:
    def called(service: str) -> Callable[[Shelf], Any]:
        return lambda shelf: shelf.contact(service_type=[service])

    assert "not-called" not in made(kept(stay(1), file=called("transition")))
    assert "not-called" in made(kept(stay(1), file=called("education-follow-up")))


def test_a_try_is_told_and_does_not_end_the_card() -> None:
    tried = kept(stay(1), file=lambda shelf: shelf.contact(result=["no-answer"], service_type=["transition"]))
    card = made(tried)["not-called"]
    assert "1 try without an answer" in card.detail


def test_where_contacts_are_not_seen_nobody_is_said_not_to_be_called() -> None:
    assert made([stay(1)], in_notes=WRITTEN) == {}


# Minutes.


def enrolled_with_contact(shelf: Shelf) -> None:
    shelf.consent()
    shelf.plan()
    shelf.contact()


def test_the_minutes_of_the_month_are_said_of_a_patient_in_the_program() -> None:
    card = made(kept(*CHRONIC, file=enrolled_with_contact))["minutes"]
    assert card.summary.startswith("Care management: 12 of 20 min this month")
    assert (card.indicator, card.page) == ("info", {"page": "contact"})
    assert "Nov 2026: 1 contact documented" in card.detail


@pytest.mark.parametrize("key", ["tasks", "consents"])
def test_minutes_that_may_not_be_whole_are_not_said(key: str) -> None:
    held = kept(*CHRONIC, file=enrolled_with_contact)
    brought = prefetched(MARGERY, held)
    brought[key] = {**brought[key], "total": 99}
    assert [card.kind for card in cards(chart_of(brought), now=NOW)] == []


def test_minutes_are_not_said_where_contacts_stand_in_notes_or_nobody_is_enrolled() -> None:
    assert made(kept(*CHRONIC, file=enrolled_with_contact), in_notes=("Task",)) == {}
    assert "minutes" not in made(kept(file=lambda shelf: shelf.contact()))


def test_minutes_of_a_year_that_no_rule_knows_are_not_said() -> None:
    def long_ago(shelf: Shelf) -> None:
        shelf.consent()
        shelf.plan()

    later = datetime(2071, 3, 3, 9, 0, tzinfo=NEW_YORK)
    assert "minutes" not in made(kept(*CHRONIC, file=long_ago), now=later)


# Words.


def test_the_most_pressing_card_comes_first() -> None:
    assert list(made([*CHRONIC, stay(1)])) == ["not-called", "not-enrolled"]


def test_words_of_the_chart_are_words_in_a_card() -> None:
    hostile = {"text": "[Click](https://evil.example) <img src=x> **now**"}
    held = [{**condition(number), "code": hostile, "id": f"h{number}"} for number in range(3)]
    found = made([*CHRONIC, *held, stay(1, serviceProvider={"display": "<b>General</b> _Hospital_"})])
    for card in found.values():
        assert "<b>" not in card.detail
        assert "](https" not in card.detail
        assert len(card.summary) < 140


@pytest.mark.parametrize("length", [1, 10, 139, 140, 400])
def test_a_summary_stays_below_140_characters(length: int) -> None:
    for text in ("x" * length, "word " * (length // 5)):
        assert len(shortened(text, 139)) <= 139
    assert shortened("short", 139) == "short"


def test_markdown_is_escaped() -> None:
    assert plain("a_b *c* `d` # e") == r"a\_b \*c\* \`d\` \# e"
    assert plain("<script>&") == "&lt;script&gt;&amp;"
