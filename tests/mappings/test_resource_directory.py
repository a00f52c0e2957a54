"""The directory file, row by row: what is wrong is told with its line, and the rows around it stay."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fhir_profiles.terminology import codes
from mappings.resource_directory import PayerNote, ResourceDirectory, found, months_later, payer_notes
from mappings.resource_directory_file import read_directory
from mappings.resource_suggestion import topics_for
from mappings.resource_topic import topic_rules
from mappings.social_problem import social_needs

EXAMPLE = Path(__file__).parents[2] / "samples" / "resources.toml"
GOOD = """
[[resource]]
id = "pantry"
name = "Food Pantry"
topics = ["nutrition"]
group = "community"
cost = "free"
who_qualifies = "Anybody"
how_to_refer = "Call"
contact = "Marge Okafor"
phone = "555-010-0530"
checked = 2026-05-22
checked_by = "Dana"
"""


def changed(line: str, to: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, to)


@pytest.fixture(scope="module")
def example() -> ResourceDirectory:
    return read_directory(EXAMPLE.read_text(encoding="utf-8"), "resources.toml")


@pytest.mark.requirement("domain@163")
def test_the_fourteen_topics_of_the_guide_are_offered_and_the_example_holds_each(example: ResourceDirectory):
    topics = topic_rules().topics
    assert len([each for each in topics if each != "other"]) == 14
    assert {topic for row in example.resources for topic in row.topics} == set(topics)
    assert example.problems == ()


@pytest.mark.requirement("domain@164")
def test_the_groups_of_the_guide_narrow_the_directory(example: ResourceDirectory):
    assert set(topic_rules().groups) == {
        *("in-house", "state", "community", "health-system", "website", "shadow", "guideline")
    }
    rows = found(example.resources, group="state", topic="tobacco")
    assert [row.id for row in rows] == ["quit-line"]


@pytest.mark.requirement("domain@165")
def test_a_row_says_what_it_costs_who_qualifies_how_to_refer_and_whom_to_ring_directly():
    (row,) = read_directory(GOOD, "r.toml").resources
    told = (row.cost_line, row.who_qualifies, row.how_to_refer, row.contact, row.phone, row.checked_words)
    assert told == ("Free", "Anybody", "Call", "Marge Okafor", "555-010-0530", "22 May 2026 by Dana")


@pytest.mark.requirement("domain@166")
@pytest.mark.parametrize(
    ("checked", "today", "stale"),
    [
        ("2026-05-22", date(2026, 11, 21), False),
        ("2026-05-22", date(2026, 11, 22), True),
        ("2025-08-31", date(2026, 2, 27), False),
        ("2025-08-31", date(2026, 2, 28), True),
        ("2023-08-29", date(2024, 2, 28), False),
        ("2023-08-29", date(2024, 2, 29), True),
    ],
)
def test_a_row_is_out_of_date_six_months_after_it_was_checked(checked: str, today: date, stale: bool):
    (row,) = read_directory(changed("2026-05-22", checked), "r.toml").resources
    assert row.stale(today) is stale


def test_the_same_day_months_later_is_the_last_of_a_shorter_month():
    assert [months_later(date(2026, 8, 31), number) for number in (0, 1, 4, 6)] == [
        *(date(2026, 8, 31), date(2026, 9, 30), date(2026, 12, 31), date(2027, 2, 28))
    ]


BAD = [
    ("no TOML", GOOD.replace('name = "Food Pantry"', 'name = "Food'), "this is not TOML"),
    ("no name", changed('name = "Food Pantry"', ""), "name is missing"),
    ("an empty name", changed('"Food Pantry"', '"  "'), "name is missing"),
    ("a name of invisible characters", changed('"Food Pantry"', '"\\u202e\\u0007"'), "name is missing"),
    ("a name too long", changed('"Food Pantry"', f'"{"x" * 121}"'), "has 121 characters: at most 120"),
    ("a name that is a number", changed('"Food Pantry"', "7"), "name must be a text in quotes"),
    ("an unknown topic", changed('["nutrition"]', '["nutritoin"]'), 'did you mean "nutrition"?'),
    ("no topic", changed('topics = ["nutrition"]', "topics = []"), "topics is missing"),
    ("topics that are no list", changed('["nutrition"]', '"nutrition"'), "topics must be a list"),
    ("an unknown group", changed('"community"', '"comunity"'), 'did you mean "community"?'),
    ("an unknown cost", changed('"free"', '"fre"'), 'did you mean "free"?'),
    ("an id with blanks", changed('"pantry"', '"food pantry"'), "id must be of small letters"),
    ("a number that is none", changed('"555-010-0530"', '"ask at the desk"'), "phone must be a number"),
    ("a script for a web", changed('cost = "free"', 'web = "javascript:alert(1)"'), "web must be"),
    ("a day that is none", changed("2026-05-22", "2026-02-31"), "this is not TOML"),
    ("a day in quotes", changed("2026-05-22", '"2026-05-22"'), "checked must be a date without quotes"),
    ("never checked", changed("checked = 2026-05-22", ""), "checked is missing"),
    ("an unknown word", changed('cost = "free"', 'costs = "free"'), 'did you mean "cost"?'),
    ("unknown facts", changed('cost = "free"', 'facts = ["everything"]'), 'facts: "everything"'),
    ("a record of nothing", changed('cost = "free"', 'reference = "Patient/7"'), "reference must be"),
    ("another heading", GOOD.replace("[[resource]]", "[[resorce]]"), 'did you mean "resource"?'),
    ("a table inside", f"{GOOD}\n[more]\nx = 1", "more is unknown"),
]


@pytest.mark.parametrize(("text", "said"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_a_broken_row_is_told_with_its_line_and_the_rows_around_it_stay(text: str, said: str):
    before = GOOD.replace('"pantry"', '"before"').strip()
    after = GOOD.replace('"pantry"', '"after"').strip()
    made = read_directory(f"{before}\n{text.strip()}\n{after}\n", "r.toml")
    assert [row.id for row in made.resources] == ["before", "after"]
    (problem,) = made.problems
    assert problem.startswith("r.toml, line 13: ")
    assert problem.endswith(" The row is left out.")
    assert said in problem


def test_a_fault_of_writing_is_told_with_its_line_in_the_file():
    made = read_directory(GOOD + changed('"Food Pantry"', '"Food'), "r.toml")
    assert made.problems[0].startswith("r.toml, line 15: this is not TOML")
    assert "at line 17" in made.problems[0]


def test_the_second_row_of_one_id_is_left_out():
    made = read_directory(GOOD + GOOD, "r.toml")
    assert len(made.resources) == 1
    assert 'id = "pantry" stands on an earlier row already' in made.problems[0]


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "x", "x = 1", "[[", "[[]]", "\x00", "[[resource]]" * 2, "]" * 5000]
)
def test_whatever_the_file_holds_it_is_read_to_its_end(text: str):
    assert read_directory(text, "r.toml").resources == ()


def test_a_file_of_too_many_characters_is_not_read():
    assert read_directory("#" * 2_000_001, "r.toml").problems == ("r.toml is too large: at most 2 MB",)


def test_a_hostile_name_stays_text_without_what_nobody_can_see():
    hostile = '"<script>alert(1)</script> \\u202eOK\\u0000; Told: all"'
    (row,) = read_directory(changed('"Food Pantry"', hostile), "r.toml").resources
    assert row.name == "<script>alert(1)</script> OK; Told: all"


@pytest.mark.requirement("domain@172")
def test_the_notes_on_a_plan_are_found_by_the_names_of_the_coverage(example: ResourceDirectory):
    def names(*plans: str) -> list[str]:
        return [note.name for note in payer_notes(example, plans)]

    assert names("Medicare Part B") == ["Original Medicare"]
    assert names("STATE MEDICAID OF NOWHERE", "medicare") == ["Original Medicare", "State Medicaid"]
    assert names("", "Blue Cross") == []
    note = PayerNote("x", ("Humana",), "note")
    assert payer_notes(ResourceDirectory(payers=(note, note)), ["humana gold"]) == (note, note)


@pytest.mark.requirement("domain@173")
def test_partners_are_listed_with_their_agreement_and_its_end(example: ResourceDirectory):
    kinds = {each.service: each for each in example.partners}
    assert set(kinds) == {"Mental health", "Addiction clinic", "Housing"}
    assert kinds["Addiction clinic"].over(date(2027, 1, 1))
    assert not kinds["Housing"].over(date(2030, 1, 1))
    assert all(each.agreement for each in example.partners)


def test_every_word_of_a_search_must_stand_in_a_row(example: ResourceDirectory):
    assert [row.id for row in found(example.resources, words="SPANISH quit")] == ["quit-line"]
    assert found(example.resources, words="spanish quit zebra") == ()
    assert len(found(example.resources)) == len(example.resources)


@pytest.mark.requirement("domain@174")
def test_cost_of_medicine_and_transport_lead_to_resources_and_every_rule_names_what_exists(
    example: ResourceDirectory,
):
    assert topics_for("medicine-cost") == ("financial",)
    assert topics_for("transport") == ("transportation",)
    named = [topic for code in codes("barrier") for topic in topics_for(code)]
    assert set(named) <= set(topic_rules().topics)
    assert {each.name for each in social_needs()} - {"Another social need"} == {
        *("Transportation", "Food", "Housing", "Insurance", "Money"),
        *("Safety at home", "Work", "Being alone", "Stress"),
    }
