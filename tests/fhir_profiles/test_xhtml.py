"""What may stand in a narrative that we write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_profiles.xhtml import SIZE_LIMIT, narrative_problems

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'

ALLOWED = [
    "<p>Call <b>Monday</b><br/>or Tuesday</p>",
    '<table border="1"><tbody><tr><td colspan="2" style="color: red">A1c</td></tr></tbody></table>',
    '<a href="https://www.cdc.gov">CDC</a> <a href="Condition/1">the condition</a> <a name="top">top</a>',
    '<img src="#photo" alt="The photo"/>',
    '<p xml:lang="es" class="x">Hola</p>',
    "Plain words, á and 🦋 <!-- a remark -->",
]
REFUSED = [
    "<script>steal()</script>x",
    "<style>p {}</style>x",
    "<iframe src='https://x.example'/>x",
    "<form action='https://x.example'>x</form>",
    "<object data='x'/>x",
    "<p onmouseover='steal()'>x</p>",
    "<a href='javascript:steal()'>x</a>",
    "<a href=' JaVaScRiPt:steal()'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<img src='https://x.example/pixel.png'/>x",
    "<img src='//x.example/pixel.png'/>x",
    "<p style='background: url(https://x.example)'>x</p>",
    "<p style='width: expression(steal())'>x</p>",
    "<svg xmlns='http://www.w3.org/2000/svg'/>x",
    "<p xmlns=''>x</p>",
    "<?php steal() ?>x",
    "<blink>x</blink>",
]


@pytest.mark.parametrize("inner", ALLOWED)
def test_what_fhir_allows_is_allowed(inner):
    assert narrative_problems("x", DIV.format(inner)) == []


@pytest.mark.parametrize("inner", REFUSED)
def test_what_fhir_does_not_allow_or_a_page_must_not_hold_is_refused(inner):
    assert narrative_problems("x", DIV.format(inner)) != []


@pytest.mark.parametrize(
    "div",
    [
        None,
        5,
        "",
        "words alone",
        "<div>no namespace</div>",
        DIV.format("<p>open"),
        DIV.format("&nbsp;an entity that XML does not know"),
        '<!DOCTYPE div [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + DIV.format("&x;"),
        '<?xml version="1.0" encoding="latin-1"?>' + DIV.format("x"),
        '<p xmlns="http://www.w3.org/1999/xhtml">not a div</p>',
        DIV.format("x" * SIZE_LIMIT),
        DIV.format("\x00"),
    ],
)
def test_what_is_no_narrative_is_one_problem(div):
    assert [each.rule for each in narrative_problems("x", div)] == ["narrative"]


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from([*REFUSED, *ALLOWED, "<", "</div>", "]]>"]), st.text(max_size=12)))
    .map("".join)
    .map(DIV.format)
)
def test_nothing_that_is_sent_to_the_check_makes_it_fail(div):
    assert isinstance(narrative_problems("x", div), list)
