"""The EHR's colours and sizes are taken over where they can be read, and nothing else of its sheet ever is."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contrast import TEXT, contrast, legible
from app.look import OURS, SOFT, WHITE, style_sheet
from smart_launch.smart_style import SmartStyle, parse_style
from tests.conftest import ROOT

SHEET = re.compile(
    r"(:root\{(--[a-z-]+:(#[0-9a-f]{6}|\d+(\.\d+)?rem)(;|(?=\})))+\})?\n?(html\{font-size:118\.75%\})?"
)
"""Everything that a launch's style sheet can be."""

GOOD = SmartStyle(
    color_background="#fbfaf7",
    color_error="#9e2d2d",
    color_highlight="#0b5c66",
    color_success="#1d6b3a",
    color_text="#14242b",
    dim_border_radius=6,
    dim_font_size=14,
    dim_spacing_size=20,
)


def properties(sheet: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):([^;}]+)", sheet))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_reckoned_as_wcag_does(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)
    assert legible(one, other) is (ratio >= TEXT)


def test_our_own_colours_can_be_read() -> None:
    texts = [colour for name, colour in OURS.items() if name != "ground"]
    assert all(legible(text, OURS["ground"]) for text in texts)
    assert legible(OURS["ink"], *SOFT.values())
    assert legible(OURS["accent"], SOFT["soft"], WHITE)
    assert legible(OURS["overdue"], SOFT["overdue-soft"])
    assert legible(OURS["filed"], SOFT["filed-soft"])


def test_our_colours_are_those_of_the_style_sheet() -> None:
    built = ROOT / "app" / "static" / "vendor" / "chartside.css"
    if not built.exists():
        pytest.skip("the front-end files are not built: run `make setup`")
    root = re.search(r":root\{[^}]*--accent[^}]*\}", built.read_text())
    assert root is not None
    compiled = {
        name: value.strip().replace("white", WHITE)
        for name, value in re.findall(r"--([a-z-]+):\s*([^;}]+)", root[0])
    }
    assert {name: compiled[name] for name in (*OURS, *SOFT)} == {**OURS, **SOFT}


@pytest.mark.requirement("client@20")
def test_a_good_sheet_is_taken_over_whole() -> None:
    assert properties(style_sheet(GOOD, large_text=False)) == {
        "ground": "#fbfaf7",
        "ink": "#14242b",
        "accent": "#0b5c66",
        "overdue": "#9e2d2d",
        "filed": "#1d6b3a",
        "text": "0.875rem",
        "space": "1.25rem",
        "radius": "0.375rem",
        "field-radius": "0.375rem",
    }


@pytest.mark.parametrize(
    ("changes", "ours"),
    [
        ({"color_text": "#999999"}, "ink"),
        ({"color_text": "#ffffff"}, "ink"),
        ({"color_highlight": "#69b5ce"}, "accent"),
        ({"color_highlight": "#ffffff"}, "accent"),
        ({"color_error": "#ff8888"}, "overdue"),
        ({"color_success": "#66dd66"}, "filed"),
        ({"color_background": "#303030"}, "ground"),
        ({"color_background": "#b0b0b0"}, "ground"),
        ({"dim_font_size": 12.0}, "text"),
        ({"dim_font_size": 32.0}, "text"),
        ({"dim_spacing_size": 64.0}, "space"),
        ({"dim_border_radius": 40.0}, "radius"),
    ],
)
@pytest.mark.requirement("client@20")
def test_what_cannot_be_read_or_used_stays_ours(changes: dict[str, Any], ours: str) -> None:
    taken = properties(style_sheet(replace(GOOD, **changes), large_text=False))
    assert ours not in taken
    assert len(taken) >= len(properties(style_sheet(GOOD, large_text=False))) - 2


def test_nothing_said_is_nothing_written() -> None:
    assert style_sheet(None, large_text=False) == ""
    assert style_sheet(SmartStyle(), large_text=False) == ""
    assert style_sheet(None, large_text=True) == "html{font-size:118.75%}"


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.integers(),
    st.none(),
    st.from_regex(r"#[0-9a-fA-F]{3,6}", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}px", fullmatch=True),
    st.sampled_from(
        [
            "#fff;background:url(https://evil.example/x)",
            "#ffffff}body{display:none",
            "red",
            "expression(alert(1))",
            "url(javascript:alert(1))",
            "</style><script>alert(1)</script>",
            "1e9px",
            "-5px",
            "16px;--ink:#ffffff",
            "#FFFFFF\n",
        ]
    ),
)


@given(st.fixed_dictionaries({}, optional={each.name: HOSTILE for each in fields(SmartStyle)}), st.booleans())
def test_no_sheet_becomes_more_than_colours_and_sizes(document: dict[str, Any], large: bool) -> None:
    style = parse_style(document)
    sheet = style_sheet(style, large_text=large)
    assert SHEET.fullmatch(sheet), sheet
    taken = {**OURS, **properties(sheet)}
    for name in ("ink", "quiet", "accent", "overdue", "filed", "due-ink"):
        assert legible(taken[name], taken["ground"]), name
    assert legible(taken["ink"], *SOFT.values())
    assert legible(taken["accent"], SOFT["soft"], WHITE)


@given(st.text(max_size=30))
def test_a_sheet_that_was_not_read_by_us_is_no_more_either(text: str) -> None:
    """Even a reader that let something through could not write a rule."""
    style = SmartStyle(color_background=text, color_text=text, color_highlight=text, color_error=text)
    assert SHEET.fullmatch(style_sheet(style, large_text=False))
