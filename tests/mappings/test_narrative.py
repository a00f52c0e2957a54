"""Whatever was typed, the readable text stays well-formed, safe and complete; others' text comes out plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fhir_profiles.xhtml import narrative_problems
from mappings.narrative import (
    PLAIN_LIMIT,
    XHTML,
    clean,
    fixed_line,
    narrative,
    plain_text,
    read_fixed_line,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "]]></div><div onclick='x()'>",
    '"&quot;&#x3c;b&#x3e;',
    "a\x00b\x1b[31m\ud800\ufffe",
    "\u202egnirts\u202c",
    "😀 عربى 中文",
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
)


@pytest.mark.requirement("client@53")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str):
    div = narrative(text, [(text, text)], note=text)["div"]
    root = etree.fromstring(div.encode())
    assert not narrative_problems("text.div", div)
    assert {etree.QName(element).localname for element in root.iter()} <= {"div", "p", "b", "ul", "li", "br"}
    assert not any(element.attrib for element in root.iter())
    assert "".join(root.itertext()).count(clean(text)) >= 3


@given(st.text(), st.text(), st.text())
def test_any_text_makes_a_well_formed_narrative_that_gives_the_words_back(title: str, value: str, note: str):
    made = narrative(title, [("Label", value)], note=note)
    root = etree.fromstring(made["div"].encode())
    assert made["status"] == "generated"
    assert root.tag == f"{{{XHTML}}}div"
    for line in clean(note).split("\n") if note.strip() else ():
        assert line in "\n".join(root.itertext())


def test_empty_facts_leave_no_empty_line():
    assert "Minutes" not in narrative("T", [("Minutes", ""), ("Result", "Talked")])["div"]


def test_a_note_keeps_its_lines():
    assert "first<br/>second" in narrative("T", [], note="first\r\nsecond")["div"]


@pytest.mark.requirement("client@34")
@pytest.mark.parametrize(
    ("div", "words"),
    [
        ("<div><p>Diet</p><ul><li>low salt</li><li>walk</li></ul></div>", "Diet\nlow salt\nwalk"),
        ("<div>before<script>steal()</script> after<style>p{}</style></div>", "before after"),
        ("<div><table><tr><th>A1c</th><td>8.6</td></tr></table></div>", "A1c 8.6"),
        ("<div><p onclick='x()'>safe <!-- note --> words</p></div>", "safe words"),
        ("<div>unclosed <b>tags", "unclosed tags"),
        ("", ""),
        ("   ", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_others_text_comes_out_as_plain_lines(div: object, words: str):
    assert plain_text({"div": div}) == words


@pytest.mark.requirement("client@34")
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_narrative_of_others_raises_or_carries_markup_through(text: str):
    assert "<script" not in plain_text({"div": f"<div>{text}<script>x</script></div>"}) or "<script" in text


def test_a_narrative_nested_ten_thousand_deep_does_not_break_the_reader():
    assert len(plain_text({"div": "<div>" * 10_000 + "x" + "</div>" * 10_000})) <= PLAIN_LIMIT


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("tab\there", "tab\there"),
        ("nul\x00 bell\x07 del\x7f c1\x85", "nul bell del c1"),
        ("👩‍⚕️ ok", "👩‍⚕️ ok"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
    ],
)
def test_only_what_nobody_can_see_is_taken_out(typed: str, kept: str):
    assert clean(typed) == kept


def test_a_fixed_line_is_read_back_and_a_semicolon_in_a_value_cannot_forge_a_fact():
    line = fixed_line("Contact", [("How", "Phone; Minutes: 900"), ("Minutes", "12"), ("Next", "")])
    assert line == "Contact. How: Phone, Minutes: 900; Minutes: 12"
    assert read_fixed_line(f"first\n{line}", "Contact") == {"How": "Phone, Minutes: 900", "Minutes": "12"}
    assert read_fixed_line(line, "Consent") == {}
    assert read_fixed_line("", "Contact") == {}


@given(st.text(), st.text())
def test_any_value_survives_the_fixed_line_as_one_fact(value: str, other: str):
    facts = read_fixed_line(fixed_line("T", [("A", value), ("B", other), ("C", "end")]), "T")
    assert facts["C"] == "end"
    assert set(facts) <= {"A", "B", "C"}
