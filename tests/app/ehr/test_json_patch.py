"""The patch between two versions makes the second of the first, and leaves what is the server's alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ehr.json_patch import NOT_OURS, json_patch

NAMES = st.sampled_from(["status", "note", "a/b", "a~b", "~1", "id", "meta", "resourceType", ""])
VALUES = st.none() | st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2) | st.just({"text": "x"})
RESOURCES = st.dictionaries(NAMES, VALUES, max_size=6)


def applied(before: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """RFC 6902's add, replace and remove of a member of an object, as strict as it says."""
    after = dict(before)
    for operation in operations:
        name = operation["path"][1:].replace("~1", "/").replace("~0", "~")
        assert (name in after) is (operation["op"] != "add")
        if operation["op"] == "remove":
            del after[name]
        else:
            after[name] = operation["value"]
    return after


def ours(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in NOT_OURS}


@given(RESOURCES, RESOURCES)
def test_applying_the_patch_gives_the_new_version(before, after):
    assert ours(applied(ours(before), json_patch(before, after))) == ours(after)


@given(RESOURCES)
def test_nothing_changed_is_no_operation(resource):
    assert json_patch(resource, {**resource, "meta": {"versionId": "9"}, "id": "other"}) == []


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        ({"status": "active"}, {"status": "on-hold"}, [("replace", "/status")]),
        ({"status": "active", "note": []}, {"status": "active"}, [("remove", "/note")]),
        ({}, {"note": [{"text": "x"}]}, [("add", "/note")]),
        ({"a/b": 1, "a~b": 1}, {"a/b": 2, "a~b": 2}, [("replace", "/a~1b"), ("replace", "/a~0b")]),
    ],
)
def test_each_element_is_changed_as_a_whole(before, after, operations):
    assert [(item["op"], item["path"]) for item in json_patch(before, after)] == operations
