"""A narrative in the chart: FHIR's XHTML comes through, everything that acts or reaches outside does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from samples.chart.narrative import ALLOWED, safe_narrative

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def shown(inner, *, outer=XHTML):
    return str(safe_narrative({"text": {"status": "generated", "div": f"<div {outer}>{inner}</div>"}}))


@pytest.mark.parametrize(
    "inner",
    [
        "<p>Walks to <b>church</b> and <i>back</i></p>",
        '<table><tbody><tr><td colspan="2">A1c</td><td align="right">8.6 %</td></tr></tbody></table>',
        '<ul><li lang="es">camina</li></ul>',
        '<h1>Plan</h1><hr><pre>a\n b</pre><p dir="rtl">x</p>',
        "<p>5 &lt; 6 &amp; 7 &gt; 2</p>",
        f'<img src="{PIXEL}" alt="chart">',
    ],
)
def test_what_fhir_allows_comes_through(inner):
    allowed = inner.replace("<hr>", "<hr/>") if "<img" not in inner else inner.replace('chart">', 'chart"/>')
    assert shown(allowed) == f"<div>{inner}</div>"


@pytest.mark.parametrize(
    ("inner", "left"),
    [
        ("<script>alert(1)</script>", ""),
        ("a<script>alert(1)</script>b", "ab"),
        ("<style>p{color:red}</style><p>x</p>", "<p>x</p>"),
        ('<p style="background:url(http://evil.example)">x</p>', "<p>x</p>"),
        ('<p onclick="alert(1)">x</p>', "<p>x</p>"),
        ('<p class="usa-alert" id="pane">x</p>', "<p>x</p>"),
        ('<a href="http://evil.example">x</a>', "x"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a name="here">x</a>', "x"),
        ('<img src="http://evil.example/p.png"/>', ""),
        ('<img src="//evil.example/p.png"/>', ""),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4="/>', ""),
        ('<img src="data:text/html,x"/>', ""),
        (f'<img src="{PIXEL}" onerror="alert(1)" alt="a"/>', f'<img src="{PIXEL}" alt="a">'),
        ('<iframe src="http://evil.example">x</iframe>', ""),
        ('<object data="x">y</object><embed src="x"/>', ""),
        ('<form action="http://evil.example"><input name="a"/><button>go</button>words</form>', "words"),
        ("<textarea>x</textarea><select><option>y</option></select>", ""),
        ('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>z', "z"),
        ('<math xmlns="http://www.w3.org/1998/Math/MathML"><mtext>x</mtext></math>', ""),
        ('<link rel="stylesheet" href="http://evil.example"/><meta http-equiv="refresh" content="0"/>', ""),
        ('<base href="http://evil.example/"/>x', "x"),
        ("<!-- <script>alert(1)</script> -->x", "x"),
        ("<?php echo 1 ?>x", "x"),
        ("<marquee>x</marquee><blink>y</blink>", "xy"),
        ('<td colspan="9999999">x</td>', "<td>x</td>"),
        ('<td colspan="2" rowspan="x">x</td>', '<td colspan="2">x</td>'),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<p title="&quot; onclick=&quot;x">x</p>', "<p title='\" onclick=\"x'>x</p>"),
        ("a\x1bb", "ab"),
        ("<SCRIPT>alert(1)</SCRIPT><P>x</P>", "<p>x</p>"),
    ],
)
def test_what_acts_or_reaches_outside_does_not(inner, left):
    assert shown(inner) == f"<div>{left}</div>"


@pytest.mark.parametrize(
    ("div", "words"),
    [
        ("<div>broken <b>bold", "broken <b>bold</b>"),
        ("<p>no div", "<p>no div</p>"),
        ('<div><p title="&#27;x">&#27;y&#0;</p><br></div>', '<p title="x">y'),
        ("just words & more", "just words &amp; more"),
        ("<div>&nbsp;&eacute;</div>", "é"),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><div>&x;safe</div>', "safe"),
        ("<div onload=alert(1)>x<script>alert(1)", "x"),
        ("<?xml version='1.0' encoding='utf-16'?><div>x</div>", "x"),
    ],
)
def test_a_narrative_that_is_no_xhtml_is_still_read_and_made_safe(div, words):
    found = str(safe_narrative({"text": {"div": div}}))
    assert words in found
    assert "alert" not in found
    assert "root:" not in found


@pytest.mark.parametrize(
    "text", [None, "x", [], {}, {"div": None}, {"div": 7}, {"div": "  "}, {"div": ["<p>x</p>"]}]
)
def test_no_narrative_is_nothing(text):
    assert safe_narrative({"text": text}) == ""


def test_a_deep_narrative_neither_fails_nor_nests_without_end():
    found = shown("<div>" * 5000 + "x" + "</div>" * 5000)
    assert found.count("<div>") < 300
    assert shown("<b>" * 200 + "deep" + "</b>" * 200).count("<b>") < 100


def test_an_entity_bomb_is_not_expanded():
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'
    assert len(str(safe_narrative({"text": {"div": f"{bomb}<div>&c;&c;&c;</div>"}}))) < 200


def test_a_narrative_beyond_all_measure_is_not_shown():
    assert "too long" in shown("x" * 500_000)


TAGS = [*sorted(ALLOWED)[:8], "script", "a", "img", "svg", "iframe", "x-y", "style", "input"]
ATTRIBUTE = st.tuples(
    st.sampled_from(["onclick", "href", "src", "style", "title", "id"]), st.text("'<>&\"j:/a", max_size=9)
)
PIECES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
        st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
        st.tuples(st.sampled_from(TAGS), ATTRIBUTE).map(
            lambda made: f'<{made[0]} {made[1][0]}="{made[1][1]}">'
        ),
    ),
    max_size=14,
)


@given(PIECES)
def test_whatever_is_written_only_allowed_elements_and_attributes_come_out(pieces):
    found = str(safe_narrative({"text": {"div": "".join(pieces)}}))
    if not found:
        return
    for element in etree.fromstring(found.encode(), etree.HTMLParser(encoding="utf-8")).iter():
        assert element.tag in ALLOWED | {"html", "body", "img"}
        assert set(element.attrib) <= {"title"}, element.attrib
    assert not re.search(r"<(script|style|iframe|svg|input|a)\b", found)
