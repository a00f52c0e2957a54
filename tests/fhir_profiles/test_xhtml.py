"""What may stand in a narrative that we write, and what is left of one that an EHR sends."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import html

from fhir_profiles.xhtml import SIZE_LIMIT, narrative_problems, sanitise

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
SHOWN = re.compile(
    r"p|br|div|h[1-6]|span|b|em|i|strong|small|big|tt|dfn|q|var|abbr|acronym|cite|blockquote|hr|address|bdo|kbd|sub|sup"
    r"|ins|del|ul|ol|li|dl|dt|dd|pre|table|caption|colgroup|col|thead|tr|tfoot|tbody|th|td|code|samp"
)

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


@pytest.mark.parametrize(
    ("narrative", "shown"),
    [
        (DIV.format("<p>Call <b>Monday</b></p>"), "<div><p>Call <b>Monday</b></p></div>"),
        ("<p>a<br>b&nbsp;c", "<div><p>a<br>b\xa0c</p></div>"),
        ("5 < 6 & 7", "<div>5 &lt; 6 &amp; 7</div>"),
        (DIV.format("&lt;b&gt;"), "<div>&lt;b&gt;</div>"),
        (
            DIV.format("<![CDATA[<script>x</script>]]>"),
            "<div>&lt;script&gt;x&lt;/script&gt;</div>",
        ),
        (DIV.format("a<script>x</script>b"), "<div>ab</div>"),
        (DIV.format('<p onclick="x" style="y" id="z">t</p>'), "<div><p>t</p></div>"),
        (DIV.format('<a href="https://x.example">link</a>'), "<div>link</div>"),
        (DIV.format('<img src="https://x.example" alt="a foot"/>'), "<div>a foot</div>"),
        (DIV.format("<frob>in <b>bold</b></frob> out"), "<div>in <b>bold</b> out</div>"),
        (
            '<table><tr><td colspan="2" rowspan="x">A</td></tr></table>',
            '<div><table><tr><td colspan="2">A</td></tr></table></div>',
        ),
        ('<ol start="3"><li value="4">d</li></ol>', '<div><ol start="3"><li value="4">d</li></ol></div>'),
        ('<?xml version="1.0" encoding="UTF-8"?>' + DIV.format("é"), "<div>é</div>"),
        ("a\x00\x1fb", "<div>ab</div>"),
    ],
)
def test_a_narrative_is_reduced_to_what_is_safe_to_show(narrative, shown):
    assert sanitise(narrative) == shown


@pytest.mark.parametrize(
    "nothing",
    [None, 5, "", "  ", "<script>x</script>", DIV.format("<p> </p>"), "x" * (SIZE_LIMIT + 1), "\x00"],
)
def test_of_what_holds_no_words_nothing_is_left(nothing):
    assert sanitise(nothing) is None


def test_an_entity_is_never_read_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("Zebrafinch")

    shown = sanitise(f'<!DOCTYPE div [<!ENTITY x SYSTEM "file://{secret}">]>' + DIV.format("&x; and words"))

    assert "Zebrafinch" not in str(shown)


def test_a_narrative_nested_without_end_does_no_harm():
    assert sanitise("<div>" * 50_000 + "deep") is None
    assert "near" in sanitise(DIV.format("near" + "<b>" * 200 + "deep" + "</b>" * 200))


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [*REFUSED, *ALLOWED, "<", ">", "&", "</div>", "<svg>", "<math>", "<style>", "<!--", "]]>"]
        ),
        st.text(max_size=12),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(PIECES)
@example("<math><mtext><table><mglyph><style><img src onerror=x>words")
@example("<A<script>steal()</script>x")
@example("<noscript><p title='</noscript><img src onerror=x>'>words")
@example(
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=x src>'>words"
)
def test_whatever_comes_in_only_harmless_elements_without_handlers_come_out(narrative):
    shown = sanitise(narrative)
    if shown is None:
        return
    read_again = html.fragment_fromstring(shown)
    for element in read_again.iter():
        assert isinstance(element.tag, str)
        assert SHOWN.fullmatch(element.tag), element.tag
        assert set(element.attrib) <= {"colspan", "rowspan", "scope", "start", "value"}


@settings(deadline=None)
@given(PIECES)
def test_cleaning_what_is_clean_changes_nothing_more(narrative):
    once = sanitise(narrative)
    twice = sanitise(once)

    assert (
        once is None
        or html.fragment_fromstring(once).text_content() == html.fragment_fromstring(twice).text_content()
    )
