"""Lists side by side: one line for each medicine, what they disagree on, what is listed twice, and eight or more."""

from __future__ import annotations

import pytest

from mappings import medication_match
from mappings.ccda.document import read_document
from mappings.medication_document import sent_list
from mappings.medication_match import Certainty
from mappings.reading import ReadStatus
from tests.mappings.reconciling import (
    APIXABAN,
    FUROSEMIDE_20,
    FUROSEMIDE_40,
    LISINOPRIL,
    WARFARIN,
    chart,
    document,
    line_of,
    lists_of,
    ordered,
    sent,
    stated,
)
from tests.mappings.test_medication import referring

DISAGREEMENTS = [
    ("the same on both sides", [ordered(LISINOPRIL)], [sent(LISINOPRIL)], LISINOPRIL, ()),
    ("only in the EHR", [ordered(LISINOPRIL)], [sent(APIXABAN)], LISINOPRIL, ()),
    ("only in the document", [], [sent(APIXABAN)], APIXABAN, ("Not on the EHR’s list",)),
    (
        "stopped in the document",
        [ordered(WARFARIN)],
        [sent(WARFARIN, taken=False)],
        WARFARIN,
        ("In the document stopped, in the EHR active",),
    ),
    (
        "stopped in the EHR",
        [ordered(WARFARIN, status="stopped")],
        [sent(WARFARIN)],
        WARFARIN,
        ("In the EHR stopped, in the document taken",),
    ),
    (
        "another strength",
        [ordered(FUROSEMIDE_20)],
        [sent(FUROSEMIDE_40)],
        FUROSEMIDE_20,
        ("Another strength in the document",),
    ),
    (
        "the EHR's own sources disagree",
        [ordered(WARFARIN, status="stopped", authoredOn="2026-11-01"), stated(WARFARIN)],
        [],
        WARFARIN,
        ("In the EHR the order says stopped",),
    ),
]


@pytest.mark.requirement("domain@97")
@pytest.mark.parametrize(
    ("ehr", "other", "name", "flags"),
    [case[1:] for case in DISAGREEMENTS],
    ids=[case[0] for case in DISAGREEMENTS],
)
def test_what_the_lists_disagree_on_is_said(ehr, other, name, flags):
    lists = lists_of(chart(*ehr), document(*other))
    assert line_of(lists, name).flags == flags
    assert lists.lines[0].flags == flags or not flags


def test_a_stop_on_both_sides_is_asked_apart_from_what_is_taken():
    lists = lists_of(
        chart(ordered(WARFARIN, status="stopped", authoredOn="2026-10-01")),
        document(sent(WARFARIN, taken=False)),
    )
    assert [line.name for line in lists.stopped] == [WARFARIN]
    assert lists.lines == ()


@pytest.mark.parametrize(("authored", "count"), [("2026-01-02", 1), ("2024-01-02", 0)])
def test_what_was_stopped_long_ago_is_not_asked(authored, count):
    lists = lists_of(chart(ordered(WARFARIN, status="stopped", authoredOn=authored)))
    assert len(lists.stopped) == count


def test_without_the_ehrs_list_nothing_is_said_to_be_missing_from_it():
    unread = {kind: ReadStatus.COULD_NOT_READ for kind in ("MedicationStatement", "MedicationRequest")}
    lists = lists_of(chart(**unread), document(sent(APIXABAN)))
    assert (lists.ehr_known, lists.lines[0].flags) == (False, ())
    assert lists.ehr_sentence == "Could not be read just now"


DUPLICATES = [
    ([ordered(FUROSEMIDE_20), ordered(FUROSEMIDE_40)], 1),
    ([ordered("Lipitor 20 mg"), ordered("atorvastatin 40 MG Oral Tablet")], 1),
    ([ordered("Vicodin 5/500"), ordered("Tylenol 500 mg")], 1),
    ([ordered("albuterol inhaler"), ordered("albuterol 2 MG Oral Tablet")], 0),
    ([ordered("hydrocortisone cream"), ordered("hydrocortisone 10 MG Oral Tablet")], 0),
    ([ordered(LISINOPRIL), ordered(WARFARIN)], 0),
    ([ordered("Magnesium (over the counter)"), ordered("Zinc (over the counter)")], 0),
]


@pytest.mark.requirement("domain@97")
@pytest.mark.parametrize(("ehr", "flagged"), DUPLICATES)
def test_an_ingredient_that_is_listed_twice_is_flagged_once_and_told_on_both_lines(ehr, flagged):
    lines = lists_of(chart(*ehr)).lines
    twice = [line for line in lines if any(flag.startswith("Listed twice?") for flag in line.flags)]
    assert len(twice) == flagged
    assert sum(bool(line.flags or line.notes) for line in lines) == 2 * flagged


def test_of_two_lines_the_doubtful_one_is_flagged_as_listed_twice():
    lists = lists_of(
        chart(ordered(FUROSEMIDE_20), ordered(FUROSEMIDE_40)),
        document(sent(FUROSEMIDE_40), sent(FUROSEMIDE_20, taken=False)),
    )
    assert line_of(lists, FUROSEMIDE_40).flags == ()
    assert len(line_of(lists, FUROSEMIDE_20).flags) == 2


@pytest.mark.parametrize(("count", "many"), [(7, False), (8, True), (60, True)])
def test_eight_medicines_or_more_are_flagged(count, many):
    lists = lists_of(
        chart(*(ordered(f"drug{chr(97 + n // 26)}{chr(97 + n % 26)} 5 MG") for n in range(count)))
    )
    assert (len(lists.lines), lists.ingredients, lists.many) == (count, count, many)


def test_two_lists_of_hundreds_are_not_compared_each_with_each(monkeypatch):
    """An empty-handed loop over every pair took most of a minute for 300 long names."""
    asked = []
    monkeypatch.setattr(medication_match, "match", lambda one, other: asked.append(one))
    names = [f"drug{n} {'x' * 150} {n} MG Oral Tablet" for n in range(300)]
    lists_of(chart(*map(ordered, names)), document(*map(sent, names)))
    assert len(asked) == 300


def test_lines_are_counted_and_ingredients_told():
    lists = lists_of(chart(ordered(FUROSEMIDE_20), ordered(FUROSEMIDE_40), ordered("??")))
    assert (len(lists.lines), lists.ingredients) == (3, 2)


def test_two_medicines_without_a_name_are_two_lines_that_say_so():
    nameless = [referring({}, id="1"), referring({}, id="2")]
    lists = lists_of(chart(*nameless), document(sent("aspirin")))
    shown = [line for line in lists.lines if line.name == "Medication without a name"]
    assert len({line.key for line in shown}) == 2
    assert all(line.notes[0].startswith("The EHR gives it no name") for line in shown)
    assert not any(line.match for line in shown)


def test_a_guess_says_what_it_rests_on():
    lists = lists_of(chart(ordered("Lasix 40 mg")), document(sent(FUROSEMIDE_40)))
    (line,) = lists.lines
    assert line.match is not None
    assert (line.guessed, line.match.certainty, line.match.why) == (
        True,
        Certainty.GUESS,
        "brand or other name",
    )


def test_as_listed_means_one_thing_only_where_the_lists_agree():
    """Not where the dose is told differently, nor for a guess, nor for what is listed twice."""
    lists = lists_of(
        chart(
            ordered(LISINOPRIL, dose="1 tablet once a day"),
            ordered(FUROSEMIDE_40),
            ordered("Furosemide 20 mg"),
            ordered("aspirin"),
            ordered(APIXABAN),
        ),
        document(sent(LISINOPRIL, sig="half a tablet"), sent("aspirin", coded=False)),
    )
    assert {line.name for line in lists.lines if not line.clear} == {LISINOPRIL, FUROSEMIDE_40, "aspirin"}


@pytest.mark.parametrize(
    "name", ['<script>alert("x")</script>', "a" * 400, "Ω 💊 ; Name: y", "\u202egnihton"]
)
def test_a_hostile_name_is_a_line_like_any_other(name):
    lists = lists_of(chart(ordered(name, coded=False)), document(sent(name, coded=False)))
    assert len(lists.lines) == 1


CDA = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3">'
    "<component><structuredBody>{}</structuredBody></component></ClinicalDocument>"
)
SECTION = (
    '<component><section><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/>{}</section></component>'
)


def test_a_document_without_a_section_of_medicines_has_no_list():
    read = read_document(CDA.format("").encode())
    assert sent_list(read, "k") is None


def test_a_document_that_names_no_medicine_in_an_entry_says_so():
    nameless = "<entry><substanceAdministration/></entry>"
    found = sent_list(read_document(CDA.format(SECTION.format(nameless)).encode()), "k")
    assert found is not None
    assert (found.medicines, len(found.unread)) == ((), 1)


def test_a_document_that_denies_all_medicines_says_so():
    denied = '<entry><substanceAdministration negationInd="true"/></entry>'
    found = sent_list(read_document(CDA.format(SECTION.format(denied)).encode()), "k")
    assert found is not None
    assert found.none_known
