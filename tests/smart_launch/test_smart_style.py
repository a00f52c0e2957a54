"""An EHR's look: what is taken of it, and that no sheet, however bad, breaks a page or gets into its rules."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from smart_launch import smart_style
from smart_launch.smart_style import STYLE_LIMIT, SmartStyle, StyleCache, fetch_style, parse_style
from smart_launch.transport import Http
from tests.smart_launch.conftest import Clock
from tests.smart_launch.loopback import drip, loopback, silence

pytestmark = pytest.mark.requirement("client@20")

URL = "https://ehr.example/styles/smart_v1.json"
SHEET = {
    "color_background": "#edeae3",
    "color_error": "#9E2D2D",
    "color_highlight": "#69b",
    "color_modal_backdrop": "",
    "color_success": "#498e49",
    "color_text": "#303030",
    "dim_border_radius": "6px",
    "dim_font_size": "13px",
    "dim_spacing_size": "20px",
    "font_family_body": "Georgia, Times, 'Times New Roman', serif",
    "font_family_heading": "'HelveticaNeue-Light', Helvetica, Arial, 'Lucida Grande', sans-serif;",
}
"""The example of the specification, with capitals and a short colour added."""

READ = SmartStyle(
    color_background="#edeae3",
    color_error="#9e2d2d",
    color_highlight="#6699bb",
    color_success="#498e49",
    color_text="#303030",
    dim_border_radius=6.0,
    dim_font_size=13.0,
    dim_spacing_size=20.0,
    font_family_body=("Georgia", "Times", "Times New Roman", "serif"),
    font_family_heading=("HelveticaNeue-Light", "Helvetica", "Arial", "Lucida Grande", "sans-serif"),
)


def test_a_good_sheet_is_read_whole_and_asked_for_without_a_token(
    ehr: responses.RequestsMock, http: Http
) -> None:
    ehr.get(URL, json=SHEET)
    assert fetch_style(URL, http=http) == READ
    assert "Authorization" not in ehr.calls[0].request.headers


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 500},
        {"status": 302, "headers": {"Location": "https://evil.example/style.json"}},
        {"body": "<html></html>", "content_type": "text/html"},
        {"body": '{"color_text": "#30'},
        {"json": [SHEET]},
        {"body": b"null"},
        {"body": b"\xff\xfe"},
        {"body": b'{"x": "' + b"y" * STYLE_LIMIT + b'"}'},
        None,
    ],
)
def test_a_bad_sheet_is_no_sheet(
    answer: dict[str, Any] | None, ehr: responses.RequestsMock, http: Http
) -> None:
    if answer is not None:
        ehr.get(URL, **answer)
    assert fetch_style(URL, http=http) is None
    assert len(ehr.calls) <= 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://ehr.example/style.json",
        "https://a@ehr.example/style.json",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/style.json",
        "https://ehr.example/a b",
        "https://[",
    ],
)
def test_a_sheet_is_asked_for_at_a_safe_address_alone(
    url: str, ehr: responses.RequestsMock, http: Http
) -> None:
    assert fetch_style(url, http=http) is None
    assert len(ehr.calls) == 0


def test_a_sheet_that_does_not_come_costs_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smart_style, "STYLE_SECONDS", 0.2)
    done = threading.Event()
    for script in (silence(done), drip(done, 0.05)):
        with loopback(script) as server:
            assert fetch_style(f"{server.base}/style.json", http=Http()) is None
            assert len(server.requests) == 1
    done.set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("color_text", "red"),
        ("color_text", "#12"),
        ("color_text", "#12345678"),
        ("color_text", "#123456;background:url(https://evil.example)"),
        ("color_text", "#123456\n"),
        ("color_text", "#१२३"),
        ("color_text", 123456),
        ("color_text", ["#123456"]),
        ("color_text", None),
        ("dim_font_size", "9px"),
        ("dim_font_size", "33px"),
        ("dim_font_size", "13"),
        ("dim_font_size", "13em"),
        ("dim_font_size", "-13px"),
        ("dim_font_size", "1e1px"),
        ("dim_font_size", "१३px"),
        ("dim_font_size", "13px; x"),
        ("dim_font_size", 13),
        ("dim_font_size", True),
        ("dim_border_radius", "41px"),
        ("dim_spacing_size", "1px"),
        ("dim_spacing_size", "999999999px"),
    ],
)
def test_a_value_that_is_none_is_left_out_and_the_others_stay(name: str, value: Any) -> None:
    found = parse_style({**SHEET, name: value})
    assert getattr(found, name) is None
    assert found.color_background == "#edeae3"


@pytest.mark.parametrize(
    ("value", "families"),
    [
        ("", ()),
        ("x" * 501, ()),
        (None, ()),
        (["Arial"], ()),
        ("Arial", ("Arial",)),
        ('"Open Sans" , serif;', ("Open Sans", "serif")),
        ("Arial; } body { display: none", ()),
        ("Arial, url(https://evil.example/f), serif", ("Arial", "serif")),
        ("Arial, </style><script>, serif", ("Arial", "serif")),
        ("expression(1), \\61 rial, Ärial", ()),
        (",".join("abcdefghijkl"), tuple("abcdefgh")),
    ],
)
def test_typefaces_are_names_and_nothing_else(value: Any, families: tuple[str, ...]) -> None:
    assert parse_style({"font_family_body": value}).font_family_body == families


def test_an_empty_sheet_says_nothing() -> None:
    assert parse_style({"unheard": "of"}) == SmartStyle()


@given(
    st.dictionaries(st.sampled_from([item.name for item in fields(SmartStyle)]), st.text() | st.integers())
)
def test_nothing_of_any_sheet_can_be_a_rule(document: dict[str, Any]) -> None:
    written = str(parse_style(document)).removeprefix("SmartStyle(").removesuffix(")")
    assert not set(";{}<>\\/:") & set(written)


def test_a_look_is_kept_by_its_address(ehr: responses.RequestsMock, http: Http, clock: Clock) -> None:
    cache = StyleCache(http=http, now=clock)
    ehr.get(URL, json=SHEET)
    first = cache.style(URL)
    clock.now += 1_000_000
    assert cache.style(URL) is first
    assert len(ehr.calls) == 1
    other = URL.replace("v1", "v2")
    ehr.get(other, json={})
    assert cache.style(other) == SmartStyle()


def test_a_look_that_could_not_be_had_is_asked_for_again_after_five_minutes(
    ehr: responses.RequestsMock, http: Http, clock: Clock
) -> None:
    cache = StyleCache(http=http, now=clock)
    ehr.get(URL, status=404)
    assert cache.style(URL) is None
    clock.now += 299
    assert cache.style(URL) is None
    assert len(ehr.calls) == 1
    ehr.replace(responses.GET, URL, json=SHEET)
    clock.now += 1
    assert cache.style(URL) == READ


def test_the_looks_kept_are_bounded_and_many_may_ask(
    ehr: responses.RequestsMock, http: Http, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smart_style, "MOST", 2)
    cache = StyleCache(http=http, now=clock)
    urls = [f"https://ehr.example/{number}.json" for number in range(4)]
    for url in urls:
        ehr.get(url, json=SHEET)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(cache.style, urls)) == [READ] * 4
    assert len(cache._kept) == 2
