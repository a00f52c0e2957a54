"""What is missing, null, negated or not understood in an entry is told as such, and never guessed."""

from __future__ import annotations

import pytest

from mappings.ccda.document import ClinicalDocument, read_document
from mappings.ccda.timestamp import point
from tests.mappings.ccda.written import ALLERGIES, MEDICATIONS, PROBLEMS, document, medicine, problem, section

PIVL = '<effectiveTime xsi:type="PIVL_TS" operator="A"><period {}/></effectiveTime>'
SPAN = '<effectiveTime xsi:type="IVL_TS"><low value="{}"/><high value="{}"/></effectiveTime>'


def read(*sections: str) -> ClinicalDocument:
    found = read_document(document(*sections))
    assert isinstance(found, ClinicalDocument)
    return found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1998", "1998"),
        ("201402", "2014-02"),
        ("20140917", "2014-09-17"),
        ("20140917-0500", "2014-09-17"),
        ("2014091719-0500", "2014-09-17"),
        ("201409171904-0500", "2014-09-17T19:04:00-0500"),
        ("20140917190412.123Z", "2014-09-17T19:04:12Z"),
        ("20141345", None),
        ("20140230", None),
        ("2014-09-17", None),
        ("2014032124536-0500", None),
        ("soon", None),
        ("٢٠١٤", None),
        ("", None),
    ],
)
def test_a_time_keeps_its_precision_and_its_offset(value: str, text: str | None) -> None:
    found = point(value)
    assert (found.text if found else None) == text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (PIVL.format('value="24" unit="h"'), "every 24 hours"),
        (PIVL.format('value="1" unit="d"'), "every day"),
        (PIVL.format('value="1.5" unit="wk"'), "every 1.5 weeks"),
        ('<effectiveTime xsi:type="EIVL_TS" operator="A"><event code="HS"/></effectiveTime>', "at bedtime"),
        ('<doseQuantity value="40" unit="mg"/>', "40 mg"),
        (
            '<doseQuantity><low value="1" unit="mg"/><high value="2" unit="mg"/></doseQuantity>',
            "1 mg to 2 mg",
        ),
        ('<doseQuantity nullFlavor="UNK"/>', ""),
    ],
)
def test_dose_and_frequency_are_words(more: str, words: str) -> None:
    (found,) = read(section(MEDICATIONS, medicine(more=more))).medications
    assert (found.dose_words, found.unread) == (words, ())


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (PIVL.format('value="0" unit="h"'), "how often"),
        (PIVL.format('value="6" unit="fortnight"'), "how often"),
        ('<effectiveTime xsi:type="EIVL_TS"><event code="ZZ"/></effectiveTime>', "how often"),
        ('<effectiveTime xsi:type="SXPR_TS"/>', "how often"),
        ('<doseQuantity value="a few"/>', "the dose"),
        (SPAN.format("20261301", "2027"), "the dates"),
        (SPAN.format("2026", "2025"), "the dates, which contradict each other"),
        (
            f'<entryRelationship typeCode="COMP">{medicine("prednisone 5 MG")}</entryRelationship>',
            "further steps",
        ),
    ],
)
def test_a_part_that_cannot_be_read_is_named_and_the_author_s_own_text_is_shown(more: str, part: str) -> None:
    text = "<text><paragraph>furosemide, as the ward wrote it</paragraph></text>"
    found = read(section(MEDICATIONS, medicine(more=more), text=text))
    assert len(found.medications) == 1
    assert part in found.unread[0]
    assert found.sections[0].text == "furosemide, as the ward wrote it"


def test_entries_that_cannot_be_read_are_counted_by_reason() -> None:
    code_alone = '<code code="313988" codeSystem="2.16.840.1.113883.6.88"/>'
    null = '<code nullFlavor="UNK" displayName="not to be believed"/>'
    found = read(
        section(
            MEDICATIONS,
            medicine(drug=code_alone),
            medicine(drug=code_alone),
            medicine(drug=null),
            "<act/>",
            medicine(),
        )
    )
    assert [item.name for item in found.medications] == ["furosemide 40 MG Oral Tablet"]
    assert found.unread == (
        "2 entries of Medications could not be read: each names its medicine by a code alone.",
        "1 entry of Medications could not be read: it names no medicine.",
        "1 entry of Medications could not be read: it holds no medication.",
    )
    assert found.sections[0].text == "As told."


def test_no_known_medications_is_a_statement_and_not_an_empty_list() -> None:
    (found,) = read(section(MEDICATIONS, medicine(drug='<code nullFlavor="NA"/>', negated=True))).medications
    assert (found.name, found.none_known, found.taken) == ("No known medications", True, False)


def test_a_negated_medicine_is_not_taken() -> None:
    (found,) = read(section(MEDICATIONS, medicine(negated=True))).medications
    assert (found.status, found.taken, found.none_known) == ("not taken", False, False)


@pytest.mark.parametrize(("status", "taken"), [("active", True), ("suspended", True), ("aborted", False)])
def test_a_status_decides_whether_it_is_taken(status: str, taken: bool) -> None:
    (found,) = read(section(MEDICATIONS, medicine(status=status))).medications
    assert found.taken is taken


def test_a_section_that_says_no_information_says_so() -> None:
    told = (
        '<component><section nullFlavor="NI"><templateId root="2.16.840.1.113883.10.20.22.2.6.1"/>'
        '<code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><text>No information</text></section></component>'
    )
    (found,) = read(told).sections
    assert (found.null_words, found.read, found.text) == ("no information", 0, "No information")


def test_a_section_of_narrative_alone_is_shown_as_its_author_wrote_it() -> None:
    text = (
        "<text><table><thead><tr><th>Drug</th><th>Dose</th></tr></thead><tbody><tr><td>digoxin</td><td>0.125 mg</td>"
        '</tr></tbody></table><list><item>one</item><item>two</item></list>up<br/>down<content revised="delete">old'
        "</content></text>"
    )
    (found,) = read(section(MEDICATIONS, text=text)).sections
    assert found.text.split("\n") == [
        "Drug · Dose",
        "digoxin · 0.125 mg",
        "one",
        "two",
        "up",
        "down(struck out: old)",
    ]


def test_a_long_narrative_is_shortened_and_says_so() -> None:
    (found,) = read(section(MEDICATIONS, text=f"<text>{'word ' * 2000}</text>")).sections
    assert len(found.text) < 4_200
    assert "open the document in the EHR" in found.text


def test_a_null_value_with_the_author_s_words_is_read_by_them() -> None:
    told = '<value xsi:type="CD" nullFlavor="OTH" code="1"><originalText>Left leg swelling</originalText></value>'
    (found,) = read(section(PROBLEMS, problem(told))).problems
    assert found.name == "Left leg swelling"


def test_a_name_by_reference_is_found_by_its_exact_id_alone() -> None:
    told = '<value xsi:type="CD"><originalText><reference value="#p1"/></originalText></value>'
    row = '<text><content ID="{}">Gout</content></text>'
    assert read(section(PROBLEMS, problem(told), text=row.format("p1"))).problems[0].name == "Gout"
    assert read(section(PROBLEMS, problem(told), text=row.format("p11"))).problems == ()


def test_a_template_version_that_nobody_knows_is_told() -> None:
    told = document().replace(b'extension="2015-08-01"', b'extension="2031-01-01"')
    found = read_document(told)
    assert isinstance(found, ClinicalDocument)
    assert "2031-01-01" in found.header.version_note


def test_an_allergy_without_a_substance_is_counted() -> None:
    told = (
        '<act><entryRelationship typeCode="SUBJ"><observation><templateId root="2.16.840.1.113883.10.20.22.4.7"/>'
        '<value xsi:type="CD" code="419199007"/></observation></entryRelationship></act>'
    )
    assert read(section(ALLERGIES, told)).unread == (
        "1 entry of Allergies could not be read: it names no substance.",
    )
