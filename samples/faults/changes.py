"""What an EHR does otherwise with records than it was asked: it keeps no extensions, gives new ids, shows a part.

The first is done to the request, the second in the store after the write, the third to the answer of a search.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from samples.faults.answers import Answer, outcome
from samples.fhir.interactions import Interactions
from samples.fhir.records import Version
from samples.fhir.references import parse_reference, references_in, rewrite_references
from samples.fhir.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

RENUMBERED = frozenset({"CarePlan", "Goal", "Task", "Consent"})
"""The types whose records get new ids: those that an app for care management writes and refers to."""
NOT_KEPT = frozenset({"extension", "modifierExtension"})

_WRITTEN = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})/_history/")


def body_of(environ: WSGIEnvironment) -> bytes:
    """The request's body, read."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return bytes(environ["wsgi.input"].read(length)) if length else b""


def drop_extensions(environ: WSGIEnvironment) -> None:
    """Takes every extension out of the request's resource, Bundle or JSON Patch."""
    body = body_of(environ)
    try:
        kept = orjson.dumps(_without(orjson.loads(body)))
    except orjson.JSONDecodeError:
        kept = body
    environ["wsgi.input"] = io.BytesIO(kept)
    environ["CONTENT_LENGTH"] = str(len(kept))


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(each) for each in value if not _adds_one(each)]
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items() if name not in NOT_KEPT}
    return value


def _adds_one(value: Any) -> bool:
    """Whether a list's item is an operation of a JSON Patch on an extension."""
    path = value.get("path") if isinstance(value, dict) and "op" in value else None
    return isinstance(path, str) and not NOT_KEPT.isdisjoint(path.split("/"))


def withhold(answer: Answer) -> Answer:
    """A search's answer with half of its matches, and a warning that there are more; any other answer as it is."""
    status, headers, body = answer
    bundle = _object(body)
    if bundle.get("type") != "searchset":
        return answer
    entries = bundle.get("entry") or []
    matches = [each for each in entries if (each.get("search") or {}).get("mode") == "match"]
    left_out = matches[len(matches) // 2 :]
    warning = {
        "resource": outcome("incomplete", "simulated: not all that was found is shown", "warning"),
        "search": {"mode": "outcome"},
    }
    bundle["entry"] = [*(each for each in entries if each not in left_out), warning]
    return status, headers, orjson.dumps(bundle)


def change_ids(store: Store, answer: Answer) -> None:
    """Gives new ids to the records that a write changed, and to those that what it wrote names."""
    status, headers, body = answer
    if status >= 300:
        return
    with store.writing() as interactions:
        for reference in sorted(_touched(interactions, _places(headers, _object(body)))):
            _renumber(interactions, *reference.split("/"))


def _places(headers: list[tuple[str, str]], answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the answer says that something was written, as type and id."""
    said = [value for name, value in headers if name.lower() in ("location", "content-location")]
    entries = answer.get("entry") or []
    said += [str((each.get("response") or {}).get("location") or "") for each in entries]
    for address in said:
        found = _WRITTEN.search(address)
        if found:
            yield found[1], found[2]


def _touched(interactions: Interactions, places: Iterator[tuple[str, str]]) -> set[str]:
    """The records that were changed (not those that are new), and those that any of them names."""
    touched: set[str] = set()
    for place in places:
        version = interactions.records.find(*place)
        if version is None or version.body is None:
            continue
        if version.version > 1:
            touched.add(version.reference)
        named = (parse_reference(value) for _, value in references_in(version.resource))
        touched |= {f"{each.resource_type}/{each.id}" for each in named if each.local}
    return {each for each in touched if each.partition("/")[0] in RENUMBERED}


def _renumber(interactions: Interactions, resource_type: str, resource_id: str) -> None:
    records = interactions.records
    present = records.find(resource_type, resource_id)
    if present is None or present.body is None:
        return
    old, new = present.reference, f"{resource_type}/{uuid4()}"
    fresh = new.partition("/")[2]
    records.connection.execute("UPDATE current SET id = ? WHERE key = ?", (fresh, present.key))
    for version in (present, *_naming(interactions, old)):
        resource = rewrite_references(version.resource, lambda said: new if said == old else said)
        own = {"id": fresh} if version.key == present.key else {}
        records.amend(version, {**resource, **own})


def _naming(interactions: Interactions, reference: str) -> list[Version]:
    """The records that refer to this one; looked for in their text, since not every reference can be searched by."""
    rows = interactions.records.connection.execute(
        "SELECT key FROM current WHERE instr(CAST(body AS TEXT), ?)", (f'"{reference}"',)
    )
    return interactions.records.fetch([row[0] for row in rows])


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
