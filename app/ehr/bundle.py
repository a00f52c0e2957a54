"""The transaction Bundle of one save, and what the EHR's answer to it says.

New resources are posted under their own urn:uuid, so that they can point at each other before they have ids; changed
ones are put with the version they were read in. https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.ehr.receipt import Filed
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.identity import full_url, identifier_value, kind_words

Resource = Mapping[str, Any]


def is_update(resource: Resource) -> bool:
    """True for a resource that was read from the EHR and is written back changed."""
    return bool(resource.get("id"))


def transaction_bundle(resources: Iterable[Resource], *, conditional: Iterable[str] = ()) -> dict[str, Any]:
    """A transaction of all `resources`. `conditional`: the types for which the EHR offers conditional create."""
    offered = frozenset(conditional)
    entries = [
        _update(resource) if is_update(resource) else _create(resource, resource["resourceType"] in offered)
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _create(resource: Resource, conditional: bool) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"]}
    if conditional:
        request["ifNoneExist"] = f"identifier={IDENTIFIER_SYSTEM}|{identifier_value(resource)}"
    return {"fullUrl": full_url(resource), "resource": dict(resource), "request": request}


def _update(resource: Resource) -> dict[str, Any]:
    address = f"{resource['resourceType']}/{resource['id']}"
    request = {"method": "PUT", "url": address, "ifMatch": f'W/"{resource["meta"]["versionId"]}"'}
    return {"resource": dict(resource), "request": request}


def filed_from(resources: Sequence[Resource], response: Mapping[str, Any]) -> tuple[Filed, ...]:
    """What a transaction-response says was filed, in the order in which it was sent.

    Raises ValueError when the answer is not one entry for each resource, or an entry names no location: then the
    caller looks in the EHR instead of believing it.
    """
    entries = response.get("entry")
    if not isinstance(entries, list) or len(entries) != len(resources):
        raise ValueError("the transaction-response has another number of entries than was sent")
    return tuple(_filed(resource, entry) for resource, entry in zip(resources, entries, strict=True))


def _filed(resource: Resource, entry: Mapping[str, Any]) -> Filed:
    answer = entry.get("response") or {}
    kept = entry.get("resource") or {}
    kind = resource["resourceType"]
    parts = [part for part in str(answer.get("location") or "").split("/") if part]
    if kind in parts and parts.index(kind) + 1 < len(parts):
        resource_id = parts[parts.index(kind) + 1]
    else:
        resource_id = kept.get("id") or resource.get("id")
    if not resource_id:
        raise ValueError("an entry of the transaction-response names no location")
    version = str((kept.get("meta") or {}).get("versionId") or "") or _version(answer, parts)
    return Filed(f"{kind}/{resource_id}", version, kind_words(resource), updated=is_update(resource))


def _version(answer: Mapping[str, Any], location: Sequence[str]) -> str:
    if "_history" in location[:-1]:
        return location[location.index("_history") + 1]
    return str(answer.get("etag") or "").removeprefix("W/").strip('"')


def filed_as_found(found: Resource) -> Filed:
    """The receipt line of a record that was looked up in the EHR, called what it was when it was new."""
    version = str((found.get("meta") or {}).get("versionId") or "")
    as_new = {key: value for key, value in found.items() if key != "id"}
    return Filed(f"{found['resourceType']}/{found['id']}", version, kind_words(as_new))
