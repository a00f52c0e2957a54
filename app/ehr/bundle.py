"""The transaction (or batch) Bundle of one save, and what the EHR's answer to it says.

New resources are posted under their own urn:uuid, so that they can point at each other before they have ids; changed
ones are put with the version they were read in. https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.ehr.compartment import id_of
from app.ehr.read_back import compared
from app.ehr.receipt import Filed
from app.ehr.rungs.notes import note_of
from fhir_profiles.canonical import IDENTIFIER_SYSTEM
from mappings.element import as_object, as_text, relative_reference
from mappings.identity import full_url, identifier_value, kind_words
from mappings.write_ladder import CARRIERS

_RUNGS = {carrier: rung for rung, carrier in CARRIERS.items()}

Resource = Mapping[str, Any]


def is_update(resource: Resource) -> bool:
    """True for a resource that was read from the EHR and is written back changed."""
    return bool(resource.get("id"))


def version_of(resource: Resource) -> str:
    """The version in which the EHR gave the resource, or ""."""
    return as_text(as_object(resource.get("meta")).get("versionId"))


def transaction_bundle(resources: Iterable[Resource], *, conditional: Iterable[str] = ()) -> dict[str, Any]:
    """A transaction of all `resources`. `conditional`: the types for which the EHR offers conditional create."""
    offered = frozenset(conditional)
    entries = [
        _update(resource) if is_update(resource) else _create(resource, resource["resourceType"] in offered)
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def batch_bundle(resources: Iterable[Resource]) -> dict[str, Any]:
    """A batch of records that do not name each other; each of its entries succeeds or fails by itself."""
    return {**transaction_bundle(resources), "type": "batch"}


def _create(resource: Resource, conditional: bool) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"]}
    if conditional:
        request["ifNoneExist"] = unless_there(resource)
    return {"fullUrl": full_url(resource), "resource": dict(resource), "request": request}


def unless_there(resource: Resource) -> str:
    """The condition of a conditional create: a search for the identifier of ours that the resource bears."""
    return f"identifier={IDENTIFIER_SYSTEM}|{identifier_value(resource)}"


def _update(resource: Resource) -> dict[str, Any]:
    address = f"{resource['resourceType']}/{resource['id']}"
    request = {"method": "PUT", "url": address, "ifMatch": f'W/"{version_of(resource)}"'}
    return {"resource": dict(resource), "request": request}


def filed_from(resources: Sequence[Resource], response: Mapping[str, Any]) -> tuple[Filed, ...]:
    """What a transaction-response says was filed, in the order in which it was sent.

    Raises ValueError when the answer is not one entry for each resource, or an entry failed or names no location:
    then the caller looks in the EHR instead of believing it.
    """
    entries = response.get("entry")
    if not isinstance(entries, list) or len(entries) != len(resources):
        raise ValueError("the transaction-response has another number of entries than was sent")
    return tuple(_filed(resource, entry) for resource, entry in zip(resources, entries, strict=True))


def filed_each(resources: Sequence[Resource], response: Mapping[str, Any]) -> tuple[Filed | None, ...]:
    """What a batch-response says of each record, in the order sent; None where it failed or that cannot be told."""
    entries = response.get("entry")
    if not isinstance(entries, list) or len(entries) != len(resources):
        return (None,) * len(resources)
    return tuple(_filed_or_none(resource, entry) for resource, entry in zip(resources, entries, strict=True))


def _filed_or_none(resource: Resource, entry: Any) -> Filed | None:
    try:
        return _filed(resource, entry)
    except ValueError:
        return None


def _filed(resource: Resource, entry: Any) -> Filed:
    answer = as_object(as_object(entry).get("response"))
    if not as_text(answer.get("status") or "200").startswith("2"):
        raise ValueError("an entry of the transaction-response says that it failed")
    kind = resource["resourceType"]
    kept = as_object(as_object(entry).get("resource"))
    if kept.get("resourceType") != kind:
        # Some servers put an OperationOutcome here: its id is not the record's.
        kept = {}
    location = as_text(answer.get("location"))
    resource_id = resource.get("id") or id_of(location, kind) or as_text(kept.get("id"))
    if not resource_id:
        raise ValueError("an entry of the transaction-response names no location")
    version = version_of(kept) or _version(answer, location)
    line = Filed(f"{kind}/{resource_id}", version, kind_words(resource), updated=is_update(resource))
    return compared(line, resource, kept)


def _version(answer: Mapping[str, Any], location: str) -> str:
    return id_of(location, "_history") or as_text(answer.get("etag")).removeprefix("W/").strip('"')


def found_existing(resources: Sequence[Resource], response: Resource) -> bool:
    """True when the EHR found a new record already there (conditional create answers 200 then, not 201)."""
    pairs = zip(resources, response.get("entry") or (), strict=False)
    return any(
        not is_update(resource) and str((entry.get("response") or {}).get("status") or "").startswith("200")
        for resource, entry in pairs
    )


def filed_as_found(found: Resource, sent: Resource | None = None) -> Filed:
    """The receipt line of a record that was looked up in the EHR, called what it was when it was new.

    `sent` is what this try would file, where it is known: the line then says what the EHR keeps of it.
    """
    as_new = {key: value for key, value in found.items() if key != "id"}
    note = note_of(found)
    if note:
        rung, record = _RUNGS[note.partition("/")[0]], relative_reference(found)
        return Filed(note, version_of(found), kind_words(as_new), rung=rung.value, record=record)
    line = Filed(f"{found['resourceType']}/{found['id']}", version_of(found), kind_words(as_new))
    return compared(line, sent, found) if sent else line
