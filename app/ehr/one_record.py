"""The save of one record by itself, for EHRs that take no transaction: a create, or a change of the version read.

The same promises as a transaction's: a conditional create where that is offered, If-Match at a change, and looking
before believing that nothing was filed. https://hl7.org/fhir/R4/http.html#create https://hl7.org/fhir/R4/http.html#update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ehr.bundle import is_update, unless_there, version_of
from app.ehr.gateway import Gateway
from app.ehr.json_patch import json_patch
from app.ehr.read_back import compared
from app.ehr.receipt import Filed
from mappings.identity import kind_words
from mappings.vendor_facts import UpdateStyle
from smart_launch.errors import Conflict
from smart_launch.fhir_client import WriteResult

Resource = Mapping[str, Any]


def file_one(gateway: Gateway, resource: Resource) -> tuple[Filed, bool]:
    """Files the record; True beside it when the EHR found it already there.

    Raises ValueError when the answer does not say under which id it was filed, Conflict when the record was changed
    since it was read, and what the gateway raises.
    """
    if is_update(resource):
        return _changed(gateway, resource), False
    offered = gateway.capabilities.of(resource["resourceType"]).conditional_create
    result = gateway.create(resource, if_none_exist=unless_there(resource) if offered else None)
    return _filed(resource, result), result.status == 200


def _changed(gateway: Gateway, resource: Resource) -> Filed:
    by_patch = gateway.update_style(resource["resourceType"]) is UpdateStyle.PATCH
    if not by_patch and gateway.vendor.if_match:
        return _filed(resource, gateway.put(resource, version=version_of(resource)))
    # A patch needs what is there now; and where the EHR ignores If-Match, this is the guard that is left.
    held = gateway.read(resource["resourceType"], resource["id"])
    if version_of(held) != version_of(resource):
        raise Conflict(412)
    if not by_patch:
        return _filed(resource, gateway.put(resource, version=version_of(resource)))
    operations = json_patch(held, resource)
    if not operations:
        return _as_held(resource, held)
    place = f"{resource['resourceType']}/{resource['id']}"
    return _filed(resource, gateway.patch(place, operations, version=version_of(resource)))


def held_as_changed(gateway: Gateway, resource: Resource) -> Filed | None:
    """The receipt line of a change whose answer was lost, where the EHR holds just what was sent; else None."""
    held = gateway.read(resource["resourceType"], resource["id"])
    if version_of(held) == version_of(resource) or json_patch(held, resource):
        return None
    return _as_held(resource, held)


def _as_held(resource: Resource, held: Resource) -> Filed:
    place = f"{resource['resourceType']}/{resource['id']}"
    return compared(Filed(place, version_of(held), kind_words(resource), updated=True), resource, held)


def _filed(resource: Resource, result: WriteResult) -> Filed:
    kind = resource["resourceType"]
    resource_id = resource.get("id") or result.id
    if not resource_id:
        raise ValueError("the answer to the create names no location")
    place, version = f"{kind}/{resource_id}", result.version_id or ""
    line = Filed(place, version, kind_words(resource), updated=is_update(resource))
    return compared(line, resource, result.resource)
