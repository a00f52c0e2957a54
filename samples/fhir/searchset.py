"""The Bundles that answer a search and a history. Spec: https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson

from samples.fhir.errors import operation_outcome
from samples.fhir.records import Version, instant
from samples.fhir.search import Page

_MADE_BY = {"POST": 201, "DELETE": 204}


def stored_json(version: Version) -> Any:
    """The resource's stored JSON, for orjson to copy as it is: a page is sent without being parsed."""
    return orjson.Fragment(version.body or b"null")


def searchset(
    base: str, page: Page, resource_type: str, *, body: Callable[[Version], Any] = stored_json
) -> dict[str, Any]:
    """The searchset Bundle of one page; `self` names the parameters that counted, and no others."""
    address = f"{base}/{resource_type}"
    query = urlencode(page.used)
    links = [{"relation": "self", "url": f"{address}?{query}" if query else address}]
    if page.next:
        following = page.next_query or (("_page", page.next),)
        links.append({"relation": "next", "url": f"{address}?{urlencode(following)}"})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "id": str(uuid4()), "type": "searchset"}
    if page.total is not None:
        bundle["total"] = page.total
    bundle["link"] = links
    entries = [
        {"fullUrl": f"{base}/{version.reference}", "resource": body(version), "search": {"mode": mode}}
        for mode, versions in (("match", page.matches), ("include", page.included))
        for version in versions
    ]
    if page.notices:
        told = {"fullUrl": f"urn:uuid:{uuid4()}", "resource": operation_outcome(page.notices)}
        entries.append({**told, "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return bundle


def history_bundle(base: str, address: str, versions: Sequence[Version]) -> dict[str, Any]:
    """The history Bundle of one resource, newest version first."""
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "history",
        "total": len(versions),
        "link": [{"relation": "self", "url": address}],
        "entry": [_history_entry(base, version) for version in versions],
    }


def _history_entry(base: str, version: Version) -> dict[str, Any]:
    status = _MADE_BY.get(version.method, 200)
    entry: dict[str, Any] = {"fullUrl": f"{base}/{version.reference}"}
    if version.body is not None:
        entry["resource"] = stored_json(version)
    url = version.resource_type if version.method == "POST" else version.reference
    entry["request"] = {"method": version.method, "url": url}
    entry["response"] = {
        "status": f"{status} {HTTPStatus(status).phrase}",
        "etag": version.etag,
        "lastModified": instant(version.updated),
    }
    return entry
