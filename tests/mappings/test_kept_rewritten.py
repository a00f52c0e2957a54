"""What servers rightly rewrite is no loss; whatever else is taken out of a record of ours is named, and only that."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mappings.element import as_objects
from mappings.kept import dropped
from tests.app.ehr.test_capabilities import JSON
from tests.mappings.shelf import Resource
from tests.mappings.test_kept import CONTACT, held
from tests.mappings.test_written_records import SAVES

RECORDS = [resource for save in SAVES.values() for resource in save()]


def renarrated(kept: Resource) -> None:
    """The narrative as another serializer writes it: lines broken, quotes changed, its status too."""
    tree = etree.fromstring(kept["text"]["div"])
    etree.indent(tree)
    kept["text"] = {
        "status": "additional",
        "div": etree.tostring(tree, encoding="unicode").replace("'", "&#39;"),
    }


def absolute(value: Any) -> Any:
    """With every reference that leads to a record made absolute, and a display added where there is none."""
    if isinstance(value, list):
        return [absolute(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: absolute(each) for name, each in value.items()}
    reference = found.get("reference")
    if isinstance(reference, str) and not reference.startswith("#"):
        place = f"Task/{abs(hash(reference))}" if reference.startswith("urn:") else reference
        found = {"display": "As the EHR calls it", **found, "reference": f"https://ehr.example/fhir/{place}"}
    return found


def in_utc(value: Any) -> Any:
    """With every instant in UTC and to the millisecond."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-05:00", value):
        hour = int(value[11:13]) + 5
        return value[:11] + f"{hour:02d}" + value[13:19] + ".000Z" if hour < 24 else value
    if isinstance(value, list):
        return [in_utc(each) for each in value]
    return {name: in_utc(each) for name, each in value.items()} if isinstance(value, dict) else value


def turned_round(value: Any, name: str = "") -> Any:
    """With every list but the notes the other way round."""
    if isinstance(value, list):
        items = [turned_round(each) for each in value]
        return items if name == "note" else items[::-1]
    return {key: turned_round(each, key) for key, each in value.items()} if isinstance(value, dict) else value


def added_to(kept: Resource) -> None:
    """With what an EHR adds: versions, its own profile, tag, extension, identifier, coding, element and display."""
    kept["meta"] |= {"versionId": "1", "lastUpdated": "2026-11-21T14:14:00Z", "source": "#abc"}
    kept["meta"]["profile"] = ["https://ehr.example/profile", *kept["meta"]["profile"][::-1]]
    kept["meta"]["tag"] = [*kept["meta"]["tag"], {"system": "urn:ehr", "code": "new"}]
    kept["identifier"] = [{"system": "urn:ehr", "value": "4711"}, *kept["identifier"]]
    kept["extension"] = [{"url": "https://ehr.example/x", "valueCode": "y"}, *kept.get("extension", [])]
    kept["implicitRules"] = "https://ehr.example/rules"
    for concept in as_objects(kept.get("code")) + as_objects(kept.get("category")):
        for coding in concept.get("coding", ()):
            coding["display"] = "As the terminology words it"
        concept["coding"] = [{"system": "urn:ehr", "code": "local"}, *concept.get("coding", ())]


REWRITES: dict[str, Callable[[Resource], Resource]] = {
    "nothing": held,
    "narrative": lambda sent: held(sent, renarrated),
    "references": absolute,
    "zones": in_utc,
    "order": turned_round,
    "additions": lambda sent: held(sent, added_to),
    "all of it": lambda sent: turned_round(in_utc(absolute(held(sent, added_to, renarrated)))),
    "numbers": lambda sent: json.loads(json.dumps(sent), parse_int=float),
    "line ends": lambda sent: json.loads(json.dumps(sent).replace("\\n", "\\r\\n")),
}


@pytest.mark.parametrize("rewrite", REWRITES)
def test_what_a_server_may_rewrite_is_kept(rewrite: str) -> None:
    for sent in RECORDS:
        assert dropped(sent, REWRITES[rewrite](sent)) == (), (rewrite, sent["resourceType"])


# Properties


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every element and item inside."""
    inside: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, each in inside:
        yield (*path, step)
        yield from places(each, (*path, step))


def free(path: tuple[str | int, ...]) -> bool:
    """Whether an EHR may leave this one out: what it keeps itself, and a narrative's status."""
    names = tuple(step for step in path if isinstance(step, str))
    return names in {("resourceType",), ("id",), ("text", "status")} or names[:2] in {
        ("meta", "versionId"),
        ("meta", "lastUpdated"),
    }


REMOVALS = [(number, path) for number, each in enumerate(RECORDS) for path in places(each) if not free(path)]


def removed(record: Resource, path: tuple[str | int, ...]) -> Resource:
    kept = copy.deepcopy(record)
    inside: Any = kept
    for step in path[:-1]:
        inside = inside[step]
    del inside[path[-1]]
    return kept


@given(st.sampled_from(REMOVALS))
def test_one_element_removed_is_exactly_what_is_named(removal: tuple[int, tuple[str | int, ...]]) -> None:
    number, path = removal
    sent = RECORDS[number]
    found = dropped(sent, removed(sent, path))
    assert found
    gone = [step for step in path if isinstance(step, str)]
    for item in found:
        named = re.sub(r":[A-Za-z-]+", "", item.path).split(".")[1:]
        both = min(len(named), len(gone))
        assert named[:both] == gone[:both], item
        assert item.changed is False
        assert item.what


@given(JSON, JSON)
def test_no_record_breaks_the_comparison_and_an_equal_one_loses_nothing(first: Any, second: Any) -> None:
    one = {"resourceType": "Task", "note": first, "extension": second, "output": [first], "text": second}
    other = {"resourceType": "Task", "note": second, "extension": first, "output": second, "text": first}
    assert dropped(one, copy.deepcopy(one)) == ()
    dropped(one, other)


@given(st.text(min_size=3), st.text(min_size=3))
def test_no_name_tells_what_stood_there(typed: str, key: str) -> None:
    note = {"text": f"Zx{typed}", "authorString": f"Zy{typed}"}
    sent = {**CONTACT, "note": [note], f"<Zv {key}>": {"Zz": f"Zw{typed}"}}
    for item in dropped(sent, {"resourceType": "Task"}):
        assert not any(mark in f"{item.what} {item.path}" for mark in ("Zx", "Zy", "Zw", "Zv"))
