"""The versions of one resource, each as the row it was: what an app changed, and when.

https://hl7.org/fhir/R4/http.html#history
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from samples.chart.rows import Row, row
from samples.chart.words import day, mapping, text
from samples.fhir.records import Version
from samples.fhir.store import Store

_SUBJECTS = ("subject", "patient", "for", "beneficiary")
_MADE_BY = {"POST": "created", "PUT": "updated", "PATCH": "changed", "DELETE": "deleted"}


@dataclass(frozen=True)
class PastVersion:
    """One version; `row` is None for a deletion."""

    number: int
    when: str
    method: str
    row: Row | None


def versions(
    store: Store, patient: str, resource_type: str, resource_id: str, zone: tzinfo
) -> list[PastVersion]:
    """Every version of a resource in this patient's chart, newest first, moments in `zone`; none for another's."""
    found = store.versions(resource_type, resource_id)
    if not any(_is_of(version, patient) for version in found):
        return []
    return [_past(version, zone) for version in found]


def _past(version: Version, zone: tzinfo) -> PastVersion:
    when = day(version.last_modified.isoformat(), zone)
    shown = row(version.resource, zone) if version.body else None
    return PastVersion(version.version, when, _MADE_BY.get(version.method, version.method.lower()), shown)


def _is_of(version: Version, patient: str) -> bool:
    if version.body is None:
        return False
    resource = version.resource
    named = {text(mapping(resource.get(name)).get("reference")) for name in _SUBJECTS}
    return version.reference == f"Patient/{patient}" or any(
        each.endswith(f"Patient/{patient}") for each in named
    )
