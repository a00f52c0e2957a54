"""A question to a provider: prefilled from the chart, in four short parts, and read back whatever an EHR loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from fhir_profiles.terminology import codes
from mappings.practice import Practice
from mappings.provider_question import PARTS, parts_of, topic_of
from mappings.sbar import PART_LIMIT, expected_by, parse_sbar, sbar_defaults, sbar_resources, topic
from mappings.sbar_prefill import LIMIT, cut
from mappings.to_do import to_dos
from tests.mappings.charts import NOW
from tests.mappings.enrolling_charts import a1c
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
)

SAID = {
    "situation": ["Fasting glucose over 200; dizzy twice"],
    "background": ["67 y, type 2 diabetes"],
    "assessment": ["A1c 9.4 %"],
    "recommendation": ["Change the evening insulin?"],
    "about": ["medicines"],
}
MONDAY = date(2026, 11, 23)


def without_inputs(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name not in ("input", "output")}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(MARGERY, DIABETES, a1c(9.4))


def sent(on: Shelf, **more: Any) -> Resource:
    entry = entry_of(parse_sbar({**SAID, **more}, chart=on.chart(), now=NOW))
    (task,) = on.file(sbar_resources(entry, on.chart(), author(), on.form_id()))
    return task


@pytest.mark.requirement("domain@152", "domain@153")
@pytest.mark.parametrize(
    "lose",
    [lambda resource: resource, without_extensions, without_inputs, without_meta],
    ids=["nothing", "extensions", "inputs", "meta"],
)
def test_the_four_parts_are_read_back_whatever_is_lost(lose: Callable[[Resource], Resource]):
    on = Shelf(MARGERY, DIABETES, lose=lose)
    task = sent(on)
    (held,) = (each for each in on.chart().resources("Task"))
    said = parts_of(held)
    assert list(said) == list(PARTS)
    assert said["assessment"] == "A1c 9.4 %"
    assert said["situation"].replace(",", ";") == SAID["situation"][0]
    assert topic_of(held) == "medicines"
    assert "Change the evening insulin?" in task["text"]["div"]
    assert to_dos(on.chart(), NOW).rows[0].text == SAID["situation"][0]


@pytest.mark.requirement("domain@153")
def test_it_is_the_patients_own_open_task_to_the_provider_and_valid(shelf: Shelf):
    task = sent(shelf)
    assert problems_of(task) == []
    assert (task["status"], task["for"]["reference"]) == ("requested", "Patient/p1")
    assert task["owner"] == {"reference": "Practitioner/physician", "display": "Dr Luis Alvarez"}
    assert task["requester"]["reference"] == "Practitioner/nurse"
    assert task["restriction"]["period"]["end"] == MONDAY.isoformat()


@pytest.mark.requirement("domain@114")
@pytest.mark.parametrize(("answer", "kind"), [("needed", "sbar-question"), ("none", "tell-provider")])
def test_a_note_goes_to_the_doctor_for_an_answer_or_to_be_read(shelf: Shelf, answer: str, kind: str):
    assert to_kind(sent(shelf, answer=[answer])) == kind


def to_kind(task: Resource) -> str:
    return str(task["code"]["coding"][1]["code"])


@pytest.mark.requirement("domain@152")
def test_it_opens_filled_from_the_chart_so_that_only_what_is_new_is_typed(shelf: Shelf):
    shelf.contact(note=["She feels dizzy in the morning."])
    opened = sbar_defaults(shelf.chart(), now=NOW)
    assert "She feels dizzy in the morning." in opened["situation"][0]
    assert opened["background"] == ("67 y; Type 2 diabetes",)
    assert "9.4 %" in opened["assessment"][0]
    assert opened["recommendation"][0]
    assert parse_sbar(opened, chart=shelf.chart(), now=NOW).entry is not None


@pytest.mark.parametrize("about", ["", "no-topic", *codes("question-topic")])
def test_every_topic_opens_also_on_an_empty_chart(about: str):
    opened = sbar_defaults(Shelf(MARGERY).chart(), now=NOW, about=about)
    assert opened["about"][0] in codes("question-topic")
    assert opened["background"] == ("67 y",)


@pytest.mark.parametrize(
    ("about", "priority", "expected"),
    [
        ("medicines", "routine", MONDAY),
        ("contact", "routine", date(2026, 11, 24)),
        ("symptoms", "routine", date(2026, 11, 21)),
        ("plan", "urgent", date(2026, 11, 21)),
    ],
)
def test_an_answer_is_expected_after_working_days(about: str, priority: str, expected: date):
    assert expected_by(about, priority, now=NOW, practice=Practice()) == expected


def test_what_is_made_urgent_is_expected_today_unless_another_day_was_chosen(shelf: Shelf):
    opened = {**sbar_defaults(shelf.chart(), now=NOW, about="goal"), **SAID, "about": ["goal"]}
    urgent = entry_of(parse_sbar({**opened, "priority": ["urgent"]}, chart=shelf.chart(), now=NOW))
    chosen = {**opened, "priority": ["urgent"], "due": ["2026-11-30"]}
    assert urgent.due == NOW.date()
    assert entry_of(parse_sbar(chosen, chart=shelf.chart(), now=NOW)).due == date(2026, 11, 30)


@pytest.mark.requirement("domain@158")
def test_the_practices_own_times_and_people_are_inherited(shelf: Shelf):
    rules = Practice(answer_days=(("medicines", 3),), answered_by=(("medicines", "Ann Lee, pharmacist"),))
    entry = entry_of(parse_sbar(SAID, chart=shelf.chart(), now=NOW, practice=rules))
    (task,) = sbar_resources(entry, shelf.chart(), author(), shelf.form_id())
    assert task["owner"] == {"display": "Ann Lee, pharmacist"}
    assert task["restriction"]["period"]["end"] == "2026-11-25"


@pytest.mark.requirement("domain@159")
def test_what_a_provider_must_answer_is_not_sent_for_information(shelf: Shelf):
    rules = Practice(needs_answer=("medicines",))
    told = {**SAID, "answer": ["none"]}
    refused = parse_sbar(told, chart=shelf.chart(), now=NOW, practice=rules)
    assert (refused.entry, list(refused.errors)) == (None, ["answer"])
    assert parse_sbar(told, chart=shelf.chart(), now=NOW).entry is not None
    assert topic("plan", Practice(needs_answer=("plan",))).needs_answer


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"situation": [" "]}, "situation"),
        ({"recommendation": [""]}, "recommendation"),
        ({"assessment": ["x" * (PART_LIMIT + 1)]}, "assessment"),
        ({"about": ["money"]}, "about"),
        ({"due": ["2026-11-20"]}, "due"),
        ({"due": ["2026-02-30"]}, "due"),
        ({"priority": ["stat"]}, "priority"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(shelf: Shelf, changes: dict[str, list[str]], field: str):
    read = parse_sbar({**SAID, **changes}, chart=shelf.chart(), now=NOW)
    assert (read.entry, list(read.errors)) == (None, [field])
    assert read.value("background") == SAID["background"][0]


def test_a_long_line_is_cut_at_a_word():
    assert cut("word " * 100).endswith("word …")
    assert len(cut("word " * 100)) <= LIMIT
