"""What the chart's pages read from the store: a patient's resources of a type, how many, and their versions.

The chart shell is the EHR itself, so it reads with the EHR's own access and no token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samples.fhir.store import Store

Params = Sequence[tuple[str, str]]
MOST = 3_000
"""More resources of one type than any chart of real life holds; a page shows the first of them and no more."""


def count(store: Store, resource_types: Sequence[str], patient: str) -> int:
    """How many resources of these types the patient's chart holds."""
    return sum(
        store.search(kind, [("patient", patient), ("_count", "0")]).total or 0 for kind in resource_types
    )


def of_patient(store: Store, resource_types: Sequence[str], patient: str) -> list[dict[str, Any]]:
    """The patient's resources of these types, in no promised order."""
    return [
        found for kind in resource_types for found in window(store, kind, [("patient", patient)], 0, MOST)[0]
    ]


def window(
    store: Store, kind: str, params: Params, start: int, size: int
) -> tuple[list[dict[str, Any]], int]:
    """`size` resources of a search from the `start`-th on (counted from 0), and how many it finds in all."""
    page = store.search(kind, [*params, ("_count", "200")])
    total = page.total or 0
    found = list(page.resources)
    while page.next and len(found) < start + size:
        page = store.follow(kind, page.next)
        found.extend(page.resources)
    return found[start : start + size], total
