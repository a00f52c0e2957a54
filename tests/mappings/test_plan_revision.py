"""A revision changes what was changed, says so with a reason, and leaves what others wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mappings.plan_review import plan_reviews
from mappings.plan_revision import (
    NOTHING_CHANGED,
    TEAM_CHANGED,
    parse_plan_revision,
    plan_revision_defaults,
    plan_revision_resources,
)
from mappings.plan_section import Team, care_type, section_words, team_of
from tests.mappings.charts import NOW
from tests.mappings.shelf import (
    DIABETES,
    Resource,
    Shelf,
    author,
    entry_of,
    problems_of,
    without_extensions,
    without_meta,
)
from tests.mappings.test_plan_action import opened

HYPERTENSION: Resource = {**DIABETES, "id": "c2", "code": {"text": "Hypertension"}}
WHY = ["She is out of breath"]


def sent(shelf: Shelf, **changes: Sequence[str]) -> dict[str, Sequence[str]]:
    return {**plan_revision_defaults(shelf.chart(), now=NOW), "why": WHY, **changes}


def revise(shelf: Shelf, **changes: Sequence[str]) -> tuple[Resource, ...]:
    chart = shelf.chart()
    entry = entry_of(parse_plan_revision(sent(shelf, **changes), chart=chart, now=NOW))
    return shelf.file(plan_revision_resources(entry, chart, author(), shelf.form_id()))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"what_matters": ["Dancing at the wedding"]}, "what matters most"),
        ({"what_matters": [""]}, "what matters most"),
        ({"care_type": ["palliative-care"]}, "care type"),
        ({"back_up": ["Omar Reed"]}, TEAM_CHANGED),
        ({"section_symptoms": ["Swelling"]}, "Symptoms and how they are managed"),
        ({"addresses": []}, "problem taken out: Type 2 diabetes"),
        ({"addresses": ["Condition/c1", "Condition/c2"]}, "problem added: Hypertension"),
    ],
)
def test_what_was_changed_is_told_with_its_reason(changes: dict[str, Sequence[str]], what: str):
    shelf = opened()
    shelf.kept["Condition/c2"] = HYPERTENSION
    plan, review = revise(shelf, **changes)
    assert (problems_of(plan), problems_of(review)) == ([], [])
    (told,) = plan_reviews(shelf.chart(), NOW)
    assert (told.what, told.why, told.result, told.by) == (what, WHY[0], "changed", "Dana Whitfield RN")


def test_nothing_changed_is_no_revision():
    shelf = opened()
    assert parse_plan_revision(sent(shelf), chart=shelf.chart(), now=NOW).errors == {"form": NOTHING_CHANGED}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"why": [""]}, {"why"}),
        ({"care_type": ["spa"]}, {"care_type"}),
        ({"addresses": ["Condition/of-somebody-else"]}, {"addresses"}),
        ({"section_outlook": ["x" * 1001]}, {"section_outlook"}),
        ({"back_up": ["x" * 121]}, {"back_up"}),
    ],
)
def test_a_fault_is_told_at_its_field(changes: dict[str, Sequence[str]], fields: set[str]):
    shelf = opened()
    assert set(parse_plan_revision(sent(shelf, **changes), chart=shelf.chart(), now=NOW).errors) == fields


def test_what_others_wrote_into_the_plan_is_kept():
    shelf = opened()
    plan = shelf.only("CarePlan")
    theirs = {
        "extension": [{"url": "https://ehr.example/flag", "valueString": "theirs"}],
        "contributor": [{"display": "Dr Somebody"}],
        "careTeam": [{"reference": "CareTeam/1"}],
    }
    other = {"reference": "Condition/not-offered", "display": "Gout, resolved"}
    shelf.kept[f"CarePlan/{plan['id']}"] = {**plan, **theirs, "addresses": [*plan["addresses"], other]}
    revised, _ = revise(shelf, addresses=[], back_up=["Omar Reed"], what_matters=["Dancing"])
    assert revised["extension"] == theirs["extension"]
    assert revised["careTeam"] == theirs["careTeam"]
    assert revised["contributor"][0] == {"display": "Dr Somebody"}
    assert revised["addresses"] == [other]
    assert [note["text"] for note in plan["note"]] == [note["text"] for note in revised["note"]][
        : len(plan["note"])
    ]


@pytest.mark.requirement("domain@57", "domain@20")
@pytest.mark.parametrize("lose", [lambda each: each, without_extensions, without_meta])
def test_team_care_type_and_headings_are_read_back_whatever_a_server_drops(
    lose: Callable[[Resource], Resource],
):
    shelf = opened()
    shelf.lose = lambda each: {
        key: part for key, part in lose(each).items() if key not in {"contributor", "category"}
    }
    revise(
        shelf,
        provider=["Dr Luis Alvarez; Riverbend"],
        manager=["Dana Whitfield RN"],
        back_up=["Omar Reed"],
        care_type=["palliative-care"],
        section_symptoms=["Swelling:\nfeet, then hands"],
    )
    plan = next(each for each in shelf.chart().resources("CarePlan"))
    assert team_of(plan) == Team("Dr Luis Alvarez, Riverbend", "Dana Whitfield RN", "Omar Reed")
    assert care_type(plan) == "palliative-care"
    assert section_words(plan) == {"symptoms": "Swelling:\nfeet, then hands"}


def test_the_care_type_goes_back_and_the_last_word_under_a_heading_stands():
    shelf = opened()
    revise(shelf, care_type=["palliative-care"], section_symptoms=["Swelling"])
    revise(shelf, care_type=["chronic"], section_symptoms=[""])
    plan = shelf.only("CarePlan")
    assert care_type(plan) == "chronic"
    assert section_words(plan) == {}
    assert plan_revision_defaults(shelf.chart(), now=NOW)["section_symptoms"] == ("",)


def test_the_provider_on_file_is_offered_and_not_written_down_unasked():
    shelf = opened()
    assert plan_revision_defaults(shelf.chart(), now=NOW)["provider"] == ("Dr Luis Alvarez",)
    plan, _ = revise(shelf, what_matters=["Dancing"])
    assert "contributor" not in plan
