"""What the app asked of an EHR during a test, held against the CapabilityStatement that says what it asks for.

An administrator opens an EHR by that list, so an interaction or a search parameter that the app uses and the list lacks
would first be missed in a practice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import orjson

from fhir_profiles import definitions
from tests.ehr_line import Received

AGENT = "Chartside"
"""What the app calls itself; a test that asks the EHR itself does not."""
OF_EVERY_SEARCH = frozenset({"_count"})
PAGE_LINKS = frozenset({"_page", "cursor", "_offset", "page", "sessionID", "-pageContext"})
"""How the sandbox and its personas (samples/personas) name the next page."""
_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def statement() -> dict[str, Any]:
    """The one `rest` of our CapabilityStatement."""
    [found] = definitions.of_kind("CapabilityStatement")
    [rest] = found["rest"]
    return dict(rest)


@cache
def listed() -> Mapping[str, Mapping[str, Any]]:
    """By resource type, what the statement says of it."""
    return {each["type"]: each for each in statement()["resource"]}


def unstated(received: Iterable[Received]) -> list[str]:
    """Each thing that the app asked and the statement does not list, once: "Task search by owner"."""
    asked = (request for request in received if request.agent == AGENT)
    return sorted({beyond for request in asked for beyond in _beyond(request)})


def _beyond(request: Received) -> Iterator[str]:
    place = request.path.removeprefix("/fhir").strip("/").split("/")
    if not request.path.startswith("/fhir") or place[0] in ("metadata", ".well-known"):
        return
    if place == [""]:
        yield from _of_bundle(request) if request.method == "POST" else ()
        return
    kind, *rest = place
    if request.method == "GET":
        yield from _of_read(kind, request.query) if not rest else _lacking(kind, "read")
        return
    if request.method == "DELETE":
        return  # Only `chartside check` deletes, and only its own test record where the EHR lists that it may.
    yield from _lacking(kind, _WRITES[request.method])
    if request.conditional and not listed().get(kind, {}).get("conditionalCreate"):
        yield f"{kind} conditional create"


def _of_bundle(request: Received) -> Iterator[str]:
    bundle = orjson.loads(request.body)
    if {"code": bundle["type"]} not in statement()["interaction"]:
        yield bundle["type"]
    for entry in bundle["entry"]:
        action = entry["request"]
        yield from _lacking(action["url"].split("/")[0], _WRITES[action["method"]])


def _of_read(kind: str, query: str) -> Iterator[str]:
    yield from _lacking(kind, "search-type")
    if PAGE_LINKS & dict(parse_qsl(query)).keys():
        return  # The EHR wrote this address itself: the next page of a search that was asked before.
    stated = listed().get(kind, {})
    names = {each["name"] for each in stated.get("searchParam", ())} | OF_EVERY_SEARCH
    for name, value in parse_qsl(query):
        if name == "_include":
            if value not in stated.get("searchInclude", ()):
                yield f"{kind} with {value}"
        elif name not in names:
            yield f"{kind} search by {name}"


def _lacking(kind: str, code: str) -> Iterator[str]:
    if code not in {each["code"] for each in listed().get(kind, {}).get("interaction", ())}:
        yield f"{kind} {code}"
