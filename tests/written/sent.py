"""Everything that the app sent to a practice's EHR during a test, and what our profiles say of it.

So each journey, each conflict, each thing taken back is a proof that what is written is valid, whatever the test itself
is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from app.ehr.bundle import is_update, version_of
from app.ehr.validity import made_by_us
from fhir_profiles.validator import validate
from mappings.identity import is_ours
from samples.fhir.store import Store
from tests.ehr_line import Received

Resource = dict[str, Any]


def sent_resources(received: Iterable[Received]) -> Iterator[Resource]:
    """Every whole resource that was sent to be filed, those of Bundles one by one; each that was sent twice once."""
    for body in dict.fromkeys(request.body for request in received if request.body):
        yield from _resources(body)


def _resources(body: bytes) -> Iterator[Resource]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if not isinstance(sent, dict) or "resourceType" not in sent:
        return  # A patch: what it makes of the record is looked at where the EHR keeps it.
    if sent["resourceType"] == "Bundle":
        yield from (entry["resource"] for entry in sent["entry"] if "resource" in entry)
    else:
        yield sent


def invalid_resources(received: Iterable[Received], store: Store) -> list[str]:
    """What is wrong, by our own profiles, with what was sent of ours: one line for each problem.

    What somebody else made wrong in a record before we changed it, as `store` still knows it, is not ours to mend.
    """
    found = []
    for resource in filter(is_ours, sent_resources(received)):
        problems = validate(resource)
        if problems and is_update(resource):
            problems = made_by_us(problems, _as_it_was_read(resource, store))
        found += [f"{resource['resourceType']}: {problem}" for problem in problems]
    return found


def _as_it_was_read(resource: Resource, store: Store) -> Resource:
    versions = store.versions(resource["resourceType"], resource["id"])
    return next(each.resource for each in versions if each.body and str(each.version) == version_of(resource))
