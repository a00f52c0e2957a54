"""Whatever stands where an element belongs, each accessor answers with its own type."""

from __future__ import annotations

import pytest

from mappings import element


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Type 2\n diabetes ", "Type 2 diabetes"),
        ("Ángela Guzmán", "Ángela Guzmán"),
        ("山田 太郎", "山田 太郎"),
        ("Gib\u0000son\u202e\u200bX", "Gibson\u200bX"),
        ("a\u00a0b", "a b"),
        ("\ud800", ""),
        (["", "first", "second"], "first"),
        (None, ""),
        (5, ""),
        ({}, ""),
        (True, ""),
    ],
)
def test_text_is_one_line_that_can_be_shown(value, expected):
    assert element.as_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (8.6, 8.6),
        (12, 12.0),
        ("8.6", 8.6),
        (" -3 ", -3.0),
        ("1e3", 1000.0),
        (True, None),
        ("", None),
        ("8,6", None),
        ("nan", None),
        (float("inf"), None),
        (10**400, None),
        ("1e999", None),
        (None, None),
        ([8.6], None),
    ],
)
def test_a_number_is_finite_or_none(value, expected):
    assert element.as_number(value) == expected


def test_lists_and_objects_stand_in_for_each_other():
    assert element.as_object([1, {"a": 1}, {"b": 2}]) == {"a": 1}
    assert element.as_object("text") == {}
    assert element.as_objects({"a": 1}) == ({"a": 1},)
    assert element.as_objects([{"a": 1}, "x", None]) == ({"a": 1},)
    assert element.as_objects(7) == ()
    assert element.as_texts("one") == ("one",)
    assert element.as_texts(["one", 2, "", "two"]) == ("one", "two")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("false", False), ("TRUE", True), (1, None), ("yes", None), (None, None)],
)
def test_a_flag_is_true_false_or_not_said(value, expected):
    assert element.as_flag(value) is expected


def test_a_relative_reference_needs_both_type_and_id():
    assert element.relative_reference({"resourceType": "Task", "id": "7"}) == "Task/7"
    assert element.relative_reference({"resourceType": "Task"}) == ""
    assert element.relative_reference({"id": "7"}) == ""
