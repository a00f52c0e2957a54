"""The 1-10 ruler is read from its extension or its note line, whichever a server left."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mappings.ruler import Ruler, ruler_of, rulers, trend

FIRST = Ruler(8, 6, date(2026, 11, 21))
LATER = Ruler(9, 7, date(2026, 12, 8))


def test_the_line_is_the_fixed_one():
    assert FIRST.line == "Importance 8/10, confidence 6/10 (2026-11-21)"


@pytest.mark.parametrize(
    ("notes", "extensions", "found"),
    [
        ([FIRST.line], [FIRST.extension], (FIRST,)),
        ([FIRST.line], None, (FIRST,)),
        ([], [FIRST.extension], (FIRST,)),
        ([LATER.line, FIRST.line], [LATER.extension], (FIRST, LATER)),
        ([f"Said in passing: {FIRST.line}. Good day."], None, (FIRST,)),
        (["Importance 11/10, confidence 6/10 (2026-11-21)"], None, ()),
        (["Importance 8/10, confidence 0/10 (2026-11-21)"], None, ()),
        (["Importance 8/10, confidence 6/10 (2026-02-31)"], None, ()),
        (["importance eight"], "broken", ()),
        ([], [{"url": FIRST.extension["url"]}], ()),
    ],
)
def test_every_ruler_is_read_once_oldest_first(notes: list[str], extensions: Any, found: tuple[Ruler, ...]):
    assert rulers(notes, extensions) == found


def test_a_ruler_said_again_on_the_same_day_is_the_last_one():
    again = Ruler(8, 4, FIRST.day)
    assert rulers([FIRST.line, again.line, FIRST.line], [FIRST.extension])[-1] == FIRST


def test_half_a_ruler_is_none():
    assert ruler_of(8, None, FIRST.day) is None
    assert ruler_of(None, 6, FIRST.day) is None
    assert ruler_of(8, 6, FIRST.day) == FIRST


@pytest.mark.parametrize(
    ("found", "words"),
    [([], ""), ([FIRST], ""), ([FIRST, LATER], "up"), ([LATER, FIRST], "down"), ([FIRST, FIRST], "same")],
)
def test_the_trend_is_the_last_step_of_the_confidence(found: list[Ruler], words: str):
    assert trend(found) == words
