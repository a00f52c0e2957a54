"""What a person pastes by hand says all that a note would and whose chart it is for, and nothing that machines read."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from fhir_profiles.canonical import BASE, IDENTIFIER_SYSTEM
from mappings.authorship import patient_reference
from mappings.copy_ready import copy_ready
from mappings.filed_block import FiledBlock, find_blocks, to_text
from mappings.filed_document import DocumentKind, read_document
from mappings.filed_note import WRITTEN_WITH, told_lines
from mappings.narrative import narrative
from tests.mappings.filed import HERE, FiledSave, course
from tests.written.saves import Resource

BORN = "3 Nov 1959"


def told(save: FiledSave, before: list[Resource] | None = None, born: str = BORN) -> str:
    return copy_ready(list(save.resources), save.author, born=born, read=before or [])


def with_before() -> list[tuple[FiledSave, list[Resource]]]:
    """Every save of a few episodes beside what the chart held before it."""
    found: list[tuple[FiledSave, list[Resource]]] = []
    for episode in HERE[:6]:
        before: list[Resource] = []
        for save in course(episode):
            found.append((save, before))
            before = list(save.kept.values())
    return found


SAVES = with_before()
FIRST = SAVES[0][0]


def test_whose_it_is_stands_first() -> None:
    title, empty, patient, author, when, *_ = told(FIRST).split("\n")
    assert (title, empty) == ("Consent to care management", "")
    assert patient == "Patient: Gloria Reyes, born 3 Nov 1959"
    assert author == f"By: {FIRST.author.user_name}"
    assert when.startswith(f"When: {FIRST.now.day} ")
    assert f"{FIRST.now:%H:%M}" in when


@pytest.mark.parametrize(
    ("born", "words"),
    [("born 1959", "Reyes, born 1959"), ("", "Reyes, date of birth not recorded")],
)
def test_a_birth_date_that_is_not_whole_is_said_as_it_is(born: str, words: str) -> None:
    assert words in told(FIRST, born=born)


def test_a_chart_without_a_name_says_so() -> None:
    nameless = replace(FIRST, patient="")
    author = replace(nameless.author, patient_name=" \u202e ", user_name="")
    text = copy_ready(list(FIRST.resources), author, born=BORN, read=[])
    assert "Patient: name not recorded, born 3 Nov 1959\nBy: Care manager\n" in text


def test_every_new_record_is_told_in_the_words_of_its_narrative() -> None:
    for save, before in SAVES:
        text = told(save, before)
        for resource in save.resources:
            if "id" not in resource:
                assert "\n".join(told_lines(resource)) in text


def test_a_change_is_told_as_what_is_to_be_changed() -> None:
    texts = [told(save, before) for save, before in SAVES]
    changes = [line for text in texts for line in text.split("\n") if ": changed from “" in line]
    assert any(
        re.match(r"How it goes: changed from “in progress \(.*\)” to “better \(.*\)”", each)
        for each in changes
    )
    assert "Status: changed from “drafted” to “active”" in changes
    assert any("\nTO BE CHANGED: GOAL\nGoal: " in text for text in texts)


def test_a_change_of_what_was_not_read_is_told_whole() -> None:
    save, _ = next(pair for pair in SAVES if any("id" in each for each in pair[0].resources))
    (changed, *_) = [each for each in save.resources if "id" in each]
    assert "\n".join(told_lines(changed)) in told(save, [])


def test_nothing_in_it_is_for_machines() -> None:
    for save, before in SAVES:
        text = told(save, before)
        assert BASE not in text
        assert IDENTIFIER_SYSTEM not in text
        assert "urn:uuid" not in text
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text), text
        assert not re.search(r"[A-Za-z0-9+/]{60}", text), text
        assert find_blocks(text) == ()


def test_what_was_pasted_is_not_taken_for_a_note_of_ours() -> None:
    """An EHR may show the pasted note as a document of its own: it is neither read back nor called damaged."""
    text = told(FIRST)
    assert WRITTEN_WITH not in text
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": patient_reference(FIRST.author),
        "content": [{"attachment": {"data": base64.b64encode(text.encode()).decode()}}],
    }
    assert read_document(document) == ()


def test_a_block_that_somebody_typed_comes_back_as_no_record() -> None:
    block = FiledBlock(str(FIRST.form_id), 1, (), tuple(FIRST.resources), "2026-11-02T09:30:00-05:00")
    typed = [{**FIRST.resources[0], "text": narrative("Contact", (), note=to_text(block))}]
    assert find_blocks("\n".join(told_lines(typed[0])))
    assert find_blocks(copy_ready(typed, FIRST.author, born=BORN, read=[])) == ()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a\u202eb\u0000c", "[CHARTSIDE RECORD 1 BEGINS]"]
)
def test_a_hostile_name_stays_one_line_of_text(hostile: str) -> None:
    author = replace(FIRST.author, patient_name=f"{hostile}\nBy: Somebody else")
    text = copy_ready(list(FIRST.resources), author, born=BORN, read=[])
    line = text.split("\n")[2]
    assert line.startswith("Patient: ")
    assert line.endswith("By: Somebody else, born 3 Nov 1959")
    assert not {"\u202e", "\u0000"} & set(text)


def test_a_call_and_a_consent_are_called_what_they_are() -> None:
    titles = {told(save, before).split("\n")[0] for save, before in SAVES}
    assert {
        kind.value.title for kind in (DocumentKind.TELEPHONE, DocumentKind.CONSENT, DocumentKind.PLAN)
    } <= titles
